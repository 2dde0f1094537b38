/*
 * Whether buffers share bytes only when they may is worked out here a second
 * time, from the slots of finished plans alone.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "function/function.h"
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
				(int64_t)weir__step_scratch(plan, s), i, i };
		cr_assert(n < BUFFERS - WEIR_RESULTS_MAX - 1);
	}
	return n;
}

static bool
share_bytes(const struct buffer *a, const struct buffer *b)
{
	return a->begin < b->end && b->begin < a->end;
}

/* -- what is over before what: Warshall's closure over the blocks ------------ */

enum { BLOCKS = 256 };

static bool over[BLOCKS][BLOCKS];	/* [b][a]: a is over when b begins */

static unsigned
worker_of(const struct weir__schedule *s, uint32_t block)
{
	unsigned w = 0;

	while (s->first_block[w + 1] <= block)
		w++;
	return w;
}

static void
close_over(const struct weir__schedule *s)
{
	uint32_t a, b, c, q;

	cr_assert_leq(s->n_blocks, BLOCKS);
	memset(over, 0, sizeof over);
	for (b = 0; b < s->n_blocks; b++) {
		for (a = s->first_block[worker_of(s, b)]; a < b; a++)
			over[b][a] = true;
		for (q = s->first_wait[b]; q < s->first_wait[b + 1]; q++)
			over[b][s->first_block[s->waits[q].worker] +
				s->waits[q].position - 1] = true;
	}
	for (c = 0; c < s->n_blocks; c++)
		for (b = 0; b < s->n_blocks; b++)
			for (a = 0; over[b][c] && a < s->n_blocks; a++)
				over[b][a] |= over[c][a];
}

static uint32_t
block_of(const struct weir__schedule *s, uint32_t entry)
{
	uint32_t block = 0;

	while (s->first_item[block + 1] <= entry)
		block++;
	return block;
}

static bool
is_before(const struct weir__schedule *s, uint32_t a, uint32_t b)
{
	uint32_t x = block_of(s, a), y = block_of(s, b);

	return x == y ? a < b : over[y][x];
}

/* -- whether two values may share bytes ------------------------------------------ */

/* The elements of a buffer that work touches; false: none. */
static bool
reaches(const weir_plan *plan, uint32_t entry, const struct buffer *buffer,
	int64_t *first, int64_t *last)
{
	const struct weir__step *s = &plan->steps[plan->work[entry].step];
	uint32_t i, n = s->node->n_in + s->node->n_out;
	int64_t from, to;

	*first = INT64_MAX;
	*last = 0;
	if (buffer->value == NOT_THERE && plan->work[entry].step ==
	    buffer->first)
		*first = 0, *last = INT64_MAX;
	for (i = 0; i < n; i++) {
		const struct weir__slot *slot = &plan->slots[s->first_slot +
							     i];

		if (slot->where != WEIR__AT_ARENA ||
		    slot->index != buffer->value)
			continue;
		weir__work_reach_of_value(plan, &plan->work[entry], i, &from,
					  &to);
		*first = from < *first ? from : *first;
		*last = to > *last ? to : *last;
	}
	return *first < INT64_MAX;
}

/* Whether the maker of a buffer may write it over an operand. */
static bool
is_over_operand(const weir_plan *plan, const struct buffer *old,
		const struct buffer *new)
{
	const struct weir__step *s = &plan->steps[new->first];
	const struct weir__slot *slots = &plan->slots[s->first_slot];
	bool is_there = false;
	uint32_t i;

	for (i = 0; i < s->node->n_in; i++)
		if (slots[i].where == WEIR__AT_ARENA &&
		    slots[i].index == old->value) {
			if (!slots[i].is_direct)
				return false;
			is_there = true;
		}
	return is_there && s->node->op->flags & WEIR_OP_IN_PLACE &&
	       slots[s->node->n_in].index == new->value &&
	       old->begin == new->begin && old->end == new->end;
}

/* Whether all that touches the old one is over when what makes the new one
 * begins, as far as both touch the same elements where it is in place. */
static bool
is_followed_by(const weir_plan *plan, const struct buffer *old,
	       const struct buffer *new)
{
	const struct weir__schedule *s = plan->schedule;
	bool in_place = is_over_operand(plan, old, new);
	int64_t first, last, from, to;
	uint32_t r, q;

	for (q = 0; q < s->n_items; q++) {
		if (plan->work[q].step != new->first)
			continue;
		reaches(plan, q, new, &from, &to);
		for (r = 0; r < s->n_items; r++)
			if (reaches(plan, r, old, &first, &last) &&
			    !is_before(s, r, q) &&
			    !(in_place &&
			      (r == q || last <= from || to <= first)))
				return false;
	}
	return true;
}

static const struct buffer *
between(const struct buffer *buffers, size_t n, const struct buffer *a,
	const struct buffer *b)
{
	const struct buffer *c;

	for (c = buffers; c < buffers + n; c++)
		if (c != a && c != b && c->begin == a->begin &&
		    c->end == a->end && c->first > a->first &&
		    c->first < b->first)
			return c;
	return NULL;
}

