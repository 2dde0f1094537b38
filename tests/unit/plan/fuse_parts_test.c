/* Sums that are made part by part, by several workers, together with the rows
 * that they go through. */
#include "ops/fused.h"
#include "unit/plan/fuse_suite.h"

/* Members that make parts. */
static size_t
parts_of(const weir_plan *plan)
{
	size_t n = 0;
	uint32_t i, j;

	for (i = 0; i < plan->n_steps; i++) {
		const weir_call *call = &plan->steps[i].call;
		const struct weir__fused *fused = call->attrs;

		if (call->op->kernel != weir__op_fused.kernel)
			continue;
		for (j = 0; j < fused->n_members; j++)
			n += fused->members[j].is_in_parts;
	}
	return n;
}

/* So many with one thread and with two, the bits of single steps with any. */
static void
expect_parts(program_fn fn, size_t results_of, size_t parts)
{
	unsigned threads;

	for (threads = 1; threads <= 2; threads++) {
		struct made m = must_make(threads);
		weir_plan *plan = compiled(&m, fn);

		cr_expect_eq(parts_of(plan), parts, "%u threads: %zu for %zu",
			     threads, parts_of(plan), parts);
		done(&m, plan);
	}
	compare(fn, results_of);
}

static weir_tensor *
turned(weir_scope *s, weir_tensor *y)
{
	return weir_transpose(s, y, 0, NULL);
}

/* Rows of a layer, one number of each, and what they are weighed with. */
static weir_tensor *
layer(weir_scope *s, weir_tensor *const *in)
{
	return weir_relu(s, weir_add(s, weir_matmul(s, in[2], in[3]), in[1]));
}

static weir_tensor *
weights(weir_scope *s, weir_tensor *const *in, weir_tensor *y)
{
	int64_t column[] = { weir_tensor_shape(in[1])[0], 1 };

	return weir_sigmoid(s, weir_matmul(s, y, weir_reshape(s, in[1], 2,
							      column)));
}

static size_t
gradient(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = layer(s, in);

	out[0] = weights(s, in, y);
	out[1] = weir_matmul(s, turned(s, y), out[0]);
	return 2;
}

Test(fuse_parts, a_layer_is_gone_when_its_gradient_is_made)
{
	static const int64_t rows[] = { 512, 800, 1000, 1031 };
	struct made m;
	weir_plan *plan;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		set_extents(rows[i], 512);
		expect_parts(gradient, 2, 1);
	}
	plan = look(&m, gradient);
	cr_expect_eq(plan->n_steps, 1);
	cr_expect_lt(plan->arena_bytes, 1031 * 512 * sizeof(float) / 2);
	done(&m, plan);
	set_extents(800, 100);		/* no whole vectors */
	expect_parts(gradient, 2, 1);
	set_extents(511, 512);		/* one part */
	expect_parts(gradient, 2, 0);
	set_extents(800, 20);		/* in the cache anyway */
	expect_parts(gradient, 2, 0);
}

/* What is read by columns is as it is; what is made of the sum comes later. */
static size_t
used_at_once(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = layer(s, in);

	out[0] = weir_matmul(s, turned(s, weights(s, in, y)), y);
	out[1] = weir_mul(s, y, out[0]);
	out[2] = weir_add(s, out[0], in[1]);
	return 3;
}

Test(fuse_parts, a_row_by_a_matrix_and_who_needs_all_of_it)
{
	set_extents(800, 512);
	expect_parts(used_at_once, 3, 1);
}

/* Two sums at once, and what else there is to know of the layer. */
static size_t
several(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = layer(s, in), *d = weights(s, in, y);

	out[0] = weir_matmul(s, turned(s, y), d);
	out[1] = weir_matmul(s, turned(s, weir_square(s, d)), y);
	out[2] = weir_greater(s, y, weir_constant(s, WEIR_F32, 0, NULL, 0.5));
	return 3;
}

Test(fuse_parts, several_in_a_step)
{
	set_extents(700, 256);
	expect_parts(several, 3, 2);
}

/* The matrix comes from outside, or is read by others, too. */
static size_t
from_outside(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_matmul(s, turned(s, in[0]), weights(s, in, in[0]));
	return 1;
}

static size_t
kept(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = layer(s, in);
	out[1] = weir_matmul(s, turned(s, out[0]), weights(s, in, out[0]));
	return 2;
}

