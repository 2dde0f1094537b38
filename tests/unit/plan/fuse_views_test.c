/* Steps that read views of each other's results, run as one. */
#include "unit/plan/fuse_suite.h"

/* Rows down.. and columns right.. of y, `less` fewer of each than there are. */
static weir_tensor *
shifted(weir_scope *s, weir_tensor *y, int64_t less, int64_t down,
	int64_t right)
{
	int64_t starts[2] = { down, right }, stops[2];

	stops[0] = weir_tensor_shape(y)[0] - less + down;
	stops[1] = weir_tensor_shape(y)[1] - less + right;
	return weir_slice(s, y, 2, starts, stops, NULL);
}

static weir_tensor *
part(weir_scope *s, weir_tensor *y, size_t axis, int64_t from, int64_t to)
{
	int64_t starts[2] = { 0, 0 }, stops[2];

	stops[0] = weir_tensor_shape(y)[0];
	stops[1] = weir_tensor_shape(y)[1];
	starts[axis] = from;
	stops[axis] = to;
	return weir_slice(s, y, 2, starts, stops, NULL);
}

/* -- the same rows --------------------------------------------------------- */

static size_t
halves(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_exp(s, in[0]);

	out[0] = weir_mul(s, part(s, y, 1, 0, COLUMNS / 2),
			  part(s, y, 1, COLUMNS / 2, COLUMNS));
	return 1;
}

Test(fuse_views, columns_follow_the_rows_that_they_are_of)
{
	struct made m;
	weir_plan *plan = look(&m, halves);

	cr_assert_eq(plan->n_steps, 1);
	cr_expect_str_eq(plan->steps[0].call.op->name, "exp+mul");
	cr_expect_lt(plan->arena_bytes, sizeof(float) * ROWS * COLUMNS);
	done(&m, plan);
	cr_expect_eq(compare(halves, 1), 1);
}

static size_t
in_another_shape(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t to[3] = { ROWS, 16, COLUMNS / 16 }, back[2] = { ROWS, COLUMNS };
	weir_tensor *y = weir_reshape(s, weir_square(s, in[0]), 3, to);

	y = weir_reshape(s, weir_exp(s, y), 2, back);
	out[0] = weir_mul(s, y, in[1]);
	return 1;
}

Test(fuse_views, another_shape_is_no_obstacle)
{
	struct made m;
	weir_plan *plan = look(&m, in_another_shape);

	cr_assert_eq(plan->n_steps, 1);
	cr_expect_str_eq(plan->steps[0].call.op->name, "square+exp+mul");
	done(&m, plan);
	cr_expect_eq(compare(in_another_shape, 1), 1);
}

/* What is read turned must not be written over on the way. */
static size_t
turned_within_rows(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t to[3] = { ROWS, 16, 32 }, perm[3] = { 0, 2, 1 };
	int64_t half[3] = { ROWS, 16, 16 }, zero[3] = { 0, 0, 0 };
	weir_tensor *y = weir_reshape(s, weir_square(s, in[0]), 3, to);

	y = weir_neg(s, weir_slice(s, y, 3, zero, half, NULL));
	out[0] = weir_exp(s, weir_transpose(s, y, 3, perm));
	return 1;
}

Test(fuse_views, nothing_is_written_over_what_is_read_turned)
{
	struct made m;
	weir_plan *plan = look(&m, turned_within_rows);

	cr_expect(has_step(plan, "square+neg+exp"));
	done(&m, plan);
	cr_expect_eq(compare(turned_within_rows, 1), 1);
}

/* -- a few rows more ------------------------------------------------------- */

static weir_tensor *
stencil_of(weir_scope *s, weir_tensor *x)
{
	static const int64_t one[2] = { 1, 1 };
	weir_tensor *p = weir_pad(s, x, 2, one, one, NULL), *y;

	y = weir_add(s, shifted(s, p, 2, 0, 1), shifted(s, p, 2, 2, 1));
	return weir_sub(s, y, weir_add(s, shifted(s, p, 2, 1, 0),
				       shifted(s, p, 2, 1, 2)));
}

