/* Reductions: sum mean max. */
#include "ops/reduce.h"

#include <weir/ops.h>
#include "base/error.h"
#include "ops/grad.h"
#include "ops/infer.h"
#include "ops/op_cost.h"
#include "tensor/tensor.h"

/* -- the cut ---------------------------------------------------------------------- */

/* Outputs of so many elements each, one after the other: a power of two, as
 * rows in tiles of the loop are, so that these go well together. */
static int64_t
rows_of_tile(int64_t count)
{
	int64_t rows = 1;

	while (2 * rows * count <= WEIR__ROWS_TILE && rows < WEIR__ROWS_TILE)
		rows *= 2;
	return rows;
}

void
weir__cut_of(const weir_spec *spec, unsigned reduced, struct weir__cut *cut)
{
	int64_t side_by_side = 1;	/* outputs that share rows of memory */
	int64_t count_tile;
	int axis, innermost = -1;

	cut->outputs = cut->count = 1;
	for (axis = 0; axis < spec->rank; axis++) {
		if (weir__is_axis_in(reduced, axis))
			cut->count *= spec->shape[axis];
		else
			cut->outputs *= spec->shape[axis];
		if (spec->shape[axis] != 1)
			innermost = axis;
	}
	if (innermost >= 0 && !weir__is_axis_in(reduced, innermost))
		side_by_side = weir__most(
			weir__least(WEIR__COLUMNS, cut->outputs), 1);

	if (cut->count <= WEIR__LEAF ||
	    cut->count <= WEIR__REDUCE_TILE / side_by_side) {
		cut->outputs_tile = side_by_side > 1
			? weir__most(WEIR__REDUCE_TILE /
				     weir__most(cut->count, 1), side_by_side)
			: rows_of_tile(cut->count);
		cut->count_tile = weir__most(cut->count, 1);
		cut->count_tiles = 1;
		return;
	}
	/* 2^k leaves: a subtree */
	for (count_tile = WEIR__LEAF;
	     count_tile * side_by_side < WEIR__REDUCE_TILE;)
		count_tile *= 2;
	cut->outputs_tile = side_by_side;
	cut->count_tile = count_tile;
	cut->count_tiles = weir__ceil_div(cut->count, count_tile);
}

static int64_t
innermost_step(const struct weir__walk *walk)
{
	int64_t step = walk->rank ? walk->step[walk->rank - 1] : 0;

	return step < 0 ? -step : step;
}

void
weir__reduced_of(const weir_view *view, unsigned axes,
		 struct weir__reduced *x)
{
	int64_t count = 1;
	int axis;

	x->base = view->data;
	x->kept.rank = x->reduced.rank = 0;
	for (axis = 0; axis < view->spec->rank; axis++) {
		int64_t length = view->spec->shape[axis];

		if (weir__is_axis_in(axes, axis))
			count *= length;
		weir__walk_add(weir__is_axis_in(axes, axis) ? &x->reduced
							    : &x->kept,
			       length, view->strides[axis]);
	}
	x->by_columns = x->kept.rank &&
			(innermost_step(&x->kept) <
				 innermost_step(&x->reduced) ||
			 (count < WEIR__TREE_LANES &&
			  x->kept.shape[x->kept.rank - 1] >= 8));
}

/* -- the loops ---------------------------------------------------------------------- */

#define T float
#define NAME(name) sum_f32_##name
#define JOIN(a, b) ((a) + (b))
#define IS_NAN(a) ((a) != (a))
#include "ops/reduce_typed.h"

#define T double
#define NAME(name) sum_f64_##name
#define JOIN(a, b) ((a) + (b))
#define IS_NAN(a) ((a) != (a))
#include "ops/reduce_typed.h"

#define T uint64_t	/* wraps */
#define NAME(name) sum_i64_##name
#define JOIN(a, b) ((a) + (b))
#define IS_NAN(a) 0
#include "ops/reduce_typed.h"

