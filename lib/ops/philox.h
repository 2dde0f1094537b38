/*
 * Philox4x32-10: four random words from a counter and a key (Salmon, Moraes,
 * Dror and Shaw: Parallel random numbers: as easy as 1, 2, 3; SC11).
 */
#ifndef WEIR_OPS_PHILOX_H
#define WEIR_OPS_PHILOX_H

#include <stdint.h>

struct weir__philox {
	uint32_t word[4];
};

static inline struct weir__philox
weir__philox(struct weir__philox counter, uint32_t key0, uint32_t key1)
{
	int round;

	for (round = 0; round < 10; round++) {
		uint64_t a = (uint64_t)0xD2511F53 * counter.word[0];
		uint64_t b = (uint64_t)0xCD9E8D57 * counter.word[2];

		counter = (struct weir__philox){ {
			(uint32_t)(b >> 32) ^ counter.word[1] ^ key0,
			(uint32_t)b,
			(uint32_t)(a >> 32) ^ counter.word[3] ^ key1,
			(uint32_t)a,
		} };
		key0 += 0x9E3779B9;
		key1 += 0xBB67AE85;
	}
	return counter;
}

/* The block-th 128 bits of a generator's stream. */
static inline struct weir__philox
weir__philox_block(uint64_t seed, uint64_t block)
{
	struct weir__philox counter = { {
		(uint32_t)block, (uint32_t)(block >> 32), 0, 0 } };

	return weir__philox(counter, (uint32_t)seed, (uint32_t)(seed >> 32));
}

#endif
