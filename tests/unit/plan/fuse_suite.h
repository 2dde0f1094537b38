/* Programs whose steps are run as one, and those that are not. */
#ifndef UNIT_PLAN_FUSE_SUITE_H
#define UNIT_PLAN_FUSE_SUITE_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <weir/ops.h>
#include "ops/banded.h"
#include "unit/plan/blocks.h"

enum { ROWS = 300, COLUMNS = 512, INNER = 16, INPUTS = 4 };

/* A program over x [ROWS,COLUMNS], v [COLUMNS], a [ROWS,INNER] and
 * b [INNER,COLUMNS]; its results are fewer than WEIR_RESULTS_MAX. */
typedef size_t (*program_fn)(weir_scope *s, weir_tensor *const *in,
			     weir_tensor **out);

static weir_spec specs[INPUTS] = {
	{ WEIR_F32, 2, { ROWS, COLUMNS } },
	{ WEIR_F32, 1, { COLUMNS } },
	{ WEIR_F32, 2, { ROWS, INNER } },
	{ WEIR_F32, 2, { INNER, COLUMNS } },
};

/* Other extents than ROWS and COLUMNS. */
static inline void
set_extents(int64_t rows, int64_t columns)
{
	specs[0].shape[0] = specs[2].shape[0] = rows;
	specs[0].shape[1] = specs[1].shape[0] = specs[3].shape[1] = columns;
}

/* The steps that are several in one. */
static inline size_t
fused_steps(const weir_plan *plan)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < plan->n_steps; i++)
		n += weir__calls_within(&plan->steps[i].call) > 1;
	return n;
}

/* Those of them that are run by bands. */
static inline size_t
banded_steps(const weir_plan *plan)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < plan->n_steps; i++)
		n += plan->steps[i].call.op->kernel == weir__op_banded.kernel;
	return n;
}

static inline bool
has_step(const weir_plan *plan, const char *name)
{
	uint32_t i;

	for (i = 0; i < plan->n_steps; i++)
		if (!strcmp(plan->steps[i].call.op->name, name))
			return true;
	return false;
}

static inline weir_plan *
compiled(struct made *m, program_fn fn)
{
	weir_tensor *in[INPUTS], *out[WEIR_RESULTS_MAX];
	weir_plan *plan;
	size_t i, n;

	for (i = 0; i < INPUTS; i++)
		in[i] = weir_graph_input(m->graph, specs[i].dtype,
					 (size_t)specs[i].rank, specs[i].shape,
					 NULL);
	n = fn(m->scope, in, out);
	for (i = 0; i < n; i++)
		cr_assert_eq(weir_graph_output(m->graph, out[i]), WEIR_OK, "%s",
			     weir_error_text());
	plan = must_compile(m);
	cr_assert_eq(weir_plan_check(plan), WEIR_OK, "%s", weir_error_text());
	return plan;
}

static inline weir_tensor *
numbers(weir_runtime *runtime, const weir_spec *spec)
{
	weir_tensor *t;
	float *x;
	int64_t n, i;

	cr_assert_eq(weir_tensor_create(runtime, spec->dtype,
					(size_t)spec->rank, spec->shape, &t),
		     WEIR_OK);
	n = weir_tensor_elements(t);
	x = weir_tensor_data(t);
	for (i = 0; i < n; i++)
		x[i] = (float)(i * 7919 % 1009) / 1009 - 0.4f;
	return t;
}

/* What the plan gives, one result after the other. */
static inline char *
results(struct made *m, weir_plan *plan, size_t n, size_t *bytes)
{
	weir_tensor *in[INPUTS + 1], *out[WEIR_RESULTS_MAX];
	char *all = NULL;
	size_t i, size;

	in[0] = m->zero;
	for (i = 0; i < INPUTS; i++)
		in[i + 1] = numbers(m->runtime, &specs[i]);
	cr_assert_eq(weir_plan_run(plan, in, INPUTS + 1, out, n), WEIR_OK,
		     "%s", weir_error_text());
	*bytes = 0;
	for (i = 0; i < n; i++) {
		size = (size_t)weir_tensor_elements(out[i]) *
		       weir_dtype_size(weir_tensor_dtype(out[i]));
		all = realloc(all, *bytes + size);
		cr_assert(all);
		memcpy(all + *bytes, weir_tensor_data(out[i]), size);
		*bytes += size;
		weir_tensor_release(out[i]);
	}
	for (i = 0; i < INPUTS; i++)
		weir_tensor_release(in[i + 1]);
	return all;
}

/* A program with and without fusion, on several threads: the same bits. The
 * steps that are several are counted with one thread. */
static inline size_t
compare(program_fn fn, size_t n)
{
	static const unsigned threads[] = { 1, 2, 4, 8 };
	struct made plain = must_make_unfused(1);
	weir_plan *plan = compiled(&plain, fn);
	size_t bytes, again, i, fused = 0;
	char *wanted = results(&plain, plan, n, &bytes), *got;

	cr_expect_eq(fused_steps(plan), 0);
	cr_expect_eq(weir_plan_get_info(plan).fused, 0);
	weir_plan_release(plan);
	made_free(&plain);
	for (i = 0; i < sizeof threads / sizeof *threads; i++) {
		struct made m = must_make(threads[i]);

		plan = compiled(&m, fn);
		if (!i)
			fused = fused_steps(plan);
		got = results(&m, plan, n, &again);
		cr_expect_eq(again, bytes);
		cr_expect_eq(memcmp(got, wanted, bytes), 0, "%u threads",
			     threads[i]);
		free(got);
		weir_plan_release(plan);
		made_free(&m);
	}
	free(wanted);
	return fused;
}

/* The plan of a program for one thread, to be looked at. */
static inline weir_plan *
look(struct made *m, program_fn fn)
{
	*m = must_make(1);
	return compiled(m, fn);
}

static inline void
done(struct made *m, weir_plan *plan)
{
	weir_plan_release(plan);
	made_free(m);
}

/* So many banded steps with one thread, the bits of single steps with any, and
 * nothing else fused if it is none. */
static inline void
expect_bands(program_fn fn, size_t results_of, size_t bands)
{
	struct made m;
	weir_plan *plan = look(&m, fn);

	cr_expect_eq(banded_steps(plan), bands, "%zu for %zu",
		     banded_steps(plan), bands);
	done(&m, plan);
	compare(fn, results_of);
}

#endif
