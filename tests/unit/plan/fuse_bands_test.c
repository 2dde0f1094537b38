/* Which steps are run by bands of columns, and that it makes no difference. */
#include "ops/gemm.h"
#include "support/fault.h"
#include "unit/plan/fuse_suite.h"

static const int64_t first = 0, last = -1;

static weir_tensor *
rows_of(weir_scope *s, weir_tensor *y, int64_t from, int64_t to)
{
	int64_t starts[2] = { from, 0 }, stops[2];

	stops[0] = to;
	stops[1] = weir_tensor_shape(y)[1];
	return weir_slice(s, y, 2, starts, stops, NULL);
}

/* [rows,1] and [1,columns] */
static weir_tensor *
a_column(weir_scope *s, weir_tensor *const *in)
{
	return weir_sum(s, in[2], 1, &last, true);
}

static weir_tensor *
a_row(weir_scope *s, weir_tensor *const *in)
{
	return rows_of(s, in[3], 0, 1);
}

static weir_tensor *
turned(weir_scope *s, weir_tensor *y)
{
	return weir_transpose(s, y, 0, NULL);
}

/* -- what is --------------------------------------------------------------- */

/* A layer of 16 features, and what a loss's gradient makes of it. */
static size_t
layer(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *h = weir_relu(s, weir_add(s, weir_matmul(s, in[2], in[3]),
					       in[1]));
	weir_tensor *w = turned(s, a_row(s, in)), *dz, *g, *mask, *zero;

	zero = weir_constant(s, WEIR_F32, 0, NULL, 0);
	dz = weir_tanh(s, weir_matmul(s, h, w));
	mask = weir_greater(s, h, zero);
	g = weir_matmul(s, dz, turned(s, w));
	g = weir_where(s, mask, g, zero);
	out[0] = weir_sum(s, g, 1, &first, false);
	out[1] = weir_matmul(s, turned(s, in[2]), g);
	out[2] = weir_matmul(s, turned(s, h), dz);
	out[3] = dz;
	return 4;
}

Test(fuse_bands, the_gradient_of_a_layer_is_one_step)
{
	struct made m;
	weir_plan *plan = look(&m, layer);

	/* The BLAS would have it all as one. */
	if (weir__product_has_free_parts(weir__product_of(INNER, COLUMNS,
							  ROWS)))
		cr_expect(has_step(plan, "matmul+where+sum+matmul"));
	done(&m, plan);
	compare(layer, 4);
}

static size_t
statistics(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_mul(s, weir_tanh(s, in[0]), in[1]);

	out[0] = weir_mean(s, y, 1, &first, true);
	out[1] = weir_max(s, y, 1, &first, false);
	out[2] = weir_sum(s, weir_square(s, y), 1, &first, false);
	return 3;
}

Test(fuse_bands, reductions_over_rows_take_what_they_read_with_them)
{
	struct made m;
	weir_plan *plan = look(&m, statistics);

	cr_assert_eq(plan->n_steps, 1);
	cr_expect_str_eq(plan->steps[0].call.op->name,
			 "tanh+mul+square+mean+max+sum");
	cr_expect_lt(plan->arena_bytes, sizeof(float) * ROWS * COLUMNS);
	done(&m, plan);
	cr_expect_eq(compare(statistics, 3), 1);
}

/* Of the transpose, too: rows of the result are the bands. */
static size_t
products(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_square(s, in[0]), *column = a_column(s, in);

	out[0] = weir_matmul(s, turned(s, column), y);
	out[1] = weir_matmul(s, turned(s, y), column);
	return 2;
}

Test(fuse_bands, products_with_vectors_read_either_side)
{
	expect_bands(products, 2, 1);
}

