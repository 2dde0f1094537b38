/* Control calls in a recording: bodies become graphs, the call a node. */
#include <string.h>

#include "scope/controlling.h"

/* -- bodies ------------------------------------------------------------------ */

/* What a body is handed: of a repeat, a row of each, too. */
static void
list_inputs(struct weir__controlling *c, weir_tensor **in,
	    weir_tensor **named)
{
	size_t n_rows = c->call->n_rows, i;

	for (i = 0; i < n_rows; i++)
		in[i] = c->call->rows[i]->like;
	for (i = 0; i < c->call->n_in; i++)
		in[n_rows + i] = named[n_rows + i] =
			c->values[c->first_in + i];
}

static weir_status
check_condition(struct weir__controlling *c, const weir_tensor *answer)
{
	return weir__is_predicate(answer)
		? WEIR_OK : weir__control_refuse(c, WEIR_ESHAPE,
						 WEIR__NO_CONDITION);
}

/* Results of a body against what they become. */
static weir_status
check_results(struct weir__controlling *c, unsigned which,
	      weir_tensor **results)
{
	const weir_graph *first = c->bodies[0].scope->graph;
	char one[128], other[128], why[384];
	struct weir__text text;
	size_t i;

	for (i = 0; i < c->call->n_out; i++) {
		const weir_spec *is = &results[i]->layout->spec, *wanted = is;

		if (c->call->kind >= WEIR__WHILE)
			wanted = &c->values[c->first_in + i]->layout->spec;
		else if (c->call->kind == WEIR__COND && which == 1)
			wanted = &first->values[first->outputs[i]]->spec;
		if (weir__spec_equal(is, wanted))
			continue;
		if (c->call->kind >= WEIR__WHILE)
			return weir__control_other_state(c, i, wanted, is);
		weir__spec_text(wanted, one, sizeof one);
		weir__spec_text(is, other, sizeof other);
		weir__text_init(&text, why, sizeof why);
		weir__text_add(&text, "result %zu is %s of one branch and %s "
			       "of the other", i, one, other);
		return weir__control_refuse(c, WEIR_ESHAPE, why);
	}
	return WEIR_OK;
}

static weir_status
add_outputs(struct weir__controlling *c, unsigned which, bool is_condition,
	    weir_tensor **results)
{
	size_t n = is_condition ? 1 : weir__control_n_out(c), i;
	weir_status status;

	status = is_condition ? check_condition(c, results[0])
			      : check_results(c, which, results);
	for (i = 0; i < n && !status; i++)
		status = weir__graph_add_output(c->bodies[which].scope->graph,
						results[i]);
	return status;
}

static weir_status
record_body(struct weir__controlling *c, unsigned which)
{
	bool is_condition = c->call->kind == WEIR__WHILE && which == 0;
	struct weir__heap *heap = c->scope->eager.heap;
	size_t n_in = c->call->n_rows + c->call->n_in;
	size_t n_out = is_condition ? 1 : weir__control_n_out(c), i;
	struct weir__body *body = &c->bodies[which];
	weir_tensor **in, **out;
	weir_status status;

	in = weir__calloc(heap, 2 * n_in + n_out + 1, sizeof *in);
	if (!in)
		return WEIR_ENOMEM;
	out = in + 2 * n_in;
	list_inputs(c, in, in + n_in);
	status = weir__body_begin(c->scope, c->op, c->call->names[which],
				  true, true, body);
	if (!status) {
		c->n_bodies++;
		body->is_condition = is_condition;
		status = weir__body_call(body, c->call->names[which],
					 c->call->fns[which], c->call->arg, in,
					 in + n_in, n_in, out, n_out);
		if (status)
			weir__scope_fail_as(c->scope, status,
					    weir_error_text());
	}
	if (!status)
		status = add_outputs(c, which, is_condition, out);
	for (i = 0; i < n_out; i++)
		weir_tensor_release(out[i]);
	weir__free(heap, in);
	return status;
}

/* What variables become are outputs, too: also of a branch that leaves one as
 * it is. */
static weir_status
add_written(struct weir__controlling *c, struct weir__body *body)
{
	struct weir__env_entry *entry;
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < c->n_written && !status; i++) {
		weir_tensor *value;

		status = weir__body_touch(body,
					  c->uses[c->written[i]].variable,
					  &entry);
		if (status)
			break;
		value = entry->current;
		if (!weir__scope_has_made(body->scope, value))
			status = weir__scope_apply(body->scope, &weir__op_copy,
						   NULL, &value, 1, &value, 1,
						   "");
		if (!status)
			status = weir__graph_add_output(body->scope->graph,
							value);
	}
	return status;
}

/* -- the node ------------------------------------------------------------------- */

/* Which state a variable is, or n_states. */
static uint32_t
state_of(const struct weir__controlling *c, uint32_t use)
{
	uint32_t i;

	for (i = 0; i < c->n_written && c->written[i] != use; i++)
		;
	return (uint32_t)c->call->n_in + i;
}

static uint32_t
operand_of(const struct weir__controlling *c, const weir_tensor *given,
	   size_t from)
{
	while (c->given[from] != given)
		from++;
	return (uint32_t)from;
}

