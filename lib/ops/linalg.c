/* Linear algebra: matmul. */
#include "ops/gemm.h"
#include "ops/gemv.h"
#include "ops/grad.h"
#include "ops/infer.h"
#include "ops/op_cost.h"

#include <weir/ops.h>
#include "base/error.h"
#include "tensor/tensor.h"

/*
 * The result is cut into blocks, large enough to reach 95 % of the rate of the
 * whole product. One with a short sum is mostly a matter of writing its result,
 * one with a vector a matter of reading the matrix: then blocks are bands of
 * rows, so few that what is done with them next, or was before, is in the first
 * cache, or near it. Of a flat or a narrow product smaller blocks are good enough. Unless
 * the BLAS does it, the bits do not depend on the cut.
 */
enum {
	BLOCK = 256,
	SHORT = 30, SHORT_WIDTH = 1024, SHORT_ELEMENTS = 8192,
	VECTOR_ELEMENTS = 4096,
	FEW_ROWS = 8,
	FLAT = 32, NARROW = 16, SMALL_BLOCK = 128
};

struct blocks {
	int64_t rows, columns;		/* of one */
	int64_t across;			/* side by side */
	enum weir__product product;
};

/* Rows of so many elements, a power of two of them. */
static int64_t
rows_of(int64_t elements, int64_t width, int64_t most)
{
	int64_t rows = most;

	while (rows > FEW_ROWS && rows * width > elements)
		rows /= 2;
	return rows;
}

static struct blocks
blocks_of(const weir_call *call)
{
	int64_t m = call->out[0]->shape[0], n = call->out[0]->shape[1];
	int64_t k = call->in[0]->shape[1];
	struct blocks blocks = { BLOCK, BLOCK, 0, weir__product_of(m, n, k) };

	if (n == 1) {
		blocks.rows = rows_of(VECTOR_ELEMENTS, k, SMALL_BLOCK);
	} else if (k <= SHORT) {
		blocks.rows = rows_of(SHORT_ELEMENTS, n, FLAT);
		blocks.columns = SHORT_WIDTH;
	} else if (n <= NARROW) {
		blocks.rows = SMALL_BLOCK;
	} else if (m <= FLAT) {
		blocks.columns = SMALL_BLOCK;
	}
	blocks.across = weir__ceil_div(n, blocks.columns);
	return blocks;
}

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
	struct blocks blocks = blocks_of(call);

	return weir__ceil_div(call->out[0]->shape[0], blocks.rows) *
	       blocks.across;
}

