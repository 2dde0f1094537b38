/*
 * A tape fills: it watches a scope and keeps each call until its frame ends.
 */
#include "autodiff/entry.h"

#include <stddef.h>

#include "ops/table.h"

static weir_tape *
tape_of(struct weir__attached *attached)
{
	return (weir_tape *)((char *)attached - offsetof(weir_tape, attached));
}

static void
free_tape(struct weir__attached *attached)
{
	weir_tape *tape = tape_of(attached);

	weir__free(tape->heap, tape->entries);
	weir__free(tape->heap, tape->readings);
	weir__free(tape->heap, tape->slots);
	weir__free(tape->heap, tape->results);
	weir__pointer_map_free(&tape->numbers);
	weir__arena_free(&tape->arena);
	weir__free(tape->heap, tape);
}

static void
release_held(weir_tensor **tensors, size_t n, uint64_t held)
{
	size_t i;

	for (i = 0; held && i < n; i++)
		if (held >> i & 1)
			weir_tensor_release(tensors[i]);
}

static void
end_tape(struct weir__attached *attached)
{
	weir_tape *tape = tape_of(attached);
	size_t i;

	weir__scope_unwatch(tape->scope, &tape->watcher);
	weir__rows_forget(tape);
	for (i = 0; i < tape->n; i++) {
		const struct weir__entry *e = &tape->entries[i];

		if (e->control) {
			weir__frame_release(e->in, e->n_in + e->n_out);
			weir__tape_control_end(e->control);
			continue;
		}
		release_held(e->in, e->n_in, e->held_in);
		release_held(e->out, e->n_out, e->held_out);
	}
	for (i = 0; i < tape->n_readings; i++) {
		weir_tensor_release(tape->readings[i].variable);
		weir_tensor_release(tape->readings[i].value);
	}
	tape->n = tape->n_readings = tape->n_slots = 0;
	weir__pointer_map_clear(&tape->numbers);
	weir__arena_reset(&tape->arena);
	weir__scope_keep_spare(tape->scope, attached);
}

static weir_status
add_reading(weir_tape *tape, weir_tensor *variable, weir_tensor *value,
	    bool is_assigned, uint32_t *slot)
{
	struct weir__reading *r;

	if (weir__grow(tape->heap, &tape->readings, &tape->readings_room,
		       tape->n_readings, sizeof *tape->readings))
		return WEIR_ENOMEM;
	r = &tape->readings[tape->n_readings++];
	r->variable = weir_tensor_retain(variable);
	r->value = weir_tensor_retain(value);
	r->slot = *slot = tape->n_slots++;
	r->is_assigned = is_assigned;
	return WEIR_OK;
}

static const struct weir__reading *
find_reading(const weir_tape *tape, const weir_tensor *variable,
	     const weir_tensor *value)
{
	size_t i;

	for (i = tape->n_readings; i-- > 0;)
		if (tape->readings[i].variable == variable &&
		    tape->readings[i].value == value)
			return &tape->readings[i];
	return NULL;
}

weir_status
weir__tape_reading(weir_tape *tape, weir_tensor *variable, weir_tensor *value,
		   uint32_t *slot)
{
	const struct weir__reading *found = find_reading(tape, variable,
							 value);

	if (!found)
		return add_reading(tape, variable, value, false, slot);
	*slot = found->slot;
	return WEIR_OK;
}

/* In a gradient a variable may be what it was before this tape began. */
static weir_status
reading_in_gradient(weir_tape *tape, weir_tensor *variable,
		    weir_tensor *value, uint32_t *slot)
{
	weir_tensor *now;
	weir_status status;

	if (!find_reading(tape, variable, value)) {
		status = weir__scope_read(tape->scope, variable, &now);
		if (status)
			return status;
		weir_tensor_release(now);
		if (now != value)
			return weir__tape_slot(tape, value, slot);
	}
	return weir__tape_reading(tape, variable, value, slot);
}

