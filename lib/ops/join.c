/* Larger tensors from smaller ones: concat, pad. */
#include "ops/grad.h"
#include "ops/infer.h"
#include "ops/loop.h"
#include "ops/op_cost.h"

#include <string.h>

#include <weir/ops.h>
#include "base/error.h"
#include "tensor/tensor.h"

WEIR__ELEMENT_COST(pad_cost, 0, 0.25, 0.4)

/* -- concat -------------------------------------------------------------------- */

static weir_status
infer_concat(const weir_call *call, weir_spec *out)
{
	const weir_concat_attrs *attrs = call->attrs;
	const weir_spec *a = call->in[0];
	char label[WEIR__LABEL_SIZE];
	weir_status status = weir__same_dtype(call, 0);
	weir_spec joined = *a;
	int axis = 0, i;
	size_t operand;

	if (status)
		return status;
	if (!a->rank)
		return weir_fail(WEIR_ESHAPE, "a has no axis to join along");
	status = weir__axis(attrs->axis, a->rank, &axis);
	if (status)
		return status;
	for (operand = 1; operand < call->n_in; operand++) {
		const weir_spec *in = call->in[operand];

		weir__operand_label(operand, label);
		if (in->rank != a->rank)
			return weir_fail(WEIR_ESHAPE, "the ranks %d of a and "
					 "%d of %s differ", a->rank, in->rank,
					 label);
		for (i = 0; i < a->rank; i++)
			if (i != axis && in->shape[i] != a->shape[i])
				return weir_fail(
					WEIR_ESHAPE, "axis %d has length %lld "
					"in a and %lld in %s; only axis %d may "
					"differ", i, (long long)a->shape[i],
					(long long)in->shape[i], label, axis);
		joined.shape[axis] += in->shape[axis];
	}
	return weir__spec_init(out, a->dtype, (size_t)a->rank, joined.shape);
}

/*
 * The result is `outer` rows, each the rows of the operands one after the
 * other. Elements begin..end of it are copied row by row, operand by operand.
 */
static weir_status
concat_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const weir_concat_attrs *attrs = kernel->call.attrs;
	const weir_spec *spec = kernel->out[0].spec;
	size_t size = weir__element_size(spec->dtype), i;
	struct weir__walk walks[WEIR_OPERANDS_MAX];
	int64_t lengths[WEIR_OPERANDS_MAX];
	int64_t first, last, row = 0, inner = 1;
	int axis = weir__axis_of(attrs->axis, spec->rank), j;
	char *y = kernel->out[0].data;

	weir__loop_range(spec, begin, end, &first, &last);
	if (first >= last)
		return WEIR_OK;
	for (j = axis + 1; j < spec->rank; j++)
		inner *= spec->shape[j];
	for (i = 0; i < kernel->call.n_in; i++) {
		lengths[i] = kernel->in[i].spec->shape[axis] * inner;
		row += lengths[i];
		weir__walk_of(&walks[i], &kernel->in[i]);
	}
	for (int64_t r = first / row; r * row < last; r++) {
		int64_t at = r * row;

		for (i = 0; i < kernel->call.n_in; at += lengths[i], i++) {
			int64_t from = weir__most(first, at);
			int64_t to = weir__least(last, at + lengths[i]);

			if (from < to)
				weir__walk_gather(&walks[i], kernel->in[i].data,
						  r * lengths[i] + from - at,
						  to - from, size,
						  y + from * (int64_t)size);
		}
	}
	return WEIR_OK;
}

static weir_cost
concat_cost(const weir_call *call)
{
	const weir_concat_attrs *attrs = call->attrs;
	const weir_spec *out = call->out[0];
	int axis = weir__axis_of(attrs->axis, out->rank), i;
	double pieces = (double)call->n_in;
	weir_cost cost = weir__streaming_cost(call,
					      (double)weir__elements(out), 0,
					      weir__is_wide(call) ? 0.2 : 0.1);

	for (i = 0; i < axis; i++)
		pieces *= (double)out->shape[i];
	cost.nanoseconds += 5 * pieces;
	return cost;
}

/* Each operand's gradient is its part of g. */
static weir_status
concat_grad(weir_scope *scope, const weir_gradient *gradient)
{
	const weir_concat_attrs *attrs = gradient->attrs;
	const weir_spec *out = &gradient->out[0]->layout->spec;
	int axis = weir__axis_of(attrs->axis, out->rank), i;
	weir_slice_attrs part = { .starts.n = out->rank, .stops.n = out->rank };
	int64_t at = 0;
	size_t operand;

	for (i = 0; i < out->rank; i++)
		part.stops.v[i] = out->shape[i];
	for (operand = 0; operand < gradient->n_in; operand++) {
		int64_t n = gradient->in[operand]->layout->spec.shape[axis];

		part.starts.v[axis] = at;
		part.stops.v[axis] = at + n;
		at += n;
		if (gradient->wanted[operand])
			gradient->of_in[operand] = weir__emit1(
				scope, &weir__op_slice, &part,
				gradient->of_out[0]);
	}
	return weir__grad_done(gradient, gradient->n_in);
}

