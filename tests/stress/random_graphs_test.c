/*
 * Random programs give the same bits eagerly and as graphs, on 1, 2, 4 and 8
 * threads of either team: all outputs of two calls in a row, and what the
 * variables become. Of half of the programs the second call runs a plan that
 * was made by what the ops of the first have been measured to take. A third of
 * the programs, and in the long run all, spoil what may not be read any more;
 * half of them have less memory than they would take, and do ops twice.
 *
 * WEIR_TEST_SEED=n runs that one program.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stress/loose_sum.h"
#include "stress/random_control.h"
#include "support/seeds.h"
#include "support/spans.h"
#include "support/team.h"
#include "support/temporary.h"

enum {
	CALLS = 2,
	KEPT = CALLS * PROGRAM_OUTPUTS + PROGRAM_VARIABLES + 1,
	GRAPHS = 150, GRAPHS_LONG = 10000,
	TRACED = 40			/* plans whose overlap is looked for */
};

/* A program of an odd seed is run by the first four, else by the others. */
static const struct {
	unsigned threads;
	int team;
} sizes[] = {
	{ 1, 0 }, { 2, 0 }, { 4, 1 }, { 8, 1 },
	{ 1, 1 }, { 2, 1 }, { 4, 0 }, { 8, 0 },
};

enum { SIZES = sizeof sizes / sizeof *sizes, TRIED = SIZES / 2 };

/* -- what a program leaves ------------------------------------------------- */

struct kept {
	weir_spec spec;
	size_t bytes;
	void *data;
};

struct outcome {
	weir_status status;
	char error[2048];
	struct kept kept[KEPT];
	size_t n;
};

static void
keep(struct outcome *o, const weir_tensor *tensor)
{
	struct kept *k = &o->kept[o->n++];

	k->spec = *weir_tensor_spec(tensor);
	k->bytes = (size_t)weir_tensor_elements(tensor) *
		   weir_dtype_size(k->spec.dtype);
	k->data = malloc(k->bytes + 1);
	cr_assert(k->data);
	cr_assert_eq(weir_tensor_read(tensor, k->data, k->bytes), WEIR_OK);
}

static void
outcome_free(struct outcome *o)
{
	while (o->n > 0)
		free(o->kept[--o->n].data);
}

/* It fails if the next call does, and then like it. */
static weir_status
measure(struct instance *instance)
{
	const struct program *p = instance->program;

	if (p->seed / 2 % 2)
		return WEIR_OK;
	return weir_function_measure(instance->function, instance->in,
				     p->n_in, p->n_out, 1);
}

static void
run(struct instance *instance, weir_mode mode, struct outcome *o)
{
	const struct program *p = instance->program;
	weir_run_options options = { .size = sizeof options, .mode = mode };
	weir_status measured = WEIR_OK;
	weir_tensor *out[PROGRAM_OUTPUTS];
	size_t call, i;

	o->n = 0;
	o->error[0] = '\0';
	for (call = 0; call < CALLS; call++) {
		o->status = weir_function_call(instance->function, &options,
					       instance->in, p->n_in, out,
					       p->n_out);
		cr_expect(!measured || o->status == measured);
		if (o->status) {
			snprintf(o->error, sizeof o->error, "%s",
				 weir_error_text());
			break;
		}
		for (i = 0; i < p->n_out; i++) {
			keep(o, out[i]);
			weir_tensor_release(out[i]);
		}
		if (mode == WEIR_MODE_GRAPH && call + 1 < CALLS)
			measured = measure(instance);
	}
	for (i = 0; i < p->n_variables; i++)
		keep(o, instance->variables[i]);
	keep(o, instance->generator);
}

