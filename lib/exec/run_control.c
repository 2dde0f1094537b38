#include "exec/run_control.h"

#include <string.h>

#include "base/now.h"
#include "exec/nested.h"
#include "plan/control_plan.h"

/* A run of a body, and the tensors that it takes for its operands and results:
 * of them only the address of the elements is there. */
struct body_run {
	struct weir__run *run;
	weir_tensor *in, *exports;
};

struct weir__control_run {
	struct body_run bodies[WEIR__BODIES_MAX];
	char **now, **next;		/* per state, or result: where it is */
};

/* -- made with the run ---------------------------------------------------------- */

static weir_status
make_body(struct weir__run *around, const struct weir__step *step,
	  uint32_t which, struct body_run *body)
{
	const struct weir__step_control *c = step->control;
	weir_plan *plan = c->bodies[which].plan;
	struct weir__heap *heap = plan->heap;
	char *arena = around->arena + step->scratch + c->arena;
	uint32_t i;
	weir_status status;

	status = weir__run_new_in(plan, arena, &body->run);
	if (status)
		return status;
	body->in = weir__calloc(heap, plan->graph->n_inputs + 1,
				sizeof *body->in);
	body->exports = weir__calloc(heap, (size_t)plan->n_exports + 1,
				     sizeof *body->exports);
	if (!body->in || !body->exports)
		return WEIR_ENOMEM;
	for (i = 0; i < plan->graph->n_inputs; i++)
		body->run->in[i] = &body->in[i];
	for (i = 0; i < plan->n_exports; i++)
		body->run->exports[i] = &body->exports[i];
	body->run->around = around;
	body->run->around_ordinal = step->node->ordinal;
	return WEIR_OK;
}

static weir_status
make_control(struct weir__run *run, uint32_t number)
{
	const struct weir__step *step = &run->plan->steps[number];
	const struct weir__control *control = step->control->control;
	struct weir__heap *heap = run->plan->heap;
	struct weir__control_run *c = weir__calloc(heap, 1, sizeof *c);
	weir_status status = WEIR_OK;
	uint32_t i;

	if (!c)
		return WEIR_ENOMEM;
	run->controls[number] = c;
	c->now = weir__calloc(heap, control->n_states + 1, sizeof *c->now);
	c->next = weir__calloc(heap, (size_t)step->node->n_out + 1,
			       sizeof *c->next);
	if (!c->now || !c->next)
		return WEIR_ENOMEM;
	for (i = 0; i < control->n_bodies && !status; i++)
		status = make_body(run, step, i, &c->bodies[i]);
	return status;
}

weir_status
weir__run_make_controls(struct weir__run *run)
{
	const weir_plan *plan = run->plan;
	weir_status status = WEIR_OK;
	uint32_t i;

	if (!plan->controls)
		return WEIR_OK;
	run->controls = weir__calloc(plan->heap, (size_t)plan->n_steps + 1,
				     sizeof *run->controls);
	if (!run->controls)
		return WEIR_ENOMEM;
	for (i = 0; i < plan->n_steps && !status; i++)
		if (plan->steps[i].control)
			status = make_control(run, i);
	return status;
}

static void
free_body(struct body_run *body, struct weir__heap *heap)
{
	if (body->run) {
		/* These are no references. */
		memset(body->run->exports, 0, body->run->plan->n_exports *
					      sizeof *body->run->exports);
		weir__run_free(body->run);
	}
	weir__free(heap, body->in);
	weir__free(heap, body->exports);
}

void
weir__run_free_controls(struct weir__run *run)
{
	struct weir__heap *heap = run->plan->heap;
	uint32_t i, j;

	for (i = 0; run->controls && i < run->plan->n_steps; i++) {
		struct weir__control_run *c = run->controls[i];

		if (!c)
			continue;
		for (j = 0; j < WEIR__BODIES_MAX; j++)
			free_body(&c->bodies[j], heap);
		weir__free(heap, c->now);
		weir__free(heap, c->next);
		weir__free(heap, c);
	}
	weir__free(heap, run->controls);
}

/* -- running a body --------------------------------------------------------------- */

/* A step under way. */
struct doing {
	struct weir__run *run;
	const struct weir__step *step;
	const struct weir__step_control *plan;
	const struct weir__control *control;
	const weir_kernel *kernel;
	struct weir__control_run *state;
	char *scratch;
	unsigned worker;		/* who does it */
	int64_t n, done;		/* iterations: of a repeat, and so far */
	int64_t row;			/* of the one under way */
	bool is_told;
};

static size_t
bytes_of_state(const struct doing *d, uint32_t state)
{
	return (size_t)weir__spec_bytes(d->kernel->call.out[state]);
}

