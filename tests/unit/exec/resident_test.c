/* Which threads of a resident team do a job. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "exec/resident.h"
#include "support/heap.h"

enum { THREADS = 3, WORKERS = 2, JOBS = 3 };

TestSuite(resident, .init = begin_heap, .fini = end_heap);

struct seen {
	sem_t over;
	pthread_barrier_t all;		/* nobody goes before the others come */
	long thread[WORKERS];
};

static void
note_thread(void *arg, unsigned me, unsigned size)
{
	struct seen *seen = arg;

	cr_assert_eq(size, WORKERS);
	seen->thread[me] = syscall(SYS_gettid);
	pthread_barrier_wait(&seen->all);
}

static void
end_job(void *arg)
{
	struct seen *seen = arg;

	sem_post(&seen->over);
}

/* One job after another of so many workers, by a team with one more. */
static void
run_jobs(struct weir__resident *r, struct seen *seen)
{
	int i;

	for (i = 0; i < JOBS; i++) {
		struct weir__job job = { .work = note_thread, .over = end_job,
					 .arg = &seen[i], .want = WORKERS };

		sem_init(&seen[i].over, 0, 0);
		pthread_barrier_init(&seen[i].all, NULL, WORKERS);
		weir__resident_post(r, &job);
		while (sem_wait(&seen[i].over))
			;
		pthread_barrier_destroy(&seen[i].all);
		sem_destroy(&seen[i].over);
	}
}

static void
try_jobs(bool bind, struct seen *seen)
{
	struct weir__topology *t;
	struct weir__resident *r;

	cr_assert_eq(weir__topology_create(
			     heap, &(struct weir__topology_options){
				     .synthetic = "numa:3 core:1 pu:1" }, &t),
		     WEIR_OK, "%s", weir_error_text());
	cr_assert_eq(weir__resident_new(heap, t, THREADS, bind, &r), WEIR_OK);
	run_jobs(r, seen);
	weir__resident_free(r);
	weir__topology_release(t);
}

/* Worker 1 of a plan is for the pool of thread 1, whatever has been run. */
Test(resident, team_that_is_bound_has_each_worker_on_its_thread)
{
	struct seen seen[JOBS];
	int i;

	try_jobs(true, seen);
	cr_expect_neq(seen[0].thread[0], seen[0].thread[1]);
	for (i = 1; i < JOBS; i++) {
		cr_expect_eq(seen[i].thread[0], seen[0].thread[0], "%d", i);
		cr_expect_eq(seen[i].thread[1], seen[0].thread[1], "%d", i);
	}
}

/* So small jobs that are under way at once have threads of their own. */
Test(resident, team_that_is_not_goes_round)
{
	struct seen seen[JOBS];

	try_jobs(false, seen);
	cr_expect_neq(seen[1].thread[0], seen[0].thread[0]);
	cr_expect_neq(seen[1].thread[0], seen[0].thread[1]);
	cr_expect_eq(seen[1].thread[1], seen[0].thread[0]);
}