static const weir_attr concat_attrs[] = {
	{ "axis", WEIR_ATTR_I64, offsetof(weir_concat_attrs, axis),
	  "the axis to join along" },
	{ 0 }
};

const weir_op weir__op_concat = {
	.size = sizeof(weir_op), .name = "concat",
	.doc = "Join tensors along an axis.",
	.n_in = WEIR_VARIADIC, .n_out = 1, .flags = WEIR_OP_PURE,
	.attrs = concat_attrs, .attrs_size = sizeof(weir_concat_attrs),
	.infer = infer_concat, .tiles = weir__loop_tiles,
	.kernel = concat_kernel, .cost = concat_cost, .grad = concat_grad,
};

/* -- pad ------------------------------------------------------------------------- */

static int64_t
entry(const weir_ints *ints, int axis)
{
	return axis < ints->n ? ints->v[axis] : 0;
}

static weir_status
infer_pad(const weir_call *call, weir_spec *out)
{
	const weir_pad_attrs *attrs = call->attrs;
	const weir_spec *in = call->in[0];
	const int64_t most = (int64_t)1 << 61;
	int64_t shape[WEIR_RANK_MAX];
	int n = attrs->before.n, axis;

	if (attrs->after.n != n || (attrs->between.n && attrs->between.n != n))
		return weir_fail(WEIR_EINVAL, "there are %d entries before, "
				 "%d after and %d between", n, attrs->after.n,
				 attrs->between.n);
	if (n < 0 || n > in->rank)
		return weir_fail(WEIR_ESHAPE, "zeros for %d axes of %d", n,
				 in->rank);
	for (axis = 0; axis < in->rank; axis++) {
		int64_t before = entry(&attrs->before, axis);
		int64_t after = entry(&attrs->after, axis);
		int64_t between = entry(&attrs->between, axis);
		int64_t length = in->shape[axis], gaps = length > 1 ? length - 1
								    : 0;

		if (before < 0 || after < 0 || between < 0)
			return weir_fail(WEIR_ERANGE, "a negative number of "
					 "zeros for axis %d", axis);
		if (before > most || after > most ||
		    (gaps && between > most / gaps))
			return weir_fail(WEIR_ERANGE, "too many zeros for "
					 "axis %d", axis);
		shape[axis] = length + gaps * between;
		if (shape[axis] > most - before ||
		    shape[axis] + before > most - after)
			return weir_fail(WEIR_ERANGE, "too many zeros for "
					 "axis %d", axis);
		shape[axis] += before + after;
	}
	return weir__spec_init(out, in->dtype, (size_t)in->rank, shape);
}

/* Which entry of the operand's axis is at `at`; -1 where there is a zero. */
static int64_t
source_entry(const weir_pad_attrs *attrs, int axis, int64_t length, int64_t at)
{
	int64_t pitch = entry(&attrs->between, axis) + 1;

	at -= entry(&attrs->before, axis);
	if (at < 0 || at % pitch || at / pitch >= length)
		return -1;
	return at / pitch;
}

/* Entries of one row of the result that follow each other at a distance. */
static void
spread_row(const char *x, int64_t step, int64_t n, int64_t pitch, size_t size,
	   char *y)
{
	int64_t i;

	for (i = 0; i < n; i++, x += step, y += pitch * (int64_t)size) {
		if (size == 4)
			*(uint32_t *)y = *(const uint32_t *)x;
		else if (size == 8)
			*(uint64_t *)y = *(const uint64_t *)x;
		else
			*y = *x;
	}
}

/* Columns from..to - 1 of one row of the result, at y, whose row of the
 * operand is at x. */
static void
pad_row(const weir_kernel *kernel, const char *x, int64_t from, int64_t to,
	char *y)
{
	const weir_pad_attrs *attrs = kernel->call.attrs;
	const weir_view *in = &kernel->in[0];
	int axis = in->spec->rank - 1;
	int64_t size = (int64_t)weir__element_size(in->spec->dtype);
	int64_t before = entry(&attrs->before, axis);
	int64_t pitch = entry(&attrs->between, axis) + 1;
	int64_t step = in->strides[axis], n;
	/* the first and the past-the-last entry that fall into from..to */
	int64_t first = from > before ? weir__ceil_div(from - before, pitch)
				      : 0;
	int64_t last = to > before ? weir__ceil_div(to - before, pitch) : 0;
	bool is_run = pitch == 1 && step == size;

	last = weir__least(last, in->spec->shape[axis]);
	n = weir__most(last - first, 0);
	if (!n || !is_run) {
		memset(y + from * size, 0, (size_t)((to - from) * size));
		spread_row(x + first * step, step, n, pitch, (size_t)size,
			   y + (before + first * pitch) * size);
		return;
	}
	memset(y + from * size, 0, (size_t)((before + first - from) * size));
	weir__copy_bytes(y + (before + first) * size, x + first * step,
			 (size_t)(n * size));
	memset(y + (before + last) * size, 0,
	       (size_t)((to - before - last) * size));
}

