/* The engines below the ops: walks over strided memory, broadcast loops. */
#include <criterion/criterion.h>
#include <string.h>

#include "ops/loop.h"
#include "ops/table.h"

static int64_t memory[40000];

static void
number_memory(void)
{
	int64_t i;

	for (i = 0; i < 40000; i++)
		memory[i] = i;
}

static const struct {
	int rank;
	int64_t shape[4], strides[4];	/* in elements */
	int joined;			/* axes that are left */
} walks[] = {
	{ 0, { 0 }, { 0 }, 0 },
	{ 1, { 9 }, { 1 }, 1 },
	{ 1, { 9 }, { -3 }, 1 },
	{ 2, { 5, 7 }, { 7, 1 }, 1 },
	{ 2, { 5, 7 }, { 1, 5 }, 2 },
	{ 2, { 29, 17 }, { 1, 29 }, 2 },
	{ 2, { 5, 7 }, { 0, 1 }, 2 },
	{ 2, { 5, 7 }, { 0, 0 }, 1 },
	{ 3, { 3, 1, 4 }, { 4, 99, 1 }, 1 },
	{ 3, { 3, 20, 4 }, { 100, 1, 20 }, 3 },
	{ 4, { 2, 3, 4, 5 }, { 60, 20, 5, 1 }, 1 },
	{ 4, { 2, 3, 4, 5 }, { 5, -10, 60, 1 }, 4 },
	{ 4, { 2, 3, 4, 5 }, { 1000, 20, 5, 1 }, 2 },
};

enum { N_WALKS = sizeof walks / sizeof *walks };

static int64_t
place(size_t walk, int64_t i)
{
	int64_t offset = 0;
	int axis;

	for (axis = walks[walk].rank - 1; axis >= 0; axis--) {
		offset += i % walks[walk].shape[axis] *
			  walks[walk].strides[axis];
		i /= walks[walk].shape[axis];
	}
	return offset;
}

static int64_t
start_walk(size_t i, struct weir__walk *walk)
{
	int64_t n = 1;
	int axis;

	walk->rank = 0;
	for (axis = 0; axis < walks[i].rank; axis++) {
		weir__walk_add(walk, walks[i].shape[axis],
			       walks[i].strides[axis] * 8);
		n *= walks[i].shape[axis];
	}
	return n;
}

Test(walk, joins_axes_that_continue_each_other)
{
	struct weir__walk walk;
	size_t i;

	for (i = 0; i < N_WALKS; i++) {
		start_walk(i, &walk);
		cr_expect_eq(walk.rank, walks[i].joined, "walk %zu: %d", i,
			     walk.rank);
	}
}

Test(walk, finds_and_gathers_from_any_place_on)
{
	const int64_t *base = memory + 20000;
	struct weir__walk walk;
	int64_t got[600], offsets[600], n, first, count, j;
	size_t i;

	number_memory();
	for (i = 0; i < N_WALKS; i++) {
		n = start_walk(i, &walk);
		for (first = 0; first < n; first += 1 + n / 13) {
			count = n - first - (first % 3 == 1);
			memset(got, 0xff, sizeof got);
			weir__walk_gather(&walk, base, first, count, 8, got);
			weir__walk_offsets(&walk, first, count, offsets);
			for (j = 0; j < count; j++) {
				int64_t want = place(i, first + j);

				cr_assert_eq(got[j], 20000 + want,
					     "walk %zu, from %lld, at %lld", i,
					     (long long)first, (long long)j);
				cr_assert_eq(offsets[j], want * 8);
				cr_assert_eq(weir__walk_offset(&walk,
							       first + j),
					     want * 8);
			}
			cr_expect_eq(got[count], -1, "wrote too far");
		}
	}
}

/* -- loops ---------------------------------------------------------------------- */

/* y = 1000 a + b; fails where b is negative. */
static int64_t
combine(int64_t rows, int64_t n, const struct weir__lane *out,
	const struct weir__lane *in)
{
	int64_t row, i, *y = (int64_t *)out->at;

	for (row = 0; row < rows; row++)
		for (i = 0; i < n; i++) {
			int64_t a = *(int64_t *)(in[0].at + row * in[0].row +
						 i * in[0].step);
			int64_t b = *(int64_t *)(in[1].at + row * in[1].row +
						 i * in[1].step);

			if (b < 0)
				return row * n + i;
			y[row * n + i] = 1000 * a + b;
		}
	return -1;
}

enum {
	ROWS = 300, COLUMNS = 77,
	TILE = 32 * COLUMNS,		/* as many rows as fit, a power of two */
	TILES = 10
};
static int64_t result[ROWS * COLUMNS], column[ROWS];

