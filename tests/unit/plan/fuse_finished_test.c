/* Which products are finished by their kernel, and that it makes no
 * difference. */
#include <math.h>

#include "ops/finished.h"
#include "ops/fused.h"
#include "unit/plan/fuse_suite.h"

/* What the first product of a step that is several does, too. */
static struct weir__finished
finished_of(const weir_plan *plan)
{
	uint32_t i, j;

	for (i = 0; i < plan->n_steps; i++) {
		const weir_call *call = &plan->steps[i].call;
		const struct weir__fused *fused = call->attrs;
		const struct weir__banded *banded = call->attrs;

		if (call->op->kernel == weir__op_fused.kernel)
			for (j = 0; j < fused->n_members; j++)
				if (fused->members[j].finished.n)
					return fused->members[j].finished;
		if (call->op->kernel == weir__op_banded.kernel)
			for (j = 0; j < banded->n_members; j++)
				if (banded->members[j].finished.n)
					return banded->members[j].finished;
	}
	return (struct weir__finished){ .n = 0 };
}

/* Whether there are kernels for it, and a product that short is theirs. */
static bool
can_finish(const weir_plan *plan)
{
	uint32_t i;

	for (i = 0; i < plan->info.nodes; i++)
		if (weir__may_be_finished(&plan->steps[i].call))
			return true;
	return false;
}

/* Of a program whose product is finished, if that can be; and its bits. */
static void
expect_finished(program_fn fn, size_t results_of, struct weir__finished want)
{
	struct made plain = must_make_unfused(1), m;
	weir_plan *plan = compiled(&plain, fn);
	struct weir__finished got;

	if (!can_finish(plan))
		want = (struct weir__finished){ .n = 0 };
	done(&plain, plan);
	plan = look(&m, fn);
	got = finished_of(plan);
	cr_expect_eq(memcmp(&got, &want, sizeof got), 0,
		     "n %u add %u row %u choose %u relu %u greater %u", got.n,
		     got.add, got.row, got.choose, got.relu, got.greater);
	done(&m, plan);
	compare(fn, results_of);
}

static weir_tensor *
number(weir_scope *s, double value)
{
	return weir_constant(s, WEIR_F32, 0, NULL, value);
}

static weir_tensor *
product(weir_scope *s, weir_tensor *const *in)
{
	return weir_matmul(s, in[2], in[3]);
}

/* -- what is finished -------------------------------------------------------- */

static size_t
layer(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_relu(s, weir_add(s, product(s, in), in[1]));
	out[1] = weir_greater(s, out[0], number(s, 0.5));
	return 2;
}

Test(fuse_finished, a_layer_and_where_it_is_active)
{
	struct weir__finished want = { .n = 3, .add = 1, .row = 1, .relu = 2,
				       .greater = 3 };

	expect_finished(layer, 2, want);
	set_extents(300, 517);
	expect_finished(layer, 2, want);
	set_extents(2000, 100);
	expect_finished(layer, 2, want);
	set_extents(70, 3000);		/* several tiles side by side */
	expect_finished(layer, 2, want);
}

static size_t
from_the_left(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_tanh(s, weir_add(s, in[1], product(s, in)));
	return 1;
}

Test(fuse_finished, a_bias_is_either_operand)
{
	expect_finished(from_the_left, 1,
			(struct weir__finished){ .n = 2, .add = 1 });
}

static size_t
masked(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *mask = weir_greater(s, in[0], number(s, 0));

	out[0] = weir_where(s, mask, product(s, in), number(s, -3));
	return 1;
}

Test(fuse_finished, a_choice)
{
	expect_finished(masked, 1, (struct weir__finished){ .n = 2,
							    .choose = 1 });
	set_extents(513, 90);
	expect_finished(masked, 1, (struct weir__finished){ .n = 2,
							    .choose = 1 });
}

