/* What recording costs, by trying: two stamps and a record in a ring. */
#include "trace/tracer.h"

enum { ROUNDS = 8, EVENTS = 256 };

int64_t
weir__overhead_ns(struct weir__tracer *tracer)
{
	static const struct weir__trace_info info = { "", "", "", "", 0, 0 };
	struct weir__trace_event event = {
		.kind = WEIR__TRACE_OP, .info = &info, .block = -1
	};
	struct weir__ring *ring = weir__ring_create(tracer->heap, 0, 0);
	uint64_t before, least = UINT64_MAX;
	int i, k;

	if (!ring)
		return 0;
	for (i = 0; i < ROUNDS; i++) {
		before = weir__clock_monotonic();
		for (k = 0; k < EVENTS; k++) {
			event.start = weir__trace_now(tracer);
			event.end = weir__trace_now(tracer);
			weir__ring_event(ring, &event, 0);
		}
		before = weir__clock_monotonic() - before;
		if (before < least)
			least = before;
	}
	weir__ring_release(ring);
	return (int64_t)((least + EVENTS / 2) / EVENTS);
}
