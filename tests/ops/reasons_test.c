/* What shape inference says of calls that cannot be: the reason alone. */
#include <criterion/criterion.h>

#include "ops/arrays.h"

/* Attributes stop at what a mistake needs. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define INTS(...) { (int)(sizeof((int64_t[]){ __VA_ARGS__ }) / 8), \
		    { __VA_ARGS__ } }
#define SPEC(type, ...) { type, (int)(sizeof((int64_t[]){ __VA_ARGS__ }) / 8), \
			  { __VA_ARGS__ } }
#define ATTRS(type, ...) &(const type){ __VA_ARGS__ }
#define F32(...) SPEC(WEIR_F32, __VA_ARGS__)

static const struct mistake {
	const char *op;
	size_t n_in;
	weir_spec in[3];
	const void *attrs;
	weir_status status;
	const char *text;
} mistakes[] = {
	{ "add", 2, { F32(2, 3), F32(4) }, NULL, WEIR_ESHAPE,
	  "the shape [4] of b does not broadcast against [2,3]" },
	{ "where", 3, { SPEC(WEIR_BOOL, 2), F32(2), SPEC(WEIR_F64, 2) }, NULL,
	  WEIR_EDTYPE, "b is f32 and c is f64: cast one to the other" },
	{ "cast", 1, { F32(2) }, ATTRS(weir_cast_attrs, 9), WEIR_EINVAL,
	  "9 is not a dtype" },
	{ "sum", 1, { F32(2, 3) }, ATTRS(weir_reduce_attrs, INTS(2)),
	  WEIR_ERANGE, "axis 2 is out of range for rank 2" },
	{ "sum", 1, { F32(2, 3) }, ATTRS(weir_reduce_attrs, INTS(-3)),
	  WEIR_ERANGE, "axis -3 is out of range for rank 2" },
	{ "sum", 1, { F32(2, 3) }, ATTRS(weir_reduce_attrs, INTS(1, -1)),
	  WEIR_EINVAL, "axis 1 is named twice" },
	{ "mean", 1, { F32(2, 0) }, ATTRS(weir_reduce_attrs, INTS(1)),
	  WEIR_ESHAPE, "there is no mean of nothing: an axis to reduce has "
		       "length 0" },
	{ "max", 1, { F32(0) }, ATTRS(weir_reduce_attrs, { 0 }), WEIR_ESHAPE,
	  "there is no max of nothing: an axis to reduce has length 0" },
	{ "argmax", 1, { F32(3, 0) }, ATTRS(weir_argmax_attrs, 1), WEIR_ESHAPE,
	  "there is no largest of nothing: axis 1 has length 0" },
	{ "matmul", 2, { F32(2), F32(2, 3) }, NULL, WEIR_ESHAPE,
	  "it takes two matrices, and a has rank 1" },
	{ "matmul", 2, { F32(32, 20), F32(64, 1) }, NULL, WEIR_ESHAPE,
	  "the inner dimensions 20 and 64 differ" },
	{ "transpose", 1, { F32(2, 3) }, ATTRS(weir_transpose_attrs, INTS(0)),
	  WEIR_ESHAPE, "perm has 1 entries for 2 axes" },
	{ "transpose", 1, { F32(2, 3) },
	  ATTRS(weir_transpose_attrs, INTS(1, -1)), WEIR_EINVAL,
	  "perm names axis 1 twice" },
	{ "reshape", 1, { F32(2, 3) }, ATTRS(weir_shape_attrs, INTS(4)),
	  WEIR_ESHAPE, "[2,3] has 6 elements and does not fit [4]" },
	{ "reshape", 1, { F32(2, 3) }, ATTRS(weir_shape_attrs, INTS(-1, 4)),
	  WEIR_ESHAPE, "[2,3] has 6 elements and does not fit [-1,4]" },
	{ "reshape", 1, { F32(6) }, ATTRS(weir_shape_attrs, INTS(-1, -1)),
	  WEIR_EINVAL, "the new shape has more than one -1" },
	{ "reshape", 1, { F32(0) }, ATTRS(weir_shape_attrs, INTS(0, -1)),
	  WEIR_ESHAPE, "the -1 of the new shape could be any length: the "
		       "others give 0 elements" },
	{ "reshape", 1, { F32(6) }, ATTRS(weir_shape_attrs, INTS(-2, -3)),
	  WEIR_ESHAPE, "the shape [-2,-3] has a negative length" },
	{ "expand", 1, { F32(3) }, ATTRS(weir_shape_attrs, INTS(3, 1)),
	  WEIR_ESHAPE, "[3] does not broadcast to [3,1]" },
	{ "expand", 1, { F32(2, 3) }, ATTRS(weir_shape_attrs, INTS(3)),
	  WEIR_ESHAPE, "[2,3] does not broadcast to [3]" },
	{ "slice", 1, { F32(5) },
	  ATTRS(weir_slice_attrs, INTS(6), INTS(6)), WEIR_ERANGE,
	  "start 6 is out of range for axis 0 of length 5" },
	{ "slice", 1, { F32(5) },
	  ATTRS(weir_slice_attrs, INTS(0), INTS(-6)), WEIR_ERANGE,
	  "stop -6 is out of range for axis 0 of length 5" },
	{ "slice", 1, { F32(5) },
	  ATTRS(weir_slice_attrs, INTS(0), INTS(5), INTS(0)), WEIR_ERANGE,
	  "step 0 of axis 0 is not positive" },
	{ "slice", 1, { F32(5) },
	  ATTRS(weir_slice_attrs, INTS(0, 0), INTS(5, 5)), WEIR_ESHAPE,
	  "bounds for 2 axes of 1" },
	{ "slice", 1, { F32(5) }, ATTRS(weir_slice_attrs, INTS(0), { 0 }),
	  WEIR_EINVAL, "there are 1 starts, 0 stops and 0 steps" },
	{ "pad", 1, { F32(5) }, ATTRS(weir_pad_attrs, INTS(-1), INTS(0)),
	  WEIR_ERANGE, "a negative number of zeros for axis 0" },
	{ "pad", 1, { F32(5) },
	  ATTRS(weir_pad_attrs, INTS(0), INTS(0), INTS(INT64_MAX / 2)),
	  WEIR_ERANGE, "too many zeros for axis 0" },
	{ "concat", 2, { F32(2, 3), F32(3, 3) }, ATTRS(weir_concat_attrs, 1),
	  WEIR_ESHAPE, "axis 0 has length 2 in a and 3 in b; only axis 1 may "
		       "differ" },
	{ "concat", 2, { F32(2, 3), F32(3) }, ATTRS(weir_concat_attrs, 0),
	  WEIR_ESHAPE, "the ranks 2 of a and 1 of b differ" },
	{ "concat", 1, { { WEIR_F32, 0, { 0 } } }, ATTRS(weir_concat_attrs, 0),
	  WEIR_ESHAPE, "a has no axis to join along" },
	{ "mse", 2, { F32(2, 3), F32(3, 2) }, NULL, WEIR_ESHAPE,
	  "the shapes [2,3] of a and [3,2] of b differ" },
	{ "mse", 2, { F32(0), F32(0) }, NULL, WEIR_ESHAPE,
	  "there is no loss of nothing: the operands have no elements" },
	{ "constant", 0, { { 0 } },
	  ATTRS(weir_constant_attrs, WEIR_I64, INTS(1), 0.5), WEIR_ERANGE,
	  "0.5 is no i64" },
	{ "constant", 0, { { 0 } },
	  ATTRS(weir_constant_attrs, WEIR_F32, INTS(1), 1e300), WEIR_ERANGE,
	  "1.0000000000000001e+300 is no f32" },
	{ "constant", 0, { { 0 } },
	  ATTRS(weir_constant_attrs, WEIR_BOOL, INTS(1), 2), WEIR_ERANGE,
	  "2 is no bool" },
	{ "uniform", 1, { SPEC(WEIR_I64, 3) },
	  ATTRS(weir_uniform_attrs, WEIR_F32, INTS(1), 0, 1), WEIR_ESHAPE,
	  "a is no generator: its state must be i64[2], (seed, counter)" },
	{ "uniform", 1, { SPEC(WEIR_I64, 2) },
	  ATTRS(weir_uniform_attrs, WEIR_I64, INTS(1), 0, 1), WEIR_EDTYPE,
	  "the dtype of uniform numbers is f32 or f64, not i64" },
	{ "uniform", 1, { SPEC(WEIR_I64, 2) },
	  ATTRS(weir_uniform_attrs, WEIR_F32, INTS(1), 1, 1), WEIR_ERANGE,
	  "low 1 must be less than high 1, and both and their difference "
	  "finite" },
	{ "assign", 2, { F32(2), F32(3) }, NULL, WEIR_ESHAPE,
	  "the shapes [2] of a and [3] of b differ" },
	{ "sgd", 3, { F32(2), F32(2), F32(1) }, NULL, WEIR_ESHAPE,
	  "the rate c must have rank 0, not 1" },
};

Test(reasons, each_mistake_has_its_own)
{
	weir_spec out[WEIR_RESULTS_MAX];
	size_t i;

	for (i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		const struct mistake *m = &mistakes[i];
		weir_status status = infer_op(weir_op_find(m->op), m->attrs,
					      m->in, m->n_in, out);

		cr_expect_eq(status, m->status, "%s: %s, not %s", m->op,
			     weir_status_name(status),
			     weir_status_name(m->status));
		cr_expect_str_eq(weir_error_text(), m->text, "%s: %s", m->op,
				 weir_error_text());
	}
}