static weir_status
pad_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const weir_pad_attrs *attrs = kernel->call.attrs;
	const weir_view *in = &kernel->in[0];
	const weir_spec *spec = kernel->out[0].spec;
	int64_t size = (int64_t)weir__element_size(spec->dtype);
	int rank = spec->rank, axis;
	char *y = kernel->out[0].data;
	int64_t first, last, row, width;

	weir__loop_range(spec, begin, end, &first, &last);
	if (first >= last)
		return WEIR_OK;
	if (!rank) {
		memcpy(y, in->data, (size_t)size);
		return WEIR_OK;
	}
	width = spec->shape[rank - 1];
	for (row = first / width; row * width < last; row++) {
		int64_t rest = row, at = row * width, source = 0;
		int64_t from = weir__most(first - at, 0);
		int64_t to = weir__least(last - at, width);
		const char *x = in->data;
		char *z = y + at * size;

		for (axis = rank - 2; axis >= 0 && source >= 0; axis--) {
			at = rest % spec->shape[axis];
			rest /= spec->shape[axis];
			source = source_entry(attrs, axis,
					      in->spec->shape[axis], at);
			x += source * in->strides[axis];
		}
		if (source < 0)
			memset(z + from * size, 0,
			       (size_t)((to - from) * size));
		else
			pad_row(kernel, x, from, to, z);
	}
	return WEIR_OK;
}

/* Rows of the operand, along its first axis, for rows of the result. */
static void
pad_reach(const weir_call *call, size_t operand, int64_t begin, int64_t end,
	  int64_t *first, int64_t *last)
{
	const weir_spec *in = call->in[0], *out = call->out[0];
	const weir_pad_attrs *attrs = call->attrs;
	int64_t before = entry(&attrs->before, 0), from, to, width;
	int64_t pitch = entry(&attrs->between, 0) + 1;

	weir__loop_range(out, begin, end, &from, &to);
	if (operand) {
		*first = from;
		*last = to;
		return;
	}
	if (!in->rank || from >= to)
		return;
	width = weir__spec_elements(out) / out->shape[0];
	from = from / width - before;
	to = (to - 1) / width - before;
	from = from > 0 ? weir__ceil_div(from, pitch) : 0;
	to = to < 0 ? 0 : weir__least(to / pitch + 1, in->shape[0]);
	width = in->shape[0] ? weir__spec_elements(in) / in->shape[0] : 0;
	*first = from * width;
	*last = weir__most(from, to) * width;
}

/* The gradient is g where the entries went. */
static weir_status
pad_grad(weir_scope *scope, const weir_gradient *gradient)
{
	const weir_pad_attrs *attrs = gradient->attrs;
	const weir_spec *in = &gradient->in[0]->layout->spec;
	weir_slice_attrs part = { .starts.n = in->rank, .stops.n = in->rank,
				  .steps.n = in->rank };
	int axis;

	if (!gradient->wanted[0])
		return WEIR_OK;
	for (axis = 0; axis < in->rank; axis++) {
		int64_t n = in->shape[axis];
		int64_t pitch = n > 1 ? entry(&attrs->between, axis) + 1 : 1;
		int64_t start = entry(&attrs->before, axis);

		part.starts.v[axis] = start;
		part.stops.v[axis] = n ? start + (n - 1) * pitch + 1 : start;
		part.steps.v[axis] = pitch;
	}
	gradient->of_in[0] = weir__emit1(scope, &weir__op_slice, &part,
					 gradient->of_out[0]);
	return weir__grad_done(gradient, 1);
}

static const weir_attr pad_attrs[] = {
	{ "before", WEIR_ATTR_INTS, offsetof(weir_pad_attrs, before),
	  "zeros before the first entry of each axis" },
	{ "after", WEIR_ATTR_INTS, offsetof(weir_pad_attrs, after),
	  "zeros after the last" },
	{ "between", WEIR_ATTR_INTS, offsetof(weir_pad_attrs, between),
	  "zeros between one entry and the next; none: 0" },
	{ 0 }
};

const weir_op weir__op_pad = {
	.size = sizeof(weir_op), .name = "pad",
	.doc = "Zeros before, after and between the entries of each axis.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE,
	.attrs = pad_attrs, .attrs_size = sizeof(weir_pad_attrs),
	.infer = infer_pad, .tiles = weir__loop_tiles,
	.kernel = pad_kernel, .reach = pad_reach, .cost = pad_cost,
	.grad = pad_grad,
};