/* By bands of columns, of which the mask is some, too. */
static size_t
gradient(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t last = -1, first = 0;
	weir_tensor *dz = weir_sum(s, in[2], 1, &last, true);
	weir_tensor *w = weir_sum(s, in[3], 1, &first, true);
	weir_tensor *mask = weir_greater(s, in[0], number(s, 0)), *g;

	g = weir_where(s, mask, weir_matmul(s, dz, w), number(s, 0));
	out[0] = weir_sum(s, g, 1, &first, false);
	out[1] = weir_matmul(s, weir_transpose(s, in[2], 0, NULL), g);
	return 2;
}

Test(fuse_finished, an_outer_product_and_a_choice_by_bands)
{
	struct weir__finished want = { .n = 2, .choose = 1 };

	expect_finished(gradient, 2, want);
	set_extents(900, 64);
	expect_finished(gradient, 2, want);
	set_extents(320, 1111);
	expect_finished(gradient, 2, want);
}

/* -- what is not ------------------------------------------------------------- */

static const struct weir__finished none;

static size_t
by_columns(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t last = -1;

	out[0] = weir_relu(s, weir_add(s, product(s, in),
				       weir_sum(s, in[2], 1, &last, true)));
	return 1;
}

Test(fuse_finished, not_with_another_bias_for_each_row)
{
	expect_finished(by_columns, 1, none);
}

static size_t
adds_all(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_relu(s, weir_add(s, product(s, in), in[0]));
	return 1;
}

Test(fuse_finished, not_with_a_bias_for_each_element)
{
	expect_finished(adds_all, 1, none);
}

static size_t
chooses_of_two(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *mask = weir_greater(s, in[0], number(s, 0));

	out[0] = weir_where(s, mask, product(s, in), in[0]);
	return 1;
}

Test(fuse_finished, not_with_another_element_for_each)
{
	expect_finished(chooses_of_two, 1, none);
}

static size_t
mask_of_a_row(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *mask = weir_greater(s, in[1], number(s, 0));

	out[0] = weir_where(s, mask, product(s, in), number(s, 1));
	return 1;
}

Test(fuse_finished, not_with_one_mask_for_all_rows)
{
	expect_finished(mask_of_a_row, 1, none);
}

static size_t
kept(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = product(s, in);
	out[1] = weir_relu(s, out[0]);
	return 2;
}

Test(fuse_finished, not_where_the_product_is_wanted)
{
	expect_finished(kept, 2, none);
}

static size_t
compares_each(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_relu(s, product(s, in));
	out[1] = weir_greater(s, out[0], in[0]);
	out[2] = weir_greater(s, number(s, 0.5), out[0]);
	return 3;
}

Test(fuse_finished, not_what_is_compared_with_more_than_one)
{
	expect_finished(compares_each, 3,
			(struct weir__finished){ .n = 2, .relu = 1 });
}

static size_t
read_twice(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *p = product(s, in);

	out[0] = weir_add(s, weir_relu(s, p), p);
	return 1;
}

Test(fuse_finished, not_where_two_read_the_product)
{
	expect_finished(read_twice, 1, none);
}

static size_t
both(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *p = product(s, in);

	out[0] = weir_tanh(s, weir_add(s, p, p));
	return 1;
}

Test(fuse_finished, not_with_itself)
{
	expect_finished(both, 1, none);
}

static size_t
otherwise(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *mask = weir_greater(s, in[0], number(s, 0));

	out[0] = weir_where(s, mask, number(s, -3), product(s, in));
	return 1;
}

Test(fuse_finished, not_where_it_is_what_is_not_chosen)
{
	expect_finished(otherwise, 1, none);
}

/* The comparison has one axis more. */
static size_t
compares_higher(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t ones[3] = { 1, 1, 1 };

	out[0] = weir_relu(s, product(s, in));
	out[1] = weir_greater(s, out[0], weir_constant(s, WEIR_F32, 3, ones,
						       0.5));
	return 2;
}

Test(fuse_finished, not_what_has_another_shape)
{
	expect_finished(compares_higher, 2, (struct weir__finished){
				.n = 2, .relu = 1 });
	set_extents(8, 512);
	expect_finished(compares_higher, 2, (struct weir__finished){
				.n = 2, .relu = 1 });
}

