/* Schedules against optimal ones made by others. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>

#include "makespan.h"
#include "support/weir_test.h"

static int
is_dag(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 4 && !strcmp(entry->d_name + length - 4, ".dag");
}

static double
must_simulate(const struct dag *d)
{
	weir_runtime *rt = must_runtime(d->processors);
	weir_task_span *spans = calloc(d->n, sizeof *spans);
	weir_schedule *schedule = NULL;
	weir_tasks *tasks = NULL;
	double makespan = -1;

	cr_assert(spans);
	must(dag_tasks(d, rt, &tasks));
	must(weir_tasks_compile(tasks, &schedule));
	must(weir_schedule_check(schedule));
	must(weir_schedule_simulate(schedule, NULL, NULL, spans, &makespan));
	cr_expect(dag_spans_are_possible(d, spans), "%s", d->name);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
	free(spans);
	return makespan;
}

Test(makespan, is_near_the_optimum_and_never_above_heft)
{
	const char *srcdir = getenv("srcdir");
	char folder[1024], path[2048];
	struct dirent **entries;
	double above = 0;
	int n, i, small = 0;

	snprintf(folder, sizeof folder, "%s/../shared/cases/dags/"
		 "auckland-optimal", srcdir ? srcdir : ".");
	n = scandir(folder, &entries, is_dag, alphasort);
	if (n <= 0)
		cr_skip_test("%s is not there", folder);
	for (i = 0; i < n; i++) {
		double makespan, heft;
		struct dag *d;

		snprintf(path, sizeof path, "%s/%s", folder,
			 entries[i]->d_name);
		d = dag_read(path);
		cr_assert(d && d->processors, "%s", path);
		makespan = must_simulate(d);
		heft = heft_makespan(d, d->processors);
		cr_expect_geq(makespan, d->optimum, "%s", path);
		cr_expect_leq(makespan, heft < d->total ? heft : d->total,
			      "%s", path);
		if (d->ccr <= 1.2) {
			above += makespan / d->optimum - 1;
			small++;
		}
		dag_free(d);
		free(entries[i]);
	}
	free(entries);
	cr_expect_gt(small, 0);
	cr_expect_leq(above, 0.05 * small, "%g %% in the mean",
		      100 * above / small);
}
