/* A run from operands to results: what it commits, and when. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "exec/run.h"
#include "support/fault.h"
#include "support/tasks.h"

static weir_status
always_fail(int64_t id, int64_t begin, int64_t end)
{
	(void)id, (void)begin, (void)end;
	return weir_fail(WEIR_EOP, "no luck");
}

/* v <- v + 1, then a task that may fail; the output is v's new value. */
static weir_plan *
counting(struct made *m, weir_tensor **v)
{
	weir_tensor *next;

	cr_assert_eq(weir_variable_create(m->runtime, "v", m->zero, v),
		     WEIR_OK);
	next = weir_add(m->scope, *v, weir_constant(m->scope, WEIR_F64, 0,
						    NULL, 1));
	weir_assign(m->scope, *v, next);
	task_after(m, 1, 10, next);
	cr_assert_eq(weir_graph_output(m->graph, next), WEIR_OK, "%s",
		     weir_scope_error(m->scope));
	return must_compile(m);
}

Test(run, commits_variables_when_all_went_well)
{
	struct made m = must_make(1);
	weir_tensor *v, *out;
	weir_plan *plan = counting(&m, &v);
	int i;

	for (i = 1; i < 10; i++) {
		cr_assert_eq(weir_plan_run(plan, &m.zero, 1, &out, 1),
			     WEIR_OK);
		cr_expect_eq(weir_item_f64(v), i);
		cr_expect_eq(weir_item_f64(out), i);
		weir_tensor_release(out);
	}
	weir_plan_release(plan);
	weir_tensor_release(v);
	made_free(&m);
}

Test(run, leaves_variables_and_outputs_alone_when_an_op_failed)
{
	struct made m = must_make(1);
	weir_tensor *v, *out = m.zero;
	weir_plan *plan = counting(&m, &v);

	task_work = always_fail;
	cr_expect_eq(weir_plan_run(plan, &m.zero, 1, &out, 1), WEIR_EOP);
	cr_expect_eq(out, m.zero);
	cr_expect_eq(weir_item_f64(v), 0);
	cr_expect(strstr(weir_error_text(), "task: no luck; in g/task, called at ") &&
		  strstr(weir_error_text(), "tasks.h:") &&
		  strstr(weir_error_text(), "a = f64[] from g/add (") &&
		  strstr(weir_error_text(), "run_test.c:"), "%s",
		  weir_error_text());
	weir_plan_release(plan);
	weir_tensor_release(v);
	made_free(&m);
}

Test(run, never_writes_into_an_output_that_somebody_holds)
{
	struct made m = must_make(1);
	weir_tensor *v, *out[20];
	weir_plan *plan = counting(&m, &v);
	int i;

	for (i = 0; i < 20; i++)
		cr_assert_eq(weir_plan_run(plan, &m.zero, 1, &out[i], 1),
			     WEIR_OK);
	for (i = 0; i < 20; i++) {
		cr_expect_eq(weir_item_f64(out[i]), i + 1);
		weir_tensor_release(out[i]);
	}
	weir_plan_release(plan);
	weir_tensor_release(v);
	made_free(&m);
}

static void *
run_a_hundred(void *arg)
{
	struct { struct made *m; weir_plan *plan; } *both = arg;
	weir_tensor *out;
	int i;

	for (i = 0; i < 100; i++) {
		cr_assert_eq(weir_plan_run(both->plan, &both->m->zero, 1, &out,
					   1), WEIR_OK);
		weir_tensor_release(out);
	}
	return NULL;
}

Test(run, waits_for_another_run_that_writes_the_same_variable)
{
	struct made m = must_make(1);
	struct { struct made *m; weir_plan *plan; } both = { &m, NULL };
	pthread_t threads[8];
	weir_tensor *v;
	int i;

	both.plan = counting(&m, &v);
	for (i = 0; i < 8; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, run_a_hundred,
					    &both), 0);
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(weir_item_f64(v), 800);
	weir_plan_release(both.plan);
	weir_tensor_release(v);
	made_free(&m);
}

Test(run, swaps_two_variables)
{
	struct made m = must_make(1);
	weir_tensor *a, *b, *old;
	weir_plan *plan;
	double one = 1;
	int i;

	cr_assert_eq(weir_variable_create(m.runtime, "a", m.zero, &a),
		     WEIR_OK);
	cr_assert_eq(weir_variable_create(m.runtime, "b", m.zero, &b),
		     WEIR_OK);
	cr_assert_eq(weir_tensor_write(b, &one, sizeof one), WEIR_OK);
	old = weir_read(m.scope, a);
	weir_assign(m.scope, a, weir_read(m.scope, b));
	weir_assign(m.scope, b, old);
	plan = must_compile(&m);
	for (i = 1; i < 6; i++) {
		cr_assert_eq(weir_plan_run(plan, &m.zero, 1, NULL, 0),
			     WEIR_OK);
		cr_expect_eq(weir_item_f64(a), i % 2);
		cr_expect_eq(weir_item_f64(b), 1 - i % 2);
	}
	weir_plan_release(plan);
	weir_tensor_release(a);
	weir_tensor_release(b);
	made_free(&m);
}

