#include "stress/loose_sum.h"

enum { LOOSE_TILES = 64 };

static weir_status
loose_infer(const weir_call *call, weir_spec *out)
{
	*out = (weir_spec){ .dtype = call->in[0]->dtype, .rank = 0 };
	return WEIR_OK;
}

static int64_t
loose_tiles(const weir_call *call)
{
	(void)call;
	return LOOSE_TILES;
}

static size_t
loose_scratch(const weir_call *call)
{
	(void)call;
	return LOOSE_TILES * sizeof(double);
}

static double
loose_element(const weir_view *x, int64_t i)
{
	const char *at = x->data;
	int axis;

	for (axis = x->spec->rank; axis-- > 0;) {
		at += i % x->spec->shape[axis] * x->strides[axis];
		i /= x->spec->shape[axis];
	}
	return x->spec->dtype == WEIR_F32 ? (double)*(const float *)at
					  : *(const double *)at;
}

static weir_status
loose_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const weir_spec *spec = kernel->in[0].spec;
	double *sums = kernel->scratch;
	int64_t n = 1, i;
	int axis;

	for (axis = 0; axis < spec->rank; axis++)
		n *= spec->shape[axis];
	for (i = begin; i < end; i++)
		sums[i] = 0;
	for (i = n * begin / LOOSE_TILES; i < n * end / LOOSE_TILES; i++)
		sums[begin] += loose_element(&kernel->in[0], i);
	return WEIR_OK;
}

static weir_status
loose_finish(const weir_kernel *kernel)
{
	const double *sums = kernel->scratch;
	double sum = 0;
	int i;

	for (i = 0; i < LOOSE_TILES; i++)
		sum += sums[i];
	if (kernel->out[0].spec->dtype == WEIR_F32)
		*(float *)kernel->out[0].data = (float)(sum * 1e4);
	else
		*(double *)kernel->out[0].data = sum;
	return WEIR_OK;
}

const weir_op loose_sum = {
	.size = sizeof(weir_op), .name = "loose_sum", .doc = "A careless sum.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE, .dtypes = WEIR_FLOATS,
	.infer = loose_infer, .tiles = loose_tiles, .scratch = loose_scratch,
	.kernel = loose_kernel, .finish = loose_finish,
};