/* The reduced axis in the middle, first or last of what is seen. */
static size_t
views(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t rows = weir_tensor_shape(in[0])[0];
	int64_t columns = weir_tensor_shape(in[0])[1];
	int64_t deep[3] = { 2, rows / 2, columns }, axes[2] = { 0, 1 };
	weir_tensor *y = weir_relu(s, in[0]);

	out[0] = weir_sum(s, weir_reshape(s, y, 3, deep), 2, axes, false);
	out[1] = weir_max(s, turned(s, y), 1, &last, false);
	out[2] = weir_sum(s, rows_of(s, y, rows / 3, rows), 1, &first, true);
	out[3] = weir_sum(s, weir_reshape(s, y, 3, deep), 1, &axes[1], false);
	return 4;
}

Test(fuse_bands, views_with_whole_rows_have_the_same_bands)
{
	expect_bands(views, 4, 1);
}

/* Each row is read when others have been made of those before it. */
static size_t
rows_in_another_order(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t rows = weir_tensor_shape(in[0])[0];
	int64_t columns = weir_tensor_shape(in[0])[1];
	int64_t deep[3] = { 2, rows / 2, columns }, axes[2] = { 0, 1 };
	int64_t order[3] = { 1, 0, 2 };
	weir_tensor *y = weir_reshape(s, weir_relu(s, in[0]), 3, deep);

	y = weir_exp(s, weir_transpose(s, y, 3, order));
	y = weir_neg(s, weir_square(s, weir_neg(s, y)));
	out[0] = weir_max(s, y, 2, axes, false);
	out[1] = weir_sum(s, y, 2, axes, true);
	return 2;
}

Test(fuse_bands, who_takes_turns_reads_nothing_that_has_been_written_over)
{
	expect_bands(rows_in_another_order, 2, 1);
}

/* The step that is read by rows, too, stays; but its columns are read once. */
static size_t
of_what_is_there(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_exp(s, in[0]);

	out[0] = weir_sum(s, y, 1, &last, false);
	out[1] = weir_sum(s, weir_tanh(s, y), 1, &first, false);
	out[2] = weir_max(s, y, 1, &first, false);
	return 3;
}

Test(fuse_bands, the_same_columns_are_read_once)
{
	struct made m;
	weir_plan *plan = look(&m, of_what_is_there);

	cr_expect(has_step(plan, "exp+sum"));
	cr_expect(has_step(plan, "tanh+sum+max"));
	done(&m, plan);
	cr_expect_eq(compare(of_what_is_there, 3), 2);
}

static size_t
of_a_maker(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_matmul(s, a_column(s, in), a_row(s, in));

	out[0] = weir_sum(s, y, 1, &first, false);
	out[1] = weir_max(s, weir_exp(s, y), 1, &first, false);
	return 2;
}

Test(fuse_bands, what_members_read_is_read_by_others_at_the_same_time)
{
	struct made m;
	weir_plan *plan = look(&m, of_a_maker);

	cr_expect(has_step(plan, "matmul+exp+sum+max"));
	done(&m, plan);
	cr_expect_eq(compare(of_a_maker, 2), 1);
}

/* -- any number of columns ------------------------------------------------- */

static const struct {
	int64_t rows, columns;
	bool is_banded;
} extents[] = {
	{ 300, 1, false }, { 300, 63, false }, { 300, 65, false },
	{ 700, 130, true }, { 300, 1000, true }, { 77, 1025, true },
	{ 2, 70000, true }, { 1, 70000, false }, { 0, 1000, false },
	{ 100000, 130, false },
};

static size_t
any_columns(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *zero = weir_constant(s, WEIR_F32, 0, NULL, 0);
	weir_tensor *y = weir_matmul(s, a_column(s, in), a_row(s, in));

	y = weir_where(s, weir_greater(s, in[0], zero), y, in[0]);
	out[0] = weir_sum(s, y, 1, &first, false);
	out[1] = weir_matmul(s, turned(s, in[2]), y);
	out[2] = weir_matmul(s, turned(s, y), a_column(s, in));
	return 3;
}

Test(fuse_bands, the_last_band_takes_what_is_left)
{
	size_t i;

	for (i = 0; i < sizeof extents / sizeof *extents; i++) {
		struct made m;
		weir_plan *plan;

		set_extents(extents[i].rows, extents[i].columns);
		plan = look(&m, any_columns);
		if (!extents[i].is_banded)
			cr_expect_eq(banded_steps(plan), 0);
		done(&m, plan);
		compare(any_columns, 3);
	}
}

