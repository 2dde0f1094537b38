/*
 * Random programs over operands whose extents n and m vary from call to call:
 * what is derived, and laid out as for other extents, has eager's bits.
 *
 * A program decides by its seed and by the forms of lengths (3 n + 1, n m), so
 * it is one and the same at all extents.
 */
#include <stdlib.h>

#include "stress/random_formed.h"
#include "support/seeds.h"
#include "support/weir_test.h"

enum { PROGRAMS = 60, PROGRAMS_LONG = 2000 };

enum { CALLS = 9, VARIABLES = 3, OUTPUTS = 6 };

struct program {
	uint64_t seed;
	weir_dtype dtype;
	int steps;
	bool is_large, trains, has_bodies;
};

struct instance {
	const struct program *program;
	weir_runtime *rt;
	weir_function *function;
	weir_tensor *variables[VARIABLES], *generator;
	weir_sgd *sgd;
	struct formed_block *blocks;
};

/* -- a program ------------------------------------------------------------ */

static const struct form F5 = { { 5 } }, F7 = { { 7 } }, N = { { 0, 1 } },
	M = { { 0, 0, 1 } };

static weir_status
run(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct instance *instance = arg;
	const struct program *p = instance->program;
	struct formed_walk w = { .s = s, .random = p->seed * 77,
				 .dtype = p->dtype, .in = in[0],
				 .generator = instance->generator,
				 .blocks = p->has_bodies ? &instance->blocks
							 : NULL };
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *loss, *gradients[VARIABLES];
	int i, k;

	formed_add(&w, in[0], 2, (struct form[]){ N, F5 });
	formed_add(&w, in[1], 2, (struct form[]){ M, N });
	formed_add(&w, instance->variables[0], 2, (struct form[]){ F5, F7 });
	formed_add(&w, instance->variables[1], 2, (struct form[]){ F7, F5 });
	formed_add(&w, weir_matmul(s, in[1], in[0]), 2,
		   (struct form[]){ M, F5 });
	formed_add(&w, weir_tanh(s, weir_add(s, weir_matmul(s, in[0],
			instance->variables[0]), instance->variables[2])), 2,
	    (struct form[]){ N, F7 });
	for (i = 0; i < p->steps && !weir_scope_status(s); i++)
		formed_move(&w);
	loss = weir_mean(s, weir_square(s, w.pool[5].tensor), 0, NULL, false);
	for (i = w.n - 1, k = 0; i >= 0 && k < 3; i--, k++)
		loss = weir_add(s, loss,
				weir_mean(s, weir_square(s, w.pool[i].tensor),
					  0, NULL, false));
	weir_tape_gradients(tape, loss, instance->variables, VARIABLES,
			    gradients);
	if (p->trains && !weir_scope_status(s))
		weir_sgd_step(s, instance->sgd, instance->variables, gradients,
			      VARIABLES);
	out[0] = loss;
	out[1] = gradients[0];
	for (i = 2; i < OUTPUTS; i++)
		out[i] = w.pool[formed_below(&w.random, w.n)].tensor;
	return weir_scope_status(s);
}

static weir_tensor *
noise(struct instance *instance, int64_t rows, int64_t columns, uint64_t seed)
{
	weir_dtype dtype = instance->program->dtype;
	weir_tensor *t = must_tensor(instance->rt, dtype, NULL, rows, columns);
	void *data = weir_tensor_data(t);
	int64_t i;

	for (i = 0; i < rows * columns; i++) {
		double x = (double)formed_below(&seed, 1 << 20) / (1 << 19) - 1;

		if (dtype == WEIR_F32)
			((float *)data)[i] = (float)x;
		else
			((double *)data)[i] = x;
	}
	return t;
}

static void
instance_init(struct instance *instance, const struct program *p,
	      weir_runtime *rt)
{
	static const weir_dimension dimensions[] = {
		{ .name = "n", .operand = 0, .axis = 0 },
		{ .name = "n", .operand = 1, .axis = 1 },
		{ .name = "m", .operand = 1, .axis = 0 },
	};
	weir_function_options o = {
		.size = sizeof o, .dimensions = dimensions,
		.n_dimensions = 3, .poison = p->seed % 3 == 0,
		.check_dimensions = p->seed % 2 == 0,
	};

	*instance = (struct instance){ .program = p, .rt = rt };
	instance->variables[0] = must_variable_of(
		rt, "w", noise(instance, 5, 7, 1));
	instance->variables[1] = must_variable_of(
		rt, "v", noise(instance, 7, 5, 2));
	instance->variables[2] = must_variable_of(
		rt, "b", noise(instance, 1, 7, 3));
	must(weir_generator_create(rt, "dice", p->seed, &instance->generator));
	must(weir_sgd_create(rt, instance->variables, VARIABLES, 0.01, 0.5,
			     &instance->sgd));
	must(weir_function_create_with(rt, "program", run, instance, &o,
				       &instance->function));
}

