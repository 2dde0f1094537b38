/* Shapes, dtypes, NULLs, axes and bounds that do not fit. */
#include "api/mistake_macros.h"

/* -- shapes, ranks, dtypes ------------------------------------------------------ */

OP(matmul_of_other_inner_dimensions)
{
	return WRONG(weir_matmul(s, in[X], in[W]));
}

OP(matmul_of_rank_three)
{
	return WRONG(weir_matmul(s, in[CUBE], in[X]));
}

OP(matmul_of_two_dtypes)
{
	return WRONG(weir_matmul(s, in[X], in[WIDE]));
}

OP(matmul_of_ints)
{
	return WRONG(weir_matmul(s, in[INTS], in[INTS]));
}

OP(shapes_that_do_not_broadcast)
{
	weir_tensor *h = weir_relu(s, in[X]);

	return WRONG(weir_add(s, h, in[W]));
}

OP(dtypes_mixed)
{
	return WRONG(weir_add(s, in[X], in[INTS]));
}

OP(arithmetic_on_bools)
{
	return WRONG(weir_mul(s, in[FLAGS], in[FLAGS]));
}

OP(exp_of_ints)
{
	return WRONG(weir_exp(s, in[INTS]));
}

OP(condition_that_is_no_bool)
{
	return WRONG(weir_where(s, in[X], in[X], in[X]));
}

OP(cast_to_no_dtype)
{
	return WRONG(weir_cast(s, in[X], (weir_dtype)9));
}

OP(loss_of_other_shapes)
{
	return WRONG(weir_bce_with_logits(s, in[X], in[W]));
}

OP(loss_of_two_dtypes)
{
	return WRONG(weir_mse(s, in[X], in[INTS]));
}

/* -- NULLs ------------------------------------------------------------------------ */

OP(operand_is_null)
{
	return WRONG(weir_sub(s, in[X], NULL));
}

OP(both_operands_are_null)
{
	return WRONG(weir_maximum(s, NULL, NULL));
}

OP(list_is_null)
{
	return WRONG(weir_slice(s, in[X], 2, NULL, LIST(4, 3), NULL));
}

/* The first failure is kept, however many follow it. */
OP(failure_after_a_failure)
{
	weir_tensor *bad = WRONG(weir_matmul(s, in[X], in[W]));

	return weir_relu(s, weir_add(s, bad, in[INTS]));
}

/* -- axes, bounds, attributes -------------------------------------------------------- */

OP(axis_out_of_range)
{
	return WRONG(weir_sum(s, in[X], 1, LIST(2), false));
}

OP(axis_named_twice)
{
	return WRONG(weir_max(s, in[X], 2, LIST(1, -1), false));
}

OP(mean_of_nothing)
{
	weir_tensor *none = weir_slice(s, in[X], 1, LIST(2), LIST(2), NULL);

	return WRONG(weir_mean(s, none, 0, NULL, false));
}

OP(argmax_axis_out_of_range)
{
	return WRONG(weir_argmax(s, in[CUBE], -4, false));
}

OP(permutation_that_is_none)
{
	return WRONG(weir_transpose(s, in[X], 2, LIST(1, 1)));
}

OP(reshape_to_another_count)
{
	return WRONG(weir_reshape(s, in[X], 2, LIST(5, 2)));
}

OP(reshape_with_two_unknowns)
{
	return WRONG(weir_reshape(s, in[X], 2, LIST(-1, -1)));
}

OP(expand_of_a_length_that_is_not_one)
{
	return WRONG(weir_expand(s, in[X], 2, LIST(8, 3)));
}

OP(slice_out_of_range)
{
	return WRONG(weir_slice(s, in[X], 2, LIST(0, 0), LIST(5, 3), NULL));
}

OP(slice_without_a_step)
{
	return WRONG(weir_slice(s, in[X], 1, LIST(0), LIST(4), LIST(0)));
}

OP(slice_of_more_axes_than_there_are)
{
	return WRONG(weir_slice(s, in[X], 3, LIST(0, 0, 0), LIST(1, 1, 1),
				NULL));
}

OP(negative_padding)
{
	return WRONG(weir_pad(s, in[X], 2, LIST(0, -1), LIST(0, 0), NULL));
}

OP(concat_of_shapes_that_do_not_fit)
{
	weir_tensor *both[] = { in[X], in[W] };

	return WRONG(weir_concat(s, both, 2, 0));
}

OP(concat_of_two_dtypes)
{
	weir_tensor *both[] = { in[X], in[INTS] };

	return WRONG(weir_concat(s, both, 2, 1));
}

OP(too_many_operands)
{
	weir_tensor *all[WEIR_OPERANDS_MAX + 1];
	size_t i;

	for (i = 0; i <= WEIR_OPERANDS_MAX; i++)
		all[i] = in[X];
	return WRONG(weir_concat(s, all, WEIR_OPERANDS_MAX + 1, 0));
}

OP(no_operands)
{
	return WRONG(weir_concat(s, NULL, 0, 0));
}

OP(value_that_the_dtype_does_not_hold)
{
	return WRONG(weir_constant(s, WEIR_I64, 1, LIST(3), 0.5));
}

OP(too_many_axes)
{
	return WRONG(weir_constant(s, WEIR_F32, 9,
				   LIST(1, 1, 1, 1, 1, 1, 1, 1, 1), 0));
}

OP(shape_that_no_memory_holds)
{
	return WRONG(weir_constant(s, WEIR_F64, 2,
				   LIST(INT64_MAX / 2, INT64_MAX / 2), 0));
}

OP(uniform_numbers_between_nothing)
{
	return WRONG(weir_uniform(s, shop->generator, WEIR_F32, 1, LIST(4), 1,
				  1));
}

