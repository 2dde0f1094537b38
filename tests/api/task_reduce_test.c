/* Contributions to a result: the same bits on any number of workers. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "support/fault.h"
#include "support/weir_test.h"

enum { PARTS_MAX = 40 };

struct term {
	double value, *part;
};

static weir_runtime *rt;
static weir_tasks *tasks;
static struct term terms[PARTS_MAX];
static double part[PARTS_MAX], sum, seen[4];

static void
begin_with(unsigned workers)
{
	rt = must_runtime(workers);
	must(weir_tasks_create(rt, "r", &tasks));
}

static void
begin(void)
{
	begin_with(4);
}

static void
end(void)
{
	weir_tasks_release(tasks);
	weir_runtime_release(rt);
}

TestSuite(task_reduce, .init = begin, .fini = end);

/* -- what tasks do ------------------------------------------------------------- */

static weir_status
set_part(void *arg)
{
	const struct term *term = arg;

	*term->part = term->value;
	return WEIR_OK;
}

static weir_status
add_to_part(void *arg)
{
	const struct term *term = arg;

	*term->part += term->value;
	return WEIR_OK;
}

static weir_status
add(void *into, const void *from, void *arg)
{
	double *to = into;

	*to += *(const double *)from;
	if (arg)
		++*(int *)arg;
	return WEIR_OK;
}

static weir_status
look(void *arg)
{
	*(double *)arg = sum;
	return WEIR_OK;
}

static weir_status
reset(void *arg)
{
	sum = *(double *)arg;
	return WEIR_OK;
}

/* -- recording ----------------------------------------------------------------- */

/* None of the values is a power of two, or short. */
static double
value_of(int i)
{
	return 1.0 / (3 + i) * (i % 3 ? 1e-7 : 1e9);
}

static weir_status
contribute(weir_task_fn fn, int i, double *to, double edge)
{
	const double edges[] = { edge };
	void *parts[] = { to };
	weir_access access = { &sum, WEIR_REDUCE };
	weir_task_options options = {
		.size = sizeof options, .nanoseconds = 20000, .parts = parts,
		.edge_nanoseconds = edge > 0 ? edges : NULL,
	};

	terms[i] = (struct term){ value_of(i), to };
	return weir_tasks_add(tasks, fn, &terms[i], &access, 1, &options,
			      NULL);
}

static void
must_contribute(int n)
{
	int i;

	for (i = 0; i < n; i++)
		must(contribute(set_part, i, &part[i], 0));
}

static weir_status
access_sum(weir_task_fn fn, void *arg, weir_access_mode mode,
	   uint32_t *number)
{
	weir_access access = { &sum, mode };

	return weir_tasks_add(tasks, fn, arg, &access, 1, NULL, number);
}

static void
must_reduce(void)
{
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = 5000 };

	must(weir_tasks_set_reduction(tasks, &sum, add, NULL, &options));
}

static weir_schedule *
must_compile(void)
{
	weir_schedule *schedule;

	must(weir_tasks_compile(tasks, &schedule));
	must(weir_schedule_check(schedule));
	return schedule;
}

static void
must_run(size_t times)
{
	weir_schedule *schedule = must_compile();

	must(weir_schedule_run(schedule, times));
	weir_schedule_release(schedule);
}

/* The tree, as the header tells it. */
static double
sum_by_hand(double before, const double *values, int n)
{
	double row[PARTS_MAX];
	int i, m;

	memcpy(row, values, (size_t)n * sizeof *row);
	while (n > 1) {
		for (i = m = 0; i + 1 < n; i += 2)
			row[m++] = row[i] + row[i + 1];
		if (i < n)
			row[m++] = row[i];
		n = m;
	}
	return n ? before + row[0] : before;
}

static double
expected(double before, int n)
{
	double values[PARTS_MAX];
	int i;

	for (i = 0; i < n; i++)
		values[i] = value_of(i);
	return sum_by_hand(before, values, n);
}

/* -- the bits -------------------------------------------------------------------- */

ParameterizedTestParameters(task_reduce_on, workers_gives_the_same_bits)
{
	static int workers[] = { 1, 2, 4, 8 };

	return cr_make_param_array(int, workers, 4);
}

/* With and without costs of edges, which are dealt in other ways. */
ParameterizedTest(int *workers, task_reduce_on, workers_gives_the_same_bits)
{
	int n, has_edges, i;

	for (has_edges = 0; has_edges < 2; has_edges++)
		for (n = 0; n <= PARTS_MAX; n += n < 9 ? 1 : 31) {
			begin_with((unsigned)*workers);
			sum = 0.1;
			must_reduce();
			for (i = 0; i < n; i++)
				must(contribute(set_part, i, &part[i],
						has_edges ? 300 : 0));
			must(access_sum(look, &seen[0], WEIR_READ, NULL));
			must_run(1);
			cr_expect_eq(sum, expected(0.1, n), "%d parts", n);
			cr_expect_eq(seen[0], sum);
			end();
		}
}

