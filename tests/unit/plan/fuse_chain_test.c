/* Which members of a step are a chain, and that it makes no difference. */
#include <math.h>

#include "ops/fused.h"
#include "unit/plan/fuse_suite.h"

enum { MOST_CHAINS = 4 };

/* The lengths of the chains of the first fused step, then zeros. */
static void
chains_of(const weir_plan *plan, uint32_t *lengths)
{
	const struct weir__fused *fused;
	uint32_t i, n = 0, step = 0;

	memset(lengths, 0, MOST_CHAINS * sizeof *lengths);
	while (step < plan->n_steps &&
	       plan->steps[step].call.op->kernel != weir__op_fused.kernel)
		step++;
	cr_assert_lt(step, plan->n_steps);
	fused = plan->steps[step].call.attrs;
	for (i = 0; i < fused->n_members && n < MOST_CHAINS; i++)
		if (fused->members[i].chain)
			lengths[n++] = fused->members[i].chain;
}

/* The chains of a program's first fused step, and its bits. */
static void
expect_chains(program_fn fn, size_t results_of, uint32_t first,
	      uint32_t second)
{
	uint32_t lengths[MOST_CHAINS];
	struct made m;
	weir_plan *plan = look(&m, fn);

	chains_of(plan, lengths);
	cr_expect_eq(lengths[0], first, "%u", lengths[0]);
	cr_expect_eq(lengths[1], second, "%u", lengths[1]);
	cr_expect_eq(lengths[2], 0);
	done(&m, plan);
	compare(fn, results_of);
}

/* A bias for each row, a number for all, an operand for each element. */
static size_t
affine(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *two = weir_constant(s, WEIR_F32, 0, NULL, 2);

	out[0] = weir_relu(s, weir_sub(s, in[0], weir_div(
		s, two, weir_add(s, weir_square(s, in[0]), in[1]))));
	return 1;
}

Test(fuse_chain, goes_through_elements_rows_and_numbers)
{
	expect_chains(affine, 1, 5, 0);
}

Test(fuse_chain, may_end_anywhere_in_a_row)
{
	set_extents(300, 513);
	expect_chains(affine, 1, 5, 0);
	set_extents(30, 4096);
	expect_chains(affine, 1, 5, 0);
}

/* Of short rows those parts are chains that read no such row; of rows longer
 * than a tile, too. */
Test(fuse_chain, leaves_short_and_very_long_rows)
{
	set_extents(2000, 100);
	expect_chains(affine, 1, 3, 0);
	set_extents(12, 20000);
	expect_chains(affine, 1, 3, 0);
}

static bool
goes_past_caches(program_fn fn)
{
	struct made m;
	weir_plan *plan = look(&m, fn);
	const struct weir__fused *fused = plan->steps[0].call.attrs;
	bool does = fused->has_past;

	cr_expect_eq(does, fused->members[fused->n_members - 1].is_past);
	done(&m, plan);
	return does;
}

Test(fuse_chain, makes_what_is_large_past_the_caches)
{
	cr_expect_not(goes_past_caches(affine));
	set_extents(4096, 1024);
	cr_expect(goes_past_caches(affine));
	compare(affine, 1);
	set_extents(4127, 1021);		/* rows begin anywhere */
	cr_expect(goes_past_caches(affine));
	compare(affine, 1);
}

static size_t
layer(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_relu(s, weir_add(s, weir_matmul(s, in[2], in[3]), in[1]));
	out[1] = weir_exp(s, out[0]);
	return 2;
}

Test(fuse_chain, follows_a_product)
{
	expect_chains(layer, 2, 2, 0);
}

/* What is wanted by two, or outside, ends a chain. */
static size_t
forks(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *a = weir_neg(s, weir_add(s, in[0], in[1]));
	weir_tensor *b = weir_square(s, weir_mul(s, a, in[0]));

	out[0] = weir_maximum(s, a, b);
	return 1;
}