static size_t
stencil(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = stencil_of(s, in[0]);
	return 1;
}

Test(fuse_views, a_stencil_is_one_step_with_the_zeros_around_it)
{
	struct made m;
	weir_plan *plan = look(&m, stencil);

	cr_assert_eq(plan->n_steps, 1);
	cr_expect_str_eq(plan->steps[0].call.op->name, "pad+add+add+sub");
	cr_expect_lt(plan->arena_bytes, sizeof(float) * ROWS * COLUMNS);
	done(&m, plan);
	cr_expect_eq(compare(stencil, 1), 1);
}

enum { STENCILS = 60 };

static size_t
stencils(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = in[0];
	int i;

	for (i = 0; i < STENCILS; i++)
		y = weir_tanh(s, stencil_of(s, y));
	out[0] = y;
	return 1;
}

Test(fuse_views, the_last_of_many_steps_are_fused_as_the_first)
{
	struct made m;
	weir_plan *plan = look(&m, stencils);

	cr_expect_eq(plan->n_steps, STENCILS);
	done(&m, plan);
	cr_expect_eq(compare(stencils, 1), STENCILS);
}

/* What makes what has more rows made has more rows made, too. */
static size_t
on_the_way(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_square(s, weir_neg(s, in[0]));

	y = stencil_of(s, weir_add(s, y, in[1]));
	out[0] = weir_sub(s, part(s, y, 0, 1, ROWS),
			  part(s, y, 0, 0, ROWS - 1));
	return 1;
}

Test(fuse_views, margins_add_up)
{
	struct made m;
	weir_plan *plan = look(&m, on_the_way);

	cr_expect_leq(plan->n_steps, 3);
	done(&m, plan);
	cr_expect_geq(compare(on_the_way, 1), 1);
}

/* Rows that are all as far away: none is made twice. */
static size_t
far_away(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_neg(s, in[0]);

	out[0] = weir_square(s, part(s, y, 0, ROWS / 3, ROWS));
	return 1;
}

Test(fuse_views, rows_may_be_counted_from_another_one)
{
	struct made m;
	weir_plan *plan = look(&m, far_away);

	cr_expect(has_step(plan, "neg+square"));
	done(&m, plan);
	cr_expect_eq(compare(far_away, 1), 1);
}

/* -- what is not ----------------------------------------------------------- */

static size_t
wanted_outside(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_exp(s, in[0]);

	out[0] = weir_sub(s, part(s, y, 0, 1, ROWS),
			  part(s, y, 0, 0, ROWS - 1));
	out[1] = weir_sum(s, y, 0, NULL, false);
	return 2;
}

Test(fuse_views, what_is_wanted_whole_is_made_once)
{
	struct made m;
	weir_plan *plan = look(&m, wanted_outside);

	cr_expect(has_step(plan, "exp"));
	cr_expect(has_step(plan, "sub"));
	done(&m, plan);
	cr_expect_eq(compare(wanted_outside, 2), 0);
}

static size_t
too_far_apart(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_exp(s, in[0]);

	out[0] = weir_sub(s, part(s, y, 0, ROWS / 2, ROWS),
			  part(s, y, 0, 0, ROWS / 2));
	return 1;
}

Test(fuse_views, not_most_of_it_is_made_twice)
{
	cr_expect_eq(compare(too_far_apart, 1), 0);
}

static size_t
turned(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_square(s, weir_transpose(s, weir_exp(s, in[0]), 0,
					       NULL));
	return 1;
}

Test(fuse_views, rows_do_not_follow_columns)
{
	cr_expect_eq(compare(turned, 1), 0);
}

static size_t
every_other_row(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t start[1] = { 0 }, stop[1] = { ROWS }, step[1] = { 2 };

	out[0] = weir_square(s, weir_slice(s, weir_exp(s, in[0]), 1, start,
					   stop, step));
	return 1;
}

Test(fuse_views, rows_at_another_pace_are_left_alone)
{
	cr_expect_eq(compare(every_other_row, 1), 0);
}
