/* Linear algebra: matmul. */
#include "ops/blas.h"
#include "ops/grad.h"
#include "ops/infer.h"
#include "ops/op_cost.h"

#include <weir/ops.h>
#include "base/error.h"
#include "tensor/tensor.h"

/* The result is cut into blocks of this size, large enough to reach 95 % of
 * the rate of the whole product; the sum over k is never cut. */
enum { BLOCK = 256 };

static weir_status
infer_matmul(const weir_call *call, weir_spec *out)
{
	const weir_spec *a = call->in[0], *b = call->in[1];
	int64_t shape[2];
	weir_status status = weir__same_dtype(call, 0);

	if (status)
		return status;
	if (a->rank != 2 || b->rank != 2)
		return weir_fail(WEIR_ESHAPE, "it takes two matrices, and %s "
				 "has rank %d", a->rank != 2 ? "a" : "b",
				 a->rank != 2 ? a->rank : b->rank);
	if (a->shape[1] != b->shape[0])
		return weir_fail(WEIR_ESHAPE, "the inner dimensions %lld and "
				 "%lld differ", (long long)a->shape[1],
				 (long long)b->shape[0]);
	shape[0] = a->shape[0];
	shape[1] = b->shape[1];
	return weir__spec_init(out, a->dtype, 2, shape);
}

static int64_t
matmul_tiles(const weir_call *call)
{
	const weir_spec *out = call->out[0];

	return weir__ceil_div(out->shape[0], BLOCK) *
	       weir__ceil_div(out->shape[1], BLOCK);
}

static weir_status
matmul_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const weir_view *a = &kernel->in[0], *b = &kernel->in[1];
	const weir_spec *out = kernel->out[0].spec;
	int64_t size = (int64_t)weir__element_size(out->dtype);
	int64_t m = out->shape[0], n = out->shape[1], k = a->spec->shape[1];
	int64_t across = weir__ceil_div(n, BLOCK), tile;

	for (tile = begin; tile < end; tile++) {
		int64_t row = tile / across * BLOCK;
		int64_t column = tile % across * BLOCK;

		weir__gemm(out->dtype, weir__least(BLOCK, m - row),
			   weir__least(BLOCK, n - column), k,
			   (char *)a->data + row * a->strides[0],
			   a->strides[0] / size, a->strides[1] / size,
			   (char *)b->data + column * b->strides[1],
			   b->strides[0] / size, b->strides[1] / size,
			   (char *)kernel->out[0].data +
				   (row * n + column) * size, n);
	}
	return WEIR_OK;
}

/* Rows of the result need the same rows of a, and all of b. */
static void
matmul_reach(const weir_call *call, size_t operand, int64_t begin, int64_t end,
	     int64_t *first, int64_t *last)
{
	const weir_spec *out = call->out[0];
	int64_t across = weir__ceil_div(out->shape[1], BLOCK);
	int64_t width = operand ? out->shape[1] : call->in[0]->shape[1];
	int64_t from, to;

	if (operand == 1 || !across)
		return;
	from = begin / across * BLOCK;
	to = weir__least(weir__ceil_div(end, across) * BLOCK, out->shape[0]);
	*first = from * width;
	*last = to * width;
}

static weir_cost
matmul_cost(const weir_call *call)
{
	const weir_spec *a = call->in[0], *out = call->out[0];
	double rate = a->dtype == WEIR_F32 ? 60 : 30;	/* flops a ns */
	weir_cost cost;

	cost.flops = 2.0 * (double)out->shape[0] * (double)out->shape[1] *
		     (double)a->shape[1];
	cost.bytes = weir__call_bytes(call);
	cost.nanoseconds = 150 * (double)matmul_tiles(call) +
			   cost.flops / rate + cost.bytes / 20 + 1;
	return cost;
}

/* c = a b: the gradients are g b' and a' g. */
static weir_status
matmul_grad(weir_scope *scope, const weir_gradient *gradient)
{
	weir_transpose_attrs swap = { .perm = { 2, { 1, 0 } } };
	weir_tensor *g = gradient->of_out[0];

	if (gradient->wanted[0])
		gradient->of_in[0] = weir__emit2(
			scope, &weir__op_matmul, NULL, g,
			weir__emit1(scope, &weir__op_transpose, &swap,
				    gradient->in[1]));
	if (gradient->wanted[1])
		gradient->of_in[1] = weir__emit2(
			scope, &weir__op_matmul, NULL,
			weir__emit1(scope, &weir__op_transpose, &swap,
				    gradient->in[0]), g);
	return weir__grad_done(gradient, 2);
}

const weir_op weir__op_matmul = {
	.size = sizeof(weir_op), .name = "matmul",
	.doc = "The product of the matrices a [m,k] and b [k,n].",
	.n_in = 2, .n_out = 1,
	.flags = WEIR_OP_PURE | WEIR_OP_BLAS_OPERANDS,
	.dtypes = WEIR_FLOATS, .infer = infer_matmul, .tiles = matmul_tiles,
	.kernel = matmul_kernel, .cost = matmul_cost, .grad = matmul_grad,
	.reach = matmul_reach,
};