/* The first thing that differs, in words; "" where nothing does. */
static const char *
difference(const struct outcome *a, const struct outcome *b)
{
	static char text[4400];
	size_t i;

	if (a->status != b->status || strcmp(a->error, b->error) != 0) {
		snprintf(text, sizeof text, "eager says %s: %s; graph %s: %s",
			 weir_status_name(a->status), a->error,
			 weir_status_name(b->status), b->error);
		return text;
	}
	if (a->n != b->n)
		return "they leave different numbers of tensors";
	for (i = 0; i < a->n; i++) {
		const struct kept *x = &a->kept[i], *y = &b->kept[i];

		snprintf(text, sizeof text, "tensor %zu of %zu differs", i,
			 a->n);
		if (memcmp(&x->spec, &y->spec, sizeof x->spec) != 0 ||
		    memcmp(x->data, y->data, x->bytes) != 0)
			return text;
	}
	return "";
}

/* -- how much the comparison is worth -------------------------------------- */

struct tally {
	size_t graphs, poisoned, failed, parallel, cut, fused, recomputed,
		overlapped, traced;
	size_t bodied;		/* plans with bodies */
	size_t values, good;	/* floats compared; finite, not zero, and
				   first of their kind in the tensor */
};

static uint64_t
bits_at(const struct kept *k, size_t i, double *value)
{
	uint64_t bits = 0;
	float f;

	if (k->spec.dtype == WEIR_F32) {
		memcpy(&f, (char *)k->data + i * 4, 4);
		memcpy(&bits, &f, 4);
		*value = (double)f;
	} else {
		memcpy(value, (char *)k->data + i * 8, 8);
		memcpy(&bits, value, 8);
	}
	return bits;
}

static void
count_values(struct tally *tally, const struct kept *k)
{
	size_t n = k->bytes / weir_dtype_size(k->spec.dtype), room = 16, i;
	uint64_t *seen;

	if (!(WEIR_FLOATS & WEIR_DTYPE_BIT(k->spec.dtype)))
		return;
	while (room < 2 * n)
		room *= 2;
	seen = calloc(room, sizeof *seen);
	cr_assert(seen);
	for (i = 0; i < n; i++) {
		double value;
		uint64_t bits = bits_at(k, i, &value), at;

		if (!isfinite(value) || value == 0)
			continue;
		at = (bits * 0x9e3779b97f4a7c15u) >> 20 & (room - 1);
		while (seen[at] && seen[at] != bits)
			at = (at + 1) & (room - 1);
		tally->good += !seen[at];
		seen[at] = bits;
	}
	tally->values += n;
	free(seen);
}

/* Tile cuts show in the plan's text. */
static void
count_plan(struct tally *tally, struct instance *instance)
{
	const struct program *p = instance->program;
	weir_plan *plan;
	char *text;

	cr_assert_eq(weir_function_plan(instance->function, instance->in,
					p->n_in, p->n_out, &plan), WEIR_OK,
		     "seed %llu: %s", (unsigned long long)p->seed,
		     weir_error_text());
	cr_expect_eq(weir_plan_check(plan), WEIR_OK, "seed %llu: %s",
		     (unsigned long long)p->seed, weir_error_text());
	cr_assert_eq(weir_plan_describe(plan, &text), WEIR_OK);
	tally->parallel += weir_plan_get_info(plan).workers > 1;
	tally->fused += weir_plan_get_info(plan).fused > 0;
	tally->recomputed += weir_plan_get_info(plan).recomputed > 0;
	tally->cut += strstr(text, "  tiles ") != NULL;
	tally->bodied += strstr(text, "\nof call ") != NULL;
	weir_text_release(text);
	weir_plan_release(plan);
}

static bool
has_overlap(const struct spans *spans)
{
	size_t i, j;

	for (i = 0; i < spans->n; i++)
		for (j = i + 1; j < spans->n; j++)
			if (spans_overlap(&spans->all[i], &spans->all[j]))
				return true;
	return false;
}

/* Told, not asked for: a busy machine may give these short runs one processor
 * only; tests/api/overlap tries until it sees what must be possible. */
