#include "plan/item_set.h"

weir_status
weir__item_set_init(struct weir__item_set *set, struct weir__heap *heap,
		    uint32_t n)
{
	size_t words = n;

	*set = (struct weir__item_set){ .heap = heap };
	do {
		uint64_t *level;

		words = (words + 63) / 64;
		/* One more is looked at when none is left in the last. */
		level = weir__calloc(heap, words + 1, sizeof *level);
		if (!level)
			return WEIR_ENOMEM;
		set->levels[set->n_levels++] = level;
	} while (words > 1);
	return WEIR_OK;
}

void
weir__item_set_free(struct weir__item_set *set)
{
	while (set->n_levels > 0)
		weir__free(set->heap, set->levels[--set->n_levels]);
}

void
weir__item_set_add(struct weir__item_set *set, uint32_t item)
{
	unsigned level;

	for (level = 0; level < set->n_levels; level++) {
		uint64_t *word = &set->levels[level][item / 64], was = *word;

		*word |= UINT64_C(1) << item % 64;
		if (was)
			return;
		item /= 64;
	}
}

void
weir__item_set_remove(struct weir__item_set *set, uint32_t item)
{
	unsigned level;

	for (level = 0; level < set->n_levels; level++) {
		uint64_t *word = &set->levels[level][item / 64];

		*word &= ~(UINT64_C(1) << item % 64);
		if (*word)
			return;
		item /= 64;
	}
}

static uint64_t
lowest_bit(uint64_t word)
{
	return (uint64_t)__builtin_ctzll(word);
}

uint32_t
weir__item_set_next(const struct weir__item_set *set, uint32_t from)
{
	uint64_t at = from, word;
	unsigned level;

	for (level = 0; level < set->n_levels; level++) {
		word = set->levels[level][at / 64] >> at % 64;
		if (word)
			break;
		at = at / 64 + 1;	/* above: words after this one */
	}
	if (level == set->n_levels)
		return UINT32_MAX;
	at += lowest_bit(word);
	while (level-- > 0)
		at = at * 64 + lowest_bit(set->levels[level][at]);
	return (uint32_t)at;
}