/* The first NaN of the two, else the larger one, else a: as maximum. */
#define T float
#define NAME(name) max_f32_##name
#define JOIN(a, b) ((((a) >= (b)) | ((a) != (a))) ? (a) : (b))
#define IS_NAN(a) ((a) != (a))
#include "ops/reduce_typed.h"

#define T double
#define NAME(name) max_f64_##name
#define JOIN(a, b) ((((a) >= (b)) | ((a) != (a))) ? (a) : (b))
#define IS_NAN(a) ((a) != (a))
#include "ops/reduce_typed.h"

#define T int64_t
#define NAME(name) max_i64_##name
#define JOIN(a, b) ((a) >= (b) ? (a) : (b))
#define IS_NAN(a) 0
#include "ops/reduce_typed.h"

/* -- calls ----------------------------------------------------------------------------- */

unsigned
weir__reduced_axes(const weir_call *call)
{
	const weir_reduce_attrs *attrs = call->attrs;
	int rank = call->in[0]->rank, i;
	unsigned axes = 0;

	if (!attrs->axes.n)
		return (1u << rank) - 1;
	for (i = 0; i < attrs->axes.n; i++)
		axes |= 1u << weir__axis_of(attrs->axes.v[i], rank);
	return axes;
}

static weir_status
infer_sum(const weir_call *call, weir_spec *out)
{
	const weir_reduce_attrs *attrs = call->attrs;
	const weir_spec *in = call->in[0];
	unsigned axes = 0;
	int i, axis;
	weir_status status;

	if (attrs->axes.n < 0 || attrs->axes.n > WEIR_RANK_MAX)
		return weir_fail(WEIR_EINVAL, "%d axes are given for rank %d",
				 attrs->axes.n, in->rank);
	for (i = 0; i < attrs->axes.n; i++) {
		status = weir__axis(attrs->axes.v[i], in->rank, &axis);
		if (status)
			return status;
		if (weir__is_axis_in(axes, axis))
			return weir_fail(WEIR_EINVAL, "axis %d is named twice",
					 axis);
		axes |= 1u << axis;
	}
	axes = weir__reduced_axes(call);
	*out = (weir_spec){ .dtype = in->dtype };
	for (axis = 0; axis < in->rank; axis++) {
		if (!weir__is_axis_in(axes, axis))
			out->shape[out->rank++] = in->shape[axis];
		else if (attrs->keepdims)
			out->shape[out->rank++] = 1;
	}
	return WEIR_OK;
}

/* Where the operation has no value for no elements. */
static weir_status
infer_of_something(const weir_call *call, weir_spec *out)
{
	weir_status status = infer_sum(call, out);
	struct weir__cut cut;

	if (status)
		return status;
	weir__cut_of(call->in[0], weir__reduced_axes(call), &cut);
	if (!cut.count)
		return weir_fail(WEIR_ESHAPE, "there is no %s of nothing: an "
				 "axis to reduce has length 0",
				 call->op->name);
	return WEIR_OK;
}

static int64_t
reduce_tiles(const weir_call *call)
{
	struct weir__cut cut;

	weir__cut_of(call->in[0], weir__reduced_axes(call), &cut);
	return weir__cut_tiles(&cut);
}

static size_t
reduce_scratch(const weir_call *call)
{
	struct weir__cut cut;

	weir__cut_of(call->in[0], weir__reduced_axes(call), &cut);
	if (cut.count_tiles == 1)
		return 0;
	return (size_t)(cut.outputs * cut.count_tiles) *
	       weir__element_size(call->in[0]->dtype);
}

/* Whether the reduced axes come after all that are kept, or before them; those
 * of length 1 are nowhere. */
static bool
are_apart(const weir_spec *in, unsigned reduced, bool come_last)
{
	bool is_past = false;
	int axis;

	for (axis = 0; axis < in->rank; axis++) {
		bool is_second = weir__is_axis_in(reduced, axis) == come_last;

		if (in->shape[axis] == 1)
			continue;
		if (is_past && !is_second)
			return false;
		is_past |= is_second;
	}
	return true;
}

