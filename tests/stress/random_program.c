/* A program from its seed, and what it is run on. */
#include "stress/random_program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- what it is ------------------------------------------------------------ */

static int64_t
elements_of(const weir_spec *spec)
{
	int64_t n = 1;
	int i;

	for (i = 0; i < spec->rank; i++)
		n *= spec->shape[i];
	return n;
}

static const int64_t small_lengths[] = { 1, 2, 3, 4, 5, 7, 8, 11, 16 };
static const int64_t medium_lengths[] = { 24, 40, 61, 64, 90, 128 };
static const int64_t large_lengths[] = { 80, 250, 257, 300, 320 };

static int64_t
pick_length(struct random *random, enum program_size size)
{
	switch (size) {
	case PROGRAM_SMALL:
		return small_lengths[random_below(random, 9)];
	case PROGRAM_MEDIUM:
		return medium_lengths[random_below(random, 6)];
	default:
		return large_lengths[random_below(random, 5)];
	}
}

static weir_spec
pick_spec(struct random *random, const struct program *p, weir_dtype dtype,
	  bool is_plain)
{
	weir_spec spec = { .dtype = dtype };
	int i;

	spec.rank = 2;
	if (!is_plain && random_chance(random, 50))
		spec.rank = (int)random_below(random, p->size ? 3 : 5);
	for (i = 0; i < spec.rank; i++)
		spec.shape[i] = p->lengths[random_below(random, 3)];
	while (elements_of(&spec) > p->elements_max)
		spec.shape[--spec.rank] = 0;
	if (!is_plain && spec.rank && random_chance(random, 4))
		spec.shape[random_below(random, spec.rank)] = 0;
	return spec;
}

static weir_dtype
pick_dtype(struct random *random)
{
	switch (random_below(random, 8)) {
	case 0:
		return WEIR_I64;
	case 1: case 2: case 3:
		return WEIR_F64;
	default:
		return WEIR_F32;
	}
}

void
program_init(struct program *p, uint64_t seed)
{
	struct random random = { seed * 2654435761u + 17 };
	int64_t kind = random_below(&random, 100);
	weir_dtype main_dtype = random_chance(&random, 60) ? WEIR_F32
							   : WEIR_F64;
	size_t i;

	memset(p, 0, sizeof *p);
	p->seed = seed;
	p->size = kind < 45 ? PROGRAM_SMALL :
		  kind < 80 ? PROGRAM_MEDIUM : PROGRAM_LARGE;
	p->elements_max = p->size == PROGRAM_SMALL ? 600 :
			  p->size == PROGRAM_MEDIUM ? 20000 : 110000;
	p->steps = p->size == PROGRAM_LARGE ? 6 + (int)random_below(&random, 8)
					    : 6 + (int)random_below(&random, 26);
	for (i = 0; i < 3; i++)
		p->lengths[i] = pick_length(&random, p->size);
	p->n_in = 1 + (size_t)random_below(&random, PROGRAM_INPUTS);
	p->n_variables = 2 + (size_t)random_below(&random,
						  PROGRAM_VARIABLES - 1);
	p->n_captures = 1 + (size_t)random_below(&random, PROGRAM_CAPTURES);
	p->n_out = 3 + (size_t)random_below(&random, 8);
	p->has_tape = random_chance(&random, 45);
	p->trains = p->has_tape && random_chance(&random, 60);
	p->may_fail = random_chance(&random, 8);
	for (i = 0; i < p->n_in; i++)
		p->in[i] = pick_spec(&random, p, i ? pick_dtype(&random)
						   : main_dtype, i < 2);
	if (p->may_fail)		/* by a division of integers */
		p->in[p->n_in - 1].dtype = WEIR_I64;
	for (i = 0; i < p->n_variables; i++)
		p->variables[i] = pick_spec(&random, p, i < 2 ? main_dtype
					    : pick_dtype(&random), i < 2);
	for (i = 0; i < p->n_captures; i++)
		p->captures[i] = pick_spec(&random, p, main_dtype, false);
}

/* -- running it ------------------------------------------------------------ */

void
walk_add(struct walk *w, weir_tensor *tensor, double size, bool is_rich)
{
	if (tensor && w->n < PROGRAM_POOL)
		w->pool[w->n++] = (struct pool_value){ tensor, size, is_rich };
}

weir_tensor *
walk_number(struct walk *w, weir_dtype dtype, double x)
{
	return weir_constant(w->scope, dtype, 0, NULL, x);
}

weir_tensor *
walk_normalised(struct walk *w, weir_tensor *x)
{
	weir_tensor *square;

	if (!x || weir_tensor_elements(x) == 0)
		return x;
	square = weir_mean(w->scope, weir_square(w->scope, x), 0, NULL, false);
	return weir_div(w->scope, x, weir_sqrt(w->scope, weir_add(
		w->scope, square, walk_number(w, weir_tensor_dtype(x), 0.01))));
}

