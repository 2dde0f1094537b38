#include "trace/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum {
	MOST_LANES = 32,
	/* Two spans that overlap by less come from clocks that disagree a
	 * little, not from work that did. */
	SLACK_NS = 200
};

int
weir__node_of(const struct weir__tracer *tracer, unsigned cpu)
{
	return cpu < tracer->n_cpus ? tracer->node_of_cpu[cpu] : -1;
}

void
weir__timeline_free(struct weir__timeline *timeline)
{
	weir__free(timeline->heap, timeline->spans);
	weir__free(timeline->heap, timeline->counters);
	weir__free(timeline->heap, timeline->tracks);
}

/* -- which span is outside of which */

/* What holds others comes first where the times do not tell. */
static int
rank(const struct weir__span *span)
{
	static const int ranks[] = {
		[WEIR__TRACE_FRAME] = 0, [WEIR__TRACE_RECORD] = 1,
		[WEIR__TRACE_COMPILE] = 2, [WEIR__TRACE_RUN] = 3,
		[WEIR__TRACE_OP] = 4,
	};
	unsigned kind = span->record->kind;

	return kind < sizeof ranks / sizeof *ranks ? ranks[kind] : 4;
}

static int
compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
by_measured_start(const void *a, const void *b)
{
	const struct weir__span *x = a, *y = b;
	int c = compare(x->start, y->start);

	if (!c)
		c = compare(y->end, x->end);
	if (!c)
		c = rank(x) - rank(y);
	/* Who contains another ends, and so is recorded, after it. */
	return c ? c : compare((int64_t)y->order, (int64_t)x->order);
}

static int
by_drawn_start(const void *a, const void *b)
{
	const struct weir__span *x = a, *y = b;
	int c = compare(x->ts, y->ts);

	if (!c)
		c = compare(y->te, x->te);
	if (!c)
		c = compare(x->track, y->track);
	return c ? c : compare((int64_t)x->order, (int64_t)y->order);
}

/* -- lanes: one ring's spans, cut into tracks where they overlap */

struct lane {
	uint32_t top;		/* innermost open span, index + 1 */
	int64_t last;		/* the latest boundary drawn */
	uint32_t track;
};

static void
close_top(struct weir__span *spans, struct lane *lane)
{
	struct weir__span *span = &spans[lane->top - 1];

	span->te = span->end;
	if (span->te <= lane->last)
		span->te = lane->last + 1;
	if (span->te < span->ts + 2)
		span->te = span->ts + 2;
	lane->last = span->te;
	lane->top = span->parent;
}

static bool
ends_before(const struct weir__span *open, const struct weir__span *span)
{
	return open->end <= span->start ||
	       (open->end < span->end && open->end - span->start < SLACK_NS);
}

/* Close what ended; whether the span then lies inside what is open. */
static bool
fits(struct weir__span *spans, struct lane *lane, const struct weir__span *span)
{
	while (lane->top && ends_before(&spans[lane->top - 1], span))
		close_top(spans, lane);
	return !lane->top || spans[lane->top - 1].end >= span->end;
}

static weir_status
new_track(struct weir__timeline *timeline, const struct weir__ring *ring,
	  unsigned lane, uint32_t *index)
{
	weir_status status = weir__grow(timeline->heap, &timeline->tracks,
					&timeline->tracks_room,
					timeline->n_tracks,
					sizeof *timeline->tracks);

	if (status)
		return status;
	*index = (uint32_t)timeline->n_tracks++;
	timeline->tracks[*index] = (struct weir__track){
		.ring = ring, .lane = lane, .cpu = -1
	};
	return WEIR_OK;
}

static weir_status
sweep(struct weir__timeline *timeline, const struct weir__ring *ring,
      struct weir__span *spans, size_t n)
{
	struct lane lanes[MOST_LANES];
	unsigned n_lanes = 0, l;
	weir_status status;
	size_t i;

	for (i = 0; i < n; i++) {
		struct weir__span *span = &spans[i];
		struct lane *lane;

		for (l = 0; l < n_lanes; l++)
			if (fits(spans, &lanes[l], span))
				break;
		if (l == MOST_LANES) {
			/* Nothing sane overlaps so often: squeezed in. */
			l = MOST_LANES - 1;
			while (lanes[l].top &&
			       spans[lanes[l].top - 1].end < span->end)
				close_top(spans, &lanes[l]);
		} else if (l == n_lanes) {
			lanes[l] = (struct lane){ 0, -1, 0 };
			status = new_track(timeline, ring, l, &lanes[l].track);
			if (status)
				return status;
			n_lanes++;
		}
		lane = &lanes[l];
		span->track = lane->track;
		span->parent = lane->top;
		span->ts = span->start > lane->last ? span->start
						    : lane->last + 1;
		lane->last = span->ts;
		lane->top = (uint32_t)i + 1;
	}
	for (l = 0; l < n_lanes; l++)
		while (lanes[l].top)
			close_top(spans, &lanes[l]);
	return WEIR_OK;
}

/* -- who a track is */

/* Boyer and Moore's vote: what more than half say, if anything is. */
struct vote {
	int value;
	size_t weight;
};

static void
cast(struct vote *vote, int value)
{
	if (vote->weight && vote->value != value) {
		vote->weight--;
		return;
	}
	vote->value = value;
	vote->weight++;
}

