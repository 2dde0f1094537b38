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

static weir_status
copy_rows(struct weir__heap *heap, const struct weir__rows *from,
	  struct weir__rows *to)
{
	*to = (struct weir__rows){ .loop = from->loop, .n = from->n,
				   .n_iterations = from->n_iterations };
	to->values = weir__retained(heap, from->values,
				    from->n * from->n_iterations);
	if (!to->values)
		return WEIR_ENOMEM;
	if (!from->recorded)
		return WEIR_OK;
	to->count = weir_tensor_retain(from->count);
	to->recorded = weir__retained(heap, from->recorded, from->n);
	return to->recorded ? WEIR_OK : WEIR_ENOMEM;
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
	c->loop = c->call.kind == WEIR__REPEAT ? c->call.rows->loop
					       : call->ordinal;
	c->has_rows = controlled->rows != NULL;
	if (!status && c->has_rows)
		status = copy_rows(heap, controlled->rows, &c->rows);
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
	const struct weir__entry *loop;
	size_t i;

	if (!e->control || e->control->call.kind != WEIR__REPEAT)
		return false;
	for (loop = e; loop > tape->entries;) {
		loop--;
		if (!loop->control || loop->control->call.kind != WEIR__WHILE ||
		    loop->control->loop != e->control->loop)
			continue;
		for (i = 0; i < loop->n_out; i++)
			if (tape->slots[loop->slots[loop->n_in + i]].is_wanted)
				return true;
		break;
	}
	return false;
}

void
weir__tape_control_end(struct weir__tape_control *c)
{
	size_t n = c->n_captured + c->n_variables, i;

	for (i = 0; c->given && i < n; i++)
		weir_tensor_release(c->given[i]);
	weir__rows_free(&c->rows, c->heap);
	weir__shared_release(c->call.shared);
	weir__free(c->heap, c->given);
	weir__free(c->heap, c->written);
	weir__free(c->heap, c);
}
