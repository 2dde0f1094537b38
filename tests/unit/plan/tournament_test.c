/* Tournaments: who has the least key, the first of equals. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>

#include "plan/tournament.h"
#include "support/heap.h"
#include "unit/plan/random_dag.h"

/* The same by looking at all of them. */
static unsigned
first_of_the_least(const double *keys, unsigned n)
{
	unsigned best = 0, i;

	for (i = 1; i < n; i++)
		if (keys[i] < keys[best])
			best = i;
	return best;
}

ParameterizedTestParameters(tournament, agrees_with_a_look_at_all)
{
	static unsigned players[] = { 1, 2, 3, 8, 13, 64, 100 };

	return cr_make_param_array(unsigned, players,
				   sizeof players / sizeof *players);
}

ParameterizedTest(unsigned *players, tournament, agrees_with_a_look_at_all,
		  .init = begin_heap, .fini = end_heap)
{
	struct weir__tournament t = { 0 };
	double keys[100];
	uint64_t seed = 7;
	unsigned i, step;

	cr_assert_eq(weir__tournament_init(&t, heap, *players), WEIR_OK);
	for (i = 0; i < *players; i++)
		keys[i] = INFINITY;
	for (step = 0; step < 5000; step++) {
		unsigned player = draw(&seed, *players);

		cr_assert_eq(weir__tournament_winner(&t),
			     first_of_the_least(keys, *players));
		/* few keys, so that many are equal; some play no more */
		keys[player] = draw(&seed, 5) ? (double)draw(&seed, 30)
					      : INFINITY;
		weir__tournament_set(&t, player, keys[player]);
	}
	weir__tournament_free(&t, heap);
}
