/* The rules of trace files, each learned from a viewer that drew nonsense. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

struct box {
	int64_t pid, tid, begin, end;
	size_t index;		/* in the file */
};

static int64_t
int_of(json_t *event, const char *key)
{
	json_t *value = json_object_get(event, key);

	cr_assert(json_is_integer(value), "%s is no integer: %s", key,
		  json_dumps(event, 0));
	return json_integer_value(value);
}

static const char *
text_of(json_t *event, const char *key)
{
	json_t *value = json_object_get(event, key);

	cr_assert(json_is_string(value), "%s is no text: %s", key,
		  json_dumps(event, 0));
	return json_string_value(value);
}

static int
by_place(const void *a, const void *b)
{
	const struct box *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return (x->end < y->end) - (x->end > y->end);
}

/* Strictly nested or apart by a nanosecond, on each track. */
static void
expect_nesting(struct box *boxes, size_t n)
{
	size_t i, k;

	qsort(boxes, n, sizeof *boxes, by_place);
	for (i = 0; i < n; i++)
		for (k = i + 1; k < n && boxes[k].tid == boxes[i].tid; k++) {
			const struct box *a = &boxes[i], *b = &boxes[k];

			cr_assert_eq(a->pid, b->pid);
			if (b->begin > a->end)
				break;
			cr_assert(a->begin < b->begin && b->end < a->end,
				  "[%ld %ld] and [%ld %ld] on one track",
				  (long)a->begin, (long)a->end,
				  (long)b->begin, (long)b->end);
		}
}

static const struct box *
innermost(const struct box *boxes, size_t n, int64_t tid, int64_t when)
{
	const struct box *best = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (boxes[i].tid == tid && boxes[i].begin <= when &&
		    when < boxes[i].end &&
		    (!best || boxes[i].begin > best->begin))
			best = &boxes[i];
	return best;
}

static bool
is_op(json_t *event)
{
	return json_object_get(json_object_get(event, "args"), "ordinal");
}

/* Pairs with ids of their own, from inside an op to the start of one. */
static void
expect_arrows(json_t *events, const struct box *boxes, size_t n)
{
	json_t *event, *start = NULL;
	int64_t last = 0;
	size_t i;

	json_array_foreach(events, i, event) {
		const char *phase = text_of(event, "ph");
		int64_t when = ns_of(event, "ts");
		const struct box *box;

		if (strcmp(phase, "s") && strcmp(phase, "f"))
			continue;
		box = innermost(boxes, n, int_of(event, "tid"), when);
		cr_assert(box, "an arrow is in no span");
		cr_assert_eq(box->pid, int_of(event, "pid"));
		cr_assert(is_op(json_array_get(events, box->index)));
		if (*phase == 's') {
			cr_assert_null(start);
			cr_assert_gt(int_of(event, "id"), last);
			last = int_of(event, "id");
			cr_assert_gt(when, box->begin);
			cr_assert_lt(when, box->end);
			start = event;
			continue;
		}
		cr_assert(start);
		cr_assert_eq(int_of(event, "id"), last);
		cr_assert_str_eq(text_of(event, "bp"), "e");
		cr_assert_eq(when, box->begin);
		cr_assert_lt(ns_of(start, "ts"), when);
		cr_assert_str_eq(text_of(start, "name"),
				 text_of(event, "name"));
		cr_assert_str_eq(text_of(start, "cat"),
				 text_of(event, "cat"));
		start = NULL;
	}
	cr_assert_null(start);
}

static void
expect_named_tracks(json_t *events, const struct box *boxes, size_t n)
{
	json_t *event;
	size_t i, k;

	for (i = 0; i < n; i++) {
		bool has_name = false, has_process = false;

		json_array_foreach(events, k, event) {
			const char *name = text_of(event, "name");

			if (text_of(event, "ph")[0] != 'M')
				continue;
			has_name |= !strcmp(name, "thread_name") &&
				    int_of(event, "tid") == boxes[i].tid;
			has_process |= !strcmp(name, "process_name") &&
				       int_of(event, "pid") == boxes[i].pid;
		}
		cr_assert(has_name && has_process);
	}
}

void
expect_rules(json_t *trace)
{
	static const char *const taken[] = {
		"Profile", "CpuProfile", "ProfileChunk"
	};
	json_t *events = json_object_get(trace, "traceEvents"), *event;
	struct box *boxes = calloc(json_array_size(events) + 1,
				   sizeof *boxes);
	int64_t last = INT64_MIN;
	size_t n = 0, i, k;
	bool after_spans = false;

	cr_assert(json_array_size(events) > 0);
	cr_assert_str_eq(text_of(trace, "displayTimeUnit"), "ns");
	cr_assert(json_is_true(json_object_get(
		json_object_get(trace, "metadata"), "highres-ticks")));
	json_array_foreach(events, i, event) {
		const char *phase = text_of(event, "ph");
		const char *name = text_of(event, "name");

		cr_assert(*text_of(event, "cat"));
		cr_assert(*name);
		for (k = 0; k < sizeof taken / sizeof *taken; k++)
			cr_assert_str_neq(name, taken[k]);
		cr_assert_geq(int_of(event, "pid"), 1);
		cr_assert_geq(int_of(event, "tid"), 1);
		cr_assert_geq(ns_of(event, "ts"), 0);
		cr_assert_null(json_object_get(event, "cname"));
		if (strcmp(phase, "X") != 0) {
			after_spans |= *phase == 's' || *phase == 'f';
			cr_assert(*phase != 'C' || json_number_value(
				json_object_get(json_object_get(event, "args"),
						"value")) >= 0);
			continue;
		}
		cr_assert_not(after_spans);
		cr_assert_geq(ns_of(event, "dur"), 1);
		cr_assert_geq(ns_of(event, "ts"), last);
		last = ns_of(event, "ts");
		boxes[n++] = (struct box){
			int_of(event, "pid"), int_of(event, "tid"), last,
			last + ns_of(event, "dur"), i
		};
	}
	expect_nesting(boxes, n);
	expect_arrows(events, boxes, n);
	expect_named_tracks(events, boxes, n);
	free(boxes);
}

void
expect_rules_once(json_t *trace)
{
	expect_rules(trace);
	json_decref(trace);
}