static struct weir__feed
feed_of(const struct weir__controlling *c, const struct weir__body *body,
	const struct weir__body_input *input)
{
	bool is_loop = c->call->kind >= WEIR__WHILE;
	uint32_t n_rows = (uint32_t)c->call->n_rows, use, state;
	struct weir__feed feed = { .from = WEIR__FROM_OPERAND };

	switch (input->kind) {
	case WEIR__IN_GIVEN:
		feed.index = (uint32_t)c->first_in + input->index;
		if (input->index < n_rows)
			feed = (struct weir__feed){
				WEIR__FROM_ROW,
				(uint32_t)c->n_given + 1 + input->index };
		else if (is_loop)
			feed = (struct weir__feed){ WEIR__FROM_STATE,
						    input->index - n_rows };
		break;
	case WEIR__IN_CAPTURED:
		feed.index = operand_of(c, body->captured[input->index].outer,
					c->first_captured);
		break;
	case WEIR__IN_VARIABLE:
		use = operand_of(c, body->variables[input->index].variable,
				 c->first_captured + c->n_captured);
		feed.index = use;
		use -= (uint32_t)(c->first_captured + c->n_captured);
		state = state_of(c, use);
		if (is_loop && c->uses[use].is_written)
			feed = (struct weir__feed){ WEIR__FROM_STATE, state };
		break;
	}
	return feed;
}

static weir_status
make_feeds(struct weir__controlling *c, struct weir__control *control)
{
	struct weir__arena *arena = &c->scope->graph->arena;
	uint32_t b;
	size_t i;

	for (b = 0; b < c->n_bodies; b++) {
		const struct weir__body *body = &c->bodies[b];
		struct weir__feed *feeds;

		feeds = weir__arena_alloc(arena, (body->n_inputs + 1) *
						 sizeof *feeds);
		if (!feeds)
			return WEIR_ENOMEM;
		for (i = 0; i < body->n_inputs; i++)
			feeds[i] = feed_of(c, body, &body->inputs[i]);
		control->feeds[b] = feeds;
	}
	return WEIR_OK;
}

static weir_status
make_states(struct weir__controlling *c, struct weir__control *control)
{
	uint32_t *initial, i, n = (uint32_t)c->call->n_in;

	if (c->call->kind < WEIR__WHILE)
		return WEIR_OK;
	control->n_states = n + (uint32_t)c->n_written;
	initial = weir__arena_alloc(&c->scope->graph->arena,
				    (control->n_states + 1) * sizeof *initial);
	if (!initial)
		return WEIR_ENOMEM;
	for (i = 0; i < n; i++)
		initial[i] = (uint32_t)c->first_in + i;
	for (i = 0; i < c->n_written; i++)
		initial[n + i] = c->written[i] +
			(uint32_t)(c->first_captured + c->n_captured);
	control->initial = initial;
	control->keeps_rows = c->kept != NULL;
	if (c->call->kind == WEIR__WHILE || c->kept || c->call->n_yields)
		control->max_iterations = c->times.most;
	control->is_forward = c->call->is_forward;
	control->n_yields = (uint32_t)c->call->n_yields;
	control->count = (uint32_t)c->n_given;
	return WEIR_OK;
}

/* Which variables of the graph get the last of what the bodies give. */
static weir_status
make_assigned(struct weir__controlling *c, struct weir__control *control)
{
	weir_graph *graph = c->scope->graph;
	uint32_t *assigned;
	size_t i;

	if (c->scope->body || !c->n_written)
		return WEIR_OK;
	assigned = weir__arena_alloc(&graph->arena,
				     c->n_written * sizeof *assigned);
	if (!assigned)
		return WEIR_ENOMEM;
	for (i = 0; i < c->n_written; i++)
		assigned[i] = weir__pointer_map_get(
			&graph->variable_of, c->uses[c->written[i]].variable);
	control->assigned = assigned;
	control->n_assigned = (uint32_t)c->n_written;
	return WEIR_OK;
}

static weir_status
make_control(struct weir__controlling *c, struct weir__control **out)
{
	struct weir__control *control;
	uint32_t b;

	control = weir__arena_alloc(&c->scope->graph->arena, sizeof *control);
	if (!control)
		return WEIR_ENOMEM;
	control->kind = c->call->kind;
	control->n_given = (uint32_t)c->n_given;
	if (make_feeds(c, control) || make_states(c, control) ||
	    make_assigned(c, control))
		return WEIR_ENOMEM;
	control->n_bodies = c->n_bodies;
	for (b = 0; b < c->n_bodies; b++) {
		weir_scope *scope = c->bodies[b].scope;

		weir__scope_close(scope);
		weir__graph_close(scope->graph);
		control->bodies[b] = weir__graph_retain(scope->graph);
	}
	*out = control;
	return WEIR_OK;
}

static weir_status
list_specs(const struct weir__control *control, weir_spec *specs)
{
	uint32_t n = weir__control_results(control), i;
	weir_status status = WEIR_OK;

	for (i = 0; i < n && !status; i++)
		status = weir__control_result_spec(control, i, &specs[i]);
	return status;
}