Test(task_reduce, differs_from_the_sum_in_order)
{
	double in_order = 0.1;
	int i;

	for (i = 0; i < PARTS_MAX; i++)
		in_order += value_of(i);
	cr_expect_neq(in_order, expected(0.1, PARTS_MAX));
}

/* -- when -------------------------------------------------------------------------- */

Test(task_reduce, comes_before_who_accesses_the_result)
{
	static double start = 2;
	uint32_t number;

	must_reduce();
	must(access_sum(reset, &start, WEIR_WRITE, NULL));
	must_contribute(3);
	must(access_sum(look, &seen[0], WEIR_READ, &number));
	/* reset, three parts, three combined */
	cr_expect_eq(number, 7);
	must_contribute(2);
	must(access_sum(look, &seen[1], WEIR_READ_WRITE, NULL));
	must(access_sum(look, &seen[2], WEIR_READ, &number));
	/* two parts, two combined, who reads and writes */
	cr_expect_eq(number, 13);
	must_run(3);
	cr_expect_eq(seen[0], expected(2, 3));
	cr_expect_eq(seen[1], expected(seen[0], 2));
	cr_expect_eq(seen[2], seen[1]);
}

Test(task_reduce, without_contributions_does_nothing)
{
	weir_schedule *schedule;

	sum = 5;
	must_reduce();
	must(access_sum(look, &seen[0], WEIR_READ, NULL));
	schedule = must_compile();
	cr_expect_eq(weir_schedule_get_info(schedule).tasks, 1);
	must(weir_schedule_run(schedule, 1));
	weir_schedule_release(schedule);
	cr_expect_eq(seen[0], 5);
}

Test(task_reduce, is_there_for_each_schedule)
{
	weir_schedule *first;
	double after_first;

	sum = 0;
	must_reduce();
	must_contribute(5);
	first = must_compile();
	cr_expect_eq(weir_schedule_get_info(first).tasks, 10);
	must_contribute(3);
	must(weir_schedule_run(first, 1));
	weir_schedule_release(first);
	after_first = sum;
	cr_expect_eq(after_first, expected(0, 5));
	must_run(1);
	cr_expect_eq(sum, expected(expected(after_first, 5), 3));
}

/* Of several results each has its own; what they combine with outlives the
 * task graph. */
Test(task_reduce, schedules_outlive_their_tasks)
{
	static double other, other_part = 3;
	weir_access accesses[] = { { &sum, WEIR_REDUCE }, { &other, WEIR_REDUCE
							  } };
	void *parts[] = { &part[5], &other_part };
	weir_task_options options = { .size = sizeof options,
				      .parts = parts };
	weir_schedule *schedule;
	int combined = 0;

	sum = 0;
	must_reduce();
	must(weir_tasks_set_reduction(tasks, &other, add, &combined, NULL));
	must_contribute(5);
	terms[5] = (struct term){ value_of(5), &part[5] };
	must(weir_tasks_add(tasks, set_part, &terms[5], accesses, 2, &options,
			    NULL));
	schedule = must_compile();
	weir_tasks_release(tasks);
	tasks = NULL;
	must(weir_schedule_run(schedule, 1));
	weir_schedule_release(schedule);
	cr_expect_eq(sum, expected(0, 6));
	cr_expect_eq(other, 3);
	cr_expect_eq(combined, 1);
}

/* Few parts for many tasks: each adds to what the one before it left. */
Test(task_reduce, tasks_may_share_a_part)
{
	double values[3] = { 0 };
	int i;

	sum = 1;
	must_reduce();
	for (i = 0; i < 30; i++)
		must(contribute(i < 3 ? set_part : add_to_part, i,
				&part[i % 3], 0));
	for (i = 0; i < 3; i++)
		values[i] = value_of(i);
	for (; i < 30; i++)
		values[i % 3] += value_of(i);
	must_run(1);
	cr_expect_eq(sum, sum_by_hand(1, values, 3));
}

/* A part may itself be a result. */
Test(task_reduce, may_be_of_reductions)
{
	static double whole;
	void *parts[] = { &sum };
	weir_access access = { &whole, WEIR_REDUCE };
	weir_task_options options = { .size = sizeof options,
				      .parts = parts };

	sum = 1;
	must_reduce();
	must(weir_tasks_set_reduction(tasks, &whole, add, NULL, NULL));
	must_contribute(4);
	must(weir_tasks_add(tasks, look, &seen[0], &access, 1, &options,
			    NULL));
	must_run(1);
	cr_expect_eq(sum, expected(1, 4));
	cr_expect_eq(seen[0], sum);
	cr_expect_eq(whole, sum);
}

/* -- mistakes and failures ------------------------------------------------------------ */

