/*
 * Chrome Trace Event JSON: one closed object, an event a line.
 *
 * In: the timeline, in which all times are as viewers need them. Out: first
 * who the tracks are, then spans in order of time, then arrows, then
 * counters; at the end what holds for the whole. Files made with the logical
 * clock hold nothing that differs between two runs of one program: no
 * process, no processor, no date, no cost.
 */
#include <string.h>
#include <unistd.h>
#include <weir/version.h>

#include "base/error.h"
#include "trace/chrome.h"

void
weir__chrome_begin(struct weir__chrome *w, const char *phase,
		   const char *category)
{
	weir__out_text(w->out, w->has_events ? ",\n{\"ph\":\"" :
					       "\n{\"ph\":\"");
	weir__out_text(w->out, phase);
	weir__out_text(w->out, "\",\"cat\":\"");
	weir__out_text(w->out, category);
	weir__out_text(w->out, "\"");
	w->has_events = true;
}

static const struct weir__track *
track_of(const struct weir__chrome *w, const struct weir__span *span)
{
	return &w->timeline.tracks[span->track];
}

static void
put_where(struct weir__chrome *w, const struct weir__track *track, int64_t ts)
{
	weir__out_key_int(w->out, "pid", track->node + 1);
	weir__out_key_int(w->out, "tid", track->tid);
	weir__out_text(w->out, ",\"ts\":");
	weir__out_us(w->out, ts);
}

/* -- spans */

static const char *
category(const struct weir__record *record)
{
	switch (record->kind) {
	case WEIR__TRACE_FRAME: return "scope";
	case WEIR__TRACE_RUN: return "run";
	case WEIR__TRACE_RECORD: return "record";
	case WEIR__TRACE_COMPILE: return "compile";
	default: return record->flags & WEIR__RECORD_EAGER ? "eager" : "graph";
	}
}

static void
put_name(struct weir__chrome *w, const struct weir__record *record)
{
	/* A viewer takes events of these names for its own. */
	static const char *const taken[] = {
		"Profile", "CpuProfile", "ProfileChunk"
	};
	const char *name = record->info->op;
	char text[256];
	struct weir__text t;
	size_t i;

	weir__text_init(&t, text, sizeof text);
	if (record->kind == WEIR__TRACE_RUN ||
	    record->kind == WEIR__TRACE_RECORD ||
	    record->kind == WEIR__TRACE_COMPILE) {
		weir__text_add(&t, "%s %s", category(record), name);
		name = text;
	}
	for (i = 0; i < sizeof taken / sizeof *taken; i++)
		if (strcmp(name, taken[i]) == 0) {
			weir__text_add(&t, "op %s", name);
			name = text;
			break;
		}
	weir__out_key_string(w->out, "name", *name ? name : "(no name)");
}

static void
put_text_arg(struct weir__chrome *w, const char *key, const char *text)
{
	if (*text)
		weir__out_key_string(w->out, key, text);
}

static void
put_number_arg(struct weir__chrome *w, const char *key, double number)
{
	if (number <= 0)
		return;
	weir__out_text(w->out, ",\"");
	weir__out_text(w->out, key);
	weir__out_text(w->out, "\":");
	weir__out_double(w->out, number);
}

static void
put_ready(struct weir__chrome *w, const struct weir__span *span)
{
	uint64_t stamp = weir__record_ready(span->record);
	int64_t ready = weir__clock_ns(&w->tracer->clock, stamp);

	if (!stamp)
		return;
	if (ready < 0)
		ready = 0;
	weir__out_text(w->out, ",\"ready\":");
	weir__out_us(w->out, ready);
	weir__out_text(w->out, ",\"wait\":");
	weir__out_us(w->out, span->start > ready ? span->start - ready : 0);
}

static void
put_op_args(struct weir__chrome *w, const struct weir__span *span)
{
	const struct weir__record *record = span->record;
	uint32_t i;

	weir__out_key_int(w->out, "ordinal",
			  (int64_t)weir__record_ordinal(record));
	if (record->block >= 0)
		weir__out_key_int(w->out, "block", record->block);
	if (weir__record_has_tiles(record)) {
		weir__out_key_int(w->out, "tile_begin",
				  weir__record_tile(record, 0));
		weir__out_key_int(w->out, "tile_end",
				  weir__record_tile(record, 1));
		weir__out_key_int(w->out, "tiles",
				  weir__record_tile(record, 2));
	}
	weir__out_key_int(w->out, "worker", weir__record_worker(record));
	put_ready(w, span);
	if (!record->n_deps)
		return;
	weir__out_text(w->out, ",\"deps\":[");
	for (i = 0; i < record->n_deps; i++) {
		weir__out_text(w->out, i ? "," : "");
		weir__out_uint(w->out, weir__record_dep(record, i));
	}
	weir__out_text(w->out, "]");
}