OP(uniform_numbers_from_no_generator)
{
	return WRONG(weir_uniform(s, shop->variable, WEIR_F32, 1, LIST(4), 0,
				  1));
}

/* -- the table ---------------------------------------------------------------- */

const struct mistake mistakes_of_operands[] = {
	{ DOES(matmul_of_other_inner_dimensions), WEIR_ESHAPE,
	  { "matmul: ", "a = f32[4,3]", "b = f32[5,2]" } },
	{ DOES(matmul_of_rank_three), WEIR_ESHAPE,
	  { "matmul: ", "f32[2,3,4]", "f32[4,3]" } },
	{ DOES(matmul_of_two_dtypes), WEIR_EDTYPE,
	  { "matmul: ", "f32[4,3]", "f64[3,6]" } },
	{ DOES(matmul_of_ints), WEIR_EDTYPE, { "matmul: ", "i64[4,3]" } },
	{ DOES(shapes_that_do_not_broadcast), WEIR_ESHAPE,
	  { "add: ", "a = f32[4,3] from mistakes/layer/relu (",
	    "b = f32[5,2]" } },
	{ DOES(dtypes_mixed), WEIR_EDTYPE,
	  { "add: ", "a = f32[4,3]", "b = i64[4,3]" } },
	{ DOES(arithmetic_on_bools), WEIR_EDTYPE, { "mul: ", "bool[4,3]" } },
	{ DOES(exp_of_ints), WEIR_EDTYPE, { "exp: ", "i64[4,3]" } },
	{ DOES(condition_that_is_no_bool), WEIR_EDTYPE,
	  { "where: ", "f32[4,3]" } },
	{ DOES(cast_to_no_dtype), WEIR_EINVAL, { "cast: ", "f32[4,3]" } },
	{ DOES(loss_of_other_shapes), WEIR_ESHAPE,
	  { "bce_with_logits: ", "f32[4,3]", "f32[5,2]" } },
	{ DOES(loss_of_two_dtypes), WEIR_EDTYPE,
	  { "mse: ", "f32[4,3]", "i64[4,3]" } },
	{ DOES(operand_is_null), WEIR_ENULL,
	  { "sub: ", "operand b is NULL", "a = f32[4,3]", "b = NULL" } },
	{ DOES(both_operands_are_null), WEIR_ENULL,
	  { "maximum: ", "operand a is NULL" } },
	{ DOES(list_is_null), WEIR_ENULL, { "slice: ", "f32[4,3]" } },
	{ DOES(failure_after_a_failure), WEIR_ESHAPE,
	  { "matmul: ", "f32[4,3]", "f32[5,2]" } },
	{ DOES(axis_out_of_range), WEIR_ERANGE,
	  { "sum: ", "axis 2", "f32[4,3]", "axes=[2]" } },
	{ DOES(axis_named_twice), WEIR_EINVAL, { "max: ", "f32[4,3]" } },
	{ DOES(mean_of_nothing), WEIR_ESHAPE,
	  { "mean: ", "f32[0,3] from mistakes/layer/slice" } },
	{ DOES(argmax_axis_out_of_range), WEIR_ERANGE,
	  { "argmax: ", "axis -4", "f32[2,3,4]" } },
	{ DOES(permutation_that_is_none), WEIR_EINVAL,
	  { "transpose: ", "f32[4,3]", "perm=[1,1]" } },
	{ DOES(reshape_to_another_count), WEIR_ESHAPE,
	  { "reshape: ", "f32[4,3]", "shape=[5,2]" } },
	{ DOES(reshape_with_two_unknowns), WEIR_EINVAL,
	  { "reshape: ", "f32[4,3]" } },
	{ DOES(expand_of_a_length_that_is_not_one), WEIR_ESHAPE,
	  { "expand: ", "f32[4,3]", "[8,3]" } },
	{ DOES(slice_out_of_range), WEIR_ERANGE,
	  { "slice: ", "5", "f32[4,3]" } },
	{ DOES(slice_without_a_step), WEIR_ERANGE,
	  { "slice: ", "step 0", "f32[4,3]" } },
	{ DOES(slice_of_more_axes_than_there_are), WEIR_ESHAPE,
	  { "slice: ", "f32[4,3]" } },
	{ DOES(negative_padding), WEIR_ERANGE, { "pad: ", "f32[4,3]" } },
	{ DOES(concat_of_shapes_that_do_not_fit), WEIR_ESHAPE,
	  { "concat: ", "f32[4,3]", "f32[5,2]" } },
	{ DOES(concat_of_two_dtypes), WEIR_EDTYPE,
	  { "concat: ", "f32[4,3]", "i64[4,3]" } },
	{ DOES(too_many_operands), WEIR_EINVAL,
	  { "concat: ", "65", "64", "f32[4,3]" } },
	{ DOES(no_operands), WEIR_EINVAL, { "concat: ", "1 to 64" } },
	{ DOES(value_that_the_dtype_does_not_hold), WEIR_ERANGE,
	  { "constant: ", "0.5", "i64" } },
	{ DOES(too_many_axes), WEIR_ESHAPE, { "constant: ", "9", "8" } },
	{ DOES(shape_that_no_memory_holds), WEIR_EINVAL, { "constant: " } },
	{ DOES(uniform_numbers_between_nothing), WEIR_ERANGE,
	  { "uniform: ", "low 1", "variable dice" } },
	{ DOES(uniform_numbers_from_no_generator), WEIR_EINVAL,
	  { "uniform: ", "f32[2,2]", "variable v" } },
	{ .what = NULL },
};