Test(task_reduce, mistakes_are_told)
{
	static double other;
	void *parts[] = { &part[0], &part[0] };
	weir_access accesses[] = { { &sum, WEIR_REDUCE }, { &other, WEIR_REDUCE
							  } };
	weir_task_options options = { .size = sizeof options,
				      .parts = parts };
	weir_task_options alone = { .size = sizeof alone, .at_most = 3 };

	cr_expect_eq(contribute(set_part, 0, &part[0], 0), WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), "weir_tasks_add: access 0 reduces,"
			 " and nothing tells how: see "
			 "weir_tasks_set_reduction()");
	must_reduce();
	cr_expect_eq(contribute(set_part, 0, NULL, 0), WEIR_ENULL);
	cr_expect_eq(access_sum(look, &seen[0], WEIR_REDUCE, NULL),
		     WEIR_ENULL);
	cr_expect_eq(contribute(set_part, 0, &sum, 0), WEIR_EINVAL);
	must(weir_tasks_set_reduction(tasks, &other, add, NULL, NULL));
	cr_expect_eq(weir_tasks_add(tasks, set_part, &terms[0], accesses, 2,
				    &options, NULL), WEIR_EINVAL);
	must_contribute(1);
	cr_expect_eq(weir_tasks_add(tasks, set_part, &terms[0], &accesses[1],
				    1, &options, NULL), WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), "weir_tasks_add: the part of "
			 "access 0 is a part of another result, too");
	/* but not any more */
	must(access_sum(look, &seen[0], WEIR_READ, NULL));
	must(weir_tasks_add(tasks, set_part, &terms[0], &accesses[1], 1,
			    &options, NULL));
	cr_expect_eq(weir_tasks_set_reduction(NULL, &sum, add, NULL, NULL),
		     WEIR_ENULL);
	cr_expect_eq(weir_tasks_set_reduction(tasks, NULL, add, NULL, NULL),
		     WEIR_ENULL);
	cr_expect_eq(weir_tasks_set_reduction(tasks, &sum, NULL, NULL, NULL),
		     WEIR_ENULL);
	cr_expect_eq(weir_tasks_set_reduction(tasks, &sum, add, NULL, &alone),
		     WEIR_EINVAL);
}

static weir_status
refuse(void *into, const void *from, void *arg)
{
	(void)arg;
	return from == &part[2] ? weir_fail(WEIR_EOP, "not with %g",
					    *(double *)into)
				: add(into, from, NULL);
}

Test(task_reduce, a_failing_combination_fails_the_run)
{
	weir_schedule *schedule;
	int i;

	must(weir_tasks_set_reduction(tasks, &sum, refuse, NULL, NULL));
	must_contribute(4);
	must(access_sum(look, &seen[0], WEIR_READ, NULL));
	schedule = must_compile();
	seen[0] = 0;
	for (i = 0; i < 20; i++) {
		sum = 7;
		cr_expect_eq(weir_schedule_run(schedule, 1), WEIR_EOP);
		/* the third: the first two pairs are 4 and 5 */
		cr_expect(strstr(weir_error_text(), "r: task 6 (combine) "
				 "failed: not with"), "%s", weir_error_text());
		cr_expect_eq(sum, 7);
		cr_expect_eq(seen[0], 0);
	}
	weir_schedule_release(schedule);
}

/* What fails is tried again: the tree is the same, and nothing is there
 * twice. */
Test(task_reduce, goes_on_after_an_allocation_that_failed)
{
	static struct fault fault;
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime *shared_rt = rt;
	weir_tasks *shared = tasks;
	weir_schedule *schedule;
	unsigned failed = 0;
	long k;
	int i;

	rt = must_runtime_on(2, &allocator);
	for (k = 1; k < 60; k++) {
		must(weir_tasks_create(rt, "r", &tasks));
		sum = 1;
		fault_arm(&fault, k);
		while (weir_tasks_set_reduction(tasks, &sum, add, NULL, NULL))
			failed++;
		for (i = 0; i < PARTS_MAX; i++)
			while (contribute(set_part, i, &part[i], 0))
				failed++;
		while (k % 2 && access_sum(look, &seen[0], WEIR_READ, NULL))
			failed++;
		while (weir_tasks_compile(tasks, &schedule))
			failed++;
		fault_arm(&fault, 0);
		must(weir_schedule_check(schedule));
		must(weir_schedule_run(schedule, 1));
		cr_expect_eq(weir_schedule_get_info(schedule).tasks,
			     2 * PARTS_MAX + k % 2);
		cr_expect_eq(sum, expected(1, PARTS_MAX), "%ld", k);
		weir_schedule_release(schedule);
		weir_tasks_release(tasks);
	}
	cr_expect_gt(failed, 20);
	weir_runtime_release(rt);
	cr_expect_eq(fault.alive, 0);
	rt = shared_rt;
	tasks = shared;
}