static void
feed(struct doing *d, uint32_t which)
{
	const struct weir__feed *feed = d->control->feeds[which];
	struct body_run *body = &d->state->bodies[which];
	const weir_graph *graph = d->control->bodies[which];
	uint32_t i;

	for (i = 0; i < graph->n_inputs; i++, feed++) {
		const weir_spec *spec =
			&graph->values[graph->inputs[i]]->spec;

		switch (feed->from) {
		case WEIR__FROM_OPERAND:
			body->in[i].data = d->kernel->in[feed->index].data;
			break;
		case WEIR__FROM_STATE:
			body->in[i].data = d->state->now[feed->index];
			break;
		case WEIR__FROM_ROW:
			body->in[i].data =
				(char *)d->kernel->in[feed->index].data +
				d->row * weir__spec_bytes(spec);
			break;
		}
	}
}

static void
place_exports(struct doing *d, uint32_t which, char *const *out)
{
	const struct weir__body_plan *plan = &d->plan->bodies[which];
	struct body_run *body = &d->state->bodies[which];
	char *loose = d->scratch + plan->loose_at;
	uint32_t i;

	for (i = 0; i < plan->plan->n_exports; i++)
		body->exports[i].data = plan->output_of[i] != WEIR__NOWHERE
			? out[plan->output_of[i]] : loose + plan->loose[i];
}

/* Outputs that are no export of their own: inputs, constants, views, or one
 * that is the same as another. */
static void
copy_outputs(struct doing *d, uint32_t which, char *const *out)
{
	const weir_plan *plan = d->plan->bodies[which].plan;
	struct body_run *body = &d->state->bodies[which];
	uint32_t i;

	for (i = 0; i < plan->n_outputs; i++) {
		const struct weir__slot *slot = &plan->outputs[i].slot;
		int64_t strides[WEIR_RANK_MAX];
		weir_view from = { .spec = slot->spec,
				   .strides = slot->strides };
		weir_view to = { .data = out[i], .spec = slot->spec,
				 .strides = strides };

		if (slot->where == WEIR__AT_INPUT)
			from.data = body->in[slot->index].data;
		else if (slot->where == WEIR__AT_CONSTANT)
			from.data = plan->constants[slot->index]->data;
		else
			from.data = body->exports[slot->index].data;
		from.data = (char *)from.data + slot->offset;
		if (from.data == to.data)
			continue;
		weir__contiguous_strides(slot->spec, strides);
		weir__copy_view(&from, &to);
	}
}

/* Whether the thread does the body alone: to enter an OpenMP region anew for
 * each iteration costs more than it gains (docs/performance.md). Where threads
 * are there already they help. */
static bool
is_done_alone(const struct doing *d)
{
	return d->run->is_alone ||
	       (d->control->n_states && !weir__nested_is_in_team() &&
		!weir__team_is_resident(d->run->plan->team));
}

/* Run a body, whose outputs go there. */
static weir_status
run_body(struct doing *d, uint32_t which, char *const *out)
{
	struct weir__run *around = d->run;
	struct weir__run *run = d->state->bodies[which].run;
	weir_status status;

	feed(d, which);
	place_exports(d, which, out);
	weir__run_reset(run);
	run->caller = around->is_alone ? around->caller : d->worker;
	run->deadline = around->deadline;
	run->is_again = d->done > 0;
	weir__run_point_views(run);
	if (around->tracer)
		weir__run_trace_begin(run);
	weir__run_blocks(run, is_done_alone(d));
	weir__run_trace_end(run);
	if (!run->status) {
		copy_outputs(d, which, out);
		return WEIR_OK;
	}
	d->is_told = true;
	if (run->failed_step != WEIR__NOWHERE)
		return weir__run_outcome(run);
	status = run->status;		/* stopped: so is what is around it */
	if (!weir__run_is_cut_off(run))
		weir__run_stop(around, status, run->why);
	return status;
}

/* -- loops -------------------------------------------------------------------------- */

static void
begin_states(struct doing *d)
{
	uint32_t i;

	for (i = 0; i < d->control->n_states; i++)
		d->state->now[i] = d->kernel->in[d->control->initial[i]].data;
}

static const weir_spec *
output_of(const struct doing *d, uint32_t output)
{
	const weir_graph *body = d->control->bodies[weir__loop_body(d->control)];

	return &body->values[body->outputs[output]]->spec;
}

/* Where the iteration's row of a result is. */
static char *
row_of(const struct doing *d, uint32_t result, uint32_t output)
{
	return (char *)d->kernel->out[result].data +
	       d->row * weir__spec_bytes(output_of(d, output));
}