static void
count_overlap(struct tally *tally, struct instance *instance,
	      weir_runtime *runtime)
{
	char path[TEMPORARY];
	struct outcome again;
	struct spans spans;

	temporary_file(path);
	cr_assert_eq(weir_trace_start(runtime, NULL), WEIR_OK);
	run(instance, WEIR_MODE_GRAPH, &again);
	weir_trace_stop(runtime);
	outcome_free(&again);
	cr_assert_eq(weir_trace_write(runtime, path), WEIR_OK);
	spans_read(&spans, path);
	unlink(path);
	tally->overlapped += has_overlap(&spans);
	tally->traced++;
	spans_free(&spans);
}

/* -- a program in every way ------------------------------------------------ */

static bool
is_same(const struct program *p, weir_runtime *const *runtimes,
	const struct outcome *eager, size_t size, struct tally *tally)
{
	struct instance instance;
	struct outcome graph;
	const char *what;
	char first[2048] = "";
	size_t parallel = tally->parallel;

	instance_init(&instance, p, runtimes[size]);
	run(&instance, WEIR_MODE_GRAPH, &graph);
	what = difference(eager, &graph);
	if (*what && !p->planted) {
		weir_status status = weir_function_compare(
			instance.function, instance.in, p->n_in, p->n_out);

		snprintf(first, sizeof first, "%s", status ? weir_error_text()
			 : "no op differs when nothing shares memory");
		cr_expect(0, "WEIR_TEST_SEED=%llu, %u threads, %s team: %s; "
			  "%s", (unsigned long long)p->seed,
			  sizes[size].threads, team_names[sizes[size].team],
			  what, first);
	}
	if (sizes[size].threads > 1 && !graph.status)
		count_plan(tally, &instance);
	if (sizes[size].threads == 2 && tally->parallel > parallel &&
	    tally->traced < TRACED)
		count_overlap(tally, &instance, runtimes[size]);
	outcome_free(&graph);
	random_control_free(&instance);
	instance_free(&instance);
	return !*what;
}

static bool
try_program(const struct program *p, weir_runtime *const *runtimes,
	    struct tally *tally)
{
	struct instance instance;
	struct outcome eager;
	bool same = true;
	size_t first = p->seed % 2 ? 0 : TRIED, i;

	instance_init(&instance, p, runtimes[0]);
	run(&instance, WEIR_MODE_EAGER, &eager);
	random_control_free(&instance);
	instance_free(&instance);
	cr_expect(!eager.status || p->may_fail, "WEIR_TEST_SEED=%llu: %s",
		  (unsigned long long)p->seed, eager.error);
	tally->graphs++;
	tally->failed += eager.status != WEIR_OK;
	for (i = 0; i < eager.n; i++)
		count_values(tally, &eager.kept[i]);
	for (i = first; i < first + TRIED && same; i++)
		same = is_same(p, runtimes, &eager, i, tally);
	outcome_free(&eager);
	return same;
}

static void
make_runtimes(weir_runtime **runtimes)
{
	size_t i;

	for (i = 0; i < SIZES; i++) {
		runtimes[i] = must_team(sizes[i].threads,
					teams[sizes[i].team]);
		cr_assert_eq(weir_runtime_threads(runtimes[i]),
			     sizes[i].threads);
	}
}

static void
release_runtimes(weir_runtime **runtimes)
{
	size_t i;

	for (i = 0; i < SIZES; i++)
		weir_runtime_release(runtimes[i]);
}

