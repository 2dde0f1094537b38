/* The tree that sums are made by, written a second time: by recursion. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include <weir/ops.h>
#include "ops/table.h"
#include "ops/tree.h"
#include "tensor/tensor.h"

static float
leaf(const float *x, int64_t n)
{
	float lane[WEIR__TREE_LANES], sum = x[0];
	int64_t i;
	int half;

	if (n < WEIR__TREE_LANES) {
		for (i = 1; i < n; i++)
			sum += x[i];
		return sum;
	}
	for (i = 0; i < n; i++)
		lane[i % WEIR__TREE_LANES] = i < WEIR__TREE_LANES
			? x[i] : lane[i % WEIR__TREE_LANES] + x[i];
	for (half = WEIR__TREE_LANES / 2; half; half /= 2)
		for (i = 0; i < half; i++)
			lane[i] += lane[i + half];
	return lane[0];
}

/* The left side is the largest power of two of leaves that leaves something
 * for the right. */
static float
tree(const float *x, int64_t n)
{
	int64_t left = WEIR__LEAF;

	if (n <= WEIR__LEAF)
		return leaf(x, n);
	while (2 * left < n)
		left *= 2;
	return tree(x, left) + tree(x + left, n - left);
}

static float
sum_of(const float *x, int64_t n)
{
	weir_reduce_attrs attrs = { { 0 }, false };
	weir_spec in = { WEIR_F32, 1, { n } }, out = { WEIR_F32, 0, { 0 } };
	const weir_spec *ins[] = { &in }, *outs[] = { &out };
	int64_t stride = sizeof *x;
	float y = 0;
	weir_view in_view = { (void *)(uintptr_t)x, &in, &stride };
	weir_view out_view = { &y, &out, NULL };
	weir_kernel kernel = {
		.call = { .op = &weir__op_sum, .attrs = &attrs, .n_in = 1,
			  .n_out = 1, .in = ins, .out = outs },
		.in = &in_view, .out = &out_view,
	};

	kernel.scratch = aligned_alloc(64, 4096);
	weir__op_sum.kernel(&kernel, 0, weir__op_sum.tiles(&kernel.call));
	weir__op_sum.finish(&kernel);
	free(kernel.scratch);
	return y;
}

Test(tree, is_a_function_of_the_number_of_elements_alone)
{
	static const int64_t sizes[] = {
		1, 2, 15, 16, 17, 31, 32, 255, 256, 257, 512, 700, 1024, 5000,
		32767, 32768, 32769, 33000, 65536, 100000, 131072, 250001,
	};
	enum { MOST = 250001 };
	float *x = malloc(MOST * sizeof *x);
	size_t i;

	for (i = 0; i < MOST; i++)
		x[i] = (float)(int)(i * 2654435761u % 2003) / 17.0f - 50;
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		float got = sum_of(x, sizes[i]), want = tree(x, sizes[i]);

		cr_expect_eq(got, want, "%lld elements: %.9g, not %.9g",
			     (long long)sizes[i], got, want);
	}
	free(x);
}

Test(tree, keeps_f32_sums_accurate)
{
	enum { N = 1 << 22 };
	float *x = malloc(N * sizeof *x);
	size_t i;

	for (i = 0; i < N; i++)
		x[i] = 0.1f;
	/* one after the other would give 412000 or so */
	cr_expect_float_eq(sum_of(x, N), N * (double)0.1f, 0.5);
	free(x);
}