static void
instance_free(struct instance *instance)
{
	int i;

	weir_function_release(instance->function);
	formed_blocks_free(&instance->blocks);
	weir_sgd_release(instance->sgd);
	weir_tensor_release(instance->generator);
	for (i = 0; i < VARIABLES; i++)
		weir_tensor_release(instance->variables[i]);
}

static weir_status
call(struct instance *instance, const weir_run_options *mode, int64_t n,
     int64_t m, uint64_t seed, weir_tensor **out)
{
	weir_tensor *in[2] = { noise(instance, n, 5, seed),
			       noise(instance, m, n, seed + 1) };
	weir_status status;
	weir_plan *plan = NULL;

	status = weir_function_call(instance->function, mode, in, 2, out,
				    OUTPUTS);
	if (!status && mode == &in_graph_mode) {
		must(weir_function_plan(instance->function, in, 2, OUTPUTS,
					&plan));
		must(weir_plan_check(plan));
		weir_plan_release(plan);
	}
	weir_tensor_release(in[0]);
	weir_tensor_release(in[1]);
	return status;
}

static void
compare_call(struct instance *graph, struct instance *eager, int64_t n,
	     int64_t m, uint64_t seed)
{
	unsigned long long which = graph->program->seed;
	weir_tensor *x[OUTPUTS], *y[OUTPUTS];
	char why[2048] = "";
	weir_status status, other;
	int i;

	status = call(eager, &in_eager_mode, n, m, seed, y);
	if (status)
		snprintf(why, sizeof why, "%s", weir_error_text());
	other = call(graph, &in_graph_mode, n, m, seed, x);
	cr_assert_eq(status, other, "WEIR_TEST_SEED=%llu, %lld, %lld: `%s', "
		     "and `%s'", which, (long long)n, (long long)m, why,
		     weir_error_text());
	if (status) {
		cr_expect_str_eq(weir_error_text(), why);
		return;
	}
	for (i = 0; i < OUTPUTS; i++) {
		cr_expect(weir_tensor_equal_bits(x[i], y[i], NULL),
			  "WEIR_TEST_SEED=%llu, %lld, %lld: result %d; %s",
			  which, (long long)n, (long long)m, i,
			  weir_function_plan_reason(graph->function));
		weir_tensor_release(x[i]);
		weir_tensor_release(y[i]);
	}
	for (i = 0; i < VARIABLES; i++)
		cr_expect(weir_tensor_equal_bits(graph->variables[i],
						 eager->variables[i], NULL),
			  "WEIR_TEST_SEED=%llu, %lld, %lld: variable %d", which,
			  (long long)n, (long long)m, i);
}

static weir_function_info
try_program(const struct program *p, weir_runtime *rt)
{
	int64_t most = p->is_large ? 320 : 24, least = p->is_large ? 170 : 3;
	struct instance graph, eager;
	weir_function_info info;
	uint64_t random = p->seed;
	int i;

	instance_init(&graph, p, rt);
	instance_init(&eager, p, rt);
	compare_call(&graph, &eager, most, most - 1, 1);
	compare_call(&graph, &eager, least, least + 2, 2);
	for (i = 2; i < CALLS; i++)
		compare_call(&graph, &eager,
			     least + formed_below(&random, most - least),
			     least + formed_below(&random, most - least),
			     (uint64_t)i);
	info = weir_function_get_info(graph.function);
	instance_free(&graph);
	instance_free(&eager);
	return info;
}

Test(random_dimensions, have_the_same_bits_as_eager, .timeout = 3600)
{
	static const unsigned threads[] = { 1, 2, 4 };
	struct seeds seeds = seeds_to_try(PROGRAMS, PROGRAMS_LONG);
	weir_function_info sum = { 0 }, info;
	weir_runtime *rt[3];
	uint64_t seed;
	size_t i;

	for (i = 0; i < 3; i++)
		rt[i] = must_runtime(threads[i]);
	for (seed = seeds.first; seed <= seeds.last; seed++) {
		struct program p = {
			.seed = seed, .dtype = seed % 5 ? WEIR_F32 : WEIR_F64,
			.steps = 4 + (int)(seed * 7 % 23),
			.is_large = seed % 4 == 1, .trains = seed % 3 != 1,
			.has_bodies = seed % 7 < 4,
		};

		info = try_program(&p, rt[seed % 3]);
		sum.recordings += info.recordings;
		sum.derived += info.derived;
		sum.compiled += info.compiled;
		sum.resized += info.resized;
	}
	for (i = 0; i < 3; i++) {
		cr_expect_eq(weir_runtime_memory(rt[i]).in_use, 0);
		weir_runtime_release(rt[i]);
	}
	fprintf(stderr, "# %llu recorded, %llu derived, %llu compiled, %llu "
		"laid out as others\n", (unsigned long long)sum.recordings,
		(unsigned long long)sum.derived,
		(unsigned long long)sum.compiled,
		(unsigned long long)sum.resized);
	if (seeds_are_few(seeds, PROGRAMS))
		return;
	cr_expect(sum.derived > sum.recordings);
	cr_expect(sum.resized > 0);
}
