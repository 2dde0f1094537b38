#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>
#include <weir.h>

#include "support/fault.h"

static struct fault fault;

static weir_runtime *
new_runtime(void)
{
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = {
		.size = sizeof options,
		.synthetic_topology = "numa:2 core:2 pu:1",
		.allocator = &allocator,
		.threads = 3,
	};
	weir_runtime *runtime;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK, "%s",
		     weir_error_text());
	return runtime;
}

Test(describe, tells_people_what_this_build_is)
{
	static const char *const words[] = {
		"weir " WEIR_VERSION, "compiler: ", "flags: ",
		"-ffp-contract=off", "BLAS: ", "OpenMP: ", "topology: ",
		"3 workers in 2 pools", "ops: ",
	};
	weir_runtime *runtime = new_runtime();
	char *text = NULL;
	size_t i;

	cr_assert_eq(weir_runtime_describe(runtime, false, &text), WEIR_OK);
	for (i = 0; i < sizeof words / sizeof *words; i++)
		cr_expect_not_null(strstr(text, words[i]), "%s in:\n%s",
				   words[i], text);
	cr_expect_null(strstr(text, "OpenMP: unknown"));
	weir_runtime_release(runtime);
	weir_text_release(text);
	cr_expect_eq(fault.alive, 0);
}

Test(describe, tells_programs_the_same_as_json)
{
	weir_runtime *runtime = new_runtime();
	json_t *json, *topology, *part;
	char *text = NULL;

	cr_assert_eq(weir_runtime_describe(runtime, true, &text), WEIR_OK);
	json = json_loads(text, 0, NULL);
	cr_assert_not_null(json, "%s", text);
	cr_expect_str_eq(json_string_value(json_object_get(json, "version")),
			 weir_version());
	part = json_object_get(json, "build");
	cr_expect(json_is_string(json_object_get(part, "compiler")));
	cr_expect(json_is_string(json_object_get(part, "flags")));
	cr_expect(json_is_string(json_object_get(part, "configure")));
	cr_expect(json_is_boolean(json_object_get(part, "self_checks")));
	part = json_object_get(json, "blas");
	cr_expect(json_is_string(json_object_get(part, "library")));
	part = json_object_get(json, "openmp");
	cr_expect(json_is_string(json_object_get(part, "runtime")));
	topology = json_object_get(json, "topology");
	cr_expect_eq(json_array_size(json_object_get(topology, "pools")), 2);
	cr_expect_eq(json_integer_value(json_object_get(json, "ops")),
		     (json_int_t)weir_op_count());
	json_decref(json);
	weir_text_release(text);
	weir_runtime_release(runtime);
	cr_expect_eq(fault.alive, 0);
}

Test(describe, refuses_null_and_fails_without_memory)
{
	weir_runtime *runtime = new_runtime();
	char *text = NULL;

	cr_expect_eq(weir_runtime_describe(NULL, false, &text), WEIR_EINVAL);
	cr_expect_eq(weir_runtime_describe(runtime, false, NULL),
		     WEIR_EINVAL);
	fault_arm(&fault, 1);
	cr_expect_eq(weir_runtime_describe(runtime, false, &text),
		     WEIR_ENOMEM);
	cr_expect_null(text);
	weir_runtime_release(runtime);
	cr_expect_eq(fault.alive, 0);
}