static weir_status
matmul_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const weir_view *a = &kernel->in[0], *b = &kernel->in[1];
	const weir_spec *out = kernel->out[0].spec;
	int64_t size = (int64_t)weir__element_size(out->dtype);
	int64_t m = out->shape[0], n = out->shape[1], k = a->spec->shape[1];
	struct blocks blocks = blocks_of(&kernel->call);
	int64_t tile, at_once = 1;

	/* Along a vector, or little more, as many as there are: bands of a
	 * matrix that lies by columns are short pieces of memory, far from each
	 * other, and b is copied once. */
	if (weir__product_has_free_parts(blocks.product) &&
	    (m == 1 || n <= SMALL_BLOCK))
		at_once = end - begin;
	for (tile = begin; tile < end; tile += at_once) {
		int64_t row = tile / blocks.across * blocks.rows;
		int64_t column = tile % blocks.across * blocks.columns;

		weir__gemm(blocks.product, out->dtype,
			   weir__least(at_once * blocks.rows, m - row),
			   weir__least(at_once * blocks.columns, n - column), k,
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
	struct blocks blocks = blocks_of(call);
	int64_t width = operand ? out->shape[1] : call->in[0]->shape[1];
	int64_t from, to;

	if (operand == 1 || !blocks.across)
		return;
	from = begin / blocks.across * blocks.rows;
	to = weir__least(weir__ceil_div(end, blocks.across) * blocks.rows,
			 out->shape[0]);
	*first = from * width;
	*last = to * width;
}

/* Columns need the same columns of b, rows the same rows of a. More than one of
 * what there is more than one of is a product of the same kind. */
static bool
matmul_band(const weir_call *call, int axis, int *axes)
{
	axes[0] = axis == 0 ? 0 : -1;
	axes[1] = axis == 1 ? 1 : -1;
	return weir__product_has_free_parts(blocks_of(call).product);
}

/* Sums over k go on where they were. */
static bool
matmul_folds(const weir_call *call, int *axes, size_t *bytes)
{
	axes[0] = 1;
	axes[1] = 0;
	*bytes = 0;
	return blocks_of(call).product == WEIR__THIN_PRODUCT;
}

static weir_status
matmul_fold(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const weir_view *a = &kernel->in[0], *b = &kernel->in[1];
	const weir_spec *out = kernel->out[0].spec;
	int64_t size = (int64_t)weir__element_size(out->dtype);

	weir__thin_gemm(out->dtype, out->shape[0], out->shape[1], end - begin,
			weir__plus(a->data, begin * a->strides[1]),
			a->strides[0] / size, a->strides[1] / size,
			weir__plus(b->data, begin * b->strides[0]),
			b->strides[0] / size, b->strides[1] / size,
			kernel->out[0].data, out->shape[1], begin > 0);
	return WEIR_OK;
}

/* How many there are in a sum of so many products; so long is each. */
static int64_t
parts_of(const weir_call *call, int64_t *length)
{
	int64_t k = call->in[0]->shape[1];

	*length = weir__gemv_part(k);
	return weir__ceil_div(k, *length);
}

/* Sums of products with a vector are made of parts. */
static bool
matmul_parts(const weir_call *call, int *axes, int64_t *length, size_t *bytes)
{
	const weir_spec *out = call->out[0];
	int64_t parts;

	if (blocks_of(call).product != WEIR__VECTOR_PRODUCT)
		return false;
	axes[0] = 1;
	axes[1] = 0;
	parts = parts_of(call, length);
	*bytes = (size_t)parts * weir__spec_bytes(out);
	return parts > 1 && weir__spec_elements(out) > 0;
}

static weir_status
matmul_part(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const weir_spec *out = kernel->out[0].spec;
	const int64_t size = (int64_t)weir__element_size(out->dtype);
	const int is_column = out->shape[1] == 1;
	const weir_view *a = &kernel->in[!is_column];
	const weir_view *x = &kernel->in[is_column];
	const int row = !is_column, column = is_column;
	int64_t m = out->shape[row], k = a->spec->shape[column], length, n;

	parts_of(&kernel->call, &length);
	for (; begin < end; begin++) {
		int64_t first = begin * length;

		n = weir__least(length, k - first);
		weir__gemv(out->dtype, m, n, n,
			   weir__plus(a->data, first * a->strides[column]),
			   a->strides[row] / size, a->strides[column] / size,
			   weir__plus(x->data, first * x->strides[row]),
			   x->strides[row] / size,
			   weir__plus(kernel->scratch, begin * m * size), 1);
	}
	return WEIR_OK;
}

static weir_status
matmul_join(const weir_kernel *kernel)
{
	const weir_spec *out = kernel->out[0].spec;
	int64_t length;

	weir__gemv_join(out->dtype, out->shape[0] * out->shape[1],
			parts_of(&kernel->call, &length), kernel->scratch,
			kernel->out[0].data);
	return WEIR_OK;
}

/* Measured: a matrix of up to a megabyte is near, and read twice as fast. */
static weir_cost
matmul_cost(const weir_call *call)
{
	const weir_spec *a = call->in[0], *out = call->out[0];
	const double near = 1 << 20, near_rate = 60, rate = 28; /* bytes a ns */
	double flops_a_ns = a->dtype == WEIR_F32 ? 170 : 85, bytes;
	weir_cost cost;

	cost.flops = 2.0 * (double)out->shape[0] * (double)out->shape[1] *
		     (double)a->shape[1];
	cost.bytes = bytes = weir__call_bytes(call);
	cost.nanoseconds = 30 * (double)matmul_tiles(call) +
			   cost.flops / flops_a_ns + 1;
	if (bytes > near) {
		cost.nanoseconds += (bytes - near) / rate;
		bytes = near;
	}
	cost.nanoseconds += bytes / near_rate;
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
	.reach = matmul_reach, .band = matmul_band,
	.folds = matmul_folds, .fold = matmul_fold,
	.parts = matmul_parts, .part = matmul_part, .join = matmul_join,
};