/* The rows of values like these, or like others: all of them are symbols. */
static weir_status
take_rows(struct weir__controlling *c, weir_tensor *const *recorded, size_t n,
	  weir_tensor *const *like, struct weir__rows *const *like_rows,
	  struct weir__rows **rows)
{
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < n && !status; i++) {
		status = weir__rows_new(c->scope->eager.heap,
					like ? like[i] : like_rows[i]->like, 0,
					&rows[i]);
		if (!status)
			rows[i]->recorded = weir_tensor_retain(recorded[i]);
	}
	return status;
}

/* The results of the node: n states; the rows of each, if they are kept; those
 * of what else is given; and how many. */
static weir_status
take_all_rows(struct weir__controlling *c, weir_tensor *const *symbols,
	      size_t n)
{
	const struct weir__control_call *call = c->call;
	weir_status status = WEIR_OK;

	if (c->kept) {
		c->n_kept = n;
		status = take_rows(c, symbols + n, n, symbols, NULL, c->kept);
		symbols += n;
	}
	if (!status)
		status = take_rows(c, symbols + n, call->n_yields, NULL,
				   call->yields_like, call->yields);
	if (!status && call->kind == WEIR__WHILE && c->kept)
		c->times.count = weir_tensor_retain(symbols[n]);
	return status;
}

static weir_status
add_node(struct weir__controlling *c, const struct weir__control *control,
	 const weir_spec *specs, weir_tensor **symbols)
{
	struct weir__node node = {
		.op = c->op,
		.n_in = (uint32_t)c->n_operands,
		.n_out = weir__control_results(control),
		.path = c->origin.path,
		.site = c->origin.site,
		.control = control,
	};
	weir_graph *graph = c->scope->graph;
	weir_status status;

	status = weir__graph_name_operands(graph, c->given, c->n_operands,
					   &node.names);
	if (status)
		return status;
	node.ordinal = c->ordinal = c->scope->ordinal + 1;
	status = weir__graph_add_node(graph, &node, c->values, specs, NULL, 0,
				      symbols);
	if (!status)
		c->scope->ordinal++;
	return status;
}

static weir_status
make_node(struct weir__controlling *c)
{
	struct weir__heap *heap = c->scope->eager.heap;
	size_t n = c->call->n_out + c->n_written, i;
	size_t room = 2 * n + c->call->n_yields + 1;
	struct weir__control *control = NULL;
	weir_tensor **symbols;
	weir_status status;
	weir_spec *specs;

	specs = weir__calloc(heap, room, sizeof *specs);
	symbols = weir__calloc(heap, room, sizeof *symbols);
	status = specs && symbols ? weir__control_room(c, n) : WEIR_ENOMEM;
	if (!status)
		status = make_control(c, &control);
	if (!status)
		status = list_specs(control, specs);
	if (!status)
		status = add_node(c, control, specs, symbols);
	if (status && control)
		weir__control_end(control);
	if (!status)
		status = take_all_rows(c, symbols, n);
	for (i = 0; symbols && i < room; i++) {
		if (!status && i < n)
			c->results[i] = symbols[i];
		else
			weir_tensor_release(symbols[i]);
	}
	weir__free(heap, specs);
	weir__free(heap, symbols);
	return status;
}

/* After the states a repeat has an operand that says how often, and the rows.
 */
static weir_status
add_row_operands(struct weir__controlling *c)
{
	weir_status status;
	size_t i;

	status = weir__control_add_operand(c, c->call->times.count);
	for (i = 0; i < c->call->n_rows && !status; i++)
		status = weir__control_add_operand(
			c, c->call->rows[i]->recorded);
	return status;
}

/* Whether the states of each iteration are kept: of how many there can be, is
 * known. */
static weir_status
begin_rows(struct weir__controlling *c)
{
	size_t n = c->call->n_out + c->n_written;

	if (c->call->kind == WEIR__REPEAT) {
		c->times = c->call->times;
		weir_tensor_retain(c->times.count);
	} else {
		c->times.most = c->call->max_iterations;
	}
	if (c->call->kind < WEIR__WHILE || !c->scope->watchers ||
	    !c->times.most)
		return WEIR_OK;
	c->kept = weir__calloc(c->scope->eager.heap, n + 1, sizeof *c->kept);
	return c->kept ? WEIR_OK : WEIR_ENOMEM;
}

weir_status
weir__control_record(struct weir__controlling *c)
{
	unsigned n = weir__control_bodies(c->call->kind), b;
	weir_status status = WEIR_OK;

	for (b = 0; b < n && !status; b++)
		status = record_body(c, b);
	if (!status && c->call->kind == WEIR__REPEAT)
		status = add_row_operands(c);
	if (!status)
		status = weir__control_merge(c);
	for (b = c->call->kind == WEIR__WHILE; b < n && !status; b++)
		status = add_written(c, &c->bodies[b]);
	if (!status)
		status = begin_rows(c);
	return status ? status : make_node(c);
}