/* Whole outputs; or, of tiles that are parts of the same ones, what they read
 * of these. */
static void
reduce_reach(const weir_call *call, size_t operand, int64_t begin, int64_t end,
	     int64_t *first, int64_t *last)
{
	unsigned axes = weir__reduced_axes(call);
	struct weir__cut cut;
	int64_t from, to, part = 0, part_end;
	bool is_whole;

	weir__cut_of(call->in[0], axes, &cut);
	from = begin / cut.count_tiles * cut.outputs_tile;
	to = weir__least(weir__ceil_div(end, cut.count_tiles) *
			 cut.outputs_tile, cut.outputs);
	is_whole = cut.count_tiles == 1;
	if (operand) {
		if (is_whole) {		/* else finish() writes them */
			*first = from;
			*last = to;
		}
		return;
	}
	part_end = cut.count;
	if (!is_whole && begin / cut.count_tiles ==
				 (end - 1) / cut.count_tiles) {
		part = begin % cut.count_tiles * cut.count_tile;
		part_end = weir__least(((end - 1) % cut.count_tiles + 1) *
				       cut.count_tile, cut.count);
	}
	if (are_apart(call->in[0], axes, true)) {
		*first = from * cut.count + part;
		*last = (to - 1) * cut.count + part_end;
	} else if (are_apart(call->in[0], axes, false)) {
		*first = part * cut.outputs + from;
		*last = (part_end - 1) * cut.outputs + to;
	}
}

/* Whatever outputs there are besides, each has the same tree. */
static bool
reduce_band(const weir_call *call, int axis, int *axes)
{
	const weir_reduce_attrs *attrs = call->attrs;
	unsigned reduced = weir__reduced_axes(call);
	int in, out = -1;

	for (in = 0; in < call->in[0]->rank; in++) {
		out += attrs->keepdims || !weir__is_axis_in(reduced, in);
		if (out == axis && !weir__is_axis_in(reduced, in)) {
			axes[0] = in;
			return true;
		}
	}
	return false;
}

/* Of a matrix whose rows are reduced. */
static bool
reduce_folds(const weir_call *call, int *axes, size_t *bytes)
{
	const weir_spec *in = call->in[0];

	if (in->rank != 2 || weir__reduced_axes(call) != 1)
		return false;
	axes[0] = 0;
	*bytes = (size_t)(weir__fold_rows(in->shape[0]) * in->shape[1]) *
		 weir__element_size(in->dtype);
	return true;
}

static struct weir__folded
folded_of(const weir_view *in)
{
	return (struct weir__folded){ in->data, in->strides[0], in->strides[1],
				      in->spec->shape[1], in->spec->shape[0] };
}

/* name_kernel, name_finish and name_fold of the loops; a mean divides by the
 * count. */
#define REDUCTION(name, loops, divides)					\
static weir_status							\
name##_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)	\
{									\
	unsigned axes = weir__reduced_axes(&kernel->call);			\
	void *out = kernel->out[0].data, *scratch = kernel->scratch;	\
	struct weir__reduced x;						\
	struct weir__cut cut;						\
	double count;							\
									\
	weir__cut_of(kernel->in[0].spec, axes, &cut);			\
	weir__reduced_of(&kernel->in[0], axes, &x);			\
	count = divides ? (double)cut.count : 0;			\
	switch (kernel->in[0].spec->dtype) {				\
	case WEIR_F32:							\
		loops##_f32_tiles(&x, &cut, begin, end, out, scratch,	\
				  count);				\
		break;							\
	case WEIR_F64:							\
		loops##_f64_tiles(&x, &cut, begin, end, out, scratch,	\
				  count);				\
		break;							\
	default:							\
		loops##_i64_tiles(&x, &cut, begin, end, out, scratch, 0); \
		break;							\
	}								\
	return WEIR_OK;							\
}									\
									\