static void
describe_tracks(struct weir__tracer *tracer, struct weir__timeline *timeline,
		const struct weir__span *spans, size_t n, size_t first)
{
	struct vote node = { 0, 0 }, cpu = { -1, 0 }, worker = { 0, 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		const struct weir__record *record = spans[i].record;
		int at = weir__node_of(tracer, record->cpu);

		cast(&node, at < 0 ? 0 : at);
		if (record->cpu != WEIR__CPU_UNKNOWN)
			cast(&cpu, record->cpu);
		if (record->kind == WEIR__TRACE_OP)
			cast(&worker, weir__record_worker(record));
	}
	for (i = first; i < timeline->n_tracks; i++) {
		timeline->tracks[i].node = node.value;
		timeline->tracks[i].cpu = cpu.value;
		timeline->tracks[i].worker = worker.value > 0 ? worker.value
							      : 0;
	}
}

static int
by_place(const struct weir__track *x, const struct weir__track *y)
{
	int c = compare(x->node, y->node);

	if (!c)
		c = compare(x->worker, y->worker);
	if (!c)
		c = compare((int64_t)x->ring->thread,
			    (int64_t)y->ring->thread);
	return c ? c : compare(x->lane, y->lane);
}

/* Number the tracks in the order they are to be read. */
static void
number_tracks(struct weir__timeline *timeline)
{
	unsigned callers = 0;
	size_t i, j;

	for (i = 0; i < timeline->n_tracks; i++) {
		struct weir__track *track = &timeline->tracks[i];

		track->tid = 1;
		for (j = 0; j < timeline->n_tracks; j++)
			if (by_place(&timeline->tracks[j], track) < 0)
				track->tid++;
	}
	for (i = 0; i < timeline->n_tracks; i++) {
		struct weir__track *track = &timeline->tracks[i];

		if (track->worker == 0 && track->lane == 0)
			track->caller = ++callers;
		else if (track->worker == 0 && i)
			track->caller = timeline->tracks[i - 1].caller;
	}
}

/* -- rings to spans */

static size_t
count_records(const struct weir__ring *rings, bool counters)
{
	const struct weir__record *record;
	struct weir__ring_walk walk;
	size_t n = 0;

	for (; rings; rings = rings->next)
		for (record = weir__ring_first(rings, &walk); record;
		     record = weir__ring_next(&walk))
			if ((record->kind == WEIR__RECORD_COUNTER) == counters)
				n++;
	return n;
}

static void
measure(struct weir__tracer *tracer, struct weir__timeline *timeline,
	struct weir__span *span, const struct weir__record *record,
	uint64_t order)
{
	int64_t start = weir__clock_ns(&tracer->clock, record->start);
	int64_t end = record->kind == WEIR__RECORD_COUNTER ? start
		: weir__clock_ns(&tracer->clock, weir__record_end(record));

	/* Begun before the trace was: drawn from its beginning. */
	if (end < 0)
		end = 0;
	if (start < 0)
		start = 0;
	if (end < start) {
		timeline->backwards++;
		start = end;
	}
	*span = (struct weir__span){
		.record = record, .start = start, .end = end,
		.ts = start, .te = end, .order = order
	};
}

/* The spans of one ring, from *n on; its counters, too. */
static weir_status
add_ring(struct weir__tracer *tracer, struct weir__timeline *timeline,
	 const struct weir__ring *ring, size_t spans_room,
	 size_t counters_room)
{
	size_t first = timeline->n_spans, first_track = timeline->n_tracks;
	struct weir__span *spans = timeline->spans + first;
	const struct weir__record *record;
	struct weir__ring_walk walk;
	weir_status status;
	size_t n;

	for (record = weir__ring_first(ring, &walk); record;
	     record = weir__ring_next(&walk)) {
		uint64_t order = timeline->n_spans + timeline->n_counters;

		/* Room was counted; a thread that is still at work at the end
		 * of the process may have added more. */
		if (record->kind == WEIR__RECORD_COUNTER) {
			if (timeline->n_counters < counters_room)
				measure(tracer, timeline, &timeline->counters
					[timeline->n_counters++], record,
					order);
		} else if (timeline->n_spans < spans_room) {
			measure(tracer, timeline,
				&timeline->spans[timeline->n_spans++], record,
				order);
		}
	}
	n = timeline->n_spans - first;
	if (n)
		qsort(spans, n, sizeof *spans, by_measured_start);
	status = sweep(timeline, ring, spans, n);
	if (status)
		return status;
	describe_tracks(tracer, timeline, spans, n, first_track);
	timeline->lost += ring->lost;
	timeline->lost_deps += ring->lost_deps;
	return WEIR_OK;
}

weir_status
weir__timeline_build(struct weir__tracer *tracer,
		     struct weir__timeline *timeline)
{
	size_t spans = count_records(tracer->rings, false);
	size_t counters = count_records(tracer->rings, true);
	const struct weir__ring *ring;
	weir_status status = WEIR_OK;

	memset(timeline, 0, sizeof *timeline);
	timeline->heap = tracer->heap;
	timeline->lost = atomic_load_explicit(&tracer->lost,
					      memory_order_relaxed);
	timeline->spans = weir__calloc(tracer->heap, spans + 1,
				       sizeof *timeline->spans);
	timeline->counters = weir__calloc(tracer->heap, counters + 1,
					  sizeof *timeline->counters);
	if (!timeline->spans || !timeline->counters)
		status = WEIR_ENOMEM;
	for (ring = tracer->rings; !status && ring; ring = ring->next)
		status = add_ring(tracer, timeline, ring, spans, counters);
	if (status) {
		weir__timeline_free(timeline);
		return status;
	}
	number_tracks(timeline);
	qsort(timeline->spans, timeline->n_spans, sizeof *timeline->spans,
	      by_drawn_start);
	qsort(timeline->counters, timeline->n_counters,
	      sizeof *timeline->counters, by_drawn_start);
	return WEIR_OK;
}
