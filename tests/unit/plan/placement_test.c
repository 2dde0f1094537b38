/* On which NUMA nodes the values of plans are: worked out here a second time,
 * from the streams of finished plans. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "stress/random_program.h"
#include "unit/plan/blocks.h"

enum { PROGRAMS = 60, SEVERAL = 0xfffe };

static weir_runtime *
must_runtime_that(const char *skips, const char *machine)
{
	weir_runtime_options options = { .size = sizeof options,
					 .synthetic_topology = machine,
					 .skip_passes = skips };
	weir_runtime *runtime;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK, "%s",
		     weir_error_text());
	return runtime;
}

static weir_runtime *
must_runtime_of(const char *machine)
{
	return must_runtime_that("fuse", machine);
}

static unsigned
node_of_worker(const weir_plan *plan, unsigned worker)
{
	size_t pool = weir__topology_pool_of_worker(plan->topology, worker);

	return weir__topology_pool(plan->topology, pool).numa_node;
}

static unsigned
worker_of(const weir_plan *plan, uint32_t entry)
{
	const struct weir__schedule *s = plan->schedule;
	unsigned w = 0;

	while (s->first_item[s->first_block[w + 1]] <= entry)
		w++;
	return w;
}

/* The node of all who do a step, or SEVERAL. */
static unsigned
node_of_step(const weir_plan *plan, uint32_t step)
{
	unsigned node = WEIR__NO_NODE, is;
	uint32_t i;

	for (i = 0; i < plan->schedule->n_items; i++) {
		if (plan->work[i].step != step)
			continue;
		is = node_of_worker(plan, worker_of(plan, i));
		node = node == WEIR__NO_NODE || node == is ? is : SEVERAL;
	}
	return node;
}

/* How many results of steps are done in one node; all their pages are there. */
static size_t
expect_placed(const weir_plan *plan)
{
	uint32_t i, k;
	size_t n = 0;
	int64_t at;

	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];
		const struct weir__slot *out =
			&plan->slots[step->first_slot + step->node->n_in];
		unsigned node = node_of_step(plan, i);

		for (k = 0; k < step->node->n_out && node != SEVERAL; k++) {
			if (out[k].where != WEIR__AT_ARENA)
				continue;
			n++;
			for (at = 0; at < weir__spec_bytes(out[k].spec); at++)
				cr_assert_eq(plan->node_of_page[
						(out[k].offset + at) /
						WEIR__PAGE], node);
		}
	}
	return n;
}

static void
try_machine(const char *machine, size_t *plans, size_t *results)
{
	weir_runtime *runtime = must_runtime_of(machine);
	size_t i;

	for (i = 0; i < PROGRAMS; i++) {
		struct instance instance;
		struct program p;
		weir_plan *plan;

		program_init(&p, 7000 + i);
		instance_init(&instance, &p, runtime);
		cr_assert_eq(weir_function_plan(instance.function, instance.in,
						p.n_in, p.n_out, &plan),
			     WEIR_OK, "%s", weir_error_text());
		cr_expect_eq(weir__plan_check(plan), WEIR_OK, "%s",
			     weir_error_text());
		if (plan->node_of_page) {
			++*plans;
			*results += expect_placed(plan);
		}
		weir_plan_release(plan);
		instance_free(&instance);
	}
	weir_runtime_release(runtime);
}

Test(placement, has_what_one_node_writes_there)
{
	size_t plans = 0, results = 0;

	try_machine("numa:2 core:1 pu:1", &plans, &results);
	try_machine("numa:4 core:2 pu:1", &plans, &results);
	cr_expect_gt(plans, 8, "%zu", plans);
	cr_expect_gt(results, 200, "%zu", results);
}

Test(placement, does_not_matter_in_one_node)
{
	size_t plans = 0, results = 0;

	try_machine("core:4 pu:1", &plans, &results);
	cr_expect_eq(plans, 0);
}

/* -- a value of several nodes ---------------------------------------------- */

enum { ROWS = 2048, COLUMNS = 1024 };

/* exp, cut into pieces, then its sum. */
static weir_plan *
must_plan(weir_runtime *runtime)
{
	int64_t shape[] = { ROWS, COLUMNS };
	weir_graph *graph;
	weir_scope *s;
	weir_tensor *y;
	weir_plan *plan;

	cr_assert_eq(weir_graph_create(runtime, "g", &graph), WEIR_OK);
	s = weir_graph_scope(graph);
	y = weir_exp(s, weir_graph_input(graph, WEIR_F32, 2, shape, NULL));
	y = weir_sum(s, y, 0, NULL, false);
	cr_assert_eq(weir_graph_output(graph, y), WEIR_OK);
	cr_assert_eq(weir_graph_compile(graph, &plan), WEIR_OK);
	weir_graph_release(graph);
	return plan;
}