static weir_status							\
name##_finish(const weir_kernel *kernel)				\
{									\
	void *out = kernel->out[0].data, *scratch = kernel->scratch;	\
	struct weir__cut cut;						\
	double count;							\
									\
	weir__cut_of(kernel->in[0].spec, weir__reduced_axes(&kernel->call),	\
		     &cut);						\
	count = divides ? (double)cut.count : 0;			\
	switch (kernel->in[0].spec->dtype) {				\
	case WEIR_F32:							\
		loops##_f32_finish(&cut, scratch, out, count);		\
		break;							\
	case WEIR_F64:							\
		loops##_f64_finish(&cut, scratch, out, count);		\
		break;							\
	default:							\
		loops##_i64_finish(&cut, scratch, out, 0);		\
		break;							\
	}								\
	return WEIR_OK;							\
}									\
									\
static weir_status							\
name##_fold(const weir_kernel *kernel, int64_t begin, int64_t end)	\
{									\
	void *out = kernel->out[0].data, *state = kernel->scratch;	\
	struct weir__folded x = folded_of(&kernel->in[0]);		\
	double count = divides ? (double)x.count : 0;			\
									\
	switch (kernel->in[0].spec->dtype) {				\
	case WEIR_F32:							\
		loops##_f32_fold(&x, begin, end, state, out, count);	\
		break;							\
	case WEIR_F64:							\
		loops##_f64_fold(&x, begin, end, state, out, count);	\
		break;							\
	default:							\
		loops##_i64_fold(&x, begin, end, state, out, 0);	\
		break;							\
	}								\
	return WEIR_OK;							\
}

REDUCTION(sum, sum, false)
REDUCTION(mean, sum, true)
REDUCTION(max, max, false)

static weir_cost
reduce_cost(const weir_call *call)
{
	double n = (double)weir__elements(call->in[0]);
	double outputs = (double)weir__elements(call->out[0]);
	weir_cost cost = weir__streaming_cost(call, n, 1,
					      weir__is_wide(call) ? 0.16 : 0.09);

	cost.nanoseconds += 15 + 3 * outputs;
	return cost;
}

/* -- rows ---------------------------------------------------------------------------------- */

static const weir_attr reduce_attrs[] = {
	{ "axes", WEIR_ATTR_INTS, offsetof(weir_reduce_attrs, axes),
	  "the axes to reduce, negative ones from the end; none: all" },
	{ "keepdims", WEIR_ATTR_BOOL, offsetof(weir_reduce_attrs, keepdims),
	  "keep reduced axes with length 1" },
	{ 0 }
};

#define ROW(op, sentence, takes, infer_fn)				\
const weir_op weir__op_##op = {						\
	.size = sizeof(weir_op), .name = #op, .doc = sentence,		\
	.n_in = 1, .n_out = 1,						\
	.flags = WEIR_OP_PURE | WEIR_OP_FINISHES_SCRATCH, .dtypes = takes, \
	.attrs = reduce_attrs, .attrs_size = sizeof(weir_reduce_attrs),	\
	.infer = infer_fn, .tiles = reduce_tiles,			\
	.scratch = reduce_scratch, .kernel = op##_kernel,		\
	.finish = op##_finish, .cost = reduce_cost, .grad = weir__grad_##op,	\
	.reach = reduce_reach, .band = reduce_band,			\
	.folds = reduce_folds, .fold = op##_fold,			\
};

ROW(sum, "The sum over axes, by fixed blocks and a pairwise tree.",
    WEIR_NUMBERS, infer_sum)
ROW(mean, "The sum over axes divided by the number of elements.",
    WEIR_FLOATS, infer_of_something)
ROW(max, "The largest over axes; NaN if there is one.", WEIR_NUMBERS,
    infer_of_something)
