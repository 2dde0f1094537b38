/* Which elements of a value the work of a step touches, also through views. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "plan/plan.h"
#include "support/tasks.h"

enum { ROWS = 6000, COLUMNS = 80, VIEWS = 8 };

/* Of a matrix: what ops make without a copy. */
static weir_tensor *
view_of(weir_scope *s, weir_tensor *x, int which)
{
	const int64_t starts[2] = { 1000, 10 }, stops[2] = { 5000, 70 };
	const int64_t steps[2] = { 3, 2 };
	const int64_t first[2] = { 1000, 2 }, end[2] = { 5000, 7 };
	const int64_t split[3] = { ROWS, 8, COLUMNS / 8 };
	const int64_t tall[3] = { ROWS, 1, COLUMNS };

	switch (which) {
	case 0:
		return weir_slice(s, x, 2, starts, stops, NULL);
	case 1:
		return weir_slice(s, x, 2, starts, stops, steps);
	case 2:
		return weir_transpose(s, x, 0, NULL);
	case 3:
		return weir_slice(s, x, 1, starts, stops, NULL);
	case 4:
		return weir_reshape(s, x, 3, split);
	case 5:
		return weir_reshape(s, x, 3, tall);
	case 6:
		return weir_transpose(s, weir_slice(s, x, 2, starts, stops,
						    steps), 0, NULL);
	}
	return weir_slice(s, weir_reshape(s, x, 3, split), 2, first, end,
			  NULL);
}

/* The element of the value that the e-th of the view is. */
static int64_t
element_of(const weir_plan *plan, const struct weir__slot *slot, int64_t e)
{
	const struct weir__step *maker = &plan->steps[slot->maker];
	int64_t at = slot->offset -
		     plan->slots[maker->first_slot + maker->node->n_in].offset;
	int axis;

	for (axis = slot->spec->rank - 1; axis >= 0; axis--) {
		at += e % slot->spec->shape[axis] * slot->strides[axis];
		e /= slot->spec->shape[axis];
	}
	return at / (int64_t)weir_dtype_size(slot->spec->dtype);
}

/* All that it touches, and, where rows are rows, at most the rest of the first
 * and of the last row. */
static void
expect_reach(const weir_plan *plan, const struct weir__work *work, int which)
{
	const struct weir__step *step = &plan->steps[work->step];
	const struct weir__slot *slot = &plan->slots[step->first_slot];
	int64_t first, last, from, to, e, low = INT64_MAX, high = -1;

	weir__work_reach_of_value(plan, work, 0, &first, &last);
	weir__work_reach(step, work, 0, &from, &to);
	cr_assert_lt(from, to);
	for (e = from; e < to; e++) {
		int64_t at = element_of(plan, slot, e);

		low = at < low ? at : low;
		high = at > high ? at : high;
	}
	cr_expect(first <= low && last > high, "view %d: %lld..%lld, it "
		  "touches %lld..%lld", which, (long long)first,
		  (long long)last, (long long)low, (long long)high + 1);
	if (which == 2 || which == 6)
		return;
	cr_expect_lt(low - first, COLUMNS, "view %d", which);
	cr_expect_leq(last - high, COLUMNS, "view %d", which);
}

ParameterizedTestParameters(reach, of_a_view_is_where_its_elements_are)
{
	static const int rows[] = { 0, 1, 2, 3, 4, 5, 6, 7 };

	return cr_make_param_array(int, (void *)rows, VIEWS);
}

ParameterizedTest(int *which, reach, of_a_view_is_where_its_elements_are)
{
	const int64_t shape[2] = { ROWS, COLUMNS };
	struct made m = must_make_unfused(2);
	weir_tensor *x = weir_graph_input(m.graph, WEIR_F64, 2, shape, NULL);
	weir_plan *plan;
	uint32_t i, n = 0;

	x = view_of(m.scope, weir_tanh(m.scope, x), *which);
	cr_assert_eq(weir_graph_output(m.graph, weir_tanh(m.scope, x)),
		     WEIR_OK, "%s", weir_scope_error(m.scope));
	plan = must_compile(&m);
	cr_assert_eq(weir_plan_get_info(plan).views, *which < 6 ? 1 : 2);
	for (i = 0; i < plan->dag.n; i++)
		if (plan->work[i].step == 1) {
			expect_reach(plan, &plan->work[i], *which);
			n++;
		}
	cr_expect_gt(n, 1);
	weir_plan_release(plan);
	made_free(&m);
}