static void
keep_rows(const struct doing *d)
{
	uint32_t n = d->control->n_states, i;

	for (i = 0; i < n; i++)
		if (bytes_of_state(d, i))
			memcpy(row_of(d, n + i, i), d->state->now[i],
			       bytes_of_state(d, i));
}

/* Where the next states go: results and spare buffers in turn; and what else
 * the body gives, to its rows. */
static void
turn(struct doing *d)
{
	uint32_t n = d->control->n_states, first, i;

	for (i = 0; i < n; i++)
		d->state->next[i] = d->done % 2
			? d->scratch + d->plan->spare[i]
			: d->kernel->out[i].data;
	first = weir__control_first_yield(d->control);
	for (i = 0; i < d->control->n_yields; i++)
		d->state->next[n + i] = row_of(d, first + i, n + i);
}

static weir_status
iterate(struct doing *d)
{
	weir_status status;

	if (d->control->keeps_rows)
		keep_rows(d);
	turn(d);
	status = run_body(d, weir__loop_body(d->control), d->state->next);
	if (!status)
		memcpy(d->state->now, d->state->next,
		       d->control->n_states * sizeof *d->state->now);
	return status;
}

/* The results are the states, wherever they are now. */
static void
end_states(struct doing *d)
{
	uint32_t i;

	for (i = 0; i < d->control->n_states; i++)
		if (d->state->now[i] != d->kernel->out[i].data &&
		    bytes_of_state(d, i))
			memcpy(d->kernel->out[i].data, d->state->now[i],
			       bytes_of_state(d, i));
}

/* Whether somebody has stopped the run, or its time is over: a loop may have
 * nothing else in which to notice. */
static weir_status
look_around(struct doing *d)
{
	struct weir__run *run = d->run;
	bool is_late = run->deadline > 0 && weir__now_ns() > run->deadline;

	if (is_late)
		weir__run_stop(run, WEIR_ETIMEDOUT, WEIR__DEADLINE_IS_OVER);
	d->is_told = is_late ||
		     d->step->node->ordinal >
			     atomic_load_explicit(&run->failed,
						  memory_order_relaxed) ||
		     weir__run_is_cut_off(run);
	return d->is_told ? WEIR_ECANCELED : WEIR_OK;
}

static weir_status
run_while(struct doing *d)
{
	const struct weir__control *control = d->control;
	char *answer = d->scratch + d->plan->answer, why[128];
	weir_status status;

	begin_states(d);
	for (;; d->done++) {
		status = look_around(d);
		if (!status)
			status = run_body(d, 0, &answer);
		if (status)
			return status;
		if (!*(const bool *)answer)
			break;
		if (control->max_iterations &&
		    d->done == control->max_iterations) {
			weir__loop_too_long_text(d->done, why, sizeof why);
			return weir_fail(WEIR_ERANGE, "%s", why);
		}
		d->row = d->done;
		status = iterate(d);
		if (status)
			return status;
	}
	end_states(d);
	if (control->keeps_rows)
		memcpy(d->kernel->out[2 * control->n_states].data, &d->done,
		       sizeof d->done);
	return WEIR_OK;
}

static weir_status
run_repeat(struct doing *d)
{
	weir_status status;

	memcpy(&d->n, d->kernel->in[d->control->count].data, sizeof d->n);
	begin_states(d);
	for (; d->done < d->n; d->done++) {
		d->row = d->control->is_forward ? d->done
						: d->n - 1 - d->done;
		status = look_around(d);
		if (!status)
			status = iterate(d);
		if (status)
			return status;
	}
	end_states(d);
	return WEIR_OK;
}

/* -- the step ------------------------------------------------------------------------ */

static weir_status
run_once(struct doing *d)
{
	uint32_t which = d->control->kind == WEIR__COND &&
			 !*(const bool *)d->kernel->in[0].data, i;

	for (i = 0; i < d->kernel->call.n_out; i++)
		d->state->next[i] = d->kernel->out[i].data;
	return run_body(d, which, d->state->next);
}

weir_status
weir__run_control(struct weir__run *run, uint32_t step, unsigned worker,
		  bool *is_told)
{
	struct doing d = {
		.run = run,
		.step = &run->plan->steps[step],
		.plan = run->plan->steps[step].control,
		.control = run->plan->steps[step].control->control,
		.kernel = &run->kernels[step],
		.state = run->controls[step],
		.scratch = run->kernels[step].scratch,
		.worker = worker,
	};
	weir_status status = WEIR_OK;

	switch (d.control->kind) {
	case WEIR__CALL:
	case WEIR__COND:
		status = run_once(&d);
		break;
	case WEIR__WHILE:
		status = run_while(&d);
		break;
	case WEIR__REPEAT:
		status = run_repeat(&d);
		break;
	}
	*is_told = d.is_told;
	return status;
}
