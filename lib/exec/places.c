#include "exec/places.h"

void
weir__places_free_all(struct weir__places *places)
{
	unsigned i;

	for (i = 0; i < weir__places_words(places->n); i++)
		atomic_store_explicit(&places->taken[i], 0,
				      memory_order_relaxed);
}

static uint64_t
bit_of(unsigned place)
{
	return UINT64_C(1) << place % 64;
}

bool
weir__place_take(struct weir__places *places, unsigned place)
{
	return !(atomic_fetch_or_explicit(&places->taken[place / 64],
					  bit_of(place),
					  memory_order_acquire) &
		 bit_of(place));
}

unsigned
weir__place_take_any(struct weir__places *places)
{
	unsigned place = 0;

	while (place < places->n && !weir__place_take(places, place))
		place++;
	return place;
}

void
weir__place_give(struct weir__places *places, unsigned place)
{
	/* The bit is set: by this thread. */
	atomic_fetch_sub_explicit(&places->taken[place / 64], bit_of(place),
				  memory_order_release);
}

bool
weir__enter(weir__entrance *entrance)
{
	unsigned inside = 0;

	while (!(inside & WEIR__IS_OVER))
		if (atomic_compare_exchange_weak_explicit(
			    entrance, &inside, inside + 1,
			    memory_order_acquire, memory_order_relaxed))
			return true;
	return false;
}

bool
weir__leave_over(weir__entrance *entrance)
{
	unsigned inside = 1;

	/* acq_rel: the last one sees what all have done. */
	while (!atomic_compare_exchange_weak_explicit(
		       entrance, &inside, (inside - 1) | WEIR__IS_OVER,
		       memory_order_acq_rel, memory_order_relaxed))
		;
	return ((inside - 1) | WEIR__IS_OVER) == WEIR__IS_OVER;
}

void
weir__leave(weir__entrance *entrance)
{
	atomic_fetch_sub_explicit(entrance, 1, memory_order_release);
}
