/* argmax: where the largest element along an axis is. */
#include "ops/infer.h"
#include "ops/op_cost.h"
#include "ops/reduce.h"

#include <weir/ops.h>
#include "base/error.h"
#include "tensor/tensor.h"

/*
 * Entries first..last of the axis for outputs from..to: the index of the
 * first largest, or of the first NaN. Comparing does not round, so the way
 * that reads memory best may be taken: up to WEIR__COLUMNS outputs at once.
 */
#define ARGMAX_LOOPS(T, dtype, is_nan)					\
static void								\
block_##dtype(const struct weir__reduced *x, int64_t from, int64_t to,	\
	      int64_t first, int64_t last, int64_t *y, int64_t y_step)	\
{									\
	const struct weir__walk *kept = &x->kept;			\
	int64_t length = kept->rank ? kept->shape[kept->rank - 1] : 1;	\
	int64_t step = kept->rank ? kept->step[kept->rank - 1] : 0;	\
	int64_t along = x->reduced.rank ? x->reduced.step[0] : 0;	\
	int64_t most = x->by_columns ? WEIR__COLUMNS : 1;		\
	int64_t index[WEIR__COLUMNS], o, i, j, width;			\
	T best[WEIR__COLUMNS];						\
									\
	for (o = from; o < to; o += width, y += width * y_step) {	\
		const char *base = x->base + weir__walk_offset(kept, o); \
									\
		width = weir__least(length - o % length, to - o);	\
		width = weir__least(width, most);			\
		for (j = 0; j < width; j++) {				\
			best[j] = *(const T *)(base + first * along +	\
					       j * step);		\
			index[j] = first;				\
		}							\
		for (i = first + 1; i < last; i++) {			\
			const char *row = base + i * along;		\
									\
			for (j = 0; j < width; j++) {			\
				T a = *(const T *)(row + j * step);	\
				bool better = a > best[j] ||		\
					(is_nan(a) && !is_nan(best[j])); \
									\
				index[j] = better ? i : index[j];	\
				best[j] = better ? a : best[j];		\
			}						\
		}							\
		for (j = 0; j < width; j++)				\
			y[j * y_step] = index[j];			\
	}								\
}									\
									\
/* The best of the winners of the tiles, whose elements are read again. */ \
static int64_t								\
winner_##dtype(const struct weir__reduced *x, int64_t output,		\
	       const int64_t *index, int64_t n)				\
{									\
	const char *base = x->base + weir__walk_offset(&x->kept, output); \
	int64_t along = x->reduced.step[0], winner = index[0], i;	\
	T best = *(const T *)(base + winner * along);			\
									\
	for (i = 1; i < n; i++) {					\
		T a = *(const T *)(base + index[i] * along);		\
									\
		if (a > best || (is_nan(a) && !is_nan(best))) {		\
			best = a;					\
			winner = index[i];				\
		}							\
	}								\
	return winner;							\
}

#define FLOAT_IS_NAN(a) ((a) != (a))
#define NEVER_NAN(a) 0
ARGMAX_LOOPS(float, f32, FLOAT_IS_NAN)
ARGMAX_LOOPS(double, f64, FLOAT_IS_NAN)
ARGMAX_LOOPS(int64_t, i64, NEVER_NAN)

static unsigned
reduced_axis(const weir_call *call)
{
	const weir_argmax_attrs *attrs = call->attrs;

	return 1u << weir__axis_of(attrs->axis, call->in[0]->rank);
}

static weir_status
infer_argmax(const weir_call *call, weir_spec *out)
{
	const weir_argmax_attrs *attrs = call->attrs;
	const weir_spec *in = call->in[0];
	int axis = 0, i;
	weir_status status = weir__axis(attrs->axis, in->rank, &axis);

	if (status)
		return status;
	if (!in->shape[axis])
		return weir_fail(WEIR_ESHAPE, "there is no largest of nothing: "
				 "axis %d has length 0", axis);
	*out = (weir_spec){ .dtype = WEIR_I64 };
	for (i = 0; i < in->rank; i++) {
		if (i != axis)
			out->shape[out->rank++] = in->shape[i];
		else if (attrs->keepdims)
			out->shape[out->rank++] = 1;
	}
	return WEIR_OK;
}

