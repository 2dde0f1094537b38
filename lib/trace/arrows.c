#include "trace/arrows.h"

#include <stdlib.h>
#include <string.h>

struct arrow_key {
	uint64_t run, ordinal;
	int64_t end;
	const struct weir__span *span;
};

static int
compare_op(const struct arrow_key *key, uint64_t run, uint64_t ordinal)
{
	if (key->run != run)
		return key->run < run ? -1 : 1;
	return (key->ordinal > ordinal) - (key->ordinal < ordinal);
}

static int
by_op_and_end(const void *a, const void *b)
{
	const struct arrow_key *x = a, *y = b;
	int c = compare_op(x, y->run, y->ordinal);

	if (!c)
		c = (x->end > y->end) - (x->end < y->end);
	return c ? c : (x->span > y->span) - (x->span < y->span);
}

weir_status
weir__arrows_init(struct weir__arrows *arrows,
		  const struct weir__timeline *timeline)
{
	size_t i;

	memset(arrows, 0, sizeof *arrows);
	arrows->timeline = timeline;
	arrows->keys = weir__alloc(timeline->heap, (timeline->n_spans + 1) *
				   sizeof *arrows->keys);
	if (!arrows->keys)
		return WEIR_ENOMEM;
	for (i = 0; i < timeline->n_spans; i++) {
		const struct weir__span *span = &timeline->spans[i];

		if (span->record->kind != WEIR__TRACE_OP)
			continue;
		arrows->keys[arrows->n++] = (struct arrow_key){
			weir__record_run(span->record),
			weir__record_ordinal(span->record), span->end, span
		};
	}
	qsort(arrows->keys, arrows->n, sizeof *arrows->keys, by_op_and_end);
	return WEIR_OK;
}

void
weir__arrows_free(struct weir__arrows *arrows)
{
	if (arrows->timeline)
		weir__free(arrows->timeline->heap, arrows->keys);
}

bool
weir__arrows_end_at(const struct weir__span *span)
{
	const struct weir__record *record = span->record;

	return record->kind == WEIR__TRACE_OP && record->n_deps &&
	       (!weir__record_has_tiles(record) ||
		weir__record_tile(record, 0) == 0);
}

/* The first key of (run, ordinal) that ends after end, or what follows. */
static size_t
first_after(const struct weir__arrows *arrows, uint64_t run, uint64_t ordinal,
	    int64_t end)
{
	size_t low = 0, high = arrows->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct arrow_key *key = &arrows->keys[middle];
		int c = compare_op(key, run, ordinal);

		if (c < 0 || (c == 0 && key->end <= end))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_told_before(const struct weir__record *record, uint32_t i)
{
	uint32_t j;

	for (j = 0; j < i; j++)
		if (weir__record_dep(record, j) == weir__record_dep(record, i))
			return true;
	return false;
}

bool
weir__arrow_find(struct weir__arrows *arrows, const struct weir__span *to,
		 uint32_t i, struct weir__arrow *arrow)
{
	const struct weir__record *record = to->record;
	uint64_t run = weir__record_run(record);
	uint64_t dep = weir__record_dep(record, i);
	const struct weir__span *from;
	int64_t at;
	size_t k;

	if (dep == weir__record_ordinal(record) || is_told_before(record, i))
		return false;
	k = first_after(arrows, run, dep, to->start);
	if (k && compare_op(&arrows->keys[k - 1], run, dep) == 0) {
		from = arrows->keys[k - 1].span;
	} else if (k < arrows->n &&
		   compare_op(&arrows->keys[k], run, dep) == 0) {
		/* None had ended: clocks disagree, or it is a mistake. */
		from = arrows->keys[k].span;
		arrows->clamped++;
	} else {
		arrows->absent++;
		return false;
	}
	at = from->te - 1 < to->ts ? from->te - 1 : to->ts - 1;
	if (at <= from->ts) {
		arrows->clamped -= from->end > to->start;
		arrows->backwards++;
		return false;
	}
	arrows->drawn++;
	*arrow = (struct weir__arrow){ from, to, at };
	return true;
}
