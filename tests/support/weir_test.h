/* What the tests of the public interface share: objects that must be made,
 * and bits that must be equal. */
#ifndef SUPPORT_WEIR_TEST_H
#define SUPPORT_WEIR_TEST_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <weir.h>

#define must(call) \
	cr_assert_eq((call), WEIR_OK, "%s: %s", #call, weir_error_text())

/* A runtime with this many workers, on this allocator (NULL: malloc). */
static inline weir_runtime *
must_runtime_on(unsigned threads, const weir_allocator *allocator)
{
	weir_runtime_options options = { .size = sizeof options,
					 .threads = threads,
					 .allocator = allocator };
	weir_runtime *rt = NULL;

	must(weir_runtime_create(&options, &rt));
	return rt;
}

static inline weir_runtime *
must_runtime(unsigned threads)
{
	return must_runtime_on(threads, NULL);
}

static inline weir_scope *
must_scope(weir_runtime *rt, const char *name)
{
	weir_scope *scope = NULL;

	must(weir_scope_create(rt, name, &scope));
	return scope;
}

static inline weir_tensor *
must_tensor_of(weir_runtime *rt, weir_dtype dtype, size_t rank,
	       const int64_t *shape, const void *data)
{
	weir_tensor *t = NULL;

	if (data)
		must(weir_tensor_copy_of(rt, dtype, rank, shape, data, &t));
	else
		must(weir_tensor_create(rt, dtype, rank, shape, &t));
	return t;
}

/* must_tensor(rt, WEIR_F32, data, 2, 3): f32[2,3]; data NULL: zeros. */
#define must_tensor(rt, dtype, data, ...)				\
	must_tensor_of(rt, dtype,					\
		       sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t), \
		       (int64_t[]){ __VA_ARGS__ }, data)

static inline weir_tensor *
must_variable_of(weir_runtime *rt, const char *name, weir_tensor *initial)
{
	weir_tensor *variable = NULL;

	must(weir_variable_create(rt, name, initial, &variable));
	weir_tensor_release(initial);
	return variable;
}

#define must_variable(rt, name, dtype, data, ...) \
	must_variable_of(rt, name, must_tensor(rt, dtype, data, __VA_ARGS__))

static inline weir_function *
must_function(weir_runtime *rt, const char *name, weir_function_fn fn,
	      void *arg)
{
	weir_function *function = NULL;

	must(weir_function_create(rt, name, fn, arg, &function));
	return function;
}

static const weir_run_options in_graph_mode = {
	.size = sizeof in_graph_mode, .mode = WEIR_MODE_GRAPH
};
static const weir_run_options in_eager_mode = {
	.size = sizeof in_eager_mode, .mode = WEIR_MODE_EAGER
};

/* For loops over both modes. */
static const weir_run_options *const both_modes[2] = { &in_eager_mode,
						       &in_graph_mode };
static const char *const mode_names[2] = { "eager", "graph" };

static inline void
expect_f32(const weir_tensor *tensor, size_t n, const float *wanted)
{
	float got[64] = { 0 };
	size_t i;

	cr_assert(tensor && n <= 64);
	must(weir_tensor_read(tensor, got, n * sizeof *got));
	for (i = 0; i < n; i++)
		cr_expect_eq(got[i], wanted[i], "element %zu is %g, not %g", i,
			     (double)got[i], (double)wanted[i]);
}

/* expect_f32s(t, 1, 2, 3) */
#define expect_f32s(tensor, ...)					\
	expect_f32(tensor,						\
		   sizeof((float[]){ __VA_ARGS__ }) / sizeof(float),	\
		   (float[]){ __VA_ARGS__ })

static inline void
expect_same_bits(const weir_tensor *a, const weir_tensor *b)
{
	int64_t first = -2;

	cr_expect(weir_tensor_equal_bits(a, b, &first),
		  "they differ from element %lld on", (long long)first);
}

/* Whether text holds part; says both if not. */
#define expect_text(text, part)						\
	cr_expect(strstr((text), (part)), "`%s' is not in `%s'", (part), (text))

#endif