static int64_t
argmax_tiles(const weir_call *call)
{
	struct weir__cut cut;

	weir__cut_of(call->in[0], reduced_axis(call), &cut);
	return weir__cut_tiles(&cut);
}

static size_t
argmax_scratch(const weir_call *call)
{
	struct weir__cut cut;

	weir__cut_of(call->in[0], reduced_axis(call), &cut);
	if (cut.count_tiles == 1)
		return 0;
	return (size_t)(cut.outputs * cut.count_tiles) * sizeof(int64_t);
}

static weir_status
argmax_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	unsigned axis = reduced_axis(&kernel->call);
	int64_t *out = kernel->out[0].data, *scratch = kernel->scratch, tile;
	struct weir__reduced x;
	struct weir__cut cut;

	weir__cut_of(kernel->in[0].spec, axis, &cut);
	weir__reduced_of(&kernel->in[0], axis, &x);
	for (tile = begin; tile < end; tile++) {
		int64_t part = tile % cut.count_tiles;
		int64_t from = tile / cut.count_tiles * cut.outputs_tile;
		int64_t to = weir__least(from + cut.outputs_tile, cut.outputs);
		int64_t first = part * cut.count_tile;
		int64_t last = weir__least(first + cut.count_tile, cut.count);
		int64_t *y = cut.count_tiles == 1
			? out + from : scratch + from * cut.count_tiles + part;

		switch (kernel->in[0].spec->dtype) {
		case WEIR_F32:
			block_f32(&x, from, to, first, last, y,
				  cut.count_tiles);
			break;
		case WEIR_F64:
			block_f64(&x, from, to, first, last, y,
				  cut.count_tiles);
			break;
		default:
			block_i64(&x, from, to, first, last, y,
				  cut.count_tiles);
			break;
		}
	}
	return WEIR_OK;
}

static weir_status
argmax_finish(const weir_kernel *kernel)
{
	unsigned axis = reduced_axis(&kernel->call);
	int64_t *out = kernel->out[0].data, *scratch = kernel->scratch, o;
	struct weir__reduced x;
	struct weir__cut cut;

	weir__cut_of(kernel->in[0].spec, axis, &cut);
	if (cut.count_tiles == 1)
		return WEIR_OK;
	weir__reduced_of(&kernel->in[0], axis, &x);
	for (o = 0; o < cut.outputs; o++) {
		const int64_t *index = scratch + o * cut.count_tiles;

		switch (kernel->in[0].spec->dtype) {
		case WEIR_F32:
			out[o] = winner_f32(&x, o, index, cut.count_tiles);
			break;
		case WEIR_F64:
			out[o] = winner_f64(&x, o, index, cut.count_tiles);
			break;
		default:
			out[o] = winner_i64(&x, o, index, cut.count_tiles);
			break;
		}
	}
	return WEIR_OK;
}

static weir_cost
argmax_cost(const weir_call *call)
{
	return weir__streaming_cost(call, (double)weir__elements(call->in[0]),
				    1, 1);
}

static const weir_attr argmax_attrs[] = {
	{ "axis", WEIR_ATTR_I64, offsetof(weir_argmax_attrs, axis),
	  "the axis to search, a negative one from the end" },
	{ "keepdims", WEIR_ATTR_BOOL, offsetof(weir_argmax_attrs, keepdims),
	  "keep it with length 1" },
	{ 0 }
};

const weir_op weir__op_argmax = {
	.size = sizeof(weir_op), .name = "argmax",
	.doc = "The index of the first largest along an axis, or of the first "
	       "NaN.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE, .dtypes = WEIR_NUMBERS,
	.attrs = argmax_attrs, .attrs_size = sizeof(weir_argmax_attrs),
	.infer = infer_argmax, .tiles = argmax_tiles,
	.scratch = argmax_scratch, .kernel = argmax_kernel,
	.finish = argmax_finish, .cost = argmax_cost,
};
