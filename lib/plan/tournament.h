/*
 * Which of some players has the least key, the first of equals: a tournament
 * whose result is kept, so that a key that changes costs O(log players).
 */
#ifndef WEIR_PLAN_TOURNAMENT_H
#define WEIR_PLAN_TOURNAMENT_H

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
	unsigned i;

	t->key[player] = key;
	for (i = (t->leaves + player) / 2; i > 0; i /= 2) {
		unsigned a = t->winner[2 * i], b = t->winner[2 * i + 1];

		t->winner[i] = (uint16_t)(t->key[b] < t->key[a] ? b : a);
	}
}

static inline unsigned
weir__tournament_winner(const struct weir__tournament *t)
{
	return t->winner[1];
}

#endif
