/*
 * Whether buffers share bytes only when they may is worked out here a second
 * time, from the slots of finished plans alone.
 */
#include <criterion/criterion.h>

#include "stress/random_program.h"
#include "unit/plan/blocks.h"

enum { PROGRAMS = 120, BUFFERS = 4096 };

struct buffer {
	uint32_t value;
	int64_t begin, end;	/* bytes of the arena */
	uint32_t first, last;	/* steps */
};

static int64_t
bytes_of(const struct weir__slot *slot)
{
	return weir__spec_bytes(slot->spec);
}

/* The buffer of a value, by the number that its slots bear. */
static struct buffer *
find(struct buffer *buffers, size_t n, uint32_t value)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (buffers[i].value == value)
			return &buffers[i];
	return NULL;
}

/* The buffers of a plan, each from the step that makes it to the last one
 * that reads it. */
static size_t
list_buffers(const weir_plan *plan, struct buffer *buffers)
{
	size_t n = 0;
	uint32_t i, j;

	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *s = &plan->steps[i];
		const struct weir__slot *slots = &plan->slots[s->first_slot];
		uint32_t all = s->node->n_in + s->node->n_out;

		for (j = 0; j < s->node->n_in; j++) {
			struct buffer *b;

			if (slots[j].where != WEIR__AT_ARENA)
				continue;
			b = find(buffers, n, slots[j].index);
			cr_assert(b && slots[j].offset >= b->begin &&
				  (slots[j].offset < b->end ||
				   !bytes_of(&slots[j])),
				  "step %u reads what no step made", i);
			b->last = i;
		}
		for (; j < all; j++)
			if (slots[j].where == WEIR__AT_ARENA)
				buffers[n++] = (struct buffer){
					slots[j].index,
					slots[j].offset, slots[j].offset +
					bytes_of(&slots[j]), i, i };
		if (s->scratch_bytes)
			buffers[n++] = (struct buffer){
				NOT_THERE, s->scratch, s->scratch +
				(int64_t)s->scratch_bytes, i, i };
		cr_assert(n < BUFFERS - WEIR_RESULTS_MAX - 1);
	}
	return n;
}

static bool
share_bytes(const struct buffer *a, const struct buffer *b)
{
	return a->begin < b->end && b->begin < a->end;
}

static bool
live_together(const struct buffer *a, const struct buffer *b)
{
	return a->first <= b->last && b->first <= a->last;
}

static void
check_plan(const weir_plan *plan, uint64_t seed, size_t *shared)
{
	static struct buffer buffers[BUFFERS];
	size_t n = list_buffers(plan, buffers), i, j;
	int64_t sum = 0;

	for (i = 0; i < n; i++) {
		const struct buffer *a = &buffers[i];

		cr_expect(a->begin % 64 == 0 && a->begin >= 0 &&
			  a->end <= (int64_t)plan->arena_bytes);
		sum += (a->end - a->begin + 63) / 64 * 64;
		sum += a->end == a->begin ? 64 : 0;
		for (j = 0; j < i; j++) {
			if (!share_bytes(a, &buffers[j]))
				continue;
			++*shared;
			cr_expect_not(live_together(a, &buffers[j]) ||
				      plan->workers > 1,
				      "seed %llu: buffers of steps %u and %u",
				      (unsigned long long)seed, a->first,
				      buffers[j].first);
		}
	}
	cr_expect_leq((int64_t)plan->arena_bytes, sum, "seed %llu",
		      (unsigned long long)seed);
}

static size_t
check_programs(unsigned threads, size_t *parallel)
{
	weir_runtime *runtime = must_runtime(threads);
	size_t shared = 0, i;

	for (i = 0; i < PROGRAMS; i++) {
		struct instance instance;
		struct program p;
		weir_plan *plan;

		program_init(&p, 5000 + i);
		instance_init(&instance, &p, runtime);
		cr_assert_eq(weir_function_plan(instance.function, instance.in,
						p.n_in, p.n_out, &plan),
			     WEIR_OK, "%s", weir_error_text());
		check_plan(plan, p.seed, &shared);
		*parallel += plan->workers > 1;
		weir_plan_release(plan);
		instance_free(&instance);
	}
	weir_runtime_release(runtime);
	return shared;
}

Test(lifetime, never_lets_values_share_bytes_while_both_live)
{
	size_t parallel = 0;

	cr_expect_gt(check_programs(1, &parallel), 500);
	cr_expect_eq(parallel, 0);
}

Test(lifetime, keeps_all_values_apart_where_several_workers_run)
{
	size_t parallel = 0;

	check_programs(2, &parallel);
	cr_expect_gt(parallel, 15);
}

/* A chain of n equal steps of 1000 elements. */
static weir_plan *
chain(struct made *m, int n)
{
	int64_t length = 1000;
	weir_tensor *x, *y;

	x = y = weir_graph_input(m->graph, WEIR_F32, 1, &length, NULL);
	while (n-- > 0)
		y = weir_exp(m->scope, y);
	y = weir_sum(m->scope, y, 0, NULL, false);
	cr_assert(x && !weir_graph_output(m->graph, y));
	return must_compile(m);
}

Test(lifetime, needs_two_buffers_for_a_chain_of_any_length)
{
	struct made m = must_make(1);
	weir_plan *plan = chain(&m, 100);

	cr_expect_lt(plan->arena_bytes, 2 * 4096 + 1024);
	cr_expect_geq(plan->arena_bytes, 2 * 4000);
	weir_plan_release(plan);
	made_free(&m);
}

Test(lifetime, shares_nothing_where_all_is_to_be_kept)
{
	struct made m = must_make(1);
	weir_plan *plan = chain(&m, 100);

	cr_assert_eq(weir__plan_memory(plan, true), WEIR_OK);
	cr_expect_geq(plan->arena_bytes, 100 * 4000);
	weir_plan_release(plan);
	made_free(&m);
}
