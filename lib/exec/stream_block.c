/* What is in the blocks of a schedule: tasks. */
#include <math.h>

#include "base/now.h"
#include "exec/stream_trace.h"

void
weir__stream_fail(struct weir__stream_run *run, uint64_t task,
		  weir_status status, const char *why)
{
	struct weir__text text;

	pthread_mutex_lock(&run->failure_lock);
	if (task < atomic_load_explicit(&run->failed, memory_order_relaxed)) {
		run->status = status;
		weir__text_init(&text, run->why, WEIR__ERROR_SIZE);
		weir__text_add(&text, "%s: %s", run->schedule->name, why);
		atomic_store_explicit(&run->failed, task,
				      memory_order_relaxed);
	}
	pthread_mutex_unlock(&run->failure_lock);
}

/* " (solver/step)", if it was given a name or came with another graph. */
static void
add_name(const weir_schedule *s, uint32_t task, struct weir__text *text)
{
	const char *path = weir__stream_path(s, task);

	if (path || (s->names && s->names[task]))
		weir__text_add(text, " (%s%s%s)", path ? path : "",
			       path ? "/" : "", weir__stream_name(s, task));
}

static void
note_failure(struct weir__stream_run *run, uint32_t entry, weir_status status)
{
	uint32_t task = run->schedule->streams->items[entry];
	char why[WEIR__ERROR_SIZE];
	struct weir__text text;

	weir__text_init(&text, why, sizeof why);
	weir__text_add(&text, "task %u", task);
	add_name(run->schedule, task, &text);
	weir__text_add(&text, " failed: %s",
		       weir_error_text()[0] ? weir_error_text()
					    : weir_status_name(status));
	weir__stream_fail(run, task, status, why);
}

static void
run_entry(struct weir__stream_run *run, uint32_t entry)
{
	const struct weir__task *task = &run->schedule->entries[entry];
	double start = run->task_ns ? weir__now_ns() : 0;
	weir_status status;

	weir__error_clear();
	status = task->fn(task->arg);
	if (run->task_ns) {
		double *least = &run->task_ns[run->loop.streams->items[entry]];

		*least = fmin(*least, weir__now_ns() - start);
	}
	if (status)
		note_failure(run, entry, status);
}

/*
 * Tasks until one fails: that one, or the end. The innermost loop of all, of a
 * nanosecond or two a task, which one cache line of code holds: across two it
 * takes a third longer.
 */
__attribute__((__noinline__, __aligned__(64)))
static const struct weir__task *
call_tasks(const struct weir__task *task, const struct weir__task *end,
	   weir_status *status)
{
	for (; task < end; task++) {
		*status = task->fn(task->arg);
		if (*status)
			break;
	}
	return task;
}

void
weir__stream_run_block(struct weir__stream_loop *loop, uint32_t block,
		       uint64_t number, unsigned worker)
{
	struct weir__stream_run *run = (struct weir__stream_run *)loop;
	const struct weir__schedule *streams = loop->streams;
	uint32_t i = streams->first_item[block];
	uint32_t end = streams->first_item[block + 1];
	const struct weir__task *entry = run->schedule->entries;
	uint64_t stamp = run->tracer ? weir__trace_now(run->tracer) : 0;
	weir_status status;

	if (run->deadline > 0 && weir__now_ns() > run->deadline)
		weir__stream_fail(run, 0, WEIR_ETIMEDOUT,
				  "the deadline is over");
	/* Nothing has failed, nobody looks: call and go on. */
	if (!run->tracer && !run->task_ns &&
	    atomic_load_explicit(&run->failed, memory_order_relaxed) ==
		    UINT64_MAX) {
		i = (uint32_t)(call_tasks(&entry[i], &entry[end], &status) -
			       entry);
		if (i < end)
			note_failure(run, i++, status);
	}
	/* Else only what was recorded before what has failed. */
	for (; i < end; i++) {
		if (streams->items[i] >= atomic_load_explicit(
			    &run->failed, memory_order_relaxed))
			continue;
		run_entry(run, i);
		if (run->tracer)
			stamp = weir__stream_trace_task(run, i, number, block,
							worker, stamp);
	}
}