static const struct {
	const char *word, *count;
} fates[] = {
	[WEIR__FATE_MERGED] = { "merged", "merged" },
	[WEIR__FATE_FOLDED] = { "folded", "folded" },
	[WEIR__FATE_DROPPED] = { "dropped", "dropped" },
	[WEIR__FATE_VIEW] = { "view", "views" },
	[WEIR__FATE_FUSED] = { "fused", "fused" },
	[WEIR__FATE_RECOMPUTED] = { "recomputed", "recomputed" },
};

enum { N_FATES = sizeof fates / sizeof *fates };

/* How many ops of this run no event will show, by what became of them; and how
 * many events show an op once more. */
static void
put_run_args(struct weir__chrome *w, const struct weir__record *record)
{
	const struct weir__trace_notice *notice = w->tracer->notices;
	uint64_t run = weir__record_run(record);
	int64_t counts[N_FATES] = { 0 };
	size_t i;

	for (; notice; notice = notice->next)
		for (i = 0; notice->run == run && i < notice->n; i++)
			if ((unsigned)notice->notes[i].fate < N_FATES)
				counts[notice->notes[i].fate]++;
	for (i = 1; i < N_FATES; i++)
		if (counts[i])
			weir__out_key_int(w->out, fates[i].count, counts[i]);
}

static void
put_span(struct weir__chrome *w, const struct weir__span *span)
{
	const struct weir__record *record = span->record;
	const struct weir__trace_info *info = record->info;
	int node;

	weir__chrome_begin(w, "X", category(record));
	put_name(w, record);
	put_where(w, track_of(w, span), span->ts);
	weir__out_text(w->out, ",\"dur\":");
	weir__out_us(w->out, span->te - span->ts);
	weir__out_text(w->out, ",\"args\":{\"run\":");
	weir__out_uint(w->out, weir__record_run(record));
	put_text_arg(w, "path", info->path);
	put_text_arg(w, "site", info->site);
	put_text_arg(w, "shapes", info->shapes);
	put_number_arg(w, "bytes", info->bytes);
	put_number_arg(w, "flops", info->flops);
	if (record->kind == WEIR__TRACE_OP)
		put_op_args(w, span);
	else if (record->kind == WEIR__TRACE_RUN)
		put_run_args(w, record);
	if (record->cpu != WEIR__CPU_UNKNOWN) {
		weir__out_key_int(w->out, "cpu", record->cpu);
		node = weir__node_of(w->tracer, record->cpu);
		if (node >= 0)
			weir__out_key_int(w->out, "node", node);
	}
	weir__out_text(w->out, "}}");
}

/* -- arrows and counters */

static void
put_arrow(struct weir__chrome *w, const struct weir__arrow *arrow)
{
	weir__chrome_begin(w, "s", "dependency");
	weir__out_text(w->out, ",\"name\":\"dependency\"");
	put_where(w, track_of(w, arrow->from), arrow->at);
	weir__out_key_int(w->out, "id", (int64_t)w->arrows.drawn);
	weir__out_text(w->out, "}");
	weir__chrome_begin(w, "f", "dependency");
	weir__out_text(w->out, ",\"name\":\"dependency\",\"bp\":\"e\"");
	put_where(w, track_of(w, arrow->to), arrow->to->ts);
	weir__out_key_int(w->out, "id", (int64_t)w->arrows.drawn);
	weir__out_text(w->out, "}");
}

static void
put_arrows(struct weir__chrome *w)
{
	struct weir__arrow arrow;
	size_t i;
	uint32_t k;

	for (i = 0; i < w->timeline.n_spans; i++) {
		const struct weir__span *span = &w->timeline.spans[i];

		if (!weir__arrows_end_at(span))
			continue;
		for (k = 0; k < span->record->n_deps; k++)
			if (weir__arrow_find(&w->arrows, span, k, &arrow))
				put_arrow(w, &arrow);
	}
}

static void
put_counter(struct weir__chrome *w, const struct weir__span *counter)
{
	uint64_t bits = weir__record_end(counter->record);
	double value;

	memcpy(&value, &bits, sizeof value);
	weir__chrome_begin(w, "C", "counter");
	weir__out_key_string(w->out, "name", counter->record->info->op);
	weir__out_key_int(w->out, "pid", w->first_pid);
	weir__out_key_int(w->out, "tid", 1);
	weir__out_text(w->out, ",\"ts\":");
	weir__out_us(w->out, counter->ts);
	/* The first event of a counter decides what its series are called. */
	weir__out_text(w->out, ",\"args\":{\"value\":");
	weir__out_double(w->out, value > 0 ? value : 0);
	weir__out_text(w->out, "}}");
}

/* -- what holds for the whole */

