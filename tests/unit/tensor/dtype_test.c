#include <criterion/criterion.h>

#include "tensor/tensor.h"

Test(dtype, has_a_size_and_a_name)
{
	cr_expect_eq(weir_dtype_size(WEIR_F32), sizeof(float));
	cr_expect_eq(weir_dtype_size(WEIR_F64), sizeof(double));
	cr_expect_eq(weir_dtype_size(WEIR_I64), 8);
	cr_expect_eq(weir_dtype_size(WEIR_BOOL), 1);
	cr_expect_str_eq(weir_dtype_name(WEIR_F32), "f32");
	cr_expect_str_eq(weir_dtype_name(WEIR_F64), "f64");
	cr_expect_str_eq(weir_dtype_name(WEIR_I64), "i64");
	cr_expect_str_eq(weir_dtype_name(WEIR_BOOL), "bool");
}

Test(dtype, takes_any_number_without_harm)
{
	int i;

	for (i = -3; i < 100; i++) {
		bool is_one = i >= WEIR_F32 && i <= WEIR_BOOL;

		cr_expect_eq(weir__dtype_is_valid((weir_dtype)i), is_one);
		cr_expect_eq(weir_dtype_size((weir_dtype)i) != 0, is_one);
		cr_expect_not_null(weir_dtype_name((weir_dtype)i));
	}
	cr_expect_str_eq(weir_dtype_name((weir_dtype)0), "unknown dtype");
}