Test(placement, has_pages_of_a_value_where_its_pieces_are_made)
{
	weir_runtime *runtime = must_runtime_of("numa:2 core:2 pu:1");
	weir_plan *plan = must_plan(runtime);
	const struct weir__slot *out = &plan->slots[plan->steps[0].first_slot +
						    1];
	size_t of_node[2] = { 0 }, page, end;
	int64_t first, last;
	uint32_t i;

	cr_assert_eq(node_of_step(plan, 0), SEVERAL);
	cr_assert_eq(out->where, WEIR__AT_ARENA);
	for (i = 0; i < plan->schedule->n_items; i++) {
		unsigned node = node_of_worker(plan, worker_of(plan, i));

		if (plan->work[i].step != 0)
			continue;
		weir__work_reach(&plan->steps[0], &plan->work[i], 1, &first,
				 &last);
		page = (size_t)(out->offset + 4 * first + WEIR__PAGE - 1) /
		       WEIR__PAGE;
		end = (size_t)(out->offset + 4 * last) / WEIR__PAGE;
		for (; page < end; page++) {
			cr_assert_eq(plan->node_of_page[page], node);
			of_node[node]++;
		}
	}
	cr_expect_geq(of_node[0], ROWS * COLUMNS / WEIR__PAGE);
	cr_expect_geq(of_node[1], ROWS * COLUMNS / WEIR__PAGE);
	weir_plan_release(plan);
	weir_runtime_release(runtime);
}

/* -- results ----------------------------------------------------------------- */

/* exp alone. */
static weir_plan *
must_plan_of_result(weir_runtime *runtime)
{
	int64_t shape[] = { ROWS, COLUMNS };
	weir_graph *graph;
	weir_plan *plan;

	cr_assert_eq(weir_graph_create(runtime, "g", &graph), WEIR_OK);
	cr_assert_eq(weir_graph_output(graph, weir_exp(
		weir_graph_scope(graph),
		weir_graph_input(graph, WEIR_F32, 2, shape, NULL))), WEIR_OK);
	cr_assert_eq(weir_graph_compile(graph, &plan), WEIR_OK);
	weir_graph_release(graph);
	return plan;
}

/* The pieces that write some bytes of the only step's result: those in the
 * part's node, or all. */
static size_t
count_pieces(const weir_plan *plan, const struct weir__placed *part, bool all)
{
	int64_t first, last;
	size_t found = 0;
	uint32_t i;

	for (i = 0; i < plan->schedule->n_items; i++) {
		weir__work_reach(&plan->steps[0], &plan->work[i], 1, &first,
				 &last);
		found += (size_t)first * 4 < part->end &&
			 (size_t)last * 4 > part->begin &&
			 (all || node_of_worker(plan, worker_of(plan, i)) ==
				 part->node);
	}
	return found;
}

Test(placement, has_parts_of_results_where_they_are_made)
{
	weir_runtime *runtime = must_runtime_of("numa:2 core:2 pu:1");
	weir_plan *plan = must_plan_of_result(runtime);
	const struct weir__export *export = plan->exports;
	size_t of_node[2] = { 0 }, at = 0;
	uint32_t i;

	cr_assert_eq(plan->n_exports, 1);
	cr_assert_gt(export->n_parts, 1);
	cr_expect_gt(plan->first_layout, 0);
	for (i = 0; i < export->n_parts; i++) {
		const struct weir__placed *part =
			&plan->parts_of_exports[export->first_part + i];

		cr_expect_eq(part->begin, at);
		at = part->end;
		of_node[part->node] += part->end - part->begin;
		cr_expect_eq(count_pieces(plan, part, true), 1);
		cr_expect_eq(count_pieces(plan, part, false), 1);
	}
	cr_expect_eq(at, (size_t)ROWS * COLUMNS * 4);
	cr_expect_gt(of_node[0], at / 4);
	cr_expect_gt(of_node[1], at / 4);
	weir_plan_release(plan);
	weir_runtime_release(runtime);
	runtime = must_runtime_of("core:4 pu:1");
	plan = must_plan_of_result(runtime);
	cr_expect_null(plan->parts_of_exports);
	cr_expect_eq(plan->first_layout, 0);
	weir_plan_release(plan);
	weir_runtime_release(runtime);
}

/* Sums over quarters of the rows of exp, by bands of columns. */
static weir_plan *
must_plan_of_bands(weir_runtime *runtime)
{
	int64_t shape[] = { 512, COLUMNS }, quarters[] = { 4, 128, COLUMNS };
	int64_t axis = 1;
	weir_graph *graph;
	weir_plan *plan;
	weir_tensor *y;
	weir_scope *s;

	cr_assert_eq(weir_graph_create(runtime, "g", &graph), WEIR_OK);
	s = weir_graph_scope(graph);
	y = weir_exp(s, weir_graph_input(graph, WEIR_F32, 2, shape, NULL));
	y = weir_sum(s, weir_reshape(s, y, 3, quarters), 1, &axis, false);
	cr_assert_eq(weir_graph_output(graph, y), WEIR_OK);
	cr_assert_eq(weir_graph_compile(graph, &plan), WEIR_OK);
	weir_graph_release(graph);
	return plan;
}

