#include "exec/stream_trace.h"

enum { DEPS_MAX = 64 };		/* arrows to a task; the rest are not drawn */

/* -- what is said about tasks ------------------------------------------------------ */

static const struct weir__trace_info *
describe(const weir_schedule *s, const char *graphs, const char *name)
{
	struct weir__trace_info info = { .op = name, .site = "",
					 .shapes = "" };
	struct weir__text text;
	char path[512];

	weir__text_init(&text, path, sizeof path);
	weir__text_add(&text, "%s/%s%s%s", s->name, graphs ? graphs : "",
		       graphs ? "/" : "", name);
	info.path = path;
	return weir__trace_intern(s->tracer, &info);
}

/* One description for each entry; neighbours mostly share theirs. */
static bool
describe_tasks(struct weir__stream_run *run)
{
	const weir_schedule *s = run->schedule;
	const struct weir__trace_info *info = NULL;
	const char *name = NULL, *graphs = NULL;
	uint32_t i;

	if (run->has_infos)
		return true;
	if (!run->infos)
		run->infos = weir__calloc(s->heap, (size_t)s->dag.n + 1,
					  sizeof *run->infos);
	if (!run->ends)
		run->ends = weir__calloc(s->heap, (size_t)s->dag.n + 1,
					 sizeof *run->ends);
	if (!run->infos || !run->ends)
		return false;
	for (i = 0; i < s->dag.n; i++) {
		const uint32_t task = s->streams->items[i];
		const char *own = weir__stream_name(s, task);
		const char *path = weir__stream_path(s, task);

		if (own != name || path != graphs)
			info = describe(s, path, own);
		name = own;
		graphs = path;
		if (!info)
			return false;
		run->infos[i] = info;
	}
	run->has_infos = true;
	return true;
}

/* -- a run --------------------------------------------------------------------------- */

void
weir__stream_trace_begin(struct weir__stream_run *run)
{
	struct weir__tracer *tracer = run->schedule->tracer;

	run->tracer = NULL;
	if (!weir__trace_is_on(tracer))
		return;
	if (!describe_tasks(run)) {
		weir__trace_lose(tracer);	/* the whole run, as one */
		return;
	}
	run->tracer = tracer;
	run->trace_run = weir__trace_new_run(tracer);
	run->trace_start = weir__trace_now(tracer);
}

void
weir__stream_trace_end(struct weir__stream_run *run)
{
	const char *name = run->schedule->name;

	if (run->tracer)
		weir__trace_span(run->tracer, WEIR__TRACE_RUN, run->trace_run,
				 name, name, run->trace_start);
}

/* Ordinals go on from one repetition to the next. */
uint64_t
weir__stream_trace_task(struct weir__stream_run *run, uint32_t entry,
			uint64_t number, uint32_t block, unsigned worker,
			uint64_t start)
{
	const weir_schedule *s = run->schedule;
	const uint64_t before = (number - run->begin) * s->dag.n + 1;
	const uint32_t task = s->streams->items[entry];
	const uint32_t *pred = &s->dag.preds[s->dag.first_pred[task]];
	const uint32_t *end = &s->dag.preds[s->dag.first_pred[task + 1]];
	struct weir__trace_event event;
	uint64_t deps[DEPS_MAX];

	event.n_deps = 0;
	/* What waits for none: when the run began, unless that was for others
	 * of several repetitions. */
	event.ready = number == run->begin ? run->trace_start : 0;
	for (; pred < end; pred++) {
		uint64_t ended = atomic_load_explicit(&run->ends[*pred],
						      memory_order_relaxed);

		if (event.ready < ended)
			event.ready = ended;
		if (event.n_deps < DEPS_MAX)
			deps[event.n_deps++] = before + *pred;
	}
	event.kind = WEIR__TRACE_OP;
	event.info = run->infos[entry];
	event.run = run->trace_run;
	event.ordinal = before + task;
	event.start = start;
	event.end = weir__trace_now(run->tracer);
	event.tile_begin = event.tile_end = event.tiles = 0;
	event.block = (int32_t)block;
	event.worker = (int32_t)worker;
	event.eager = false;
	event.deps = deps;
	atomic_store_explicit(&run->ends[task], event.end,
			      memory_order_relaxed);
	weir__trace_event(run->tracer, &event);
	return event.end;
}
