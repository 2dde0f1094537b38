#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <weir.h>

#include "support/fault.h"

static weir_runtime *runtime;
static struct fault fault;

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = {
		.size = sizeof options,
		.synthetic_topology = "pu:1",
		.allocator = &allocator,
	};

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK);
}

static void
end(void)
{
	weir_runtime_release(runtime);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(tensor, .init = begin, .fini = end);

static const float six[] = { 1, 2, 3, 4, 5, 6 };

static weir_tensor *
two_by_three(void)
{
	weir_tensor *tensor = NULL;

	cr_assert_eq(weir_tensor_copy_of(runtime, WEIR_F32, 2,
					 (int64_t[]){ 2, 3 }, six, &tensor),
		     WEIR_OK);
	return tensor;
}

static weir_tensor *
scalar(double x)
{
	weir_tensor *tensor = NULL;

	cr_assert_eq(weir_tensor_copy_of(runtime, WEIR_F64, 0, NULL, &x,
					 &tensor), WEIR_OK);
	return tensor;
}

static void
expect_elements(const weir_tensor *tensor, const float *wanted)
{
	float got[6];

	cr_assert_eq(weir_tensor_read(tensor, got, sizeof got), WEIR_OK, "%s",
		     weir_error_text());
	cr_expect_arr_eq(got, wanted, sizeof got);
}

/* -- making --------------------------------------------------------------- */

Test(tensor, starts_with_zeros)
{
	static const char zeros[8 * 1000];
	weir_tensor *tensor;
	int round;

	/* the second time from a buffer that was used */
	for (round = 0; round < 2; round++) {
		cr_assert_eq(weir_tensor_create(runtime, WEIR_F64, 1,
						(int64_t[]){ 1000 }, &tensor),
			     WEIR_OK);
		cr_expect_arr_eq(weir_tensor_data(tensor), zeros,
				 sizeof zeros);
		memset(weir_tensor_data(tensor), 1, sizeof zeros);
		weir_tensor_release(tensor);
	}
}

Test(tensor, knows_what_it_is)
{
	weir_tensor *tensor = two_by_three();

	cr_expect_eq(weir_tensor_dtype(tensor), WEIR_F32);
	cr_expect_eq(weir_tensor_rank(tensor), 2);
	cr_expect_eq(weir_tensor_shape(tensor)[1], 3);
	cr_expect_eq(weir_tensor_strides(tensor)[0], 12);
	cr_expect_eq(weir_tensor_spec(tensor)->rank, 2);
	cr_expect_eq(weir_tensor_elements(tensor), 6);
	cr_expect(weir_tensor_is_contiguous(tensor));
	cr_expect_not(weir_tensor_is_symbolic(tensor));
	cr_expect_not(weir_tensor_is_variable(tensor));
	cr_expect_eq((uintptr_t)weir_tensor_data(tensor) % 64, 0);
	weir_tensor_release(tensor);
}

Test(tensor, has_a_copy_of_its_name)
{
	weir_tensor *tensor = two_by_three();
	char name[] = "weights";

	cr_expect_str_eq(weir_tensor_name(tensor), "");
	cr_expect_eq(weir_tensor_set_name(tensor, name), WEIR_OK);
	name[0] = 'W';
	cr_expect_str_eq(weir_tensor_name(tensor), "weights");
	cr_expect_eq(weir_tensor_set_name(tensor, "w1"), WEIR_OK);
	cr_expect_str_eq(weir_tensor_name(tensor), "w1");
	cr_expect_eq(weir_tensor_set_name(tensor, NULL), WEIR_EINVAL);
	cr_expect_str_eq(weir_tensor_name(NULL), "");
	weir_tensor_release(tensor);
}

Test(tensor, describes_itself)
{
	weir_tensor *tensor = two_by_three();
	char text[32];

	cr_expect_eq(weir_tensor_describe(tensor, text, sizeof text), 8);
	cr_expect_str_eq(text, "f32[2,3]");
	cr_expect_eq(weir_tensor_describe(tensor, NULL, 100), 8);
	cr_expect_eq(weir_tensor_describe(NULL, text, sizeof text), 4);
	cr_expect_str_eq(text, "NULL");
	weir_tensor_release(tensor);
}

Test(tensor, may_outlive_its_runtime)
{
	weir_tensor *tensor = two_by_three();

	weir_runtime_release(runtime);
	runtime = NULL;
	expect_elements(tensor, six);
	weir_tensor_release(tensor);
}

/* -- wrapping ------------------------------------------------------------- */

static int releases;

static void
count_release(void *data, void *arg)
{
	cr_expect_eq(data, (void *)six);
	cr_expect_eq(arg, &releases);
	releases++;
}

Test(tensor, wraps_memory_without_a_copy)
{
	weir_tensor *tensor;

	cr_assert_eq(weir_tensor_wrap(runtime, WEIR_F32, 2,
				      (int64_t[]){ 2, 3 }, NULL, (void *)six,
				      count_release, &releases, &tensor),
		     WEIR_OK);
	cr_expect_eq(weir_tensor_data(tensor), (void *)six);
	cr_expect_eq(weir_runtime_memory(runtime).in_use, 0);
	weir_tensor_retain(tensor);
	weir_tensor_release(tensor);
	cr_expect_eq(releases, 0);
	weir_tensor_release(tensor);
	cr_expect_eq(releases, 1);
}

Test(tensor, wraps_memory_of_any_strides)
{
	static const float transposed[] = { 1, 3, 5, 2, 4, 6 };
	static const float backwards[] = { 6, 5, 4, 3, 2, 1 };
	static const float repeated[] = { 1, 2, 3, 1, 2, 3 };
	weir_tensor *tensor;

	cr_assert_eq(weir_tensor_wrap(runtime, WEIR_F32, 2,
				      (int64_t[]){ 2, 3 },
				      (int64_t[]){ 4, 8 }, (void *)six, NULL,
				      NULL, &tensor), WEIR_OK);
	cr_expect_not(weir_tensor_is_contiguous(tensor));
	expect_elements(tensor, transposed);
	weir_tensor_release(tensor);
	cr_assert_eq(weir_tensor_wrap(runtime, WEIR_F32, 1, (int64_t[]){ 6 },
				      (int64_t[]){ -4 }, (void *)(six + 5),
				      NULL, NULL, &tensor), WEIR_OK);
	expect_elements(tensor, backwards);
	weir_tensor_release(tensor);
	cr_assert_eq(weir_tensor_wrap(runtime, WEIR_F32, 2,
				      (int64_t[]){ 2, 3 },
				      (int64_t[]){ 0, 4 }, (void *)six, NULL,
				      NULL, &tensor), WEIR_OK);
	expect_elements(tensor, repeated);
	weir_tensor_release(tensor);
}

Test(tensor, refuses_to_wrap_what_it_could_not_read)
{
	const int64_t two[] = { 2, 2 };
	weir_tensor *tensor = NULL;
	char *odd = (char *)six + 1;

	cr_expect_eq(weir_tensor_wrap(runtime, WEIR_F32, 2, two, NULL, NULL,
				      count_release, &releases, &tensor),
		     WEIR_EINVAL);
	cr_expect_eq(weir_tensor_wrap(runtime, WEIR_F32, 2, two, NULL, odd,
				      count_release, &releases, &tensor),
		     WEIR_EINVAL);
	cr_expect_not_null(strstr(weir_error_text(), "aligned"));
	cr_expect_eq(weir_tensor_wrap(runtime, WEIR_F32, 2, two,
				      (int64_t[]){ 8, 3 }, (void *)six,
				      count_release, &releases, &tensor),
		     WEIR_EINVAL);
	cr_expect_not_null(strstr(weir_error_text(), "stride 3 of axis 1"));
	cr_expect_eq(weir_tensor_wrap(runtime, WEIR_F32, 2,
				      (int64_t[]){ INT32_MAX, 2 },
				      (int64_t[]){ INT64_MAX - 3, 4 },
				      (void *)six, count_release, &releases,
				      &tensor), WEIR_EINVAL);
	cr_expect_eq(weir_tensor_wrap(runtime, WEIR_F32, 2, two,
				      (int64_t[]){ INT64_MIN, INT64_MIN },
				      (void *)six, count_release, &releases,
				      &tensor), WEIR_EINVAL);
	cr_expect_null(tensor);
	cr_expect_eq(releases, 0);
}

/* -- reading and writing -------------------------------------------------- */

Test(tensor, is_read_and_written_as_a_whole)
{
	static const float other[] = { 9, 8, 7, 6, 5, 4 };
	weir_tensor *tensor = two_by_three();
	float small[5];

	cr_expect_eq(weir_tensor_write(tensor, other, sizeof other), WEIR_OK);
	expect_elements(tensor, other);
	cr_expect_eq(weir_tensor_write(tensor, other, 20), WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), "weir_tensor_write: f32[2,3] has "
			 "24 bytes, not 20");
	cr_expect_eq(weir_tensor_read(tensor, small, sizeof small),
		     WEIR_EINVAL);
	cr_expect_eq(weir_tensor_read(tensor, NULL, 24), WEIR_EINVAL);
	cr_expect_eq(weir_tensor_write(tensor, NULL, 24), WEIR_EINVAL);
	weir_tensor_release(tensor);
}

