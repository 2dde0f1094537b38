/* An op that is there only at its end, among steps that are run by bands. */
#include "unit/plan/fuse_suite.h"

/* x less the mean of its column: tiles copy rows and leave sums in scratch, and
 * the end makes of them what is wanted. */
enum { CENTRED_ROWS = 32 };

static weir_status
infer_centred(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
}

static int64_t
centred_tiles(const weir_call *call)
{
	return (call->in[0]->shape[0] + CENTRED_ROWS - 1) / CENTRED_ROWS;
}

static size_t
centred_scratch(const weir_call *call)
{
	return (size_t)(centred_tiles(call) * call->in[0]->shape[1]) *
	       sizeof(float);
}

static void
centred_reach(const weir_call *call, size_t operand, int64_t begin, int64_t end,
	      int64_t *from, int64_t *to)
{
	int64_t columns = call->in[0]->shape[1];

	(void)operand;
	*from = begin * CENTRED_ROWS * columns;
	*to = end * CENTRED_ROWS * columns;
}

static bool
centred_band(const weir_call *call, int axis, int *axes)
{
	(void)call;
	axes[0] = 1;
	return axis == 1;
}

static weir_status
centred_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const weir_view *x = &kernel->in[0];
	int64_t rows = x->spec->shape[0], columns = x->spec->shape[1], i, j;
	float *y = kernel->out[0].data;
	float *sums = kernel->scratch;

	memset(sums + begin * columns, 0,
	       (size_t)((end - begin) * columns) * sizeof *sums);
	for (i = begin * CENTRED_ROWS; i < rows && i < end * CENTRED_ROWS; i++)
		for (j = 0; j < columns; j++) {
			const char *at = (const char *)x->data +
					 i * x->strides[0] + j * x->strides[1];

			y[i * columns + j] = *(const float *)at;
			sums[i / CENTRED_ROWS * columns + j] +=
				y[i * columns + j];
		}
	return WEIR_OK;
}

static weir_status
centred_finish(const weir_kernel *kernel)
{
	int64_t rows = kernel->out[0].spec->shape[0];
	int64_t columns = kernel->out[0].spec->shape[1], i, j;
	float *y = kernel->out[0].data;
	const float *sums = kernel->scratch;

	for (j = 0; j < columns; j++) {
		float sum = 0;

		for (i = 0; i < centred_tiles(&kernel->call); i++)
			sum += sums[i * columns + j];
		for (i = 0; i < rows; i++)
			y[i * columns + j] -= sum / (float)rows;
	}
	return WEIR_OK;
}

static const weir_op centred_op = {
	.size = sizeof(weir_op), .name = "centred", .doc = "x less its mean.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE,
	.infer = infer_centred, .tiles = centred_tiles,
	.scratch = centred_scratch, .kernel = centred_kernel,
	.finish = centred_finish, .reach = centred_reach,
	.band = centred_band,
};

static size_t
centred(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	const int64_t axis = 0;
	weir_tensor *y = NULL;

	cr_assert_eq(weir_apply(s, &centred_op, NULL, in, 1, &y, 1), WEIR_OK);
	out[0] = weir_sum(s, weir_relu(s, y), 1, &axis, false);
	return 1;
}

Test(fuse_finish, who_is_done_at_the_end_takes_no_turns)
{
	expect_bands(centred, 1, 1);
}
