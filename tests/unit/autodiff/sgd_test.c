#include <criterion/criterion.h>
#include <string.h>

#include "support/eager.h"
#include "support/tasks.h"

struct descent {
	weir_runtime *runtime;
	weir_tensor *v;
	weir_sgd *sgd;
};

static struct descent
descend(double rate, double momentum)
{
	struct descent d = { .runtime = must_runtime(1) };

	d.v = must_variable(d.runtime, "v", 4);
	cr_assert_eq(weir_sgd_create(d.runtime, &d.v, 1, rate, momentum,
				     &d.sgd), WEIR_OK);
	return d;
}

static void
descent_free(struct descent *d)
{
	weir_sgd_release(d->sgd);
	weir_tensor_release(d->v);
	weir_runtime_release(d->runtime);
}

/* The gradient is 1 each time. */
static weir_status
step(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct descent *d = arg;
	weir_tensor *one = weir_constant(s, WEIR_F64, 0, NULL, 1);

	(void)in;
	weir_sgd_step(s, d->sgd, &d->v, &one, 1);
	out[0] = weir_read(s, d->v);
	return weir_scope_status(s);
}

Test(sgd, goes_down_by_rate_times_gradient)
{
	struct descent d = descend(0.5, 0);
	weir_scope *s = must_scope(d.runtime, "e");
	weir_tensor *out;

	step(s, NULL, &out, &d);
	cr_expect_eq(weir_item_f64(d.v), 3.5);
	step(s, NULL, &out, &d);
	cr_expect_eq(weir_item_f64(d.v), 3);
	weir_scope_release(s);
	descent_free(&d);
}

Test(sgd, gathers_momentum)
{
	struct descent d = descend(0.5, 0.5);
	weir_scope *s = must_scope(d.runtime, "e");
	weir_tensor *out;

	step(s, NULL, &out, &d);		/* velocity 1 */
	step(s, NULL, &out, &d);		/* 1.5 */
	step(s, NULL, &out, &d);		/* 1.75 */
	cr_expect_eq(weir_item_f64(d.v), 4 - 0.5 * (1 + 1.5 + 1.75));
	weir_scope_release(s);
	descent_free(&d);
}

Test(sgd, follows_a_new_rate_in_a_recorded_step_too)
{
	struct descent d = descend(0.5, 0);
	weir_function *f;
	weir_tensor *out;

	cr_assert_eq(weir_function_create(d.runtime, "f", step, &d, &f),
		     WEIR_OK);
	cr_assert_eq(weir_function_call(f, NULL, NULL, 0, &out, 1), WEIR_OK);
	weir_tensor_release(out);
	cr_assert_eq(weir_sgd_set_rate(d.sgd, 1), WEIR_OK);
	cr_assert_eq(weir_function_call(f, NULL, NULL, 0, &out, 1), WEIR_OK);
	weir_tensor_release(out);
	cr_expect_eq(weir_item_f64(d.v), 2.5);
	cr_expect_eq(weir_function_recordings(f), 1);
	weir_function_release(f);
	descent_free(&d);
}

Test(sgd, refuses_other_parameters_than_its_own)
{
	struct descent d = descend(0.5, 0);
	weir_scope *s = must_scope(d.runtime, "e");
	weir_tensor *w = must_variable(d.runtime, "w", 1), *g;

	g = weir_constant(s, WEIR_F64, 0, NULL, 1);
	cr_expect_eq(weir_sgd_step(s, d.sgd, &w, &g, 1), WEIR_EINVAL);
	cr_expect(strstr(weir_scope_error(s), "parameter 0 (w) is not the"));
	weir_scope_clear(s);
	cr_expect_eq(weir_sgd_step(s, d.sgd, &d.v, &g, 0), WEIR_EINVAL);
	weir_tensor_release(w);
	weir_scope_release(s);
	descent_free(&d);
}

Test(sgd, refuses_what_is_no_variable)
{
	weir_runtime *runtime = must_runtime(1);
	weir_tensor *x = must_number(runtime, 1);
	weir_sgd *sgd = NULL;

	cr_expect_eq(weir_sgd_create(runtime, &x, 1, 0.1, 0, &sgd),
		     WEIR_EINVAL);
	cr_expect_null(sgd);
	weir_tensor_release(x);
	weir_runtime_release(runtime);
}
