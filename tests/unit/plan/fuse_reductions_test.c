/* Reductions over rows, run with what makes and what reads them. */
#include "unit/plan/fuse_suite.h"

static const int64_t last = -1;

static size_t
softmax(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *x = weir_mul(s, in[0], in[1]);

	x = weir_exp(s, weir_sub(s, x, weir_max(s, x, 1, &last, true)));
	out[0] = weir_div(s, x, weir_sum(s, x, 1, &last, true));
	return 1;
}

Test(fuse_reductions, a_softmax_is_one_step)
{
	struct made m;
	weir_plan *plan = look(&m, softmax);

	cr_assert_eq(plan->n_steps, 1);
	cr_expect_str_eq(plan->steps[0].call.op->name,
			 "mul+max+sub+exp+sum+div");
	done(&m, plan);
	cr_expect_eq(compare(softmax, 1), 1);
}

/* Without the reduced axis, which comes back as a view. */
static size_t
centred(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t tall[2] = { ROWS, 1 };
	weir_tensor *x = weir_square(s, in[0]);

	out[0] = weir_mean(s, x, 1, &last, false);
	out[1] = weir_sub(s, x, weir_reshape(s, weir_sqrt(s, out[0]), 2, tall));
	return 2;
}

Test(fuse_reductions, what_they_leave_may_be_wanted_outside_or_reshaped)
{
	struct made m;
	weir_plan *plan = look(&m, centred);

	cr_expect(has_step(plan, "square+mean"));
	done(&m, plan);
	cr_expect_geq(compare(centred, 2), 1);
}

static size_t
of_a_product(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_max(s, weir_tanh(s, weir_matmul(s, in[2], in[3])), 1,
			  &last, false);
	return 1;
}

Test(fuse_reductions, follow_the_rows_of_a_product)
{
	struct made m;
	weir_plan *plan = look(&m, of_a_product);

	cr_assert_eq(plan->n_steps, 1);
	cr_expect_str_eq(plan->steps[0].call.op->name, "matmul+tanh+max");
	done(&m, plan);
	cr_expect_eq(compare(of_a_product, 1), 1);
}

/* -- what is not ----------------------------------------------------------- */

static size_t
of_all(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_sum(s, weir_square(s, in[0]), 0, NULL, false);
	return 1;
}

Test(fuse_reductions, sums_of_all_are_apart)
{
	cr_expect_eq(compare(of_all, 1), 0);
}