Test(tensor, that_is_wrapped_is_written_in_place)
{
	float memory[12] = { 0 };
	weir_tensor *tensor;

	cr_assert_eq(weir_tensor_wrap(runtime, WEIR_F32, 1, (int64_t[]){ 6 },
				      (int64_t[]){ 8 }, memory, NULL, NULL,
				      &tensor), WEIR_OK);
	cr_expect_eq(weir_tensor_write(tensor, six, sizeof six), WEIR_OK);
	cr_expect_eq(memory[2], 2);
	cr_expect_eq(memory[3], 0);
	cr_expect_eq(memory[10], 6);
	weir_tensor_release(tensor);
}

Test(tensor, of_bool_takes_only_0_and_1)
{
	weir_tensor *tensor = NULL;
	const int64_t three[] = { 3 };

	cr_expect_eq(weir_tensor_copy_of(runtime, WEIR_BOOL, 1, three,
					 "\0\1\2", &tensor), WEIR_EINVAL);
	cr_expect_not_null(strstr(weir_error_text(), "element 2 is 2"));
	cr_expect_null(tensor);
	cr_assert_eq(weir_tensor_create(runtime, WEIR_BOOL, 1, three,
					&tensor), WEIR_OK);
	cr_expect_eq(weir_tensor_write(tensor, "\1\1\1", 3), WEIR_OK);
	cr_expect_eq(weir_tensor_write(tensor, "\xff\0\0", 3), WEIR_EINVAL);
	weir_tensor_release(tensor);
}

