/* An eager scope and small tensors to work with. */
#ifndef SUPPORT_EAGER_H
#define SUPPORT_EAGER_H

#include <criterion/criterion.h>
#include <weir.h>

static inline weir_scope *
must_scope(weir_runtime *runtime, const char *name)
{
	weir_scope *scope;

	cr_assert_eq(weir_scope_create(runtime, name, &scope), WEIR_OK, "%s",
		     weir_error_text());
	return scope;
}

/* f64[rows,columns] with first, first + 1, ... */
static inline weir_tensor *
counting_matrix(weir_runtime *runtime, int64_t rows, int64_t columns,
		double first)
{
	int64_t shape[2] = { rows, columns }, i;
	weir_tensor *tensor;

	cr_assert_eq(weir_tensor_create(runtime, WEIR_F64, 2, shape, &tensor),
		     WEIR_OK, "%s", weir_error_text());
	for (i = 0; i < rows * columns; i++)
		((double *)weir_tensor_data(tensor))[i] = first + (double)i;
	return tensor;
}

static inline weir_tensor *
must_number(weir_runtime *runtime, double value)
{
	weir_tensor *tensor;

	cr_assert_eq(weir_tensor_copy_of(runtime, WEIR_F64, 0, NULL, &value,
					 &tensor), WEIR_OK, "%s",
		     weir_error_text());
	return tensor;
}

/* A variable f64[] that holds value. */
static inline weir_tensor *
must_variable(weir_runtime *runtime, const char *name, double value)
{
	weir_tensor *start = must_number(runtime, value), *variable;

	cr_assert_eq(weir_variable_create(runtime, name, start, &variable),
		     WEIR_OK, "%s", weir_error_text());
	weir_tensor_release(start);
	return variable;
}

#endif
