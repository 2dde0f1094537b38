#include <criterion/criterion.h>

#include "ops/philox.h"

/* Known answers of Random123 for philox4x32 with 10 rounds. */
static const struct {
	uint32_t counter[4], key[2], want[4];
} cases[] = {
	{ { 0, 0, 0, 0 }, { 0, 0 },
	  { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
	{ { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
	  { 0xffffffff, 0xffffffff },
	  { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
	{ { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
	  { 0xa4093822, 0x299f31d0 },
	  { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
};

Test(philox, gives_the_known_answers)
{
	size_t i;
	int w;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct weir__philox counter, got;

		for (w = 0; w < 4; w++)
			counter.word[w] = cases[i].counter[w];
		got = weir__philox(counter, cases[i].key[0], cases[i].key[1]);
		for (w = 0; w < 4; w++)
			cr_expect_eq(got.word[w], cases[i].want[w],
				     "case %zu, word %d: %08x", i, w,
				     got.word[w]);
	}
}

Test(philox, a_block_is_the_counter_and_the_seed_the_key)
{
	struct weir__philox counter = { { 0x89abcdef, 0x01234567, 0, 0 } };
	struct weir__philox want, got;
	int w;

	want = weir__philox(counter, 0x76543210, 0xfedcba98);
	got = weir__philox_block(0xfedcba9876543210, 0x0123456789abcdef);
	for (w = 0; w < 4; w++)
		cr_expect_eq(got.word[w], want.word[w]);
}