/* The variable whose value the tape has read this tensor as; or NULL. */
static weir_tensor *
variable_read_as(const weir_tape *tape, const weir_tensor *value)
{
	size_t i;

	for (i = tape->n_readings; i-- > 0;)
		if (tape->readings[i].value == value)
			return tape->readings[i].variable;
	return NULL;
}

/* A gradient of calls that have read a variable takes the value that this had
 * for an operand: whoever watches sees a reading of the variable. */
static weir_status
slot_in_gradient(weir_tape *tape, weir_tensor *given, weir_tensor *value,
		 uint32_t *slot)
{
	weir_tensor *variable = given->kind == WEIR__VARIABLE
		? given : variable_read_as(tape->scope->pulling, value);

	return variable ? reading_in_gradient(tape, variable, value, slot)
			: weir__tape_slot(tape, value, slot);
}

weir_status
weir__tape_slot(weir_tape *tape, const void *tensor, uint32_t *slot)
{
	*slot = weir__pointer_map_get(&tape->numbers, tensor);
	if (*slot != WEIR__NOT_MAPPED)
		return WEIR_OK;
	*slot = tape->n_slots++;
	return weir__pointer_map_put(&tape->numbers, tensor, *slot);
}

static weir_status
find_slots(weir_tape *tape, const struct weir__applied *call, uint32_t *slots)
{
	bool is_gradient = tape->scope->pulling != NULL;
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < call->call.n_in && !status; i++, slots++)
		status = is_gradient
			? slot_in_gradient(tape, call->given[i], call->in[i],
					   slots) :
			 call->given[i]->kind == WEIR__VARIABLE
			? weir__tape_reading(tape, call->given[i], call->in[i],
					     slots)
			: weir__tape_slot(tape, call->in[i], slots);
	for (i = 0; i < call->call.n_out && !status; i++, slots++) {
		*slots = tape->n_slots++;
		status = weir__pointer_map_put(&tape->numbers, call->out[i],
					       *slots);
	}
	return status;
}

/* Copy the list, with references where they are needed; which those are. What
 * variables were is held by the readings of them; given: NULL where none are
 * among them. */
static uint64_t
hold_all(const weir_tape *tape, weir_tensor *const *tensors,
	 weir_tensor *const *given, size_t n, weir_tensor **copy)
{
	uint64_t held = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		copy[i] = tensors[i];
		if (atomic_load_explicit(&copy[i]->frame,
					 memory_order_relaxed) == tape->frame ||
		    (given && given[i]->kind == WEIR__VARIABLE))
			continue;
		weir_tensor_retain(copy[i]);
		held |= (uint64_t)1 << i;
	}
	return held;
}

static weir_status
add_entry(weir_tape *tape, const struct weir__entry *entry)
{
	if (weir__grow(tape->heap, &tape->entries, &tape->room, tape->n,
		       sizeof *tape->entries))
		return WEIR_ENOMEM;
	tape->entries[tape->n++] = *entry;
	return WEIR_OK;
}

/* To read the variable from now on is to read the value: what the one gets
 * goes to the other. */
static weir_status
see_assign(weir_tape *tape, const struct weir__applied *call,
	   struct weir__entry *e)
{
	e->slots = weir__arena_room(&tape->arena, 2 * sizeof *e->slots);
	if (!e->slots || weir__tape_slot(tape, call->in[1], &e->slots[0]) ||
	    add_reading(tape, call->given[0], call->in[1], true,
			&e->slots[1]))
		return WEIR_ENOMEM;
	return add_entry(tape, e);
}

/* The three lists, in one piece of memory. */
static weir_status
list_tensors(weir_tape *tape, const struct weir__applied *call,
	     struct weir__entry *e)
{
	const size_t n_in = call->call.n_in, n_out = call->call.n_out;

	e->in = weir__arena_room(&tape->arena, (n_in + n_out) *
				 (sizeof *e->in + sizeof *e->slots));
	if (!e->in)
		return WEIR_ENOMEM;
	e->out = e->in + n_in;
	e->slots = (uint32_t *)(e->out + n_out);
	e->n_in = n_in;
	e->n_out = n_out;
	return find_slots(tape, call, e->slots);
}

