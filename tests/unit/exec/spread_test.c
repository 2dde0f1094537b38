/* Progress of workers in pages of their own. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "exec/stream_loop.h"
#include "unit/topology/machines.h"

enum { STREAMS_MAX = 64, EACH = 3, RUNS = 2 };

TestSuite(spread, .init = begin, .fini = end);

struct record {
	struct weir__stream_loop loop;
	unsigned times[STREAMS_MAX * EACH];
};

static void
note_block(struct weir__stream_loop *loop, uint32_t block, uint64_t run,
	   unsigned worker)
{
	struct record *r = (struct record *)loop;

	(void)worker;
	cr_assert_eq(r->times[block], run);
	r->times[block]++;
}

/* Each block of a stream after the same one of the stream before. */
static void
must_init(struct record *r, struct weir__schedule *s, unsigned workers)
{
	static uint32_t first_block[STREAMS_MAX + 1];
	static uint32_t first_wait[STREAMS_MAX * EACH + 1];
	static struct weir__wait waits[STREAMS_MAX * EACH];
	uint32_t i, n = 0;

	for (i = 0; i <= workers; i++)
		first_block[i] = i * EACH;
	for (i = 0; i < workers * EACH; i++) {
		first_wait[i] = n;
		if (i >= EACH)
			waits[n++] = (struct weir__wait){ i / EACH - 1,
							  i % EACH + 1 };
	}
	first_wait[i] = n;
	*s = (struct weir__schedule){
		.heap = heap, .workers = workers, .n_blocks = workers * EACH,
		.n_waits = n, .first_block = first_block,
		.first_wait = first_wait, .waits = waits,
	};
	memset(r, 0, sizeof *r);
	cr_assert_eq(weir__stream_loop_init(&r->loop, heap, s, NULL, NULL,
					    workers, note_block), WEIR_OK);
}

static void
expect_runs(struct record *r, unsigned workers)
{
	unsigned i;

	weir__stream_work(&r->loop, 0, 1, 0, RUNS);
	for (i = 0; i < workers * EACH; i++)
		cr_expect_eq(r->times[i], RUNS);
}

static uintptr_t
page_of(const struct record *r, unsigned worker)
{
	return (uintptr_t)weir__progress_of(&r->loop, worker) / WEIR__PAGE;
}

static void
expect_spread(const char *machine, unsigned workers)
{
	struct weir__topology *t = load(machine, NULL, 0);
	struct weir__schedule s;
	struct record r;
	unsigned w, v;

	cr_assert_eq(weir__topology_threads(t), workers);
	must_init(&r, &s, workers);
	cr_assert_eq(weir__stream_loop_spread(&r.loop, heap, t), WEIR_OK);
	for (w = 0; w < workers; w++) {
		const char *p = (char *)weir__progress_of(&r.loop, w);

		/* It does not go beyond its page. */
		cr_expect_eq(((uintptr_t)p + sizeof(struct weir__progress) -
			      1) / WEIR__PAGE, page_of(&r, w));
		for (v = 0; v < w; v++)
			cr_expect_neq(page_of(&r, v), page_of(&r, w));
	}
	expect_runs(&r, workers);
	weir__stream_loop_free(&r.loop, heap);
	weir__topology_release(t);
}

Test(spread, has_a_page_for_each)
{
	expect_spread("numa:2 core:1 pu:1", 2);
	expect_spread("numa:4 core:4 pu:1", 16);
	expect_spread("numa:4 core:4 pu:4", 64);
}

Test(spread, changes_nothing_where_there_is_no_memory)
{
	struct weir__topology *t = load("numa:2 core:2 pu:1", NULL, 0);
	struct weir__schedule s;
	struct record r;
	long k;

	must_init(&r, &s, 4);
	for (k = 1; k <= 2; k++) {
		fault_arm(&fault, k);
		cr_expect_eq(weir__stream_loop_spread(&r.loop, heap, t),
			     WEIR_ENOMEM);
		fault_arm(&fault, 0);
	}
	expect_runs(&r, 4);
	weir__stream_loop_free(&r.loop, heap);
	weir__topology_release(t);
}
