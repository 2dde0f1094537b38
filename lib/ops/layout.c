/*
 * The same elements in another order or place: transpose reshape expand slice
 * read copy; and assign. All but copy are views where strides allow.
 */
#include "ops/grad.h"
#include "ops/infer.h"
#include "ops/loop.h"
#include "ops/op_cost.h"

#include <weir/ops.h>
#include "base/error.h"
#include "tensor/tensor.h"

/* -- copy: the elements in row-major order ------------------------------------ */

static weir_status
copy_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const weir_spec *spec = kernel->out[0].spec;
	size_t size = weir__element_size(spec->dtype);
	struct weir__walk walk;
	int64_t first, last;

	weir__loop_range(spec, begin, end, &first, &last);
	weir__walk_of(&walk, &kernel->in[0]);
	weir__walk_gather(&walk, kernel->in[0].data, first, last - first, size,
			  (char *)kernel->out[0].data + first * (int64_t)size);
	return WEIR_OK;
}

static weir_status
identity_grad(weir_scope *scope, const weir_gradient *gradient)
{
	(void)scope;
	if (gradient->wanted[0])
		gradient->of_in[0] = gradient->of_out[0];
	return WEIR_OK;
}

WEIR__ELEMENT_COST(copy_cost, 0, 0.07, 0.14)

static weir_cost
view_cost(const weir_call *call)
{
	weir_cost cost = { 0, 0, 1 };	/* done once, when it is planned */

	(void)call;
	return cost;
}

const weir_op weir__op_copy = {
	.size = sizeof(weir_op), .name = "copy", .doc = "A contiguous copy.",
	.n_in = 1, .n_out = 1,
	.flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE | WEIR_OP_IN_PLACE,
	.infer = weir__infer_unary, .tiles = weir__loop_tiles,
	.kernel = copy_kernel, .cost = copy_cost, .grad = identity_grad,
	.reach = weir__loop_reach, .band = weir__loop_band,
};

/* -- read, assign: variables --------------------------------------------------- */

static bool
same_view(const weir_call *call, const int64_t *in_strides,
	  int64_t *out_strides, int64_t *offset)
{
	int i;

	for (i = 0; i < call->in[0]->rank; i++)
		out_strides[i] = in_strides[i];
	*offset = 0;
	return true;
}

const weir_op weir__op_read = {
	.size = sizeof(weir_op), .name = "read",
	.doc = "A snapshot of a variable.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE,
	.infer = weir__infer_unary, .view = same_view, .cost = view_cost,
	.grad = identity_grad,
};

static weir_status
infer_assign(const weir_call *call, weir_spec *out)
{
	weir_status status = weir__same_dtype(call, 0);

	(void)out;
	return status ? status : weir__same_shape(call);
}

const weir_op weir__op_assign = {
	.size = sizeof(weir_op), .name = "assign",
	.doc = "Give the variable a the value b, of the same dtype and shape.",
	.n_in = 2, .n_out = 0, .flags = WEIR_OP_ASSIGN,
	.infer = infer_assign, .cost = view_cost,
};

/* -- transpose ------------------------------------------------------------------- */

static int
source_axis(const weir_transpose_attrs *attrs, int rank, int axis)
{
	if (!attrs->perm.n)
		return rank - 1 - axis;
	return weir__axis_of(attrs->perm.v[axis], rank);
}

static weir_status
infer_transpose(const weir_call *call, weir_spec *out)
{
	const weir_transpose_attrs *attrs = call->attrs;
	const weir_spec *in = call->in[0];
	unsigned seen = 0;
	int i, axis;

	if (attrs->perm.n && attrs->perm.n != in->rank)
		return weir_fail(WEIR_ESHAPE, "perm has %d entries for %d axes",
				 attrs->perm.n, in->rank);
	for (i = 0; i < attrs->perm.n; i++) {
		weir_status status = weir__axis(attrs->perm.v[i], in->rank,
						&axis);

		if (status)
			return status;
		if (seen & 1u << axis)
			return weir_fail(WEIR_EINVAL, "perm names axis %d "
					 "twice", axis);
		seen |= 1u << axis;
	}
	*out = *in;
	for (i = 0; i < in->rank; i++)
		out->shape[i] = in->shape[source_axis(attrs, in->rank, i)];
	return WEIR_OK;
}

