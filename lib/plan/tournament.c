#include "plan/tournament.h"

#include <math.h>

weir_status
weir__tournament_init(struct weir__tournament *t, struct weir__heap *heap,
		      unsigned players)
{
	unsigned i;

	t->leaves = 2;		/* or there is no match */
	while (t->leaves < players)
		t->leaves *= 2;
	t->key = weir__alloc(heap, t->leaves * sizeof *t->key);
	t->winner = weir__alloc(heap, 2 * t->leaves * sizeof *t->winner);
	if (!t->key || !t->winner)
		return WEIR_ENOMEM;
	for (i = 0; i < t->leaves; i++) {
		t->key[i] = INFINITY;
		t->winner[t->leaves + i] = (uint16_t)i;
	}
	for (i = t->leaves - 1; i > 0; i--)
		t->winner[i] = t->winner[2 * i];
	return WEIR_OK;
}

void
weir__tournament_free(struct weir__tournament *t, struct weir__heap *heap)
{
	weir__free(heap, t->key);
	weir__free(heap, t->winner);
}
