#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "support/heap.h"

TestSuite(variable, .init = begin_heap, .fini = end_heap);

static weir_tensor *
value_of(int64_t number)
{
	weir_spec spec = spec_of(WEIR_I64, 0, NULL);
	weir_tensor *value;

	cr_assert_eq(weir__value_new(heap, &spec, &value), WEIR_OK);
	memcpy(value->data, &number, sizeof number);
	return value;
}

static int64_t
number_of(const weir_tensor *tensor)
{
	int64_t number;

	memcpy(&number, weir__view_of(tensor).data, sizeof number);
	return number;
}

static weir_tensor *
new_variable(int64_t number)
{
	weir_tensor *variable;

	cr_assert_eq(weir__variable_new(heap, "v", value_of(number), false,
					&variable), WEIR_OK);
	return variable;
}

Test(variable, has_a_name_and_a_value)
{
	weir_tensor *variable = new_variable(7);

	cr_expect_eq(variable->kind, WEIR__VARIABLE);
	cr_expect_str_eq(variable->name, "v");
	cr_expect_eq(number_of(variable), 7);
	cr_expect_not(variable->is_generator);
	cr_expect_not(weir__value_is_sole(variable));
	weir_tensor_release(variable);
}

Test(variable, gives_snapshots_that_do_not_change)
{
	weir_tensor *variable = new_variable(1);
	weir_tensor *before = weir__variable_snapshot(variable), *old;

	old = weir__variable_swap(variable, value_of(2));
	cr_expect_eq(old, before);
	cr_expect_eq(number_of(before), 1);
	cr_expect_eq(number_of(variable), 2);
	weir_tensor_release(old);
	weir_tensor_release(before);
	weir_tensor_release(variable);
}

Test(variable, leaves_the_value_to_the_caller_on_failure)
{
	weir_tensor *value = value_of(1), *variable = NULL;
	int n;

	for (n = 1;; n++) {
		weir__storage_cache_trim(heap);
		fault_arm(&fault, n);
		if (!weir__variable_new(heap, "name", value, true, &variable))
			break;
		cr_assert_null(variable);
		cr_assert(weir__value_is_sole(value));
	}
	cr_expect_eq(n, 3, "a struct and a name");
	cr_expect(variable->is_generator);
	weir_tensor_release(variable);
}

Test(variable, commit_of_several_hands_back_the_old_values)
{
	weir_tensor *variables[] = { new_variable(1), new_variable(2) };
	weir_tensor *values[] = { value_of(10), value_of(20) };

	weir__variables_commit(variables, 2, values);
	cr_expect_eq(number_of(variables[0]), 10);
	cr_expect_eq(number_of(variables[1]), 20);
	cr_expect_eq(number_of(values[0]), 1);
	cr_expect_eq(number_of(values[1]), 2);
	weir__variables_commit(NULL, 0, NULL);
	weir__variables_snapshot(NULL, 0, NULL);
	weir_tensor_release(values[0]);
	weir_tensor_release(values[1]);
	weir_tensor_release(variables[0]);
	weir_tensor_release(variables[1]);
}

enum { VARIABLES = 4, ROUNDS = 20000 };

static weir_tensor *variables[VARIABLES];
static atomic_bool is_over;

static void *
commit_equal_numbers(void *unused)
{
	weir_tensor *values[VARIABLES];
	int round, i;

	(void)unused;
	for (round = 1; round <= ROUNDS; round++) {
		for (i = 0; i < VARIABLES; i++)
			values[i] = value_of(round);
		weir__variables_commit(variables, VARIABLES, values);
		for (i = 0; i < VARIABLES; i++)
			weir_tensor_release(values[i]);
	}
	atomic_store(&is_over, true);
	return NULL;
}

static void *
expect_equal_numbers(void *unused)
{
	weir_tensor *values[VARIABLES];
	int i;

	(void)unused;
	while (!atomic_load(&is_over)) {
		weir__variables_snapshot(variables, VARIABLES, values);
		for (i = 1; i < VARIABLES; i++)
			cr_assert_eq(number_of(values[i]),
				     number_of(values[0]));
		for (i = 0; i < VARIABLES; i++)
			weir_tensor_release(values[i]);
	}
	return NULL;
}

Test(variable, snapshot_of_several_falls_between_commits)
{
	pthread_t writer, readers[3];
	int i;

	for (i = 0; i < VARIABLES; i++)
		variables[i] = new_variable(0);
	for (i = 0; i < 3; i++)
		cr_assert_eq(pthread_create(&readers[i], NULL,
					    expect_equal_numbers, NULL), 0);
	cr_assert_eq(pthread_create(&writer, NULL, commit_equal_numbers,
				    NULL), 0);
	pthread_join(writer, NULL);
	for (i = 0; i < 3; i++)
		pthread_join(readers[i], NULL);
	for (i = 0; i < VARIABLES; i++) {
		cr_expect_eq(number_of(variables[i]), ROUNDS);
		weir_tensor_release(variables[i]);
	}
}
