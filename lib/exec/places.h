/*
 * The places of those who work at something together, one for each, and the
 * way in: nobody comes once it is over, and it does not go while anybody is
 * inside.
 */
#ifndef WEIR_EXEC_PLACES_H
#define WEIR_EXEC_PLACES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct weir__places {
	_Atomic uint64_t *taken;	/* a bit for each */
	unsigned n;
};

enum { WEIR__IS_OVER = 1 << 30 };	/* more than there are threads */

/* Those who are inside; and WEIR__IS_OVER. */
typedef atomic_uint weir__entrance;

/* Words of `taken` for so many. */
static inline unsigned
weir__places_words(unsigned n)
{
	return (n + 63) / 64;
}

/* All free. Nobody may be looking for one. */
void
weir__places_free_all(struct weir__places *places);

/* acquire: who had it before */
bool
weir__place_take(struct weir__places *places, unsigned place);

/* The first that nobody has; places->n where there is none. */
unsigned
weir__place_take_any(struct weir__places *places);

/* For somebody else, while there still is something to be done. */
void
weir__place_give(struct weir__places *places, unsigned place);

/* False where it is over. acquire: what it was opened with */
bool
weir__enter(weir__entrance *inside);

/* Somebody has seen it through: it is over. Whether all have left with this:
 * that one sees what all have done. */
bool
weir__leave_over(weir__entrance *inside);

/* It goes on; release: what this thread has done there. */
void
weir__leave(weir__entrance *inside);

#endif
