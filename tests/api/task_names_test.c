/* How tasks are called: in traces, as text, in pictures, when they fail. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/spans.h"
#include "support/temporary.h"
#include "support/weir_test.h"

static weir_runtime *rt;
static char chain;		/* what all tasks read and write */

static void
begin(void)
{
	rt = must_runtime(2);
}

static void
end(void)
{
	weir_runtime_release(rt);
}

TestSuite(task_names, .init = begin, .fini = end);

static weir_status
nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

static weir_status
fail(void *arg)
{
	(void)arg;
	return weir_fail(WEIR_ERANGE, "no");
}

static void
must_add(weir_tasks *tasks, weir_task_fn fn, const char *name)
{
	weir_task_options options = { .size = sizeof options, .name = name };
	weir_access access = { &chain, WEIR_READ_WRITE };

	must(weir_tasks_add(tasks, fn, NULL, &access, 1, &options, NULL));
}

static weir_tasks *
must_tasks(const char *name)
{
	weir_tasks *tasks = NULL;

	must(weir_tasks_create(rt, name, &tasks));
	return tasks;
}

/* How the tasks of must_nested() are called below its own name. */
static const char *const wanted[] = {
	"load", "solver/scale", "solver/smoother/sweep",
	"solver/smoother/task", "solver/norm", "solver/scale",
	"solver/smoother/sweep", "solver/smoother/task", "solver/norm",
	"smoother/sweep", "smoother/task", "store",
};

enum { TASKS = sizeof wanted / sizeof *wanted };

/* Graphs in graphs, all of them gone; the last of the smoother's does fn. */
static weir_schedule *
must_nested(weir_task_fn fn)
{
	weir_tasks *app = must_tasks("app"), *solver = must_tasks("solver");
	weir_tasks *smoother = must_tasks("smoother");
	weir_tasks *empty = must_tasks("empty");
	weir_schedule *schedule = NULL;

	must_add(smoother, nothing, "sweep");
	must_add(smoother, fn, NULL);
	must_add(solver, nothing, "scale");
	must(weir_tasks_add_graph(solver, smoother, NULL, 0, NULL));
	must(weir_tasks_add_graph(solver, empty, NULL, 0, NULL));
	must_add(solver, nothing, "norm");
	must_add(app, nothing, "load");
	must(weir_tasks_add_graph(app, solver, NULL, 0, NULL));
	must(weir_tasks_add_graph(app, solver, NULL, 0, NULL));
	must(weir_tasks_add_graph(app, empty, NULL, 0, NULL));
	must(weir_tasks_add_graph(app, smoother, NULL, 0, NULL));
	must_add(app, nothing, "store");
	weir_tasks_release(empty);
	weir_tasks_release(smoother);
	weir_tasks_release(solver);
	must(weir_tasks_compile(app, &schedule));
	weir_tasks_release(app);
	return schedule;
}

static const struct span *
span_of(const struct spans *spans, int64_t ordinal)
{
	size_t i;

	for (i = 0; i < spans->n; i++)
		if (spans->all[i].ordinal == ordinal)
			return &spans->all[i];
	return NULL;
}

Test(task_names, are_in_traces_below_those_of_the_graphs_they_came_with)
{
	weir_schedule *schedule = must_nested(nothing);
	weir_trace_options options = { .size = sizeof options };
	struct spans spans;
	char file[TEMPORARY], path[128];
	int i;

	temporary_file(file);
	must(weir_trace_start(rt, &options));
	must(weir_schedule_run(schedule, 1));
	weir_trace_stop(rt);
	must(weir_trace_write(rt, file));
	spans_read(&spans, file);
	unlink(file);
	for (i = 0; i < TASKS; i++) {
		const struct span *span = span_of(&spans, i + 1);
		const char *last = strrchr(wanted[i], '/');

		cr_assert(span, "%d", i);
		snprintf(path, sizeof path, "app/%s", wanted[i]);
		cr_expect_str_eq(span->path, path);
		cr_expect_str_eq(span->name, last ? last + 1 : wanted[i]);
	}
	spans_free(&spans);
	weir_schedule_release(schedule);
}

Test(task_names, are_in_texts_and_pictures)
{
	weir_schedule *schedule = must_nested(nothing);
	char *text, *picture, line[128];
	int i;

	must(weir_schedule_describe(schedule, false, &text));
	must(weir_schedule_describe(schedule, true, &picture));
	for (i = 0; i < TASKS; i++) {
		snprintf(line, sizeof line, "    %s %d\n", wanted[i], i);
		cr_expect(strstr(text, line), "%s in %s", line, text);
		snprintf(line, sizeof line, "%d [label=\"%s %d\"];", i,
			 wanted[i], i);
		cr_expect(strstr(picture, line), "%s in %s", line, picture);
	}
	weir_text_release(text);
	weir_text_release(picture);
	weir_schedule_release(schedule);
}

Test(task_names, are_told_when_tasks_fail)
{
	weir_schedule *schedule = must_nested(fail);
	weir_tasks *own = must_tasks("own");

	cr_expect_eq(weir_schedule_run(schedule, 1), WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), "app: task 3 (solver/smoother/"
			 "task) failed: no");
	weir_schedule_release(schedule);
	must_add(own, fail, "read");
	must(weir_tasks_compile(own, &schedule));
	cr_expect_eq(weir_schedule_run(schedule, 1), WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), "own: task 0 (read) failed: no");
	weir_schedule_release(schedule);
	weir_tasks_release(own);
}