/*
 * A loss on which every variable has a part, and its gradients. The part of a
 * variable's own square keeps its gradient from being all zeros.
 */
static void
walk_gradients(struct walk *w, weir_tape *tape, weir_tensor **gradients,
	       size_t n)
{
	weir_dtype dtype = w->program->variables[0].dtype;
	weir_tensor *const *with = w->instance->variables;
	const struct pool_value *value;
	weir_tensor *loss;
	size_t i;

	w->limit = w->n;
	value = walk_pick_float(w, dtype);
	loss = value ? weir_mean(w->scope, weir_square(w->scope, value->tensor),
				 0, NULL, false)
		     : walk_number(w, dtype, 1);
	for (i = 0; i < n; i++)
		loss = weir_add(w->scope, loss,
				weir_mean(w->scope,
					  weir_square(w->scope, with[i]), 0,
					  NULL, false));
	weir_tape_gradients(tape, loss, with, n, gradients);
}

/* How a number that follows from the gradients depends on the variables. */
static void
walk_gradients_again(struct walk *w, weir_tape *outer,
		     weir_tensor *const *gradients, weir_tensor **second,
		     size_t n)
{
	weir_tensor *loss = walk_number(w, w->program->variables[0].dtype, 1);
	size_t i;

	for (i = 0; i < n; i++)
		loss = weir_add(w->scope, loss, weir_mean(
			w->scope, weir_square(w->scope, weir_tanh(
				w->scope, gradients[i])), 0, NULL, false));
	weir_tape_gradients(outer, loss, w->instance->variables, n, second);
}

/* Steps that cannot run away however large the gradients are. */
static void
walk_train(struct walk *w, weir_tensor *const *gradients)
{
	weir_tensor *tame[2];
	size_t i;

	for (i = 0; i < 2; i++)
		tame[i] = weir_tanh(w->scope, gradients[i]);
	weir_sgd_step(w->scope, w->instance->sgd, w->instance->variables, tame,
		      2);
}

/* Results: rich values first, the latest first, others now and then. */
static void
walk_outputs(struct walk *w, weir_tensor **out, size_t from)
{
	size_t n_out = w->program->n_out;
	int i;

	for (i = w->n; i-- > 0 && from < n_out;) {
		const struct pool_value *v = &w->pool[i];

		if (v->is_rich ? random_chance(&w->random, 80)
			       : weir_tensor_elements(v->tensor) < 60 &&
				 random_chance(&w->random, 25))
			out[from++] = v->tensor;
	}
	while (from < n_out)
		out[from++] = w->pool[0].tensor;
}

weir_status
program_run(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
	    void *arg)
{
	struct instance *instance = arg;
	const struct program *p = instance->program;
	struct walk w = { .program = p, .instance = instance, .scope = scope,
			  .random = { p->seed ^ 0x5bd1e995 } };
	weir_tensor *gradients[2], *second[2], *planted;
	weir_tape *outer = NULL, *tape = NULL;
	size_t i, n_out = 0;
	int step;

	for (i = 0; i < p->n_in; i++)
		walk_add(&w, in[i], 1.5, true);
	for (i = 0; i < p->n_captures; i++)
		walk_add(&w, instance->captures[i], 1.5, true);
	if (p->has_twice)
		outer = weir_tape_begin(scope);
	if (p->has_tape)
		tape = weir_tape_begin(scope);
	for (step = 0; step < p->steps && !weir_scope_status(scope); step++) {
		random_move(&w);
		if (p->planted && step == 2 &&
		    !weir_apply(scope, p->planted, NULL, &in[0], 1, &planted,
				1))
			out[n_out++] = planted;
	}
	if (tape && !weir_scope_status(scope)) {
		walk_gradients(&w, tape, gradients, 2);
		if (outer && !weir_scope_status(scope))
			walk_gradients_again(&w, outer, gradients, second, 2);
		for (i = 0; i < 2 && !weir_scope_status(scope); i++)
			out[n_out++] = outer ? second[i] : gradients[i];
		if (p->trains && !weir_scope_status(scope))
			walk_train(&w, gradients);
	}
	if (!weir_scope_status(scope))
		walk_outputs(&w, out, n_out);
	return weir_scope_status(scope);
}

/* -- what it is run on ----------------------------------------------------- */

static weir_tensor *
filled(weir_runtime *runtime, const weir_spec *spec, struct random *random)
{
	int64_t n = elements_of(spec), i;
	char *data = malloc((size_t)n * 8 + 1);
	weir_tensor *tensor = NULL;

	cr_assert(data);
	for (i = 0; i < n; i++) {
		double x = ((double)(random_bits(random) >> 11) + 0.5) /
			   9007199254740992.0 * 4 - 2;

		if (spec->dtype == WEIR_F32)
			((float *)data)[i] = (float)x;
		else if (spec->dtype == WEIR_F64)
			((double *)data)[i] = x;
		else
			((int64_t *)data)[i] = (int64_t)(x * 1000);
	}
	cr_assert_eq(weir_tensor_copy_of(runtime, spec->dtype,
					 (size_t)spec->rank, spec->shape, data,
					 &tensor), WEIR_OK, "%s",
		     weir_error_text());
	free(data);
	return tensor;
}