Test(run, gives_a_captured_value_to_a_variable_without_sharing_it)
{
	struct made m = must_make(1);
	double one = 1, two = 2;
	weir_tensor *v, *c;
	weir_plan *plan;

	cr_assert_eq(weir_variable_create(m.runtime, "v", m.zero, &v),
		     WEIR_OK);
	cr_assert_eq(weir_tensor_copy_of(m.runtime, WEIR_F64, 0, NULL, &one,
					 &c), WEIR_OK);
	cr_expect(weir_assign(m.scope, v, c), "%s", weir_scope_error(m.scope));
	plan = must_compile(&m);
	cr_assert_eq(weir_plan_run(plan, &m.zero, 1, NULL, 0), WEIR_OK);
	cr_assert_eq(weir_tensor_write(c, &two, sizeof two), WEIR_OK);
	cr_expect_eq(weir_item_f64(v), 1);
	weir_plan_release(plan);
	weir_tensor_release(v);
	weir_tensor_release(c);
	made_free(&m);
}

/* -- operands -------------------------------------------------------------- */

Test(run, refuses_operands_that_the_plan_was_not_made_for)
{
	struct made m = must_make(1);
	weir_runtime *other = must_runtime(1);
	weir_tensor *foreign, *wrong, *none = NULL, *out;
	weir_plan *plan;

	cr_assert_eq(weir_tensor_create(other, WEIR_F64, 0, NULL, &foreign),
		     WEIR_OK);
	cr_assert_eq(weir_tensor_create(m.runtime, WEIR_F32, 0, NULL, &wrong),
		     WEIR_OK);
	cr_assert_eq(weir_graph_output(m.graph, weir_exp(m.scope, m.x)),
		     WEIR_OK);
	plan = must_compile(&m);
	cr_expect_eq(weir_plan_run(plan, &foreign, 1, &out, 1), WEIR_EFOREIGN);
	cr_expect_eq(weir_plan_run(plan, &wrong, 1, &out, 1), WEIR_ESHAPE);
	cr_expect_eq(weir_plan_run(plan, &none, 1, &out, 1), WEIR_ENULL);
	cr_expect_eq(weir_plan_run(plan, &m.x, 1, &out, 1), WEIR_EFOREIGN);
	cr_expect_eq(weir_plan_run(plan, NULL, 0, &out, 1), WEIR_EINVAL);
	cr_expect_eq(weir_plan_run(plan, &m.zero, 1, NULL, 0), WEIR_EINVAL);
	weir_tensor_release(foreign);
	weir_tensor_release(wrong);
	weir_plan_release(plan);
	made_free(&m);
	weir_runtime_release(other);
}

/* -- memory ---------------------------------------------------------------- */

static void
count_steady_runs(unsigned threads, int64_t side)
{
	struct fault fault = { 0 };
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = { .size = sizeof options,
					 .threads = threads,
					 .allocator = &allocator };
	int64_t shape[2] = { side, side };
	weir_tensor *x, *y, *v, *in, *out;
	weir_runtime *runtime;
	weir_graph *graph;
	weir_scope *s;
	weir_plan *plan;
	long before;
	int i;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK);
	cr_assert_eq(weir_tensor_create(runtime, WEIR_F32, 2, shape, &in),
		     WEIR_OK);
	cr_assert_eq(weir_variable_create(runtime, "v", in, &v), WEIR_OK);
	cr_assert_eq(weir_graph_create(runtime, "g", &graph), WEIR_OK);
	s = weir_graph_scope(graph);
	x = weir_graph_input(graph, WEIR_F32, 2, shape, "x");
	y = weir_tanh(s, weir_add(s, weir_matmul(s, x, v), x));
	weir_assign(s, v, y);
	y = weir_exp(s, weir_sum(s, y, 1, (int64_t[]){ 0 }, true));
	cr_assert_eq(weir_graph_output(graph, y), WEIR_OK);
	cr_assert_eq(weir_graph_compile(graph, &plan), WEIR_OK);
	cr_assert_eq(weir_plan_get_info(plan).workers, threads);
	for (i = 0; i < 20; i++) {
		if (i == 5)
			before = atomic_load(&fault.calls);
		cr_assert_eq(weir_plan_run(plan, &in, 1, &out, 1), WEIR_OK);
		weir_tensor_release(out);
	}
	cr_expect_eq(atomic_load(&fault.calls), before);
	weir_plan_release(plan);
	weir_graph_release(graph);
	weir_tensor_release(v);
	weir_tensor_release(in);
	weir_runtime_release(runtime);
	cr_expect_eq(atomic_load(&fault.alive), 0);
}

Test(run, allocates_nothing_once_it_is_warm)
{
	count_steady_runs(1, 16);
}

Test(run, allocates_nothing_once_it_is_warm_with_two_workers)
{
	count_steady_runs(2, 300);
}

Test(run, keeps_idle_state_for_as_many_runs_as_there_were_at_once)
{
	struct made m = must_make(1);
	struct weir__run *first, *second, *again;
	weir_plan *plan;

	task_after(&m, 1, 10, NULL);
	plan = must_compile(&m);
	cr_assert_eq(weir__run_take(plan, &first), WEIR_OK);
	cr_assert_eq(weir__run_take(plan, &second), WEIR_OK);
	cr_expect_neq(first, second);
	weir__run_give_back(first);
	cr_assert_eq(weir__run_take(plan, &again), WEIR_OK);
	cr_expect_eq(again, first);
	weir__run_give_back(again);
	weir__run_give_back(second);
	weir_plan_release(plan);
	made_free(&m);
}
