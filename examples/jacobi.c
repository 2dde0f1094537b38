/* A Jacobi stencil as a task graph, and by a loop: the same bits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weir.h>

#define MUST(call) ((call) ? (puts(weir_error_text()), exit(1)) : (void)0)

enum { N = 258, ROWS = 32, SWEEPS = 100 };	/* bands of 32 rows */
typedef double grid[N][N];
static grid a, b, serial_a, serial_b;
static struct band { double (*from)[N], (*to)[N]; } bands[2 * N / ROWS];

static weir_status
relax(void *arg)	/* each element: the mean of its four neighbours */
{
	const struct band *band = arg;
	double (*from)[N] = band->from, (*to)[N] = band->to;

	for (int i = 0; i < ROWS; i++)
		for (int j = 1; j < N - 1; j++)
			to[i][j] = 0.25 * (from[i - 1][j] + from[i][j - 1] +
					   from[i][j + 1] + from[i + 1][j]);
	return WEIR_OK;
}

/* A sweep: each band needs itself and its neighbours as they were. */
static void
add_sweep(weir_tasks *tasks, struct band *band, grid from, grid to)
{
	weir_task_options cost = { .size = sizeof cost, .nanoseconds = 5000 };

	for (int i = 1; i < N - 1; i += ROWS, band++) {
		weir_access accesses[] = {
			{ to[i], WEIR_WRITE }, { from[i], WEIR_READ },
			{ from[i > ROWS ? i - ROWS : i], WEIR_READ },
			{ from[i + ROWS < N - 1 ? i + ROWS : i], WEIR_READ },
		};

		*band = (struct band){ from + i, to + i };
		MUST(weir_tasks_add(tasks, relax, band, accesses, 4, &cost,
				    NULL));
	}
}

int
main(void)
{
	weir_runtime *rt;
	weir_tasks *tasks;
	weir_schedule *schedule;

	for (int i = 0; i < N; i++)	/* one warm side */
		a[i][0] = b[i][0] = serial_a[i][0] = serial_b[i][0] = 1;
	MUST(weir_runtime_create(NULL, &rt));
	MUST(weir_tasks_create(rt, "jacobi", &tasks));
	add_sweep(tasks, bands, a, b);		/* there */
	add_sweep(tasks, bands + N / ROWS, b, a);	/* and back */
	MUST(weir_tasks_compile(tasks, &schedule));
	MUST(weir_schedule_run(schedule, SWEEPS / 2));

	for (int sweep = 0; sweep < SWEEPS; sweep++)
		for (int i = 1; i < N - 1; i += ROWS)
			relax(sweep % 2 == 0
			      ? &(struct band){ serial_a + i, serial_b + i }
			      : &(struct band){ serial_b + i, serial_a + i });
	printf("tasks: %.17g\nloop:  %.17g\n", a[N / 2][9],
	       serial_a[N / 2][9]);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
	return memcmp(a, serial_a, sizeof a) != 0;
}
