/*
 * Which of some players has the least key, the first of equals: a tournament
 * whose result is kept, so that a key that changes costs O(log players).
 */
#ifndef WEIR_PLAN_TOURNAMENT_H
#define WEIR_PLAN_TOURNAMENT_H

#include <stdbool.h>

#include "base/alloc.h"

struct weir__tournament {
	unsigned leaves;	/* a power of two */
	double *key;		/* per leaf: infinite for who does not play */
	uint16_t *winner;	/* per match: [1] is the final, 2 i and 2 i + 1
				   come before i, the leaves behind them */
};

/* All keys are infinite. The tournament was zero; weir__tournament_free() it,
 * on failure too. */
weir_status
weir__tournament_init(struct weir__tournament *t, struct weir__heap *heap,
		      unsigned players);

void
weir__tournament_free(struct weir__tournament *t, struct weir__heap *heap);

static inline void
weir__tournament_set(struct weir__tournament *t, unsigned player, double key)
{
	unsigned i, winner = player;

	/* Who wins goes up with its key; the others of the matches are known
	 * beforehand, so that none is waited for. */
	t->key[player] = key;
	for (i = t->leaves + player; i > 1; i /= 2) {
		unsigned other = t->winner[i ^ 1];
		double its = t->key[other];
		bool is_beaten = (its < key) | ((its == key) & (i & 1));

		winner = is_beaten ? other : winner;
		key = is_beaten ? its : key;
		t->winner[i / 2] = (uint16_t)winner;
	}
}

static inline unsigned
weir__tournament_winner(const struct weir__tournament *t)
{
	return t->winner[1];
}

#endif