/* Weights that need all rows. */
static size_t
of_all_rows(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = layer(s, in), *d = weights(s, in, y);

	d = weir_div(s, d, weir_sum(s, d, 0, NULL, false));
	out[0] = weir_matmul(s, turned(s, y), d);
	return 1;
}

/* Every other column, and all rows but one: no rows of what is made. */
static size_t
of_views(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = layer(s, in), *d = weights(s, in, y), *part;
	int64_t begin[] = { 0, 0 }, step[] = { 1, 2 }, size[2];

	size[0] = weir_tensor_shape(y)[0];
	size[1] = weir_tensor_shape(y)[1] / 2;
	part = weir_slice(s, y, 2, begin, size, step);
	out[0] = weir_matmul(s, turned(s, part), d);
	begin[0] = 1;
	size[0]--;
	size[1] *= 2;
	part = weir_slice(s, y, 2, begin, size, NULL);
	size[1] = 1;
	out[1] = weir_matmul(s, turned(s, part), weir_slice(s, d, 2, begin,
							    size, NULL));
	return 2;
}

Test(fuse_parts, what_is_not_made_with_its_rows)
{
	set_extents(800, 512);
	expect_parts(from_outside, 1, 0);
	expect_parts(kept, 2, 1);
	expect_parts(of_all_rows, 1, 0);
	expect_parts(of_views, 2, 0);
}

/* Of a value a row more than of the others is made for each chunk, and another one
 * of as many bytes comes after it: rows of the two lie across each other. */
static size_t
with_margins(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t rows = weir_tensor_shape(in[0])[0];
	int64_t columns = weir_tensor_shape(in[0])[1], wide = columns / 8 * 9;
	int64_t begin[] = { 0, 0 }, end[] = { rows - 1, columns };
	int64_t first[] = { 0 }, all[] = { INNER * columns };
	int64_t row[] = { 1, wide }, column[] = { columns, 1 };
	weir_tensor *x = weir_relu(s, in[0]), *y, *d, *w;

	y = weir_slice(s, x, 2, begin, end, NULL);
	begin[0]++;
	end[0]++;
	y = weir_sub(s, weir_slice(s, x, 2, begin, end, NULL), y);
	d = weir_matmul(s, y, weir_reshape(s, in[1], 2, column));
	w = weir_reshape(s, weir_slice(s, weir_reshape(s, in[3], 1, all), 1,
				       first, &wide, NULL), 2, row);
	y = weir_mul(s, d, w);
	out[0] = weir_matmul(s, turned(s, y), weir_sigmoid(
		s, weir_matmul(s, y, turned(s, w))));
	out[1] = d;
	return 2;
}

Test(fuse_parts, what_is_read_later_in_a_chunk_is_there)
{
	set_extents(1001, 512);
	expect_parts(with_margins, 2, 1);
	set_extents(601, 256);
	expect_parts(with_margins, 2, 1);
}

/* A sum without elements. */
static size_t
of_nothing(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t begin[] = { 0, 0 }, size[] = { 0, 0 };
	weir_tensor *y = layer(s, in);

	size[1] = weir_tensor_shape(y)[0];
	out[0] = weir_matmul(s, weir_slice(s, turned(s, y), 2, begin, size,
					   NULL), weights(s, in, y));
	out[1] = weir_matmul(s, turned(s, y), weights(s, in, y));
	return 2;
}

Test(fuse_parts, a_sum_of_nothing)
{
	set_extents(800, 512);
	expect_parts(of_nothing, 2, 1);
}

/* One row is NaN: then the product's kernel leaves its chunk to its members, and
 * all sums are NaN. */
static size_t
with_nan(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *x[INPUTS] = { in[0], in[1], in[2], in[3] };

	x[2] = weir_sqrt(s, weir_add(s, in[2], weir_constant(
		s, WEIR_F32, 0, NULL, 0.3999)));
	return several(s, x, out);
}

Test(fuse_parts, nan_is_that_of_single_steps)
{
	set_extents(700, 256);
	compare(with_nan, 3);
}

/* Parts are as good as done by any worker, any number of times. */
Test(fuse_parts, runs_are_alike)
{
	struct made m = must_make(4);
	weir_plan *plan;
	char *first, *next;
	size_t bytes;
	int i;

	set_extents(1000, 512);
	plan = compiled(&m, several);
	first = results(&m, plan, 3, &bytes);
	for (i = 0; i < 50; i++) {
		next = results(&m, plan, 3, &bytes);
		cr_assert_eq(memcmp(first, next, bytes), 0, "run %d", i);
		free(next);
	}
	free(first);
	done(&m, plan);
}