/* Where arithmetic on two operands has a remainder, whose NaN comes through
 * depends on where an element is. */
static size_t
scaled(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_sum(s, weir_mul(s, in[0], in[1]), 1, &first, false);
	return 1;
}

Test(fuse_bands, arithmetic_is_cut_between_vectors_only)
{
	set_extents(300, 960);
	expect_bands(scaled, 1, 1);
	set_extents(300, 1000);
	expect_bands(scaled, 1, 0);
}

/* -- what is not ----------------------------------------------------------- */

static size_t
wanted(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_square(s, in[0]);
	out[1] = weir_sum(s, out[0], 1, &first, false);
	return 2;
}

Test(fuse_bands, what_is_wanted_outside_has_none)
{
	expect_bands(wanted, 2, 0);
}

static size_t
softmax_of_columns(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_exp(s, in[0]);

	out[0] = weir_div(s, y, weir_sum(s, y, 1, &first, true));
	return 1;
}

Test(fuse_bands, what_is_read_again_later_has_none)
{
	expect_bands(softmax_of_columns, 1, 0);
}

static size_t
rows_too(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_exp(s, in[0]);

	out[0] = weir_sum(s, y, 1, &first, false);
	out[1] = weir_sum(s, y, 1, &last, false);
	return 2;
}

Test(fuse_bands, sums_of_rows_go_by_rows)
{
	expect_bands(rows_too, 2, 0);
}

/* The second product reads what follows from the first. */
static size_t
one_after_the_other(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_square(s, in[0]), *v;

	out[0] = weir_matmul(s, turned(s, a_column(s, in)), y);
	v = weir_matmul(s, in[0], turned(s, weir_tanh(s, out[0])));
	out[1] = weir_matmul(s, turned(s, v), y);
	return 2;
}

Test(fuse_bands, what_waits_for_a_member_is_none)
{
	expect_bands(one_after_the_other, 2, 0);
}

static size_t
some_columns(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t starts[2] = { 0, 64 }, stops[2];
	weir_tensor *y = weir_square(s, in[0]);

	stops[0] = weir_tensor_shape(y)[0];
	stops[1] = weir_tensor_shape(y)[1];
	out[0] = weir_sum(s, weir_slice(s, y, 2, starts, stops, NULL), 1,
			  &first, false);
	return 1;
}

Test(fuse_bands, other_columns_are_not_the_same_bands)
{
	expect_bands(some_columns, 1, 0);
}

/* Square: what is cut is not to be taken for what is summed. */
static size_t
both_ways(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_relu(s, in[0]);

	out[0] = weir_add(s, weir_sum(s, y, 1, &first, false),
			  weir_sum(s, turned(s, y), 1, &first, false));
	out[1] = weir_max(s, weir_relu(s, in[0]), 1, &first, false);
	return 2;
}

Test(fuse_bands, square_values_are_cut_along_one_axis)
{
	set_extents(320, 320);
	compare(both_ways, 2);
}

/* -- failures -------------------------------------------------------------- */

Test(fuse_bands, survive_want_of_memory_at_any_point)
{
	struct fault fault = { 0 };
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = { .size = sizeof options, .threads = 2,
					 .allocator = &allocator };
	weir_runtime *runtime;
	long fails_at;
	weir_status status;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK);
	for (fails_at = 1, status = WEIR_ENOMEM; status; fails_at++) {
		struct made m = must_make_on(runtime);
		weir_tensor *in[INPUTS], *out[WEIR_RESULTS_MAX];
		weir_plan *plan = NULL;
		size_t i, n;

		for (i = 0; i < INPUTS; i++)
			in[i] = weir_graph_input(
				m.graph, specs[i].dtype,
				(size_t)specs[i].rank, specs[i].shape, NULL);
		n = statistics(m.scope, in, out);
		for (i = 0; i < n; i++)
			cr_assert_eq(weir_graph_output(m.graph, out[i]),
				     WEIR_OK);
		fault_arm(&fault, fails_at);
		status = weir_graph_compile(m.graph, &plan);
		fault_arm(&fault, 0);
		if (!status)
			cr_expect_eq(banded_steps(plan), 1);
		else
			cr_expect_eq(status, WEIR_ENOMEM);
		weir_plan_release(plan);
		weir_tensor_release(m.zero);
		weir_graph_release(m.graph);
	}
	cr_expect_gt(fails_at, 20);
	weir_runtime_release(runtime);
	cr_expect_eq(fault.alive, 0);
}

