#include <criterion/criterion.h>
#include <omp.h>
#include <string.h>

#include "support/eager.h"
#include "support/tasks.h"

/* Tells a team's thread from a caller's, as no kernel may. */
static weir_status
telling_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	(void)begin, (void)end;
	*(double *)kernel->out[0].data = omp_in_parallel();
	return WEIR_OK;
}

static weir_cost
telling_cost(const weir_call *call)
{
	(void)call;
	return (weir_cost){ .nanoseconds = 1e6 };
}

static const weir_op telling = {
	.size = sizeof(weir_op), .name = "telling", .doc = "Tells.",
	.n_in = 1, .n_out = 1, .infer = task_infer,
	.kernel = telling_kernel, .cost = telling_cost,
};

/* Two heavy ops beside each other, so that the plan has two workers. */
static weir_status
tell(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *both[2] = { NULL, NULL };
	weir_tensor *x = weir_neg(s, in[0]);

	(void)arg;
	weir_scope_push(s, "part");
	weir_apply(s, &telling, NULL, &x, 1, &both[0], 1);
	weir_keep(s, both[0]);
	weir_scope_pop(s);
	weir_apply(s, &telling, NULL, &in[0], 1, &both[1], 1);
	out[0] = weir_add(s, both[0], both[1]);
	return weir_scope_status(s);
}

static weir_status
train(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	out[0] = weir_assign(s, arg, weir_exp(s, weir_sub(s, arg, in[0])));
	return weir_scope_status(s);
}

Test(compare, names_the_first_op_whose_bits_differ)
{
	weir_runtime *runtime = must_runtime(2);
	weir_tensor *x = must_number(runtime, 1);
	weir_function *f;

	cr_assert_eq(weir_function_create(runtime, "f", tell, NULL, &f),
		     WEIR_OK);
	cr_expect_eq(weir_function_compare(f, &x, 1, 1), WEIR_EBITS);
	cr_expect(strstr(weir_error_text(), "is op 2, f/part/telling, called "
			 "at ") &&
		  strstr(weir_error_text(), "compare_test.c:") &&
		  strstr(weir_error_text(), "element 0 of result 0, f64[]"),
		  "%s", weir_error_text());
	weir_tensor_release(x);
	weir_function_release(f);
	weir_runtime_release(runtime);
}

Test(compare, leaves_variables_as_they_were)
{
	weir_runtime *runtime = must_runtime(1);
	weir_tensor *v = must_variable(runtime, "v", 2);
	weir_tensor *x = must_number(runtime, 1);
	weir_function *f;

	cr_assert_eq(weir_function_create(runtime, "f", train, v, &f),
		     WEIR_OK);
	cr_expect_eq(weir_function_compare(f, &x, 1, 1), WEIR_OK, "%s",
		     weir_error_text());
	cr_expect_eq(weir_item_f64(v), 2);
	weir_tensor_release(x);
	weir_tensor_release(v);
	weir_function_release(f);
	weir_runtime_release(runtime);
}

Test(compare, fails_as_the_call_fails)
{
	weir_runtime *runtime = must_runtime(1);
	weir_tensor *v = must_variable(runtime, "v", 2);
	weir_tensor *x = counting_matrix(runtime, 2, 2, 0);
	weir_function *f;

	cr_assert_eq(weir_function_create(runtime, "f", train, v, &f),
		     WEIR_OK);
	cr_expect_eq(weir_function_compare(f, &x, 1, 1), WEIR_ESHAPE);
	weir_tensor_release(x);
	weir_tensor_release(v);
	weir_function_release(f);
	weir_runtime_release(runtime);
}
