/* Functions called eagerly again and again: each call is as the first. */
#include <criterion/criterion.h>
#include <string.h>

#include "support/eager.h"
#include "support/traced.h"

TestSuite(eager_call, .init = begin_traced, .fini = end_traced);

static weir_tensor *x;

static weir_function *
must_function(const char *name, weir_function_fn fn, void *arg)
{
	weir_function *f;

	x = must_number(runtime, 2);
	cr_assert_eq(weir_function_create(runtime, name, fn, arg, &f), WEIR_OK);
	return f;
}

static weir_status
call(weir_function *f, double *result)
{
	weir_run_options how = { .size = sizeof how, .mode = WEIR_MODE_EAGER };
	weir_tensor *out = NULL;
	weir_status status = weir_function_call(f, &how, &x, 1, &out, 1);

	if (!status)
		*result = weir_item_f64(out);
	weir_tensor_release(out);
	return status;
}

static void
release(weir_function *f)
{
	weir_function_release(f);
	weir_tensor_release(x);
}

/* weight += velocity, velocity += x: what it gives is the weight before. */
static weir_status
step(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *const *v = arg;

	weir_scope_push(s, "layer");
	out[0] = weir_keep(s, weir_neg(s, weir_neg(s, v[0])));
	weir_assign(s, v[0], weir_add(s, v[0], v[1]));
	weir_assign(s, v[1], weir_add(s, v[1], in[0]));
	weir_scope_pop(s);
	return weir_scope_status(s);
}

Test(eager_call, takes_no_memory_once_it_has_been_made)
{
	weir_tensor *v[2] = { must_variable(runtime, "weight", 0),
			      must_variable(runtime, "velocity", 1) };
	weir_function *f = must_function("f", step, v);
	uint64_t before = 0;
	double result;
	int i;

	for (i = 0; i < 20; i++) {
		if (i == 10)
			before = weir_runtime_memory(runtime).allocations;
		cr_assert_eq(call(f, &result), WEIR_OK);
		cr_expect_eq(result, i * i, "%d: %g", i, result);
	}
	cr_expect_eq(weir_runtime_memory(runtime).allocations, before);
	release(f);
	weir_tensor_release(v[0]);
	weir_tensor_release(v[1]);
}

Test(eager_call, has_a_run_and_ordinals_of_its_own)
{
	weir_tensor *v[2] = { must_variable(runtime, "weight", 0),
			      must_variable(runtime, "velocity", 1) };
	weir_function *f = must_function("f", step, v);
	struct spans spans;
	int64_t run = 0, ordinal = 0;
	size_t i, ops = 0;
	double result;

	cr_assert_eq(weir_trace_start(runtime, NULL), WEIR_OK);
	for (i = 0; i < 3; i++)
		cr_assert_eq(call(f, &result), WEIR_OK);
	stop_and_read(&spans);
	for (i = 0; i < spans.n; i++) {
		const struct span *span = &spans.all[i];

		if (strcmp(span->category, "eager") != 0)
			continue;
		if (span->run != run)
			ordinal = 0;
		run = span->run;
		cr_expect_eq(span->ordinal, ++ordinal);
		cr_expect(strncmp(span->path, "f/layer/", 8) == 0, "%s",
			  span->path);
		ops++;
	}
	cr_expect_eq(ordinal, 6);
	cr_expect_eq(ops, 3 * 6);
	spans_free(&spans);
	release(f);
	weir_tensor_release(v[0]);
	weir_tensor_release(v[1]);
}

/* What a call does that goes wrong, and what the next one is to know of it. */
struct careless {
	bool fails;
	weir_tensor *variable;
	weir_scope *scope;
};

static weir_status
careless(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct careless *c = arg;

	c->scope = s;
	weir_scope_push(s, "open");
	weir_assign(s, c->variable, weir_add(s, c->variable, in[0]));
	out[0] = weir_add(s, c->variable, in[0]);
	if (c->fails)
		out[0] = weir_matmul(s, out[0], in[0]);
	return weir_scope_status(s);
}

Test(eager_call, knows_nothing_of_one_that_failed_with_a_frame_open)
{
	struct careless c = { .variable = must_variable(runtime, "v", 1) };
	weir_function *f = must_function("f", careless, &c);
	double result = 0;
	int i;

	for (i = 0; i < 4; i++) {
		c.fails = i % 2 == 0;
		cr_expect_eq(call(f, &result), c.fails ? WEIR_ESHAPE : WEIR_OK);
		if (c.fails) {
			cr_expect(strstr(weir_error_text(), "matmul") &&
				  strstr(weir_error_text(), "in f/open/matmul,"),
				  "%s", weir_error_text());
			cr_expect_eq(weir_item_f64(c.variable), 1 + i);
		} else {
			cr_expect_eq(result, 4 + i);
		}
	}
	release(f);
	weir_tensor_release(c.variable);
}

Test(eager_call, closes_its_scope)
{
	struct careless c = { .variable = must_variable(runtime, "v", 1) };
	weir_function *f = must_function("f", careless, &c);
	double result;

	cr_assert_eq(call(f, &result), WEIR_OK);
	cr_expect_null(weir_neg(c.scope, x));
	cr_expect_eq(weir_scope_status(c.scope), WEIR_ESTATE);
	cr_expect(strstr(weir_scope_error(c.scope), "is over"), "%s",
		  weir_scope_error(c.scope));
	weir_scope_push(c.scope, "after");
	cr_expect_eq(call(f, &result), WEIR_OK);
	c.fails = true;
	cr_expect_neq(call(f, &result), WEIR_OK);
	cr_expect(strstr(weir_error_text(), "in f/open/matmul,"), "%s",
		  weir_error_text());
	release(f);
	weir_tensor_release(c.variable);
}

/* x to the power of 2 to the power of *left, by calls of itself. */
struct powers {
	weir_function *function;
	int left;
};

static weir_status
square(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_run_options how = { .size = sizeof how, .mode = WEIR_MODE_EAGER };
	struct powers *p = arg;
	weir_tensor *squared = weir_mul(s, in[0], in[0]), *power;
	weir_status status;

	out[0] = squared;
	if (weir_scope_status(s) || --p->left == 0)
		return weir_scope_status(s);
	status = weir_function_call(p->function, &how, &squared, 1, &power, 1);
	if (status)
		return status;
	out[0] = weir_neg(s, weir_neg(s, power));
	weir_tensor_release(power);
	return weir_scope_status(s);
}

Test(eager_call, may_be_made_by_itself)
{
	struct powers p;
	double result = 0;
	int i;

	p.function = must_function("square", square, &p);
	for (i = 0; i < 3; i++) {
		p.left = 4;
		cr_assert_eq(call(p.function, &result), WEIR_OK, "%s",
			     weir_error_text());
		cr_expect_eq(result, 65536);
	}
	release(p.function);
}

/* Gives what its last call has made, doubled. */
static weir_status
doubled(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor **last = arg;

	out[0] = weir_add(s, *last ? *last : in[0], *last ? *last : in[0]);
	weir_tensor_release(*last);
	*last = weir_tensor_retain(out[0]);
	return weir_scope_status(s);
}

Test(eager_call, takes_what_an_earlier_one_has_made_as_anyone_s)
{
	weir_tensor *last = NULL;
	weir_function *f = must_function("f", doubled, &last);
	double result = 0;
	int i;

	for (i = 0; i < 5; i++)
		cr_assert_eq(call(f, &result), WEIR_OK);
	cr_expect_eq(result, 64);
	weir_tensor_release(last);
	release(f);
}
