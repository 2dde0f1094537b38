#include "ops/derived.h"

#include <limits.h>
#include <string.h>

#include "ops/invoke.h"
#include "ops/schema.h"

bool
weir__suits_blas(const weir_spec *spec, const int64_t *strides)
{
	const int64_t size = spec->dtype == WEIR_F32 ? 4 : 8;
	const int rank = spec->rank;
	int64_t rows, columns, row, column;

	if (rank < 2)
		return true;
	rows = spec->shape[rank - 2];
	columns = spec->shape[rank - 1];
	row = strides[rank - 2];
	column = strides[rank - 1];
	if (row & (size - 1) || column & (size - 1))
		return false;
	return (column == size && row >= size * (columns > 1 ? columns : 1) &&
		row <= size * INT_MAX) ||
	       (row == size && column >= size * (rows > 1 ? rows : 1) &&
		column <= size * INT_MAX);
}

static uint64_t
operands_to_copy(const weir_call *call, weir_tensor *const *in)
{
	uint64_t to_copy = 0;
	size_t i;

	/* Variables are laid out without gaps. */
	if (call->op->flags & WEIR_OP_ASSIGN)
		return weir__is_contiguous(&in[1]->layout->spec,
					   in[1]->layout->strides)
			? 0 : (uint64_t)1 << 1;
	if (!(call->op->flags & WEIR_OP_BLAS_OPERANDS))
		return 0;
	for (i = 0; i < call->n_in; i++)
		if (!weir__suits_blas(&in[i]->layout->spec,
				      in[i]->layout->strides))
			to_copy |= (uint64_t)1 << i;
	return to_copy;
}

weir_status
weir__derive(const weir_call *given, weir_tensor *const *in,
	     struct weir__layout *room, struct weir__derived *d)
{
	const weir_spec *out[WEIR_RESULTS_MAX];
	weir_spec specs[WEIR_RESULTS_MAX];
	const weir_op *op = given->op;
	weir_call call = *given;
	weir_status status = weir__call_infer(&call, specs);
	size_t i;

	if (status)
		return status;
	for (i = 0; i < op->n_out; i++) {
		weir__layout_init(&room[i], &specs[i], NULL);
		d->results[i] = &room[i];
		out[i] = &room[i].spec;
	}
	call.out = out;
	d->to_copy = operands_to_copy(&call, in);
	d->view_offset = 0;
	d->tiles = 0;
	d->scratch = 0;
	d->is_view = op->view && op->view(&call, in[0]->layout->strides,
					  room[0].strides, &d->view_offset);
	if (d->is_view || !op->kernel)
		return WEIR_OK;
	if (op->view)		/* may have begun to fill them */
		weir__contiguous_strides(&room[0].spec, room[0].strides);
	d->tiles = op->tiles ? op->tiles(&call) : 1;
	if (d->tiles < 0)
		return weir_fail(WEIR_EOP, "its tiles function says %lld",
				 (long long)d->tiles);
	d->scratch = weir__scratch_bytes(&call);
	return WEIR_OK;
}