/* The same elements, as the result of an op: such a capture can be folded,
 * and may lie in memory with its axes reversed. */
static weir_tensor *
as_result(weir_runtime *runtime, weir_tensor *value, bool is_reversed)
{
	weir_scope *scope;
	weir_tensor *result;

	cr_assert_eq(weir_scope_create(runtime, "before", &scope), WEIR_OK);
	if (is_reversed)
		value = weir_copy(scope, weir_transpose(scope, value, 0, NULL));
	result = is_reversed ? weir_transpose(scope, value, 0, NULL)
			     : weir_copy(scope, value);
	weir_tensor_retain(result);
	cr_assert(result, "%s", weir_scope_error(scope));
	weir_scope_release(scope);
	return result;
}

static weir_tensor *
replaced_by_result(weir_runtime *runtime, weir_tensor *value, bool is_reversed)
{
	weir_tensor *result = as_result(runtime, value, is_reversed);

	weir_tensor_release(value);
	return result;
}

static void
make_function(struct instance *in, weir_runtime *runtime, size_t max_bytes)
{
	weir_function_options options = {
		.size = sizeof options, .max_bytes = max_bytes,
		.poison = in->program->poisons,
		.recompute = in->program->percent != 0,
	};

	weir_function_release(in->function);
	cr_assert_eq(weir_function_create_with(runtime, "program", program_run,
					       in, &options, &in->function),
		     WEIR_OK);
}

static weir_status
buffer_bytes(struct instance *in, size_t *bytes)
{
	weir_plan *plan = NULL;
	weir_status status = weir_function_plan(in->function, in->in,
						in->program->n_in,
						in->program->n_out, &plan);

	*bytes = weir_plan_get_info(plan).buffer_bytes;
	weir_plan_release(plan);
	return status;
}

static void
give_budget(struct instance *in, weir_runtime *runtime)
{
	unsigned long least = 0;
	const char *text;
	size_t bytes;

	/* What cannot be recorded fails the same way with it. */
	if (buffer_bytes(in, &bytes) || !bytes)
		return;
	make_function(in, runtime,
		      bytes * (size_t)in->program->percent / 100 + 1);
	if (buffer_bytes(in, &bytes) != WEIR_ERANGE)
		return;
	text = strstr(weir_error_text(), "a run takes ");
	cr_assert(text && sscanf(text, "a run takes %lu bytes", &least) == 1,
		  "%s", weir_error_text());
	make_function(in, runtime, least);
	cr_expect_eq(buffer_bytes(in, &bytes), WEIR_OK,
		     "WEIR_TEST_SEED=%llu: %s",
		     (unsigned long long)in->program->seed, weir_error_text());
	cr_expect_leq(bytes, least);
}

void
instance_init(struct instance *in, const struct program *p,
	      weir_runtime *runtime)
{
	struct random random = { p->seed ^ 0xabcdef };
	size_t i;

	memset(in, 0, sizeof *in);
	in->program = p;
	for (i = 0; i < p->n_in; i++) {
		in->in[i] = filled(runtime, &p->in[i], &random);
		if (random_chance(&random, 25))
			in->in[i] = replaced_by_result(runtime, in->in[i],
						       true);
	}
	for (i = 0; i < p->n_captures; i++) {
		in->captures[i] = filled(runtime, &p->captures[i], &random);
		if (i || random_chance(&random, 50))
			in->captures[i] = replaced_by_result(
				runtime, in->captures[i],
				random_chance(&random, 50));
	}
	for (i = 0; i < p->n_variables; i++) {
		weir_tensor *start = filled(runtime, &p->variables[i],
					    &random);

		cr_assert_eq(weir_variable_create(runtime, "v", start,
						  &in->variables[i]), WEIR_OK);
		weir_tensor_release(start);
	}
	cr_assert_eq(weir_generator_create(runtime, "dice", p->seed,
					   &in->generator), WEIR_OK);
	cr_assert_eq(weir_sgd_create(runtime, in->variables, 2, 0.05,
				     p->seed % 2 ? 0.9 : 0, &in->sgd), WEIR_OK,
		     "%s", weir_error_text());
	make_function(in, runtime, 0);
	if (p->percent)
		give_budget(in, runtime);
}

void
instance_free(struct instance *in)
{
	size_t i;

	weir_function_release(in->function);
	weir_sgd_release(in->sgd);
	weir_tensor_release(in->generator);
	for (i = 0; i < PROGRAM_INPUTS; i++)
		weir_tensor_release(in->in[i]);
	for (i = 0; i < PROGRAM_VARIABLES; i++)
		weir_tensor_release(in->variables[i]);
	for (i = 0; i < PROGRAM_CAPTURES; i++)
		weir_tensor_release(in->captures[i]);
}
