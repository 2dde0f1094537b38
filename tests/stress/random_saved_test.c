/* Random programs that are saved and loaded: they do what they do eagerly, to
 * the bit, and fail with the same sentences. */
#include "stress/random_control.h"
#include "support/files.h"
#include "support/seeds.h"
#include "support/weir_test.h"

TestSuite(random_saved, .init = begin_file, .fini = end_file);

/* An eager call against a run of the plan that was loaded. */
static void
compare_run(weir_plan *plan, const struct instance *instance)
{
	const struct program *p = instance->program;
	weir_tensor *x[PROGRAM_OUTPUTS], *y[PROGRAM_OUTPUTS];
	weir_status status, loaded;
	char text[2048];
	size_t i;

	status = weir_function_call(instance->function, &in_eager_mode,
				    instance->in, p->n_in, x, p->n_out);
	snprintf(text, sizeof text, "%s", status ? weir_error_text() : "");
	loaded = weir_plan_run(plan, instance->in, p->n_in, y, p->n_out);
	cr_assert_eq(status, loaded, "seed %llu: %s, %s",
		     (unsigned long long)p->seed, text, weir_error_text());
	if (status) {
		cr_expect_str_eq(text, weir_error_text());
		return;
	}
	for (i = 0; i < p->n_out; i++) {
		cr_expect(weir_tensor_equal_bits(x[i], y[i], NULL),
			  "seed %llu: result %zu",
			  (unsigned long long)p->seed, i);
		weir_tensor_release(x[i]);
		weir_tensor_release(y[i]);
	}
}

static void
try_program(weir_runtime *rt, uint64_t seed, bool has_control)
{
	weir_plan *plan = NULL, *again = NULL;
	struct instance instance;
	struct program program;
	weir_graph *graph;
	int i;

	program_init(&program, seed);
	program.has_twice = program.has_tape && seed % 5 < 2;
	if (has_control)
		program.control = random_control;
	instance_init(&instance, &program, rt);
	must(weir_function_plan(instance.function, instance.in, program.n_in,
				program.n_out, &plan));
	must(weir_plan_save(plan, file_path));
	must(weir_graph_load(rt, file_path, NULL, &graph));
	must(weir_graph_compile(graph, &again));
	cr_expect_eq(weir_plan_get_info(plan).recorded,
		     weir_plan_get_info(again).recorded);
	cr_expect_eq(weir_plan_get_info(plan).nodes,
		     weir_plan_get_info(again).nodes, "seed %llu",
		     (unsigned long long)seed);
	for (i = 0; i < 3; i++)
		compare_run(again, &instance);
	weir_plan_release(again);
	weir_graph_release(graph);
	weir_plan_release(plan);
	random_control_free(&instance);
	instance_free(&instance);
}

static void
try_programs(struct seeds seeds, bool has_control)
{
	weir_runtime *rt = must_runtime(2);
	uint64_t seed;

	for (seed = seeds.first; seed <= seeds.last; seed++)
		try_program(rt, seed, has_control);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

Test(random_saved, programs_keep_their_bits_and_sentences)
{
	try_programs(seeds_to_try(60, 1000), false);
}

Test(random_saved, calls_branches_and_loops_keep_theirs)
{
	try_programs(seeds_to_try(60, 1000), true);
}