Test(tensor, that_an_op_made_is_not_written_to)
{
	weir_tensor *tensor = two_by_three(), *sum;
	weir_scope *scope;

	cr_assert_eq(weir_scope_create(runtime, "test", &scope), WEIR_OK);
	sum = weir_add(scope, tensor, tensor);
	cr_assert_not_null(sum);
	cr_expect_eq(weir_tensor_write(sum, six, sizeof six), WEIR_ESTATE);
	cr_expect_not_null(strstr(weir_error_text(), "result of an op"));
	weir_scope_release(scope);
	weir_tensor_release(tensor);
}

Test(tensor, item_is_the_only_element_as_double)
{
	weir_tensor *tensor = scalar(2.5), *other;

	cr_expect_eq(weir_item_f64(tensor), 2.5);
	weir_tensor_release(tensor);
	cr_assert_eq(weir_tensor_copy_of(runtime, WEIR_I64, 2,
					 (int64_t[]){ 1, 1 },
					 &(int64_t){ -7 }, &other), WEIR_OK);
	cr_expect_eq(weir_item_f64(other), -7);
	weir_tensor_release(other);
	cr_assert_eq(weir_tensor_copy_of(runtime, WEIR_BOOL, 0, NULL, "\1",
					 &other), WEIR_OK);
	cr_expect_eq(weir_item_f64(other), 1);
	weir_tensor_release(other);
	tensor = two_by_three();
	cr_expect(isnan((weir_item_f64)(tensor)));
	cr_expect_str_eq(weir_error_text(), "weir_item_f64: f32[2,3] has 6 "
			 "elements, not one");
	cr_expect(isnan(weir_item_f64(tensor)));
	cr_expect_not_null(strstr(weir_error_text(), " elements, not one; "
				  "called at " __FILE__ ":"));
	weir_tensor_release(tensor);
}

/* -- variables ------------------------------------------------------------ */

