/* Simulations, by hand. */
#include <criterion/criterion.h>

#include "plan/schedule.h"
#include "support/heap.h"

TestSuite(simulate, .init = begin_heap, .fini = end_heap);

static void
expect_span(const weir_task_span *span, unsigned worker, double start,
	    double end_at)
{
	cr_expect_eq(span->worker, worker);
	cr_expect_eq(span->start, start, "from %g", span->start);
	cr_expect_eq(span->end, end_at, "until %g", span->end);
}

/* Worker 0 has items 0 and 1 in one block; worker 1 waits for it and has 2,
 * which needs 0, and 3. */
static const uint32_t first_pred[] = { 0, 0, 0, 1, 1 };
static const uint32_t preds[] = { 0 };
static const float cost[] = { 5, 7, 2, 1 };

static struct weir__schedule
two_workers(void)
{
	static uint32_t items[] = { 0, 1, 2, 3 };
	static uint32_t first_block[] = { 0, 1, 2 };
	static uint32_t first_item[] = { 0, 2, 4 };
	static uint32_t first_wait[] = { 0, 0, 1 };
	static struct weir__wait waits[] = { { 0, 1 } };

	return (struct weir__schedule){
		.heap = heap, .workers = 2, .n_items = 4, .n_blocks = 2,
		.n_waits = 1, .items = items, .first_block = first_block,
		.first_item = first_item, .first_wait = first_wait,
		.waits = waits,
	};
}

static struct weir__dag
one_edge(const float *edge_cost)
{
	return (struct weir__dag){ .n = 4, .first_pred = first_pred,
				   .preds = preds, .cost = cost,
				   .edge_cost = edge_cost };
}

Test(simulate, hands_over_when_a_block_is_over)
{
	static const float edge_cost[] = { 3 };
	struct weir__schedule s = two_workers();
	struct weir__dag dag = one_edge(edge_cost);
	weir_task_span spans[4];
	double makespan = -1;

	cr_assert_eq(weir__schedule_check(&s, &dag), WEIR_OK);
	cr_assert_eq(weir__schedule_simulate(&s, &dag, NULL, NULL, spans,
					     &makespan), WEIR_OK);
	expect_span(&spans[0], 0, 0, 5);
	expect_span(&spans[1], 0, 5, 12);
	expect_span(&spans[2], 1, 15, 17);
	expect_span(&spans[3], 1, 17, 18);
	cr_expect_eq(makespan, 18);
}

Test(simulate, takes_400_ns_for_an_edge_that_told_nothing)
{
	static const float not_told[] = { -1 };
	struct weir__schedule s = two_workers();
	struct weir__dag dag = one_edge(not_told);
	double makespan = -1;

	cr_assert_eq(weir__schedule_simulate(&s, &dag, NULL, NULL, NULL,
					     &makespan), WEIR_OK);
	cr_expect_eq(makespan, 12 + 400 + 3);
	dag = one_edge(NULL);
	cr_assert_eq(weir__schedule_simulate(&s, &dag, NULL, NULL, NULL,
					     &makespan), WEIR_OK);
	cr_expect_eq(makespan, 12 + 400 + 3);
}

Test(simulate, takes_costs_that_it_is_given)
{
	static const double item_cost[] = { 1, 0, 10, 0.5 };
	static const double edge_cost[] = { 0.25 };
	struct weir__schedule s = two_workers();
	struct weir__dag dag = one_edge(NULL);
	weir_task_span spans[4];
	double makespan = -1;

	cr_assert_eq(weir__schedule_simulate(&s, &dag, item_cost, edge_cost,
					     spans, &makespan), WEIR_OK);
	expect_span(&spans[1], 0, 1, 1);
	expect_span(&spans[2], 1, 1.25, 11.25);
	cr_expect_eq(makespan, 11.75);
	cr_assert_eq(weir__schedule_simulate(&s, &dag, NULL, edge_cost, NULL,
					     &makespan), WEIR_OK);
	cr_expect_eq(makespan, 15.25);
}

/* A diamond on two workers: an arm is handed over, and the other after it. */
Test(simulate, follows_a_diamond)
{
	static const uint32_t first[] = { 0, 0, 1, 2, 4 };
	static const uint32_t from[] = { 0, 0, 1, 2 };
	static const float costs[] = { 10, 20, 20, 10 };
	static const float edge_cost[] = { 5, 5, 7, 7 };
	struct weir__dag dag = { .n = 4, .first_pred = first, .preds = from,
				 .cost = costs, .edge_cost = edge_cost };
	struct weir__schedule *s;
	weir_task_span spans[4];
	unsigned here, there;
	double makespan = -1;

	cr_assert_eq(weir__schedule_new(heap, &dag, 2, &s), WEIR_OK);
	cr_assert_eq(weir__schedule_simulate(s, &dag, NULL, NULL, spans,
					     &makespan), WEIR_OK);
	cr_expect_eq(makespan, 47);
	here = spans[0].worker;
	there = spans[1].worker == here ? 2 : 1;
	expect_span(&spans[0], here, 0, 10);
	expect_span(&spans[3 - there], here, 10, 30);
	expect_span(&spans[there], 1 - here, 15, 35);
	expect_span(&spans[3], 1 - here, 37, 47);
	weir__schedule_free(s);
}

Test(simulate, adds_up_on_one_worker)
{
	static const float edge_cost[] = { 1e6f };
	struct weir__dag dag = one_edge(edge_cost);
	struct weir__schedule *s;
	double makespan = -1;

	cr_assert_eq(weir__schedule_new(heap, &dag, 1, &s), WEIR_OK);
	cr_assert_eq(weir__schedule_simulate(s, &dag, NULL, NULL, NULL,
					     &makespan), WEIR_OK);
	cr_expect_eq(makespan, 15);
	weir__schedule_free(s);
}

Test(simulate, of_nothing_takes_no_time)
{
	struct weir__dag dag = { .first_pred = first_pred, .preds = preds };
	struct weir__schedule *s;
	double makespan = -1;

	cr_assert_eq(weir__schedule_new(heap, &dag, 2, &s), WEIR_OK);
	cr_assert_eq(weir__schedule_simulate(s, &dag, NULL, NULL, NULL,
					     &makespan), WEIR_OK);
	cr_expect_eq(makespan, 0);
	weir__schedule_free(s);
}