static bool
transpose_view(const weir_call *call, const int64_t *in_strides,
	       int64_t *out_strides, int64_t *offset)
{
	int rank = call->in[0]->rank, i;

	for (i = 0; i < rank; i++)
		out_strides[i] = in_strides[source_axis(call->attrs, rank, i)];
	*offset = 0;
	return true;
}

static weir_status
transpose_grad(weir_scope *scope, const weir_gradient *gradient)
{
	int rank = gradient->in[0]->layout->spec.rank, i;
	weir_transpose_attrs inverse = { .perm.n = rank };

	if (!gradient->wanted[0])
		return WEIR_OK;
	for (i = 0; i < rank; i++)
		inverse.perm.v[source_axis(gradient->attrs, rank, i)] = i;
	gradient->of_in[0] = weir__emit1(scope, &weir__op_transpose, &inverse,
					 gradient->of_out[0]);
	return weir__grad_done(gradient, 1);
}

static const weir_attr transpose_attrs[] = {
	{ "perm", WEIR_ATTR_INTS, offsetof(weir_transpose_attrs, perm),
	  "perm[i] is the operand's axis that becomes axis i; none: reversed" },
	{ 0 }
};

const weir_op weir__op_transpose = {
	.size = sizeof(weir_op), .name = "transpose",
	.doc = "Permute the axes; without perm, reverse them.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE,
	.attrs = transpose_attrs, .attrs_size = sizeof(weir_transpose_attrs),
	.infer = infer_transpose, .view = transpose_view, .cost = view_cost,
	.grad = transpose_grad,
};

/* -- reshape ---------------------------------------------------------------------- */

static weir_status
infer_reshape(const weir_call *call, weir_spec *out)
{
	const weir_shape_attrs *attrs = call->attrs;
	const weir_spec *in = call->in[0];
	char from[WEIR__SHAPE_SIZE], to[WEIR__SHAPE_SIZE];
	int64_t total = weir__elements(in), known = 1;
	weir_ints shape = attrs->shape;
	int open = -1, i;
	weir_status status;

	for (i = 0; i < shape.n && i < WEIR_RANK_MAX; i++) {
		if (shape.v[i] != -1)
			continue;
		if (open >= 0)
			return weir_fail(WEIR_EINVAL, "the new shape has more "
					 "than one -1");
		open = i;
		shape.v[i] = 1;
	}
	status = weir__shape_of(in->dtype, &shape, out);
	if (status)
		return status;
	known = weir__elements(out);
	if (open >= 0) {
		if (!known)
			return weir_fail(WEIR_ESHAPE, "the -1 of the new shape "
					 "could be any length: the others give "
					 "0 elements");
		out->shape[open] = total / known;
		known *= out->shape[open];
	}
	if (known != total)
		return weir_fail(
			WEIR_ESHAPE, "%s has %lld elements and does not fit %s",
			weir__shape_text(in->rank, in->shape, from),
			(long long)total,
			weir__shape_text(attrs->shape.n, attrs->shape.v, to));
	return WEIR_OK;
}

/*
 * Cut both shapes into the smallest groups of axes with equal products; each
 * group of the operand must be one run of equal steps.
 */
static bool
reshape_view(const weir_call *call, const int64_t *in_strides,
	     int64_t *out_strides, int64_t *offset)
{
	const weir_spec *in = call->in[0], *out = call->out[0];
	int i = 0, o = 0;

	*offset = 0;
	if (weir__elements(in) == 0) {
		weir__contiguous_strides(out, out_strides);
		return true;
	}
	while (i < in->rank || o < out->rank) {
		int64_t n_in = 1, n_out = 1, step;
		struct weir__walk run = { 0 };
		int first = o, axis;

		if (i < in->rank) {
			n_in = in->shape[i];
			weir__walk_add(&run, n_in, in_strides[i++]);
		}
		if (o < out->rank)
			n_out = out->shape[o++];
		while (n_in != n_out) {
			if (n_in < n_out) {
				n_in *= in->shape[i];
				weir__walk_add(&run, in->shape[i],
					       in_strides[i]);
				i++;
			} else {
				n_out *= out->shape[o++];
			}
		}
		if (run.rank > 1)
			return false;
		step = run.rank ? run.step[0]
				: (int64_t)weir__element_size(in->dtype);
		for (axis = o - 1; axis >= first; axis--) {
			out_strides[axis] = step;
			step *= out->shape[axis];
		}
	}
	return true;
}