static void
put_note(struct weir__chrome *w, uint64_t run,
	 const struct weir__trace_note *note)
{
	bool is_known = note->fate > 0 && (unsigned)note->fate < N_FATES;

	weir__out_text(w->out, "{\"run\":");
	weir__out_uint(w->out, run);
	weir__out_key_int(w->out, "ordinal", (int64_t)note->ordinal);
	if (note->info) {
		weir__out_key_string(w->out, "op", note->info->op);
		put_text_arg(w, "path", note->info->path);
		put_text_arg(w, "site", note->info->site);
		put_text_arg(w, "shapes", note->info->shapes);
	}
	weir__out_key_string(w->out, "fate",
			     is_known ? fates[note->fate].word : "unknown");
	if (note->into != note->ordinal)
		weir__out_key_int(w->out, "into", (int64_t)note->into);
	weir__out_text(w->out, "}");
}

static void
put_notes(struct weir__chrome *w)
{
	const struct weir__trace_notice *notice = w->tracer->notices;
	const char *separator = "\n";
	size_t i;

	weir__out_text(w->out, ",\n\"notes\":[");
	for (; notice; notice = notice->next)
		for (i = 0; i < notice->n; i++) {
			weir__out_text(w->out, separator);
			put_note(w, notice->run, &notice->notes[i]);
			separator = ",\n";
		}
	weir__out_text(w->out, "]");
}

static void
put_other_data(struct weir__chrome *w)
{
	struct weir__tracer *tracer = w->tracer;
	struct weir__out *out = w->out;

	weir__out_text(out, "\"otherData\":{\"weir\":{\"version\":");
	weir__out_string(out, WEIR_VERSION);
	weir__out_key_string(out, "clock", weir__clock_name(&tracer->clock));
	weir__out_key_int(out, "events", (int64_t)(w->timeline.n_spans +
						   w->timeline.n_counters));
	weir__out_key_int(out, "events_lost", (int64_t)w->timeline.lost);
	weir__out_key_int(out, "producers_lost",
			  (int64_t)w->timeline.lost_deps);
	weir__out_key_int(out, "arrows", (int64_t)w->arrows.drawn);
	weir__out_key_int(out, "arrows_clamped", (int64_t)w->arrows.clamped);
	weir__out_key_int(out, "arrows_backwards",
			  (int64_t)w->arrows.backwards);
	weir__out_key_int(out, "producers_not_in_trace",
			  (int64_t)w->arrows.absent);
	weir__out_key_int(out, "clock_ran_backwards",
			  (int64_t)w->timeline.backwards);
	if (!w->is_logical) {
		weir__out_key_int(out, "overhead_ns_per_event",
				  weir__overhead_ns(tracer));
		weir__out_key_string(out, "workers",
				     weir__chrome_binding(tracer));
	}
	put_notes(w);
	weir__out_text(out, "}}");
}

static void
put_metadata(struct weir__chrome *w)
{
	const struct weir__clock *clock = &w->tracer->clock;

	/* Without these two a viewer warns of a coarse clock. */
	weir__out_text(w->out, "\"metadata\":{\"highres-ticks\":true,"
		       "\"clock-domain\":\"LINUX_CLOCK_MONOTONIC\"");
	if (!w->is_logical) {
		weir__out_key_int(w->out, "monotonic-start-ns",
				  (int64_t)clock->first.ns);
		weir__out_key_int(w->out, "unix-start-ns",
				  clock->realtime_ns);
		weir__out_key_int(w->out, "process", (int64_t)getpid());
	}
	weir__out_text(w->out, "}");
}

static void
write_all(struct weir__chrome *w)
{
	size_t i;

	weir__out_text(w->out, "{\"displayTimeUnit\":\"ns\",\n");
	put_metadata(w);
	weir__out_text(w->out, ",\n\"traceEvents\":[");
	weir__chrome_tracks(w);
	for (i = 0; i < w->timeline.n_spans; i++)
		put_span(w, &w->timeline.spans[i]);
	put_arrows(w);
	for (i = 0; i < w->timeline.n_counters; i++)
		put_counter(w, &w->timeline.counters[i]);
	weir__out_text(w->out, "\n],\n");
	put_other_data(w);
	weir__out_text(w->out, "}\n");
}

weir_status
weir__chrome_write(struct weir__tracer *tracer, const char *path)
{
	struct weir__chrome w = { .tracer = tracer, .first_pid = 1 };
	weir_status status;

	w.is_logical = tracer->clock.kind == WEIR__CLOCK_LOGICAL;
	weir__clock_calibrate(&tracer->clock);
	status = weir__timeline_build(tracer, &w.timeline);
	if (status)
		return status;
	if (!w.timeline.n_spans && !w.timeline.n_counters && !w.timeline.lost)
		status = weir_fail(WEIR_ESTATE, "cannot write trace %s: "
				   "nothing was recorded", path);
	if (!status)
		status = weir__arrows_init(&w.arrows, &w.timeline);
	if (!status)
		status = weir__out_open(tracer->heap, path, &w.out);
	if (!status) {
		write_all(&w);
		status = weir__out_close(w.out);
	}
	weir__arrows_free(&w.arrows);
	weir__timeline_free(&w.timeline);
	return status;
}