/* -- how far it goes ---------------------------------------------------------- */

static size_t
goes_on(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_relu(s, weir_add(s, product(s, in), in[1]));

	out[0] = weir_sub(s, weir_mul(s, weir_add(s, y, in[1]), in[0]), y);
	return 1;
}

Test(fuse_finished, ends_with_relu)
{
	expect_finished(goes_on, 1, (struct weir__finished){
				.n = 3, .add = 1, .row = 1, .relu = 2 });
}

static size_t
compares_later(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_relu(s, product(s, in));
	weir_tensor *z = weir_mul(s, weir_exp(s, y), in[0]);

	out[0] = weir_greater(s, y, number(s, 0.25));
	out[1] = weir_where(s, weir_greater(s, in[0], number(s, 0)), z, y);
	return 2;
}

Test(fuse_finished, others_may_come_before_it_is_compared)
{
	struct weir__finished got;
	struct made m;
	weir_plan *plan = look(&m, compares_later);

	got = finished_of(plan);
	if (got.n)
		cr_expect_gt(got.greater, 2, "%u", got.greater);
	done(&m, plan);
	compare(compares_later, 2);
}

/* The result could lie where the left operand does, whose rows are read once for
 * each few columns. */
static size_t
square(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *b = weir_matmul(s, weir_transpose(s, in[3], 0, NULL),
				     in[3]), *y = in[0];
	int i;

	for (i = 0; i < 3; i++) {
		y = weir_div(s, y, weir_sum(s, weir_square(s, y), 0, NULL,
					    false));
		y = weir_add(s, weir_matmul(s, y, b), in[1]);
	}
	out[0] = weir_sum(s, weir_relu(s, y), 0, NULL, false);
	out[1] = weir_max(s, y, 0, NULL, false);
	return 2;
}

Test(fuse_finished, is_not_over_what_the_product_reads)
{
	set_extents(3000, 64);
	compare(square, 2);
	set_extents(70, 100);
	compare(square, 2);
}

/* Rows of the product before and after a chunk's, in other numbers than those of
 * relu. */
static size_t
stencil(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t rows = specs[0].shape[0], columns = specs[0].shape[1];
	int64_t top[2] = { 0, 0 }, end[2] = { rows - 1, columns };
	int64_t next[2] = { 1, 0 }, all[2] = { rows, columns };
	int64_t last = -1, first = 0;
	weir_tensor *y = weir_relu(s, weir_matmul(
		s, weir_sum(s, in[2], 1, &last, true),
		weir_sum(s, in[3], 1, &first, true)));

	out[0] = weir_sub(s, weir_slice(s, y, 2, next, all, NULL),
			  weir_slice(s, y, 2, top, end, NULL));
	return 1;
}

Test(fuse_finished, makes_no_more_rows_than_are_wanted)
{
	compare(stencil, 1);
	set_extents(3000, 128);
	compare(stencil, 1);
	set_extents(5000, 37);
	compare(stencil, 1);
}

/* Products that are too small for a float. */
static size_t
vanishing(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t last = -1, first = 0;
	weir_tensor *tiny = number(s, 1e-30);
	weir_tensor *dz = weir_sum(s, in[2], 1, &last, true);
	weir_tensor *w = weir_sum(s, in[3], 1, &first, true);

	dz = weir_mul(s, tiny, weir_sub(s, dz, number(s, 1.6)));
	w = weir_mul(s, tiny, weir_sub(s, w, number(s, 1.6)));
	out[0] = weir_where(s, weir_greater(s, in[0], number(s, 0)),
			    weir_matmul(s, dz, w), number(s, 1));
	return 1;
}

Test(fuse_finished, begins_an_outer_product_at_0)
{
	expect_finished(vanishing, 1, (struct weir__finished){ .n = 2,
							       .choose = 1 });
}

/* -- what is one chunk -------------------------------------------------------- */

