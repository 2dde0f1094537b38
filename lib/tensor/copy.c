/*
 * Copies between views of any strides.
 *
 * The axes are first put in the order in which the target lies in memory and
 * joined where both sides allow it, so that the usual copies end up as one
 * memcpy() or as rows of it. What remains strided is copied in square blocks
 * of the two axes along which target and source move least: a transpose then
 * uses each cache line it loads.
 */
#include <string.h>

#include "tensor/tensor.h"

enum { BLOCK = 32 };

struct axis {
	int64_t length, from, to;	/* strides in bytes */
};

static int64_t
magnitude(int64_t x)
{
	return x < 0 ? -x : x;
}

static void
sort_by_target(struct axis *axes, int n)
{
	int i, j;

	for (i = 1; i < n; i++) {
		struct axis a = axes[i];

		for (j = i; j > 0 && magnitude(axes[j - 1].to) <
				     magnitude(a.to); j--)
			axes[j] = axes[j - 1];
		axes[j] = a;
	}
}

static int
join_axes(struct axis *axes, int n)
{
	int joined = 0, i;

	for (i = 0; i < n; i++) {
		struct axis *last = joined ? &axes[joined - 1] : NULL;

		if (last && last->from == axes[i].from * axes[i].length &&
		    last->to == axes[i].to * axes[i].length) {
			last->length *= axes[i].length;
			last->from = axes[i].from;
			last->to = axes[i].to;
		} else {
			axes[joined++] = axes[i];
		}
	}
	return joined;
}

/* Put the axis along which the source moves least next to the innermost. */
static void
pair_axes(struct axis *axes, int n)
{
	struct axis least;
	int at = n - 2, i;

	for (i = n - 3; i >= 0; i--)
		if (magnitude(axes[i].from) < magnitude(axes[at].from))
			at = i;
	least = axes[at];
	for (i = at; i < n - 2; i++)
		axes[i] = axes[i + 1];
	axes[n - 2] = least;
}

#define COPY_BLOCK(bytes)						\
	for (i = 0; i < rows; i++) {					\
		const char *f = from + i * outer->from;			\
		char *t = to + i * outer->to;				\
									\
		for (j = 0; j < columns; j++) {				\
			memcpy(t, f, bytes);				\
			f += inner->from;				\
			t += inner->to;					\
		}							\
	}

static void
copy_block(const struct axis *outer, const struct axis *inner, int64_t rows,
	   int64_t columns, size_t size, const char *from, char *to)
{
	int64_t i, j;

	/* constant sizes become plain loads and stores */
	switch (size) {
	case 1: COPY_BLOCK(1) break;
	case 4: COPY_BLOCK(4) break;
	default: COPY_BLOCK(8) break;
	}
}

static void
copy_plane(const struct axis *outer, const struct axis *inner, size_t size,
	   const char *from, char *to)
{
	int64_t i, j, rows, columns;

	for (i = 0; i < outer->length; i += BLOCK) {
		rows = outer->length - i < BLOCK ? outer->length - i : BLOCK;
		for (j = 0; j < inner->length; j += BLOCK) {
			columns = inner->length - j;
			copy_block(outer, inner, rows,
				   columns < BLOCK ? columns : BLOCK, size,
				   from + i * outer->from + j * inner->from,
				   to + i * outer->to + j * inner->to);
		}
	}
}

static void
copy_rows(const struct axis *outer, size_t bytes, const char *from, char *to)
{
	int64_t i;

	for (i = 0; i < outer->length; i++)
		memcpy(to + i * outer->to, from + i * outer->from, bytes);
}

/* The last two of n >= 2 axes are copied at once, the others counted up. */
static void
copy_axes(const struct axis *axes, int n, size_t size, const char *from,
	  char *to)
{
	const struct axis *outer = &axes[n - 2], *inner = &axes[n - 1];
	bool is_row = inner->from == (int64_t)size &&
		      inner->to == (int64_t)size;
	int64_t at[WEIR_RANK_MAX] = { 0 };
	int i;

	do {
		if (is_row)
			copy_rows(outer, (size_t)inner->length * size, from,
				  to);
		else
			copy_plane(outer, inner, size, from, to);
		for (i = n - 3; i >= 0; i--) {
			from += axes[i].from;
			to += axes[i].to;
			if (++at[i] < axes[i].length)
				break;
			from -= axes[i].from * axes[i].length;
			to -= axes[i].to * axes[i].length;
			at[i] = 0;
		}
	} while (i >= 0);
}

void
weir__copy_view(const weir_view *from, const weir_view *to)
{
	const weir_spec *spec = to->spec;
	size_t size = weir_dtype_size(spec->dtype);
	/* one more than there can be: a single axis gets company */
	struct axis axes[WEIR_RANK_MAX + 1];
	int n = 0, i;

	for (i = 0; i < spec->rank; i++) {
		if (spec->shape[i] == 0)
			return;
		if (spec->shape[i] == 1)
			continue;
		axes[n].length = spec->shape[i];
		axes[n].from = from->strides[i];
		axes[n++].to = to->strides[i];
	}
	sort_by_target(axes, n);
	n = join_axes(axes, n);
	if (n == 0 || (n == 1 && axes[0].from == (int64_t)size &&
		       axes[0].to == (int64_t)size)) {
		memcpy(to->data, from->data,
		       size * (size_t)(n ? axes[0].length : 1));
		return;
	}
	if (n == 1) {
		axes[1] = axes[0];
		axes[0] = (struct axis){ 1, 0, 0 };
		n = 2;
	}
	if (axes[n - 1].from != (int64_t)size)
		pair_axes(axes, n);
	copy_axes(axes, n, size, from->data, to->data);
}