static weir_status
like_operand_grad(weir_scope *scope, const weir_gradient *gradient)
{
	if (gradient->wanted[0])
		gradient->of_in[0] = weir__emit_reshape(
			scope, gradient->of_out[0],
			&gradient->in[0]->layout->spec);
	return weir__grad_done(gradient, 1);
}

static const weir_attr shape_attrs[] = {
	{ "shape", WEIR_ATTR_INTS, offsetof(weir_shape_attrs, shape),
	  "the new shape" },
	{ 0 }
};

const weir_op weir__op_reshape = {
	.size = sizeof(weir_op), .name = "reshape",
	.doc = "The same elements in row-major order under another shape, of "
	       "which one entry may be -1.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE,
	.attrs = shape_attrs, .attrs_size = sizeof(weir_shape_attrs),
	.infer = infer_reshape, .tiles = weir__loop_tiles,
	.kernel = copy_kernel, .view = reshape_view, .cost = copy_cost,
	.grad = like_operand_grad,
};

/* -- expand ------------------------------------------------------------------------ */

static weir_status
infer_expand(const weir_call *call, weir_spec *out)
{
	const weir_shape_attrs *attrs = call->attrs;
	const weir_spec *in = call->in[0];
	char from[WEIR__SHAPE_SIZE], to[WEIR__SHAPE_SIZE];
	weir_spec wide;
	weir_status status = weir__shape_of(in->dtype, &attrs->shape, out);

	if (status)
		return status;
	if (!weir__broadcast(in, out, &wide) ||
	    !weir__spec_same_shape(&wide, out))
		return weir_fail(WEIR_ESHAPE, "%s does not broadcast to %s",
				 weir__shape_text(in->rank, in->shape, from),
				 weir__shape_text(out->rank, out->shape, to));
	return WEIR_OK;
}

static bool
expand_view(const weir_call *call, const int64_t *in_strides,
	    int64_t *out_strides, int64_t *offset)
{
	weir__broadcast_strides(call->in[0], in_strides, call->out[0],
				out_strides);
	*offset = 0;
	return true;
}

static weir_status
expand_grad(weir_scope *scope, const weir_gradient *gradient)
{
	if (gradient->wanted[0])
		gradient->of_in[0] = weir__emit_sum_to(
			scope, gradient->of_out[0],
			&gradient->in[0]->layout->spec);
	return weir__grad_done(gradient, 1);
}

const weir_op weir__op_expand = {
	.size = sizeof(weir_op), .name = "expand",
	.doc = "Broadcast to a shape.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE,
	.attrs = shape_attrs, .attrs_size = sizeof(weir_shape_attrs),
	.infer = infer_expand, .view = expand_view, .cost = view_cost,
	.grad = expand_grad,
};

/* -- slice --------------------------------------------------------------------------- */

/* One bound of a slice, negative ones from the end. */
static weir_status
bound(const char *what, int64_t given, int axis, int64_t length, int64_t *out)
{
	int64_t at = given < 0 ? given + length : given;

	if (at < 0 || at > length)
		return weir_fail(WEIR_ERANGE, "%s %lld is out of range for "
				 "axis %d of length %lld", what,
				 (long long)given, axis, (long long)length);
	*out = at;
	return WEIR_OK;
}

static int64_t
step_of(const weir_slice_attrs *attrs, int axis)
{
	return axis < attrs->steps.n ? attrs->steps.v[axis] : 1;
}

static int64_t
start_of(const weir_slice_attrs *attrs, int axis, int64_t length)
{
	int64_t start = axis < attrs->starts.n ? attrs->starts.v[axis] : 0;

	return start < 0 ? start + length : start;
}