/* a [300,77] against b [300,1]. */
static weir_status
run(int64_t begin, int64_t end, const int64_t *a_strides)
{
	weir_spec a = { WEIR_I64, 2, { ROWS, COLUMNS } };
	weir_spec b = { WEIR_I64, 2, { ROWS, 1 } };
	const weir_spec *in[] = { &a, &b }, *out[] = { &a };
	int64_t b_strides[] = { 8, 123456 };	/* of one entry: not used */
	weir_view views[] = { { memory, &a, a_strides },
			      { column, &b, b_strides } };
	weir_view result_view = { result, &a, NULL };
	weir_kernel kernel = { .call = { .op = &weir__op_add, .n_in = 2,
					 .n_out = 1, .in = in, .out = out },
			       .in = views, .out = &result_view };

	cr_assert_eq(weir__loop_tiles(&kernel.call), TILES);
	return weir__loop(&kernel, begin, end, combine, "negative");
}

Test(loop, computes_the_tiles_that_it_is_given_and_no_more)
{
	const int64_t strides[] = { 8, 8 * ROWS };	/* transposed */
	int64_t i;

	number_memory();
	for (i = 0; i < ROWS; i++)
		column[i] = i;
	memset(result, 0xff, sizeof result);
	cr_assert_eq(run(1, TILES, strides), WEIR_OK);
	for (i = 0; i < TILE; i++)
		cr_assert_eq(result[i], -1);
	cr_assert_eq(run(0, 1, strides), WEIR_OK);
	for (i = 0; i < ROWS * COLUMNS; i++) {
		int64_t row = i / COLUMNS;

		cr_assert_eq(result[i], 1000 * (row + i % COLUMNS * ROWS) +
					row, "element %lld", (long long)i);
	}
}

Test(loop, names_the_first_element_that_fails)
{
	const int64_t strides[] = { 8 * COLUMNS, 8 };

	column[299] = column[250] = -1;
	cr_expect_eq(run(0, TILES, strides), WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), "negative at element [250,0]");
	column[TILE / COLUMNS] = -1;
	cr_expect_eq(run(1, 2, strides), WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), "negative at element [32,0]");
}

/* A tile is whole rows where at least one fits; else the last one of a row may
 * end in the next. */
Test(loop, cuts_rows_only_where_they_are_longer_than_a_tile)
{
	static const struct {
		int64_t rows, columns, tile;
	} cases[] = {
		{ 800, 1, 64 }, { 4097, 1, 128 }, { 1 << 20, 1, 4096 },
		{ 1, 1, 64 }, { 800, 3, 3 * 1024 }, { 800, 1024, 4096 },
		{ 7, 4096, 4096 }, { 7, 4095, 4095 }, { 7, 2048, 4096 },
		{ 7, 4097, WEIR__TILE }, { 1, 1 << 20, WEIR__TILE },
		{ 0, 5, 5 * 512 }, { 5, 0, WEIR__TILE },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		weir_spec spec = { WEIR_F32, 2, { cases[i].rows,
						  cases[i].columns } };

		cr_expect_eq(weir__loop_tile(&spec), cases[i].tile, "case %zu",
			     i);
	}
}

/* As a vector loop does it: what is left over is done by other instructions. */
static int64_t
tell_remainder(int64_t rows, int64_t n, const struct weir__lane *out,
	       const struct weir__lane *in)
{
	int64_t row, i, *y = (int64_t *)out->at;

	(void)in;
	for (row = 0; row < rows; row++)
		for (i = 0; i < n; i++)
			y[row * n + i] = i >= n - n % 8;
	return -1;
}

/* A row of padded memory, of which the inner axes are walked as one. */
Test(loop, computes_an_element_by_the_same_instruction_however_it_is_cut)
{
	static const weir_spec specs[] = {
		{ WEIR_I64, 3, { 60, 50, 3 } }, { WEIR_I64, 3, { 90, 81, 1 } },
		{ WEIR_I64, 2, { 90, 81 } }, { WEIR_I64, 2, { 2, 5001 } },
		{ WEIR_I64, 1, { 10001 } },
	};
	static int64_t whole[10002], cut[10002];
	size_t k;

	for (k = 0; k < sizeof specs / sizeof *specs; k++) {
		const weir_spec *spec = &specs[k], *one[] = { spec };
		int64_t strides[3] = { 0 }, stride = 8, n, tile, tiles;
		weir_view in = { memory, spec, strides };
		weir_view out = { whole, spec, NULL };
		weir_kernel kernel = { .call = { .op = &weir__op_neg,
						 .n_in = 1, .n_out = 1,
						 .in = one, .out = one },
				       .in = &in, .out = &out };
		int axis;

		for (axis = spec->rank - 1; axis >= 0; axis--) {
			if (axis == 0 && spec->rank > 1)
				stride += 8;	/* the padding */
			strides[axis] = stride;
			stride *= spec->shape[axis];
		}
		n = weir__elements(spec);
		tiles = weir__loop_tiles(&kernel.call);
		cr_assert_gt(tiles, 1);
		cr_assert_leq(n, 10002);
		weir__loop(&kernel, 0, tiles, tell_remainder, NULL);
		out.data = cut;
		for (tile = 0; tile < tiles; tile++)
			weir__loop(&kernel, tile, tile + 1, tell_remainder,
				   NULL);
		cr_expect_eq(memcmp(whole, cut, (size_t)n * 8), 0, "case %zu",
			     k);
	}
}