Test(fuse_chain, ends_where_two_read_it)
{
	expect_chains(forks, 1, 2, 3);
}

static size_t
reads_twice(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *a = weir_neg(s, in[0]);

	out[0] = weir_mul(s, a, a);
	return 1;
}

Test(fuse_chain, has_one_value)
{
	expect_chains(reads_twice, 1, 0, 0);
}

/*
 * NaNs of both signs, in some elements and in all, come together in additions,
 * and which comes through is the kernels' choice.
 */
static size_t
nans(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *root = weir_sqrt(s, in[0]);
	weir_tensor *other = weir_neg(s, weir_sqrt(s, in[1]));

	root = weir_exp(s, root);		/* a chain begins here */
	out[0] = weir_add(s, other, weir_mul(s, weir_add(s, root, other),
					     in[0]));
	out[1] = weir_sub(s, weir_neg(s, weir_maximum(s, out[0], root)),
			  in[0]);
	return 2;
}

Test(fuse_chain, leaves_nans_to_the_members)
{
	struct made m;
	weir_plan *plan = look(&m, nans);
	uint32_t lengths[MOST_CHAINS];

	chains_of(plan, lengths);
	cr_expect_geq(lengths[0], 2);
	done(&m, plan);
	compare(nans, 2);
	set_extents(300, 513);
	compare(nans, 2);
}

/* NaN is kept by maximum whichever operand it is. */
static size_t
nan_and_number(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *root = weir_exp(s, weir_sqrt(s, in[0]));

	out[0] = weir_neg(s, weir_maximum(s, root, in[0]));
	out[1] = weir_neg(s, weir_maximum(s, in[1], root));
	return 2;
}

Test(fuse_chain, keeps_a_nan_of_one_operand)
{
	compare(nan_and_number, 2);
}

/* -- members that are run after part of their chain has been ----------------- */

static weir_tensor *
number(weir_scope *s, double value)
{
	return weir_constant(s, WEIR_F32, 0, NULL, value);
}

/* NaN for the least of all numbers(), an element of a thousand. */
static weir_tensor *
rarely_nan(weir_scope *s, weir_tensor *x, double least)
{
	return weir_add(s, weir_sqrt(s, weir_sub(s, x, number(s, least + 1e-4))),
			number(s, 1));
}

/* The sum comes between, so the chain is a step of its own. */
static size_t
over_its_operand(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *x = weir_exp(s, in[0]);
	weir_tensor *sum = weir_sum(s, x, 0, NULL, false);
	weir_tensor *one = weir_div(s, sum, sum);

	x = rarely_nan(s, weir_mul(s, x, one), exp(-0.4));
	out[0] = weir_sum(s, x, 1, (int64_t[]){ 0 }, false);
	return 1;
}

Test(fuse_chain, leaves_an_operand_that_its_result_is_over)
{
	compare(over_its_operand, 1);
	set_extents(300, 513);
	compare(over_its_operand, 1);
}

/* The row is in memory of the plan, the chain's end in scratch: which may be
 * said to begin where the row does. */
static size_t
after_a_row(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t axis = 0;
	weir_tensor *row = weir_sum(s, weir_exp(s, in[0]), 1, &axis, true);
	weir_tensor *y = weir_sigmoid(s, in[0]);

	out[0] = weir_mul(s, weir_tanh(s, weir_neg(s, weir_add(s, in[0], row))),
			  y);
	return 1;
}

Test(fuse_chain, writes_no_further_than_its_scratch)
{
	int i;

	for (i = 0; i < 8; i++) {
		set_extents(64 + 32 * i, 4096);
		compare(after_a_row, 1);
	}
}

static size_t
within_a_chunk(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_tanh(s, rarely_nan(s, weir_exp(s, in[0]), exp(-0.4)));
	return 1;
}

Test(fuse_chain, leaves_an_operand_in_scratch)
{
	expect_chains(within_a_chunk, 1, 3, 0);
	set_extents(300, 513);
	expect_chains(within_a_chunk, 1, 3, 0);
}