static weir_status
infer_slice(const weir_call *call, weir_spec *out)
{
	const weir_slice_attrs *attrs = call->attrs;
	const weir_spec *in = call->in[0];
	int n = attrs->starts.n, axis;
	weir_status status;

	if (attrs->stops.n != n || (attrs->steps.n && attrs->steps.n != n))
		return weir_fail(WEIR_EINVAL, "there are %d starts, %d stops "
				 "and %d steps", n, attrs->stops.n,
				 attrs->steps.n);
	if (n < 0 || n > in->rank)
		return weir_fail(WEIR_ESHAPE, "bounds for %d axes of %d", n,
				 in->rank);
	*out = *in;
	for (axis = 0; axis < n; axis++) {
		int64_t length = in->shape[axis], start = 0, stop = 0;
		int64_t step = step_of(attrs, axis);

		status = bound("start", attrs->starts.v[axis], axis, length,
			       &start);
		if (!status)
			status = bound("stop", attrs->stops.v[axis], axis,
				       length, &stop);
		if (status)
			return status;
		if (step < 1)
			return weir_fail(WEIR_ERANGE, "step %lld of axis %d is "
					 "not positive", (long long)step,
					 axis);
		out->shape[axis] = stop > start
			? weir__ceil_div(stop - start, step) : 0;
	}
	return WEIR_OK;
}

static bool
slice_view(const weir_call *call, const int64_t *in_strides,
	   int64_t *out_strides, int64_t *offset)
{
	const weir_slice_attrs *attrs = call->attrs;
	const weir_spec *in = call->in[0], *out = call->out[0];
	bool is_empty = weir__elements(out) == 0;
	int axis;

	*offset = 0;
	for (axis = 0; axis < in->rank; axis++) {
		int64_t step = step_of(attrs, axis);

		/* A step past the only entry is never taken, and could
		 * overflow. */
		out_strides[axis] = in_strides[axis] *
				    (out->shape[axis] > 1 ? step : 1);
		if (!is_empty)
			*offset += start_of(attrs, axis, in->shape[axis]) *
				   in_strides[axis];
	}
	return true;
}

/* Put g where it was cut out: zeros around and between. */
static weir_status
slice_grad(weir_scope *scope, const weir_gradient *gradient)
{
	const weir_slice_attrs *attrs = gradient->attrs;
	const weir_spec *in = &gradient->in[0]->layout->spec;
	const weir_spec *out = &gradient->out[0]->layout->spec;
	weir_pad_attrs pad = { .before.n = in->rank, .after.n = in->rank,
			       .between.n = in->rank };
	int axis;

	if (!gradient->wanted[0])
		return WEIR_OK;
	for (axis = 0; axis < in->rank; axis++) {
		int64_t length = in->shape[axis], n = out->shape[axis];
		int64_t start = start_of(attrs, axis, length);
		int64_t between = n > 1 ? step_of(attrs, axis) - 1 : 0;
		int64_t used = n ? n + (n - 1) * between : 0;

		pad.before.v[axis] = start;
		pad.between.v[axis] = between;
		pad.after.v[axis] = length - start - used;
	}
	gradient->of_in[0] = weir__emit1(scope, &weir__op_pad, &pad,
					 gradient->of_out[0]);
	return weir__grad_done(gradient, 1);
}

static const weir_attr slice_attrs[] = {
	{ "starts", WEIR_ATTR_INTS, offsetof(weir_slice_attrs, starts),
	  "the first entry of each axis" },
	{ "stops", WEIR_ATTR_INTS, offsetof(weir_slice_attrs, stops),
	  "the entry after the last" },
	{ "steps", WEIR_ATTR_INTS, offsetof(weir_slice_attrs, steps),
	  "from entry to entry, positive; none: 1" },
	{ 0 }
};

const weir_op weir__op_slice = {
	.size = sizeof(weir_op), .name = "slice",
	.doc = "x[start:stop:step] on the first axes; bounds outside an axis "
	       "are an error.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE,
	.attrs = slice_attrs, .attrs_size = sizeof(weir_slice_attrs),
	.infer = infer_slice, .view = slice_view, .cost = view_cost,
	.grad = slice_grad,
};