static uint32_t
steps_of(program_fn fn, unsigned threads)
{
	struct made m = must_make(threads);
	weir_plan *plan = compiled(&m, fn);
	uint32_t n = plan->n_steps;

	done(&m, plan);
	return n;
}

Test(fuse_finished, small_layers_are_one_step)
{
	struct weir__finished want = { .n = 3, .add = 1, .row = 1, .relu = 2,
				       .greater = 3 };
	bool can_be;
	struct made plain;
	weir_plan *plan;

	set_extents(8, 512);
	plain = must_make_unfused(1);
	plan = compiled(&plain, layer);
	can_be = can_finish(plan);
	done(&plain, plan);
	expect_finished(layer, 2, want);
	if (can_be) {
		cr_expect_eq(steps_of(layer, 1), 1);
		cr_expect_eq(steps_of(layer, 4), 1);
	}
	set_extents(8, 100);
	expect_finished(layer, 2, none);	/* so small that it is for
						   nothing */
	cr_expect_eq(steps_of(layer, 1), 4);
}

/* Of what a step takes, each of its nodes has a share. */
Test(fuse_finished, shares_add_up)
{
	struct made m;
	weir_plan *plan = look(&m, layer);
	double shares = 0;
	uint32_t i;

	for (i = 0; i < plan->info.nodes; i++)
		shares += (double)plan->parts[i].share;
	cr_expect_float_eq(shares, plan->n_steps, 1e-3, "%g of %u", shares,
			   plan->n_steps);
	done(&m, plan);
}

/* What it is compared with follows from it. */
static size_t
its_own_largest(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_relu(s, product(s, in));

	out[0] = weir_greater(s, y, weir_mul(s, number(s, 0.5),
					     weir_max(s, y, 0, NULL, false)));
	return 1;
}

Test(fuse_finished, waits_for_nothing_that_waits_for_it)
{
	set_extents(8, 512);
	expect_finished(its_own_largest, 1, (struct weir__finished){
				.n = 2, .relu = 1 });
	set_extents(300, 512);
	compare(its_own_largest, 1);
}

/* -- NaN ----------------------------------------------------------------------- */

static weir_tensor *
rarely_nan(weir_scope *s, weir_tensor *x)
{
	return weir_sqrt(s, weir_add(s, x, number(s, 0.399)));
}

/* What the product reads is made in its chunk, and read by nobody after it; and
 * some of it is NaN, of which the product tells when it has made some rows. */
static size_t
over_its_operand(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *a = weir_tanh(s, rarely_nan(s, in[0])), *mask, *y;
	weir_tensor *b = weir_matmul(s, weir_transpose(s, in[3], 0, NULL),
				     in[3]);

	mask = weir_greater(s, weir_square(s, in[0]), number(s, 0.01));
	y = weir_where(s, mask, weir_matmul(s, a, b), number(s, 1));
	out[0] = weir_exp(s, weir_sqrt(s, y));
	return 1;
}

Test(fuse_finished, is_over_nothing_that_is_read)
{
	compare(over_its_operand, 1);
	set_extents(300, 64);
	compare(over_its_operand, 1);
	set_extents(3000, 16);
	compare(over_its_operand, 1);
}

static size_t
nans(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *bias = weir_neg(s, weir_sqrt(s, in[1]));
	weir_tensor *mask = weir_greater(s, in[0], number(s, 0));
	weir_tensor *p = weir_matmul(s, rarely_nan(s, in[2]), in[3]);

	out[0] = weir_relu(s, weir_add(s, p, bias));
	out[1] = weir_greater(s, out[0], number(s, 0.5));
	out[2] = weir_where(s, mask, weir_matmul(s, in[2], rarely_nan(s, in[3])),
			    number(s, 7));
	return 3;
}

Test(fuse_finished, leaves_nans_to_the_members)
{
	compare(nans, 3);
	set_extents(513, 64);
	compare(nans, 3);
	set_extents(100, 1030);
	compare(nans, 3);
}
