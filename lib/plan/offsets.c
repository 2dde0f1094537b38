/*
 * The search for offsets. Two sweeps through the steps come first, as they are
 * cheap; then buffers are put one by one, the largest first, which is mostly
 * better (Pisarchyk, Lee, arXiv 2001.03288). What lies too high after that gets
 * its turn before all others, again and again, and what is needed at the same
 * time is put anew (squeaky wheel optimization: Joslin, Clements, J. Artif.
 * Intell. Res. 10, 1999).
 *
 * How much is tried follows from the buffers alone, so a plan is the same each
 * time.
 */
#include "plan/offsets.h"

#include <stdlib.h>
#include <string.h>

/* What is needed at least, and one part in so many more: is good enough, and is
 * worth less work. */
enum { GOOD = 100, FAIR = 20 };
/* The limit of work on buffers one by one, in units of some nanoseconds; and
 * what part of it is worth it for what is fair. */
enum { WORK_A_BUFFER = 512, WORK_AT_LEAST = 1 << 20, FOR_FAIR = 8 };

struct again {			/* a buffer that is put once more */
	int64_t turn;
	uint32_t number;
};

struct search {
	const struct weir__buffers *b;
	uint32_t steps;
	size_t good;		/* a peak that needs not be improved */
	size_t best;		/* the peak of the offsets */
	size_t *offset;
	size_t *tried;		/* room for others */
	struct weir__greedy greedy;
	uint64_t work_limit;
	int64_t *turn;		/* of each buffer: the lowest is put first */
	int64_t first_turn;
	struct again *again;
	uint32_t n_again;
	bool *is_marked;	/* per buffer: it is among them */
};

static void
keep_if_better(struct search *s, const size_t *offset, size_t peak)
{
	if (peak >= s->best)
		return;
	s->best = peak;
	memcpy(s->offset, offset, s->b->n * sizeof *offset);
}

static weir_status
try_sweep(struct search *s, bool is_backward)
{
	weir_status status;
	size_t peak;

	if (s->best <= s->good)
		return WEIR_OK;
	status = weir__offsets_sweep(s->b, s->steps, is_backward, s->tried,
				     &peak);
	if (!status)
		keep_if_better(s, s->tried, peak);
	return status;
}

/* -- the largest first ---------------------------------------------------- */

struct ranked {
	size_t bytes;
	uint32_t steps, number;
};

/* Of those that are as large, those first that are needed for longer. */
static int
largest_first(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	if (x->steps != y->steps)
		return x->steps < y->steps ? 1 : -1;
	return (x->number > y->number) - (x->number < y->number);
}

static void
rank(const struct search *s, struct ranked *ranked)
{
	const struct weir__buffer *b = s->b->list;
	uint32_t i;

	for (i = 0; i < s->b->n; i++)
		ranked[i] = (struct ranked){ b[i].bytes,
					     b[i].last - b[i].first, i };
	qsort(ranked, s->b->n, sizeof *ranked, largest_first);
}

static size_t
peak_of(const struct search *s)
{
	size_t peak = 0, end;
	uint32_t i;

	for (i = 0; i < s->b->n; i++) {
		end = s->greedy.offset[i] + s->b->list[i].bytes;
		peak = peak < end ? end : peak;
	}
	return peak;
}

/* Put all, and give them turns by that; false: it takes too long. */
static bool
put_all(struct search *s, const struct ranked *ranked)
{
	uint32_t i;

	weir__greedy_clear(&s->greedy);
	for (i = 0; i < s->b->n; i++) {
		if (s->greedy.work > s->work_limit)
			return false;
		weir__greedy_put(&s->greedy, ranked[i].number);
		s->turn[ranked[i].number] = i;
	}
	keep_if_better(s, s->greedy.offset, peak_of(s));
	return true;
}

/* -- what lies too high is put again, before others ------------------------ */

static int
by_turn(const void *a, const void *b)
{
	const struct again *x = a, *y = b;

	return (x->turn > y->turn) - (x->turn < y->turn);
}

static void
add(struct search *s, uint32_t number)
{
	if (s->is_marked[number])
		return;
	s->is_marked[number] = true;
	s->again[s->n_again++].number = number;
}

/* Those that lie too high, which get their turns before all others from now on,
 * and those that are needed at the same time. */
static void
choose(struct search *s)
{
	struct weir__greedy *g = &s->greedy;
	uint32_t i, k;

	s->n_again = 0;
	for (i = 0; i < s->b->n; i++) {
		if (g->offset[i] + s->b->list[i].bytes <= s->good)
			continue;
		for (k = weir__greedy_find(g, i); k-- > 0;)
			add(s, g->found[k]);
		add(s, i);
		s->turn[i] = --s->first_turn;
	}
	for (i = 0; i < s->n_again; i++) {
		struct again *again = &s->again[i];

		s->is_marked[again->number] = false;
		again->turn = s->turn[again->number];
	}
	qsort(s->again, s->n_again, sizeof *s->again, by_turn);
}

static void
put_again(struct search *s)
{
	uint32_t i;

	choose(s);
	for (i = 0; i < s->n_again; i++)
		weir__greedy_take(&s->greedy, s->again[i].number);
	for (i = 0; i < s->n_again; i++)
		weir__greedy_put(&s->greedy, s->again[i].number);
	keep_if_better(s, s->greedy.offset, peak_of(s));
}

static bool
is_worth_more(const struct search *s)
{
	bool is_fair = s->best - s->b->live <= s->b->live / FAIR;

	return s->best > s->good &&
	       s->greedy.work < s->work_limit / (is_fair ? FOR_FAIR : 1);
}

static weir_status
try_one_by_one(struct search *s)
{
	struct weir__heap *heap = s->b->heap;
	size_t n = (size_t)s->b->n + 1;
	struct ranked *ranked = weir__alloc(heap, n * sizeof *ranked);
	weir_status status = weir__greedy_init(&s->greedy, s->b);

	s->again = weir__alloc(heap, n * sizeof *s->again);
	s->turn = weir__alloc(heap, n * sizeof *s->turn);
	s->is_marked = weir__calloc(heap, n, sizeof *s->is_marked);
	if (!ranked || !s->again || !s->turn || !s->is_marked)
		status = WEIR_ENOMEM;
	s->work_limit = (uint64_t)n * WORK_A_BUFFER + WORK_AT_LEAST;
	if (!status) {
		rank(s, ranked);
		if (put_all(s, ranked))
			while (is_worth_more(s))
				put_again(s);
	}
	weir__greedy_free(&s->greedy);
	weir__free(heap, ranked);
	weir__free(heap, s->again);
	weir__free(heap, s->turn);
	weir__free(heap, s->is_marked);
	return status;
}

/* -- all of it ------------------------------------------------------------ */

weir_status
weir__offsets_find(const struct weir__buffers *buffers, uint32_t steps,
		   size_t *offset, size_t *peak)
{
	struct search s = { .b = buffers, .steps = steps, .best = SIZE_MAX,
			    .good = buffers->live + buffers->live / GOOD,
			    .offset = offset };
	weir_status status = WEIR_ENOMEM;

	s.tried = weir__alloc(buffers->heap, ((size_t)buffers->n + 1) *
			      sizeof *s.tried);
	if (s.tried)
		status = try_sweep(&s, false);
	if (!status)
		status = try_sweep(&s, true);
	if (!status && s.best > s.good)
		status = try_one_by_one(&s);
	weir__free(buffers->heap, s.tried);
	*peak = s.best;
	return status;
}