Test(tensor, that_is_a_variable_starts_with_a_copy)
{
	weir_tensor *initial = two_by_three(), *variable;

	cr_assert_eq(weir_variable_create(runtime, "w", initial, &variable),
		     WEIR_OK);
	cr_expect(weir_tensor_is_variable(variable));
	cr_expect_str_eq(weir_tensor_name(variable), "w");
	memset(weir_tensor_data(initial), 0, sizeof six);
	weir_tensor_release(initial);
	expect_elements(variable, six);
	weir_tensor_release(variable);
}

Test(tensor, that_is_a_variable_gets_a_new_value_when_written)
{
	static const float zeros[6];
	weir_tensor *initial = two_by_three(), *variable;
	const void *before;

	cr_assert_eq(weir_variable_create(runtime, "w", initial, &variable),
		     WEIR_OK);
	before = weir_tensor_data(variable);
	cr_expect_eq(weir_tensor_write(variable, zeros, sizeof zeros),
		     WEIR_OK);
	cr_expect_neq(weir_tensor_data(variable), before);
	expect_elements(variable, zeros);
	weir_tensor_release(variable);
	weir_tensor_release(initial);
}

Test(tensor, that_is_a_generator_holds_seed_and_counter)
{
	int64_t state[2];
	weir_tensor *generator;

	cr_assert_eq(weir_generator_create(runtime, "rng", UINT64_MAX,
					   &generator), WEIR_OK);
	cr_expect(weir_tensor_is_variable(generator));
	cr_assert_eq(weir_tensor_read(generator, state, sizeof state),
		     WEIR_OK);
	cr_expect_eq(state[0], -1);
	cr_expect_eq(state[1], 0);
	weir_tensor_release(generator);
}

/* -- equality ------------------------------------------------------------- */

Test(tensor, is_equal_by_bits)
{
	weir_tensor *zero = scalar(0.0), *minus_zero = scalar(-0.0);
	weir_tensor *nan_a = scalar(NAN), *nan_b = scalar(NAN);
	int64_t first = 99;

	cr_expect_not(weir_tensor_equal_bits(zero, minus_zero, &first));
	cr_expect_eq(first, 0);
	cr_expect(weir_tensor_equal_bits(nan_a, nan_b, &first));
	cr_expect(weir_tensor_equal_bits(nan_a, nan_a, NULL));
	weir_tensor_release(zero);
	weir_tensor_release(minus_zero);
	weir_tensor_release(nan_a);
	weir_tensor_release(nan_b);
}

Test(tensor, that_differs_says_at_which_element)
{
	weir_tensor *a = two_by_three(), *b = two_by_three(), *strided;
	const float transposed[] = { 1, 4, 2, 5, 3, 7 };
	int64_t first = 99;

	((float *)weir_tensor_data(b))[4] = 0;
	cr_expect_not(weir_tensor_equal_bits(a, b, &first));
	cr_expect_eq(first, 4);
	cr_assert_eq(weir_tensor_wrap(runtime, WEIR_F32, 2,
				      (int64_t[]){ 2, 3 },
				      (int64_t[]){ 4, 8 },
				      (void *)transposed, NULL, NULL,
				      &strided), WEIR_OK);
	cr_expect_not(weir_tensor_equal_bits(a, strided, &first));
	cr_expect_eq(first, 5, "in row-major order");
	weir_tensor_release(a);
	weir_tensor_release(b);
	weir_tensor_release(strided);
}

Test(tensor, of_another_shape_is_not_equal)
{
	weir_tensor *a = two_by_three(), *b = scalar(1);
	int64_t first = 99;

	cr_expect_not(weir_tensor_equal_bits(a, b, &first));
	cr_expect_eq(first, -1);
	first = 99;
	cr_expect_not(weir_tensor_equal_bits(a, NULL, &first));
	cr_expect_eq(first, -1);
	weir_tensor_release(a);
	weir_tensor_release(b);
}

/* -- bad arguments -------------------------------------------------------- */

