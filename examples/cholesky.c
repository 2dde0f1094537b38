/* Tiled Cholesky, A = L L', as tasks that say which tiles they touch. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <weir.h>

#define MUST(call) ((call) ? (puts(weir_error_text()), exit(1)) : (void)0)

enum { B = 32, N = 8 * B };	/* a tile is named by its first element */
static double l[N][N];
static struct step { double *to, *x, *y; } steps[N / B * N / B * N / B];

static weir_status
solve(void *arg)	/* to = to / y'; of itself: its Cholesky factor */
{
	double *to = ((struct step *)arg)->to, *y = ((struct step *)arg)->y;

	for (int i = 0; i < B; i++)
		for (int j = 0; j < (to == y ? i + 1 : B); j++) {
			for (int k = 0; k < j; k++)
				to[i * N + j] -= to[i * N + k] * y[j * N + k];
			to[i * N + j] /= to == y && i == j ?
				sqrt(y[j * N + j]) : y[j * N + j];
		}
	return WEIR_OK;
}

static weir_status
update(void *arg)	/* to -= x y' */
{
	const struct step *s = arg;

	for (int i = 0; i < B; i++)
		for (int j = 0; j < B; j++)
			for (int k = 0; k < B; k++)
				s->to[i * N + j] -= s->x[i * N + k] *
						    s->y[j * N + k];
	return WEIR_OK;
}

int
main(void)
{
	weir_task_options cost = { .size = sizeof cost, .nanoseconds = 20000 };
	struct step *s = steps;
	weir_runtime *rt;
	weir_tasks *tasks;
	weir_schedule *schedule;
	double sum = 0;

	for (int i = 0; i < N * N; i++)
		l[i / N][i % N] = i / N == i % N ? N : 1;
	MUST(weir_runtime_create(NULL, &rt));
	MUST(weir_tasks_create(rt, "cholesky", &tasks));
	for (int k = 0; k < N; k += B)
		for (int i = k; i < N; i += B)
			for (int j = k; j <= i; j += B, s++) {
				weir_access a[] = {
					{ s->to = &l[i][j], WEIR_READ_WRITE },
					{ s->x = &l[i][k], WEIR_READ },
					{ s->y = &l[j][k], WEIR_READ } };
				MUST(weir_tasks_add(tasks, j > k ? update
					: solve, s, a, 3, &cost, NULL));
			}
	MUST(weir_tasks_compile(tasks, &schedule));
	MUST(weir_schedule_run(schedule, 1));
	for (int i = 0; i < N; i++)
		for (int j = 0; j <= i; j++) {
			double rest = i == j ? N : 1;	/* of A - L L' */
			for (int k = 0; k <= j; k++)
				rest -= l[i][k] * l[j][k];
			sum += rest * rest;
		}
	printf("|A - L L'| / N = %g\n", sqrt(sum) / N);
	weir_schedule_release(schedule);
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
	return !(sqrt(sum) / N < 1e-13);
}