/* -- rows a few at a time -------------------------------------------------- */

static size_t
through_rows(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_tanh(s, weir_exp(s, in[0]));

	out[0] = weir_sum(s, y, 1, &first, false);
	out[1] = weir_max(s, y, 1, &first, true);
	out[2] = weir_matmul(s, turned(s, in[2]), y);
	return 3;
}

Test(fuse_bands, of_what_is_gone_through_by_rows_a_few_are_there)
{
	const struct weir__banded *banded = NULL;
	struct made m;
	weir_plan *plan = look(&m, through_rows);
	uint32_t i, folds = 0, short_lived = 0;

	for (i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].call.op->kernel == weir__op_banded.kernel)
			banded = plan->steps[i].call.attrs;
	/* The BLAS would have it all as one. */
	if (weir__product_has_free_parts(weir__product_of(INNER, COLUMNS,
							  ROWS))) {
		cr_assert_not_null(banded);
		for (i = 0; i < banded->n_members; i++) {
			folds += banded->members[i].is_fold;
			short_lived += banded->members[i].turn_bytes[0] > 0;
		}
		cr_expect_eq(banded->n_members, 5);
		cr_expect_eq(banded->members[0].together, 5);
		cr_expect_eq(folds, 3);
		cr_expect_eq(short_lived, 2);
		cr_expect_lt(banded->scratch_bytes,
			     (size_t)(banded->width * ROWS) * sizeof(float));
	}
	done(&m, plan);
	compare(through_rows, 3);
}

/* A mask that is there when all turns are over may have as many bytes as what is
 * made anew in each. */
static size_t
of_a_mask_that_stays(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	float high = 0.9f, low = 0.1f, none = 0;
	weir_tensor *zero = weir_constant(s, WEIR_F32, 0, NULL, none);
	weir_tensor *a = weir_exp(s, in[0]), *z, *mask, *above;

	above = weir_greater(s, a, weir_constant(s, WEIR_F32, 0, NULL, high));
	mask = weir_greater(s, in[1], weir_constant(s, WEIR_F32, 0, NULL, low));
	mask = weir_equal(s, above, mask);
	z = weir_where(s, mask, weir_tanh(s, a), zero);
	out[0] = weir_sum(s, z, 1, &first, false);
	out[1] = weir_where(s, rows_of(s, mask, 0, 32), rows_of(s, z, 0, 32),
			    zero);
	return 2;
}

Test(fuse_bands, what_stays_is_not_where_turns_are)
{
	static const int64_t columns[] = { 64, 128, 256, 512 };
	int64_t rows;
	size_t i;

	for (i = 0; i < 4; i++)
		for (rows = 64; rows <= 1024; rows *= 2) {
			set_extents(rows, columns[i]);
			compare(of_a_mask_that_stays, 2);
		}
}

/* What is made of all rows has to wait for them. */
static size_t
of_all_rows(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_exp(s, in[0]);
	weir_tensor *most = weir_max(s, y, 1, &first, true);
	weir_tensor *z = weir_exp(s, weir_sub(s, y, most));

	out[0] = weir_sum(s, z, 1, &first, false);
	out[1] = weir_matmul(s, turned(s, in[2]), z);
	return 2;
}

Test(fuse_bands, what_all_rows_make_is_there_before_it_is_read)
{
	compare(of_all_rows, 2);
	set_extents(1000, 384);
	compare(of_all_rows, 2);
	compare(through_rows, 3);
	set_extents(700, 200);
	compare(of_all_rows, 2);
	compare(through_rows, 3);
}
