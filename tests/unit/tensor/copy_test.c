#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/heap.h"

enum { ROOM = 1 << 16 };

/* A plain copy, element by element, to compare with. */
static void
copy_plainly(const weir_view *from, const weir_view *to)
{
	int64_t n = weir__spec_elements(to->spec), i;
	size_t size = weir_dtype_size(to->spec->dtype);

	for (i = 0; i < n; i++) {
		char *f = from->data, *t = to->data;
		int64_t rest = i;
		int axis;

		for (axis = to->spec->rank - 1; axis >= 0; axis--) {
			int64_t at = rest % to->spec->shape[axis];

			f += at * from->strides[axis];
			t += at * to->strides[axis];
			rest /= to->spec->shape[axis];
		}
		memcpy(t, f, size);
	}
}

static _Alignas(64) char source[3 * ROOM];
static _Alignas(64) char wanted[3 * ROOM], got[3 * ROOM];

/* Copy both ways; the bytes around the target must stay as they are. */
static void
expect_equal(const weir_spec *spec, const int64_t *from, const int64_t *to)
{
	weir_view f = { source + ROOM, spec, from };
	weir_view t = { wanted + ROOM, spec, to };
	size_t i;

	for (i = 0; i < sizeof source; i++)
		source[i] = (char)(i * 2654435761u >> 24);
	memset(wanted, 0x5a, sizeof wanted);
	memset(got, 0x5a, sizeof got);
	copy_plainly(&f, &t);
	t.data = got + ROOM;
	weir__copy_view(&f, &t);
	cr_assert_eq(memcmp(got, wanted, sizeof got), 0);
}

/* Strides of the axes laid out in a random order, gaps and directions. */
static void
random_strides(const weir_spec *spec, bool is_target, int64_t *strides)
{
	int64_t stride = (int64_t)weir_dtype_size(spec->dtype);
	int order[WEIR_RANK_MAX], i, k, swap;

	for (i = 0; i < spec->rank; i++)
		order[i] = i;
	for (i = spec->rank - 1; i > 0; i--) {
		k = rand() % (i + 1);
		swap = order[i];
		order[i] = order[k];
		order[k] = swap;
	}
	for (i = 0; i < spec->rank; i++) {
		strides[order[i]] = stride;
		if (rand() % 4 == 0)
			strides[order[i]] *= 2;
		stride = strides[order[i]] * spec->shape[order[i]];
		if (rand() % 4 == 0)
			strides[order[i]] *= -1;
		if (!is_target && rand() % 8 == 0)
			strides[order[i]] = 0;
	}
}

Test(copy, gives_the_same_as_one_element_at_a_time)
{
	static const weir_dtype dtypes[] = { WEIR_F32, WEIR_F64, WEIR_BOOL };
	int64_t shape[4], from[WEIR_RANK_MAX], to[WEIR_RANK_MAX];
	weir_spec spec;
	int round, i;

	srand(1);
	for (round = 0; round < 3000; round++) {
		size_t rank = (size_t)(rand() % 5);

		for (i = 0; i < 4; i++)
			shape[i] = rand() % 6 + (rand() % 50 != 0);
		spec = spec_of(dtypes[rand() % 3], rank, shape);
		random_strides(&spec, false, from);
		random_strides(&spec, true, to);
		expect_equal(&spec, from, to);
	}
}

Test(copy, goes_beyond_one_block_of_a_transpose)
{
	weir_spec spec = spec_of_shape(WEIR_F32, 67, 91);

	expect_equal(&spec, (int64_t[]){ 4, 4 * 67 },
		     (int64_t[]){ 4 * 91, 4 });
	expect_equal(&spec, (int64_t[]){ -4, 4 * 67 },
		     (int64_t[]){ 4 * 91, 4 });
}

Test(copy, of_a_row_seen_backwards)
{
	weir_spec spec = spec_of_shape(WEIR_F64, 1000);

	expect_equal(&spec, (int64_t[]){ -8 }, (int64_t[]){ 8 });
}

Test(copy, of_eight_axes)
{
	weir_spec spec = spec_of_shape(WEIR_BOOL, 2, 3, 2, 3, 2, 3, 2, 3);
	int64_t back[WEIR_RANK_MAX], dense[WEIR_RANK_MAX];
	int i;

	weir__contiguous_strides(&spec, dense);
	for (i = 0; i < 8; i++)	/* the axes in the opposite order */
		back[i] = i ? back[i - 1] * spec.shape[i - 1] : 1;
	expect_equal(&spec, back, dense);
	expect_equal(&spec, dense, back);
}

Test(copy, of_nothing_touches_nothing)
{
	weir_spec spec = spec_of_shape(WEIR_F64, 4, 0);
	weir_view nowhere = { NULL, &spec, (int64_t[]){ 0, 8 } };

	weir__copy_view(&nowhere, &nowhere);
}
