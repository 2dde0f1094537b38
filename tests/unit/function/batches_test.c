#include <criterion/criterion.h>
#include <string.h>

#include "support/eager.h"
#include "support/tasks.h"

enum { BATCHES = 200 };

static weir_status
half(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_mul(s, in[0], weir_constant(s, WEIR_F64, 0, NULL, 0.5));
	return weir_scope_status(s);
}

static weir_status
count_up(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	out[0] = weir_assign(s, arg, weir_add(s, arg, in[0]));
	return weir_scope_status(s);
}

/* Fails for values of 50 and more. */
static weir_status
picky_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	double x = *(const double *)kernel->in[0].data;

	(void)begin, (void)end;
	*(double *)kernel->out[0].data = x;
	return x < 50 ? WEIR_OK : weir_fail(WEIR_ERANGE, "%g is too much", x);
}

static const weir_op picky = {
	.size = sizeof(weir_op), .name = "picky", .doc = "Fails at 50.",
	.n_in = 1, .n_out = 1, .fallible = WEIR_ANY_DTYPE,
	.infer = task_infer, .kernel = picky_kernel,
};

static weir_status
pick(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	weir_apply(s, &picky, NULL, in, 1, out, 1);
	return weir_scope_status(s);
}

struct batches {
	weir_runtime *runtime;
	weir_function *f;
	weir_tensor *in[BATCHES], *out[BATCHES];
};

static void
batches_init(struct batches *b, weir_function_fn fn, void *arg)
{
	int i;

	cr_assert_eq(weir_function_create(b->runtime, "f", fn, arg, &b->f),
		     WEIR_OK);
	for (i = 0; i < BATCHES; i++) {
		b->in[i] = must_number(b->runtime, i);
		b->out[i] = NULL;
	}
}

static void
batches_free(struct batches *b)
{
	int i;

	for (i = 0; i < BATCHES; i++) {
		weir_tensor_release(b->in[i]);
		weir_tensor_release(b->out[i]);
	}
	weir_function_release(b->f);
	weir_runtime_release(b->runtime);
}

static const weir_mode modes[] = { WEIR_MODE_GRAPH, WEIR_MODE_EAGER };

Test(batches, give_what_the_calls_one_by_one_give)
{
	size_t mode;
	int i;

	for (mode = 0; mode < 2; mode++) {
		weir_run_options how = { .size = sizeof how,
					 .mode = modes[mode] };
		struct batches b = { .runtime = must_runtime(4) };

		batches_init(&b, half, NULL);
		cr_assert_eq(weir_run_batches(b.f, &how, b.in, 1, b.out, 1,
					      BATCHES), WEIR_OK, "%s",
			     weir_error_text());
		for (i = 0; i < BATCHES; i++)
			cr_expect_eq(weir_item_f64(b.out[i]), i / 2.0);
		batches_free(&b);
	}
}

Test(batches, may_not_write_variables_in_either_mode)
{
	size_t mode;

	for (mode = 0; mode < 2; mode++) {
		weir_run_options how = { .size = sizeof how,
					 .mode = modes[mode] };
		struct batches b = { .runtime = must_runtime(2) };
		weir_tensor *v = must_variable(b.runtime, "count", 1);

		batches_init(&b, count_up, v);
		cr_expect_eq(weir_run_batches(b.f, &how, b.in, 1, b.out, 1,
					      BATCHES), WEIR_ESTATE);
		cr_expect(strstr(weir_error_text(), "may not write ") &&
			  strstr(weir_error_text(), "variable count"), "%s", weir_error_text());
		cr_expect_null(b.out[0]);
		cr_expect_eq(weir_item_f64(v), 1);
		weir_tensor_release(v);
		batches_free(&b);
	}
}

Test(batches, report_the_lowest_that_fails_and_give_nothing)
{
	size_t mode;
	int i;

	for (mode = 0; mode < 2; mode++) {
		weir_run_options how = { .size = sizeof how,
					 .mode = modes[mode] };
		struct batches b = { .runtime = must_runtime(4) };

		batches_init(&b, pick, NULL);
		for (i = 0; i < 50; i++) {
			cr_assert_eq(weir_run_batches(b.f, &how, b.in, 1,
						      b.out, 1, BATCHES),
				     WEIR_ERANGE);
			cr_assert(strstr(weir_error_text(),
					 "batch 50: picky: 50 is too much"),
				  "%s", weir_error_text());
		}
		cr_expect_null(b.out[0]);
		batches_free(&b);
	}
}

Test(batches, can_be_none)
{
	struct batches b = { .runtime = must_runtime(2) };

	batches_init(&b, half, NULL);
	cr_expect_eq(weir_run_batches(b.f, NULL, b.in, 1, b.out, 1, 0),
		     WEIR_OK);
	batches_free(&b);
}
