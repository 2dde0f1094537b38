/* Two threads write to one line in turn, each as soon as it sees what the other
 * has written. */
#include "topology/latency.h"

#include <sched.h>
#include <stdalign.h>
#include <stdatomic.h>

#include "base/now.h"
#include "base/pause.h"
#include "base/thread.h"

enum { TRIES = 9, ROUNDS = 200 };
enum { OVER = 0xffffffffu };	/* the other one does not come */

struct game {
	alignas(128) atomic_uint line;	/* release, acquire: as progress is
					   told in runs */
	alignas(128) unsigned cpu[2];
	double best;			/* of the first thread */
};

static void
bind_to(unsigned cpu)
{
	size_t size = CPU_ALLOC_SIZE(cpu + 1);
	cpu_set_t *set = CPU_ALLOC(cpu + 1);

	if (!set)
		return;
	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	/* Refused: what is measured is what threads like these get. */
	(void)sched_setaffinity(0, size, set);
	CPU_FREE(set);
}

static bool
await(struct game *game, unsigned value)
{
	unsigned spins = 0, seen;

	while ((seen = atomic_load_explicit(&game->line,
					    memory_order_acquire)) != value &&
	       seen != OVER)
		weir__relax(&spins, WEIR__LONG_PAUSES);
	return seen == value;
}

static void
tell(struct game *game, unsigned value)
{
	atomic_store_explicit(&game->line, value, memory_order_release);
}

static void *
serve(void *arg)
{
	struct game *game = arg;
	unsigned round, value = 0;
	int try;

	bind_to(game->cpu[0]);
	for (try = 0; try < TRIES; try++) {
		double start = weir__now_ns(), took;

		for (round = 0; round < ROUNDS; round++) {
			tell(game, ++value);
			await(game, ++value);
		}
		took = weir__now_ns() - start;
		if (try == 0 || took < game->best)
			game->best = took;
	}
	return NULL;
}

static void *
reply(void *arg)
{
	struct game *game = arg;
	unsigned value = 0;

	bind_to(game->cpu[1]);
	while (value < 2 * TRIES * ROUNDS && await(game, ++value))
		tell(game, ++value);
	return NULL;
}

weir_status
weir__latency_measure(unsigned a, unsigned b, unsigned *nanoseconds)
{
	struct game game = { .cpu = { a, b } };
	pthread_t first, second;
	bool is_whole;
	double each;

	if (!weir__thread_start(&second, reply, &game))
		return weir_fail(WEIR_ENOMEM, "the system has no thread left");
	is_whole = weir__thread_start(&first, serve, &game);
	if (is_whole)
		pthread_join(first, NULL);
	else
		tell(&game, OVER);
	pthread_join(second, NULL);
	if (!is_whole)
		return weir_fail(WEIR_ENOMEM, "the system has no thread left");
	each = game.best / (2 * ROUNDS);
	*nanoseconds = each < 1 ? 1 : (unsigned)(each + 0.5);
	return WEIR_OK;
}