Test(tensor, functions_take_null_without_a_crash)
{
	weir_tensor *t = NULL;
	float x;

	cr_expect_null(weir_tensor_retain(NULL));
	weir_tensor_release(NULL);
	cr_expect_eq(weir_tensor_dtype(NULL), 0);
	cr_expect_eq(weir_tensor_rank(NULL), 0);
	cr_expect_null(weir_tensor_shape(NULL));
	cr_expect_null(weir_tensor_strides(NULL));
	cr_expect_null(weir_tensor_spec(NULL));
	cr_expect_eq(weir_tensor_elements(NULL), 0);
	cr_expect_not(weir_tensor_is_contiguous(NULL));
	cr_expect_null((weir_tensor_data)(NULL));
	cr_expect_str_eq(weir_error_text(),
			 "weir_tensor_data: the tensor is NULL");
	cr_expect_eq(weir_tensor_read(NULL, &x, 4), WEIR_ENULL);
	cr_expect_eq(weir_tensor_write(NULL, &x, 4), WEIR_ENULL);
	cr_expect_eq(weir_tensor_set_name(NULL, "x"), WEIR_ENULL);
	cr_expect(isnan(weir_item_f64(NULL)));
	cr_expect_eq(weir_tensor_create(NULL, WEIR_F32, 0, NULL, &t),
		     WEIR_EINVAL);
	cr_expect_eq(weir_tensor_create(runtime, WEIR_F32, 0, NULL, NULL),
		     WEIR_EINVAL);
	cr_expect_eq(weir_tensor_copy_of(runtime, WEIR_F32, 0, NULL, NULL,
					 &t), WEIR_EINVAL);
	cr_expect_eq(weir_variable_create(runtime, "v", NULL, &t),
		     WEIR_ENULL);
	cr_expect_eq(weir_variable_create(NULL, "v", NULL, &t), WEIR_EINVAL);
	cr_expect_eq(weir_generator_create(runtime, NULL, 1, &t),
		     WEIR_EINVAL);
	cr_expect_eq(weir_generator_create(NULL, "g", 1, &t), WEIR_EINVAL);
	cr_expect_null(t);
}

Test(tensor, refuses_bad_shapes_with_a_sentence)
{
	weir_tensor *t = NULL;

	cr_expect_eq(weir_tensor_create(runtime, WEIR_F32, 1,
					(int64_t[]){ -1 }, &t), WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), "weir_tensor_create: axis 0 has "
			 "the negative length -1");
	cr_expect_eq(weir_tensor_create(runtime, (weir_dtype)77, 0, NULL,
					&t), WEIR_EINVAL);
	cr_expect_eq(weir_tensor_create(runtime, WEIR_F32, 9,
					(int64_t[9]){ 0 }, &t), WEIR_EINVAL);
	cr_expect_eq(weir_tensor_create(runtime, WEIR_F32, 1, NULL, &t),
		     WEIR_EINVAL);
	cr_expect_null(t);
}

/* -- no memory ------------------------------------------------------------ */

static weir_tensor *base;

static weir_status
make(int what, weir_tensor **out)
{
	const int64_t shape[] = { 2, 3 };

	switch (what) {
	case 0: return weir_tensor_create(runtime, WEIR_F32, 2, shape, out);
	case 1: return weir_tensor_copy_of(runtime, WEIR_F32, 2, shape, six,
					   out);
	case 2: return weir_tensor_wrap(runtime, WEIR_F32, 2, shape, NULL,
					(void *)six, count_release, &releases,
					out);
	case 3: return weir_variable_create(runtime, "v", base, out);
	case 4: return weir_generator_create(runtime, "g", 1, out);
	case 5: *out = weir_tensor_retain(base);
		return weir_tensor_set_name(base, "a name");
	default: *out = weir_tensor_retain(base);
		return weir_tensor_write(base, six, sizeof six);
	}
}

Test(tensor, functions_leak_nothing_without_memory)
{
	weir_tensor *initial = two_by_three(), *made;
	weir_status status;
	long before;
	int what, n;

	cr_assert_eq(weir_variable_create(runtime, "v", initial, &base),
		     WEIR_OK);
	weir_tensor_release(initial);
	for (what = 0; what <= 6; what++)
		for (n = 1;; n++) {
			weir_runtime_trim(runtime);
			before = fault.alive;
			made = NULL;
			fault_arm(&fault, n);
			status = make(what, &made);
			fault_arm(&fault, 0);
			if (!status) {
				cr_expect_gt(n, 1, "%d", what);
				weir_tensor_release(made);
				break;
			}
			cr_assert_eq(status, WEIR_ENOMEM);
			cr_assert_eq(made != NULL, what >= 5);
			weir_tensor_release(made);
			weir_runtime_trim(runtime);
			cr_assert_eq(fault.alive, before, "%d: call %d",
				     what, n);
		}
	cr_expect_eq(releases, 1, "once, and not for the failures");
	weir_tensor_release(base);
}