static void
check_plan(const weir_plan *plan, uint64_t seed, size_t *shared)
{
	static struct buffer buffers[BUFFERS];
	size_t n = list_buffers(plan, buffers), i, j;
	int64_t sum = 0;

	close_over(plan->schedule);
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
			/* A chain of steps in place: each link is enough. */
			if (between(buffers, n, &buffers[j], a))
				continue;
			cr_expect(is_followed_by(plan, &buffers[j], a),
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

Test(lifetime, lets_values_of_several_workers_share_what_is_surely_over)
{
	size_t parallel = 0;

	cr_expect_gt(check_programs(2, &parallel), 500);
	cr_expect_gt(parallel, 15);
}

/* The plan once more, with so many bytes; NULL: that is refused. */
static weir_plan *
within(weir_plan *plan, size_t max_bytes)
{
	weir_plan *tight = NULL;
	weir_status status;

	plan->max_bytes = max_bytes;
	status = weir__recompile(plan, NULL, &tight);
	cr_assert(status == WEIR_OK || status == WEIR_ERANGE, "%s",
		  weir_error_text());
	cr_assert_eq(!tight, status == WEIR_ERANGE);
	return tight;
}

/* What a run takes at least, as the refusal says. */
static size_t
least_bytes(weir_plan *plan)
{
	unsigned long bytes = 0;
	const char *text;

	if (!plan->arena_bytes)
		return 0;
	cr_assert_null(within(plan, 1));
	text = strstr(weir_error_text(), "takes ");
	cr_assert(text && sscanf(text, "takes %lu bytes", &bytes) == 1, "%s",
		  weir_error_text());
	return bytes;
}

/* How many plans have more waits, and how many do steps twice. */
struct seen {
	size_t tight, again;
};

static bool
does_steps_twice(const weir_plan *plan)
{
	uint32_t i;

	for (i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].again)
			return true;
	return false;
}

static void
check_within(weir_plan *plan, size_t max_bytes, uint64_t seed,
	     struct seen *seen)
{
	weir_plan *made = within(plan, max_bytes);
	size_t shared = 0;

	cr_assert(made, "seed %llu: %zu bytes", (unsigned long long)seed,
		  max_bytes);
	cr_expect_leq(made->arena_bytes, max_bytes);
	cr_expect_eq(weir_plan_check(made), WEIR_OK, "%s", weir_error_text());
	check_plan(made, seed, &shared);
	seen->tight += made->is_tight;
	seen->again += does_steps_twice(made);
	weir_plan_release(made);
}

static struct seen
check_budgets(bool recomputes)
{
	weir_runtime *runtime = must_runtime(2);
	struct seen seen = { 0, 0 };
	size_t least, i;

	for (i = 0; i < PROGRAMS; i++) {
		struct instance instance;
		struct program p;
		weir_plan *plan;

		program_init(&p, 9000 + i);
		instance_init(&instance, &p, runtime);
		cr_assert_eq(weir_function_plan(instance.function, instance.in,
						p.n_in, p.n_out, &plan),
			     WEIR_OK, "%s", weir_error_text());
		plan->recomputes = recomputes;
		least = plan->workers > 1 ? least_bytes(plan) : 0;
		if (least && least < plan->arena_bytes) {
			size_t more = plan->arena_bytes - least;

			check_within(plan, least, p.seed, &seen);
			check_within(plan, least + more / 4, p.seed, &seen);
			check_within(plan, least + more / 2, p.seed, &seen);
			check_within(plan, plan->arena_bytes - 1, p.seed,
				     &seen);
			/* Else it is the least that was found for another
			 * budget. */
			if (!recomputes)
				cr_expect_null(within(plan, least - 1));
		}
		weir_plan_release(plan);
		instance_free(&instance);
	}
	weir_runtime_release(runtime);
	return seen;
}

Test(lifetime, lets_values_share_what_is_surely_over_within_a_budget)
{
	struct seen seen = check_budgets(false);

	cr_expect_gt(seen.tight, 30);
	cr_expect_eq(seen.again, 0);
}

Test(lifetime, lets_values_share_what_is_surely_over_and_done_twice)
{
	struct seen seen = check_budgets(true);

	cr_expect_gt(seen.tight, 30);
	cr_expect_gt(seen.again, 15);
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

Test(lifetime, needs_one_buffer_for_a_chain_of_any_length_in_place)
{
	struct made m = must_make(1);
	weir_plan *plan = chain(&m, 100);

	cr_expect_lt(plan->arena_bytes, 4096 + 1024);
	cr_expect_geq(plan->arena_bytes, 4000);
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

/* Transposed each time: not to be done in place. */
Test(lifetime, needs_two_buffers_for_a_chain_of_views)
{
	struct made m = must_make(1);
	int64_t shape[] = { 30, 30 };
	weir_tensor *x = weir_graph_input(m.graph, WEIR_F32, 2, shape, NULL);
	weir_plan *plan;
	int i;

	for (i = 0; i < 50; i++)
		x = weir_exp(m.scope, weir_transpose(m.scope, x, 0, NULL));
	cr_assert_eq(weir_graph_output(m.graph, weir_sum(m.scope, x, 0, NULL,
							 false)), WEIR_OK);
	plan = must_compile(&m);
	cr_expect_lt(plan->arena_bytes, 2 * 3648 + 512);
	cr_expect_geq(plan->arena_bytes, 2 * 3600);
	weir_plan_release(plan);
	made_free(&m);
}

Test(lifetime, works_in_place_range_by_range_with_several_workers)
{
	struct made m = must_make(2);
	int64_t length = 500000;
	weir_tensor *y;
	weir_plan *plan;
	int i;

	y = weir_graph_input(m.graph, WEIR_F32, 1, &length, NULL);
	for (i = 0; i < 12; i++)
		y = weir_tanh(m.scope, weir_exp(m.scope, y));
	cr_assert_eq(weir_graph_output(m.graph, weir_sum(m.scope, y, 0, NULL,
							 false)), WEIR_OK);
	plan = must_compile(&m);
	cr_expect_eq(plan->workers, 2);
	cr_expect_lt(plan->arena_bytes, 4 * 500000 + 131072, "%zu",
		     plan->arena_bytes);
	cr_expect_eq(weir_plan_check(plan), WEIR_OK, "%s", weir_error_text());
	weir_plan_release(plan);
	made_free(&m);
}