/* What a variable has got is a result of the call, and from now on what is
 * read: as after an assignment. */
static weir_status
see_written(weir_tape *tape, const struct weir__applied *call,
	    const struct weir__entry *e)
{
	const struct weir__controlled *c = call->control;
	size_t first = e->n_in - c->n_variables, i;
	struct weir__entry assigned = { .op = &weir__op_assign,
					.path = e->path, .site = e->site };

	for (i = 0; i < c->n_written; i++) {
		size_t result = c->call->n_out + i;
		weir_tensor *variable = call->given[first + c->written[i]];

		assigned.slots = weir__arena_room(&tape->arena,
						  2 * sizeof *e->slots);
		if (!assigned.slots)
			return WEIR_ENOMEM;
		assigned.slots[0] = e->slots[e->n_in + result];
		if (add_reading(tape, variable, call->out[result], true,
				&assigned.slots[1]) ||
		    add_entry(tape, &assigned))
			return WEIR_ENOMEM;
	}
	return WEIR_OK;
}

static weir_status
see_control(weir_tape *tape, const struct weir__applied *call,
	    struct weir__entry *e)
{
	size_t i;

	if (list_tensors(tape, call, e) ||
	    weir__tape_control_new(tape, call->control, call, &e->control))
		return WEIR_ENOMEM;
	if (add_entry(tape, e)) {
		weir__tape_control_end(e->control);
		return WEIR_ENOMEM;
	}
	for (i = 0; i < e->n_in; i++)
		e->in[i] = weir_tensor_retain(call->in[i]);
	for (i = 0; i < e->n_out; i++)
		e->out[i] = weir_tensor_retain(call->out[i]);
	return see_written(tape, call, e);
}

static weir_status
see(struct weir__watcher *watcher, const struct weir__applied *call)
{
	weir_tape *tape = (weir_tape *)((char *)watcher -
					offsetof(weir_tape, watcher));
	struct weir__entry e = { .op = call->call.op, .path = call->origin.path,
				 .site = call->origin.site };

	if (call->call.op->flags & WEIR_OP_ASSIGN)
		return see_assign(tape, call, &e);
	if (call->control)
		return see_control(tape, call, &e);
	if (list_tensors(tape, call, &e))
		return WEIR_ENOMEM;
	if (call->call.attrs) {
		e.attrs = weir__arena_copy(&tape->arena, call->call.attrs,
					   call->call.op->attrs_size);
		if (!e.attrs)
			return WEIR_ENOMEM;
	}
	e.held_in = hold_all(tape, call->in, call->given, e.n_in, e.in);
	e.held_out = hold_all(tape, call->out, NULL, e.n_out, e.out);
	if (!add_entry(tape, &e))
		return WEIR_OK;
	release_held(e.in, e.n_in, e.held_in);
	release_held(e.out, e.n_out, e.held_out);
	return WEIR_ENOMEM;
}

static weir_tape *
tape_new(weir_scope *scope)
{
	weir_tape *tape = weir__calloc(scope->eager.heap, 1, sizeof *tape);

	if (!tape)
		return NULL;
	tape->watcher.see = see;
	tape->attached.end = end_tape;
	tape->attached.free = free_tape;
	tape->scope = scope;
	tape->heap = scope->eager.heap;
	weir__arena_init(&tape->arena, tape->heap);
	weir__pointer_map_init(&tape->numbers, tape->heap);
	return tape;
}

weir_tape *
weir__tape_begin(weir_scope *scope, const char *site)
{
	struct weir__attached *spare;
	weir_tape *tape;

	if (scope->status)
		return NULL;
	spare = weir__scope_take_spare(scope, end_tape);
	tape = spare ? tape_of(spare) : tape_new(scope);
	if (!tape) {
		weir__scope_fail(scope, WEIR_ENOMEM, site, "%s",
				 weir_error_text());
		return NULL;
	}
	tape->frame = scope->frame;
	tape->is_used = false;
	weir__scope_attach(scope, &tape->attached);
	weir__scope_watch(scope, &tape->watcher);
	return tape;
}
