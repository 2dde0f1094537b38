/* What a tape keeps of a call, branch or loop. */
#include "autodiff/entry.h"

weir_tensor **
weir__retained(struct weir__heap *heap, weir_tensor *const *tensors, size_t n)
{
	weir_tensor **copy = weir__calloc(heap, n + 1, sizeof *copy);
	size_t i;

	for (i = 0; copy && i < n; i++)
		copy[i] = weir_tensor_retain(tensors[i]);
	return copy;
}

/* All rows, in one list, and their slots. */
static weir_status
take_rows(weir_tape *tape, const struct weir__controlled *controlled,
	  struct weir__tape_control *c)
{
	const struct weir__control_call *call = controlled->call;
	size_t n, i;
	weir_status status = WEIR_OK;

	c->n_rows = call->n_rows;
	c->n_kept = controlled->kept ? call->n_in + c->n_written : 0;
	c->n_yields = call->n_yields;
	c->times = controlled->times;
	weir_tensor_retain(c->times.count);
	n = c->n_rows + c->n_kept + c->n_yields;
	c->rows = weir__calloc(c->heap, n + 1, sizeof *c->rows);
	c->row_slots = weir__calloc(c->heap, n + 1, sizeof *c->row_slots);
	if (!c->rows || !c->row_slots)
		return WEIR_ENOMEM;
	for (i = 0; i < n && !status; i++) {
		struct weir__rows *rows;

		if (i < c->n_rows)
			rows = call->rows[i];
		else if (i < c->n_rows + c->n_kept)
			rows = controlled->kept[i - c->n_rows];
		else
			rows = call->yields[i - c->n_rows - c->n_kept];
		c->rows[i] = weir__rows_retain(rows);
		status = weir__tape_slot(tape, rows, &c->row_slots[i]);
	}
	return status;
}

weir_status
weir__tape_control_new(weir_tape *tape,
		       const struct weir__controlled *controlled,
		       const struct weir__applied *call,
		       struct weir__tape_control **out)
{
	size_t n = controlled->n_captured + controlled->n_variables, i;
	struct weir__heap *heap = tape->heap;
	struct weir__tape_control *c = weir__calloc(heap, 1, sizeof *c);
	weir_status status = WEIR_OK;

	if (!c)
		return WEIR_ENOMEM;
	c->call = *controlled->call;
	c->heap = heap;
	weir__shared_retain(c->call.shared);
	c->n_captured = controlled->n_captured;
	c->n_variables = controlled->n_variables;
	c->n_written = controlled->n_written;
	c->given = weir__retained(heap, call->given + call->call.n_in - n, n);
	c->written = weir__calloc(heap, c->n_written + 1, sizeof *c->written);
	if (!c->given || !c->written)
		status = WEIR_ENOMEM;
	for (i = 0; i < c->n_written && !status; i++)
		c->written[i] = controlled->written[i];
	if (!status && c->call.kind >= WEIR__WHILE)
		status = take_rows(tape, controlled, c);
	c->call.rows = c->call.yields_like = NULL;	/* were borrowed */
	c->call.yields = NULL;
	if (status) {
		weir__tape_control_end(c);
		return status;
	}
	*out = c;
	return WEIR_OK;
}

bool
weir__rows_are_wanted(const weir_tape *tape, const struct weir__entry *e)
{
	size_t i;

	for (i = 0; e->control && i < e->control->n_rows; i++)
		if (tape->slots[weir__row_slot(e->control, i)].is_wanted)
			return true;
	return false;
}

void
weir__rows_want(weir_tape *tape, const struct weir__entry *e)
{
	const struct weir__tape_control *c = e->control;
	size_t i;

	for (i = 0; i < c->n_kept; i++)
		if (weir__is_float(c->rows[c->n_rows + i]->like))
			tape->slots[weir__kept_slot(c, i)].is_wanted = true;
	for (i = 0; i < c->n_yields; i++)
		tape->slots[weir__yield_slot(c, i)].is_wanted = true;
}

weir_status
weir__rows_contribute(weir_tape *tape, uint32_t slot, struct weir__rows *rows)
{
	struct weir__row_part *part = weir__arena_room(&tape->arena,
						       sizeof *part);

	if (!part) {
		weir__rows_release(rows);
		return WEIR_ENOMEM;
	}
	part->rows = rows;
	part->before = tape->slots[slot].parts;
	part->next = tape->row_parts;
	tape->slots[slot].parts = tape->row_parts = part;
	return WEIR_OK;
}

void
weir__rows_forget(weir_tape *tape)
{
	struct weir__row_part *part;

	for (part = tape->row_parts; part; part = part->next)
		weir__rows_release(part->rows);
	tape->row_parts = NULL;
}

void
weir__tape_control_end(struct weir__tape_control *c)
{
	size_t n = c->n_captured + c->n_variables, i;

	for (i = 0; c->given && i < n; i++)
		weir_tensor_release(c->given[i]);
	weir__rows_list_free(c->heap, c->rows,
			     c->n_rows + c->n_kept + c->n_yields);
	weir__free(c->heap, c->row_slots);
	weir_tensor_release(c->times.count);
	weir__shared_release(c->call.shared);
	weir__free(c->heap, c->given);
	weir__free(c->heap, c->written);
	weir__free(c->heap, c);
}