/* A band is in every row of the result, but no byte is to be in two nodes. */
Test(placement, has_what_several_write_in_one_place)
{
	weir_runtime *runtime = must_runtime_that(NULL, "numa:2 core:2 pu:1");
	weir_plan *plan = must_plan_of_bands(runtime);
	const struct weir__export *export = plan->exports;
	size_t at = 0;
	uint32_t i;

	cr_assert_eq(plan->n_steps, 1);
	cr_assert_gt(plan->schedule->n_items, 1);
	cr_assert_gt(export->n_parts, 0);
	for (i = 0; i < export->n_parts; i++) {
		const struct weir__placed *part =
			&plan->parts_of_exports[export->first_part + i];

		cr_expect_eq(part->begin, at);
		cr_expect_gt(part->end, at);
		at = part->end;
		cr_expect_gt(count_pieces(plan, part, false), 0);
	}
	cr_expect_eq(at, (size_t)4 * COLUMNS * 4);
	weir_plan_release(plan);
	weir_runtime_release(runtime);
}

/* -- what is wrong --------------------------------------------------------- */

/* A page at a time of what one node writes is said to be in another one. */
Test(placement, that_is_wrong_is_found)
{
	weir_runtime *runtime = must_runtime_of("numa:2 core:1 pu:1");
	struct made m = must_make_on(runtime);
	weir_tensor *middle[2];
	struct task_attrs last = { .ns = 1e6, .id = 3 };
	weir_plan *plan;
	size_t i;

	middle[0] = task_after(&m, 1, 1e6, NULL);
	middle[1] = task_after(&m, 2, 1e6, NULL);
	add_task(&m, &last, middle, 2);
	plan = must_compile(&m);
	cr_assert_eq(plan->n_pages, 2);
	cr_assert_eq(weir__plan_check(plan), WEIR_OK);
	for (i = 0; i < 2; i++) {
		plan->node_of_page[i] ^= 1;
		cr_expect_eq(weir__plan_check(plan), WEIR_EINVAL);
		cr_expect(strstr(weir_error_text(), "is elsewhere"), "%s",
			  weir_error_text());
		plan->node_of_page[i] ^= 1;
	}
	weir_plan_release(plan);
	made_free(&m);
}

/* -- runs ------------------------------------------------------------------ */

static float
sum_on(weir_runtime *runtime)
{
	int64_t shape[] = { ROWS, COLUMNS };
	weir_plan *plan = must_plan(runtime);
	weir_tensor *x, *y;
	float sum;

	cr_assert_eq(weir_tensor_create(runtime, WEIR_F32, 2, shape, &x),
		     WEIR_OK);
	cr_assert_eq(weir_plan_run(plan, &x, 1, &y, 1), WEIR_OK);
	memcpy(&sum, weir_tensor_data(y), sizeof sum);
	weir_tensor_release(x);
	weir_tensor_release(y);
	weir_plan_release(plan);
	weir_runtime_release(runtime);
	return sum;
}

/* Memory of a result knows which it is, when it is used again too; and what
 * others have made of it, from the cache, is not that. */
static void
expect_layouts(weir_runtime *runtime)
{
	int64_t shape[] = { ROWS, COLUMNS };
	weir_plan *plan[2] = { must_plan_of_result(runtime),
			       must_plan_of_result(runtime) };
	weir_tensor *x, *y;
	int i;

	cr_assert_neq(plan[0]->first_layout, plan[1]->first_layout);
	cr_assert_eq(weir_tensor_create(runtime, WEIR_F32, 2, shape, &x),
		     WEIR_OK);
	for (i = 0; i < 6; i++) {
		weir_plan *p = plan[i / 3];

		cr_assert_eq(weir_plan_run(p, &x, 1, &y, 1), WEIR_OK);
		cr_expect_eq(y->storage->layout, p->first_layout);
		weir_tensor_release(y);
	}
	weir_tensor_release(x);
	weir_plan_release(plan[0]);
	weir_plan_release(plan[1]);
	weir_runtime_release(runtime);
}

/* Of a machine's two nodes, made up of this machine's processors, one is not
 * there: its pages stay where they are. */
Test(placement, that_the_system_refuses_changes_no_result)
{
	setenv("HWLOC_SYNTHETIC", "numa:2 core:1 pu:1", 1);
	setenv("HWLOC_THISSYSTEM", "1", 1);
	cr_expect_eq(sum_on(must_runtime_of(NULL)), ROWS * COLUMNS);
	expect_layouts(must_runtime_of(NULL));
}