Test(random_graphs, have_the_same_bits_as_eager_at_1_2_4_and_8_threads,
     .timeout = 3600)
{
	struct seeds seeds = seeds_to_try(GRAPHS, GRAPHS_LONG);
	uint64_t seed;
	weir_runtime *runtimes[SIZES];
	struct tally t = { 0 };
	struct program p;

	make_runtimes(runtimes);
	for (seed = seeds.first; seed <= seeds.last; seed++) {
		program_init(&p, seed);
		p.has_twice = p.has_tape && seed % 5 < 2;
		p.poisons = is_long() || seed % 3 == 0;
		t.poisoned += p.poisons;
		if (seed / 2 % 2)
			p.percent = (int)(seed * 7 % 100);
		try_program(&p, runtimes, &t);
	}
	release_runtimes(runtimes);
	fprintf(stderr, "# seeds %llu to %llu: %zu graphs, %zu of them with "
		    "poison, %zu fail in both modes; of %zu plans for 2 "
		    "threads and more %zu use several workers, %zu cut tiles, "
		    "%zu fuse ops, %zu do some twice; %zu of %zu traced ones "
		    "overlapped; of %zu floats compared %.1f %% are finite, "
		    "not zero and distinct\n",
		    (unsigned long long)seeds.first,
		    (unsigned long long)seeds.last, t.graphs, t.poisoned,
		    t.failed, 3 * (t.graphs - t.failed), t.parallel, t.cut,
		    t.fused, t.recomputed, t.overlapped, t.traced, t.values,
		    100.0 * (double)t.good / (double)t.values);
	if (seeds_are_few(seeds, GRAPHS))
		return;
	cr_expect_geq(t.good * 10, t.values * 9);
	cr_expect(t.failed > 0 && t.failed * 20 < t.graphs);
	cr_expect_geq(t.parallel * 3, t.graphs);
	cr_expect_geq(t.cut * 6, t.graphs);
	cr_expect_geq(t.fused * 6, t.graphs);
	cr_expect_geq(t.recomputed * 20, t.graphs);
}

Test(random_graphs, have_the_same_bits_with_calls_branches_and_loops,
     .timeout = 3600)
{
	struct seeds seeds = seeds_to_try(GRAPHS, GRAPHS_LONG);
	weir_runtime *runtimes[SIZES];
	struct tally t = { 0 };
	struct program p;
	uint64_t seed;

	make_runtimes(runtimes);
	for (seed = seeds.first; seed <= seeds.last; seed++) {
		program_init(&p, seed);
		p.has_twice = p.has_tape && seed % 5 < 2;
		p.control = random_control;
		p.poisons = is_long() || seed % 3 == 0;
		try_program(&p, runtimes, &t);
	}
	release_runtimes(runtimes);
	fprintf(stderr, "# %zu graphs, %zu of them fail in both modes; of %zu "
		"plans %zu have bodies; of %zu floats compared %.1f %% are "
		"finite, not zero and distinct\n", t.graphs, t.failed,
		3 * (t.graphs - t.failed), t.bodied, t.values,
		100.0 * (double)t.good / (double)t.values);
	if (seeds_are_few(seeds, GRAPHS))
		return;
	cr_expect_geq(t.good * 10, t.values * 9);
	cr_expect_geq(t.bodied * 2, 3 * (t.graphs - t.failed));
}

/* -- the comparison itself ------------------------------------------------- */

/* A program with loose_sum on an f64 input. */
static void
plant(struct program *p)
{
	uint64_t seed = 1;

	do
		program_init(p, seed++);
	while (p->may_fail || p->size != PROGRAM_MEDIUM ||
	       p->in[0].dtype != WEIR_F64);
	p->planted = &loose_sum;
}

Test(random_graphs, differ_where_a_sum_follows_its_tile_ranges)
{
	weir_runtime *runtimes[SIZES];
	struct tally tally = { 0 };
	struct program p;

	plant(&p);
	make_runtimes(runtimes);
	cr_expect_not(try_program(&p, runtimes, &tally));
	release_runtimes(runtimes);
}

Test(random_graphs, name_the_op_that_follows_its_tile_ranges)
{
	weir_runtime *runtimes[SIZES];
	struct instance instance;
	struct program p;

	plant(&p);
	make_runtimes(runtimes);
	instance_init(&instance, &p, runtimes[1]);
	cr_expect_eq(weir_function_compare(instance.function, instance.in,
					   p.n_in, p.n_out), WEIR_EBITS);
	cr_expect(strstr(weir_error_text(), "program/loose_sum"), "%s",
		  weir_error_text());
	instance_free(&instance);
	release_runtimes(runtimes);
}
