/*
 * To be run on a machine with several NUMA nodes, see tests/numa/check: every
 * worker is bound to its pool's node and is there, as many as the pool says,
 * and the caller is left as it was. Exit status 0, or 1 after a line.
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weir.h>

enum { TASKS = 64, TIMES = 4, SEEN_MAX = 256 };

struct seen {
	atomic_long thread;
	int node;			/* of all it may run on; -1: several */
	atomic_bool strayed;		/* seen on another */
};

static struct seen seen[SEEN_MAX];

static int
fail(const char *what, const char *text)
{
	printf("workers: %s: %s\n", what, text);
	return 1;
}

/* The node of a processor, as the system tells; -1: none. */
static int
node_of(unsigned cpu)
{
	char path[64];
	int node;

	for (node = 0; node < 64; node++) {
		snprintf(path, sizeof path,
			 "/sys/devices/system/node/node%d/cpu%u", node, cpu);
		if (access(path, F_OK) == 0)
			return node;
	}
	return -1;
}

static int
node_of_mask(void)
{
	int node = -2;
	cpu_set_t set;
	unsigned i;

	if (sched_getaffinity(0, sizeof set, &set))
		return -1;
	for (i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		if (node != -2 && node_of(i) != node)
			return -1;
		node = node_of(i);
	}
	return node;
}

static struct seen *
slot_of(long thread)
{
	size_t i;

	for (i = 0; i < SEEN_MAX; i++) {
		long none = 0;

		if (atomic_load(&seen[i].thread) == thread)
			return &seen[i];
		if (atomic_compare_exchange_strong(&seen[i].thread, &none,
						   thread)) {
			seen[i].node = node_of_mask();
			return &seen[i];
		}
	}
	return NULL;
}

static weir_status
look(void *arg)
{
	struct seen *s = slot_of(syscall(SYS_gettid));
	unsigned cpu, node;

	(void)arg;
	if (!s || getcpu(&cpu, &node))
		return weir_fail(WEIR_EOP, "too many threads");
	if ((int)node != s->node)
		atomic_store(&s->strayed, true);
	usleep(5000);
	return WEIR_OK;
}

static weir_status
run(weir_runtime *runtime)
{
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = 5e6 };
	weir_schedule *schedule;
	weir_tasks *tasks;
	weir_status status = weir_tasks_create(runtime, "look", &tasks);
	int i;

	for (i = 0; i < TASKS && !status; i++)
		status = weir_tasks_add_after(tasks, look, NULL, NULL, 0,
					      &options, NULL);
	if (!status)
		status = weir_tasks_compile(tasks, &schedule);
	if (status)
		return status;
	status = weir_schedule_run(schedule, TIMES);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	return status;
}

static int
compare(const weir_runtime *runtime)
{
	size_t p, i;
	int bad = 0;

	for (p = 0; p < weir_runtime_pools(runtime); p++) {
		weir_pool_info pool = weir_runtime_pool(runtime, p);
		unsigned n = 0;

		for (i = 0; i < SEEN_MAX; i++)
			n += seen[i].thread && !seen[i].strayed &&
			     seen[i].node == (int)pool.numa_node;
		printf("pool %zu: NUMA node %u, %u workers, %u threads bound "
		       "to it\n", p, pool.numa_node, pool.workers, n);
		bad |= n != pool.workers;
	}
	return bad ? fail("pools", "a worker is not in its node") : 0;
}

int
main(void)
{
	cpu_set_t before, after;
	weir_runtime *runtime;
	int bad;

	sched_getaffinity(0, sizeof before, &before);
	if (weir_runtime_create(NULL, &runtime))
		return fail("weir_runtime_create", weir_error_text());
	if (weir_runtime_pools(runtime) < 2)
		return fail("pools", "there are not two to tell apart");
	if (run(runtime))
		return fail("run", weir_error_text());
	bad = compare(runtime);
	weir_runtime_release(runtime);
	sched_getaffinity(0, sizeof after, &after);
	if (!CPU_EQUAL(&before, &after))
		return fail("caller", "its affinity has changed");
	return bad;
}
