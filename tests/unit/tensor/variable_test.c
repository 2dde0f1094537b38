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

/* -- loans -------------------------------------------------------------------- */

static struct weir__access
reading(weir_tensor *const *variable, struct weir__loan *loan)
{
	return (struct weir__access){ .variables = variable, .n = 1,
				      .loans = loan };
}

Test(variable, lends_its_value_without_counting)
{
	weir_tensor *variable = new_variable(1);
	struct weir__loan loan;
	struct weir__access access = reading(&variable, &loan);

	cr_assert_null(weir__variables_begin(&access, NULL));
	cr_expect_eq(number_of(loan.value), 1);
	cr_expect(weir__value_is_sole(loan.value));
	weir__variables_end(&access, NULL);
	cr_expect_null(loan.value);
	weir_tensor_release(variable);
}

Test(variable, leaves_references_to_a_value_that_is_lent_when_it_gets_another)
{
	weir_tensor *variable = new_variable(1), *old;
	struct weir__loan loans[2];
	struct weir__access first = reading(&variable, &loans[0]);
	struct weir__access second = reading(&variable, &loans[1]);

	cr_assert_null(weir__variables_begin(&first, NULL));
	cr_assert_null(weir__variables_begin(&second, NULL));
	old = weir__variable_swap(variable, value_of(2));
	cr_expect_not(weir__value_is_sole(old));
	weir_tensor_release(old);
	cr_expect_eq(number_of(loans[0].value), 1);
	weir__variables_end(&first, NULL);
	cr_expect_eq(number_of(loans[1].value), 1);
	cr_expect(weir__value_is_sole(loans[1].value));
	weir__variables_end(&second, NULL);
	cr_expect_eq(number_of(variable), 2);
	weir_tensor_release(variable);
}

Test(variable, tells_a_value_that_has_come_back_from_one_that_has_stayed)
{
	weir_tensor *variable = new_variable(1), *one, *two;
	struct weir__loan loan;
	struct weir__access access = reading(&variable, &loan);

	cr_assert_null(weir__variables_begin(&access, NULL));
	one = weir__variable_swap(variable, value_of(2));
	two = weir__variable_swap(variable, one);
	cr_expect_eq(loan.value, one);
	cr_expect_not(weir__value_is_sole(one));
	weir__variables_end(&access, NULL);
	cr_expect(weir__value_is_sole(one));
	weir_tensor_release(two);
	weir_tensor_release(variable);
}

Test(variable, a_run_that_writes_gets_back_what_it_has_borrowed)
{
	weir_tensor *variable = new_variable(1), *value = value_of(2);
	struct weir__loan loan, other;
	struct weir__access access = reading(&variable, &loan);
	struct weir__access beside = reading(&variable, &other);

	access.written = &variable;
	access.n_written = 1;
	cr_assert_null(weir__variables_begin(&access, NULL));
	weir__variables_end(&access, &value);
	cr_expect(weir__value_is_sole(value));
	cr_expect_eq(number_of(value), 1);
	cr_assert_null(weir__variables_begin(&access, NULL));
	cr_assert_null(weir__variables_begin(&beside, NULL));
	weir__variables_end(&access, &value);
	cr_expect_not(weir__value_is_sole(value), "another has it, too");
	weir__variables_end(&beside, NULL);
	cr_expect(weir__value_is_sole(value));
	weir_tensor_release(value);
	weir_tensor_release(variable);
}

/* -- at one moment ------------------------------------------------------------ */

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

static void
expect_equal_loans(void)
{
	struct weir__loan loans[VARIABLES];
	struct weir__access access = { .variables = variables,
				       .n = VARIABLES, .loans = loans };
	int i;

	cr_assert_null(weir__variables_begin(&access, NULL));
	for (i = 1; i < VARIABLES; i++)
		cr_assert_eq(number_of(loans[i].value),
			     number_of(loans[0].value));
	weir__variables_end(&access, NULL);
}

static void *
expect_equal_numbers(void *unused)
{
	weir_tensor *values[VARIABLES];
	int i;

	(void)unused;
	while (!atomic_load(&is_over)) {
		expect_equal_loans();
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
