#include "ops/samples.h"

#include <stdio.h>

/* Rows of the table stop at what they have to say. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* An operand of a shape, filled with mixed numbers or as said. */
#define S(...) { .rank = (int)(sizeof((int64_t[]){ __VA_ARGS__ }) / 8), \
		 .shape = { __VA_ARGS__ } }
#define F(how, ...) { .rank = (int)(sizeof((int64_t[]){ __VA_ARGS__ }) / 8), \
		      .shape = { __VA_ARGS__ }, .fill = how }
#define D(type, ...) { .rank = (int)(sizeof((int64_t[]){ __VA_ARGS__ }) / 8), \
		       .shape = { __VA_ARGS__ }, .dtype = type }
#define SCALAR { .rank = 0 }
#define INTS(...) { (int)(sizeof((int64_t[]){ __VA_ARGS__ }) / 8), \
		    { __VA_ARGS__ } }
#define ATTRS(type, ...) &(const type){ __VA_ARGS__ }

#define BINARY(op)							\
	{ op, 2, { F(NONZERO, 3, 4), F(NONZERO, 3, 4) } },		\
	{ op, 2, { F(NONZERO, 5, 7), F(NONZERO, 7) } },			\
	{ op, 2, { F(NONZERO, 7), F(NONZERO, 5, 1) } },			\
	{ op, 2, { F(NONZERO, 2, 1, 3), F(NONZERO, 4, 1) } },		\
	{ op, 2, { { .rank = 0, .fill = NONZERO },			\
		   { .rank = 0, .fill = NONZERO } } },			\
	{ op, 2, { { .rank = 0, .fill = NONZERO }, F(NONZERO, 9) } },	\
	{ op, 2, { F(NONZERO, 0, 3), F(NONZERO, 3) } },			\
	{ op, 2, { F(NONZERO, 2, 1, 2, 1, 2, 1, 2, 3),			\
		   F(NONZERO, 1, 2, 1, 2, 1, 2, 1, 3) } },		\
	{ op, 2, { F(NONZERO, 300, 111), F(NONZERO, 300, 111) },	\
	  .is_large = true },						\
	{ op, 2, { F(NONZERO, 300, 111), F(NONZERO, 111) },		\
	  .is_large = true },						\
	{ op, 2, { F(NONZERO, 50, 1, 37), F(NONZERO, 11, 1) },		\
	  .is_large = true }

#define UNARY(op, how)							\
	{ op, 1, { F(how, 3, 5) } },					\
	{ op, 1, { { .rank = 0, .fill = how } } },			\
	{ op, 1, { F(how, 0) } },					\
	{ op, 1, { F(how, 1, 2, 1, 2, 1, 2, 1, 2) } },			\
	{ op, 1, { F(how, 35, 1003) }, .is_large = true }

#define REDUCE(op)							\
	{ op, 1, { F(NONZERO, 4, 5) }, ATTRS(weir_reduce_attrs, INTS(1)) }, \
	{ op, 1, { F(NONZERO, 4, 5) },					\
	  ATTRS(weir_reduce_attrs, INTS(0), true) },			\
	{ op, 1, { F(NONZERO, 4, 5) }, ATTRS(weir_reduce_attrs, { 0 }) }, \
	{ op, 1, { { .rank = 0 } }, ATTRS(weir_reduce_attrs, { 0 }) },	\
	{ op, 1, { F(NONZERO, 3, 4, 2, 5) },				\
	  ATTRS(weir_reduce_attrs, INTS(-3, 3)) },			\
	{ op, 1, { F(NONZERO, 3, 4, 2, 5) },				\
	  ATTRS(weir_reduce_attrs, INTS(0, 2), true) },			\
	{ op, 1, { F(NONZERO, 2, 2, 1, 2, 3, 1, 2, 2) },		\
	  ATTRS(weir_reduce_attrs, INTS(1, 4, 7)) },			\
	{ op, 1, { F(NONZERO, 2, 3) },					\
	  ATTRS(weir_reduce_attrs, INTS(0, 1), true) },			\
	{ op, 1, { F(NONZERO, 0, 3) }, ATTRS(weir_reduce_attrs, INTS(1)) }, \
	{ op, 1, { F(NONZERO, 3, 1000) },				\
	  ATTRS(weir_reduce_attrs, INTS(1)), .is_large = true },	\
	{ op, 1, { F(NONZERO, 1000, 3) },				\
	  ATTRS(weir_reduce_attrs, INTS(0)), .is_large = true },	\
	{ op, 1, { F(NONZERO, 700, 301) },				\
	  ATTRS(weir_reduce_attrs, INTS(0)), .is_large = true },	\
	{ op, 1, { F(NONZERO, 130000) },				\
	  ATTRS(weir_reduce_attrs, { 0 }), .is_large = true },		\
	{ op, 1, { F(NONZERO, 40000, 5) },				\
	  ATTRS(weir_reduce_attrs, INTS(1)), .is_large = true },	\
	{ op, 1, { F(NONZERO, 20, 33, 140) },				\
	  ATTRS(weir_reduce_attrs, INTS(0, 2)), .is_large = true },	\
	{ op, 1, { F(NONZERO, 20, 33, 140) },				\
	  ATTRS(weir_reduce_attrs, INTS(1)), .is_large = true },	\
	{ op, 1, { F(NONZERO, 2, 70000) },				\
	  ATTRS(weir_reduce_attrs, INTS(1), true), .is_large = true }

#define SHAPE(...) ATTRS(weir_shape_attrs, INTS(__VA_ARGS__))
#define MADE(type, ...) INTS(__VA_ARGS__)

const struct sample samples[] = {
	BINARY("add"),
	BINARY("sub"),
	BINARY("mul"),
	BINARY("div"),
	BINARY("maximum"),
	BINARY("equal"),
	{ "equal", 2, { S(40, 9), S(9) } },
	BINARY("greater"),
	{ "greater", 2, { S(40, 9), S(9) } },
	{ "where", 3, { D(WEIR_BOOL, 4, 3), S(4, 3), S(4, 3) } },
	{ "where", 3, { D(WEIR_BOOL, 4, 3), S(3), SCALAR } },
	{ "where", 3, { D(WEIR_BOOL, 4, 3), SCALAR, S(4, 3) } },
	{ "where", 3, { D(WEIR_BOOL, 4, 1), S(3), S(4, 3) } },
	{ "where", 3, { D(WEIR_BOOL, 190, 101), S(190, 101), S(190, 1) },
	  .is_large = true },
	UNARY("neg", MIXED),
	UNARY("square", MIXED),
	UNARY("sqrt", POSITIVE),
	UNARY("exp", MIXED),
	UNARY("log", POSITIVE),
	UNARY("tanh", MIXED),
	UNARY("sigmoid", MIXED),
	UNARY("relu", NONZERO),
	{ "cast", 1, { S(3, 5) }, ATTRS(weir_cast_attrs, WEIR_F32) },
	{ "cast", 1, { S(3, 5) }, ATTRS(weir_cast_attrs, WEIR_F64) },
	{ "cast", 1, { S(3, 5) }, ATTRS(weir_cast_attrs, WEIR_I64) },
	{ "cast", 1, { S(3, 5) }, ATTRS(weir_cast_attrs, WEIR_BOOL) },
	{ "cast", 1, { S(0) }, ATTRS(weir_cast_attrs, WEIR_BOOL) },
	{ "cast", 1, { S(33000) }, ATTRS(weir_cast_attrs, WEIR_F32),
	  .is_large = true },
	REDUCE("sum"),
	{ "sum", 1, { S(3, 0) }, ATTRS(weir_reduce_attrs, INTS(1)) },
	REDUCE("mean"),
	REDUCE("max"),
	{ "max", 1, { S(13, 21) }, ATTRS(weir_reduce_attrs, INTS(0)),
	  .has_ties = true },
	{ "argmax", 1, { S(4, 5) }, ATTRS(weir_argmax_attrs, 1) },
	{ "argmax", 1, { S(4, 5) }, ATTRS(weir_argmax_attrs, -2, true) },
	{ "argmax", 1, { S(2, 3, 2, 2) }, ATTRS(weir_argmax_attrs, 2) },
	{ "argmax", 1, { S(0, 3) }, ATTRS(weir_argmax_attrs, 1) },
	{ "argmax", 1, { S(90000) }, ATTRS(weir_argmax_attrs, 0),
	  .is_large = true },
	{ "argmax", 1, { S(500, 200) }, ATTRS(weir_argmax_attrs, 0),
	  .is_large = true },
	{ "argmax", 1, { S(500, 200) }, ATTRS(weir_argmax_attrs, 1),
	  .is_large = true },
	{ "matmul", 2, { S(3, 4), S(4, 5) } },
	{ "matmul", 2, { S(3, 1), S(1, 5) } },
	{ "matmul", 2, { S(1, 7), S(7, 1) } },
	{ "matmul", 2, { S(3, 0), S(0, 2) } },
	{ "matmul", 2, { S(0, 3), S(3, 2) } },
	{ "matmul", 2, { S(270, 40), S(40, 530) }, .is_large = true },
	{ "matmul", 2, { S(33, 700), S(700, 19) }, .is_large = true },
	{ "transpose", 1, { S(3, 4) }, ATTRS(weir_transpose_attrs, { 0 }) },
	{ "transpose", 1, { S(2, 3, 4) },
	  ATTRS(weir_transpose_attrs, INTS(1, -1, 0)) },
	{ "transpose", 1, { SCALAR }, ATTRS(weir_transpose_attrs, { 0 }) },
	{ "reshape", 1, { S(3, 4) }, SHAPE(2, -1) },
	{ "reshape", 1, { S(3, 4) }, SHAPE(12) },
	{ "reshape", 1, { S(2, 3, 4) }, SHAPE(6, 2, 2) },
	{ "reshape", 1, { S(1, 1) }, ATTRS(weir_shape_attrs, { 0 }) },
	{ "reshape", 1, { SCALAR }, SHAPE(1, 1, 1) },
	{ "reshape", 1, { S(0, 3) }, SHAPE(5, 0) },
	{ "reshape", 1, { S(150, 170) }, SHAPE(170, 150), .is_large = true },
	{ "expand", 1, { S(3, 1) }, SHAPE(2, 3, 4) },
	{ "expand", 1, { SCALAR }, SHAPE(3) },
	{ "expand", 1, { S(1, 3) }, SHAPE(0, 3) },
	{ "slice", 1, { S(5, 4) },
	  ATTRS(weir_slice_attrs, INTS(1, -3), INTS(5, 4), INTS(2, 1)) },
	{ "slice", 1, { S(5, 4) }, ATTRS(weir_slice_attrs, INTS(-4), INTS(-1)) },
	{ "slice", 1, { S(5, 4) }, ATTRS(weir_slice_attrs, INTS(3), INTS(2)) },
	{ "slice", 1, { S(7) },
	  ATTRS(weir_slice_attrs, INTS(0), INTS(7), INTS(3)) },
	{ "pad", 1, { S(2, 3) },
	  ATTRS(weir_pad_attrs, INTS(1, 2), INTS(0, 1), INTS(2, 1)) },
	{ "pad", 1, { S(2, 3) }, ATTRS(weir_pad_attrs, INTS(1), INTS(2)) },
	{ "pad", 1, { S(0, 3) },
	  ATTRS(weir_pad_attrs, INTS(1, 0), INTS(1, 0), INTS(5, 0)) },
	{ "pad", 1, { SCALAR }, ATTRS(weir_pad_attrs, { 0 }) },
	{ "pad", 1, { S(60, 70) },
	  ATTRS(weir_pad_attrs, INTS(1, 3), INTS(2, 1), INTS(1, 4)),
	  .is_large = true },
	{ "pad", 1, { S(3, 20000) },
	  ATTRS(weir_pad_attrs, INTS(1, 3), INTS(2, 100)), .is_large = true },
	{ "concat", 3, { S(2, 3), S(2, 1), S(2, 2) },
	  ATTRS(weir_concat_attrs, 1) },
	{ "concat", 2, { S(2, 3), S(1, 3) }, ATTRS(weir_concat_attrs, -2) },
	{ "concat", 1, { S(4) }, ATTRS(weir_concat_attrs, 0) },
	{ "concat", 2, { S(2, 0, 2), S(2, 3, 2) },
	  ATTRS(weir_concat_attrs, 1) },
	{ "concat", 3, { S(130, 100), S(130, 7), S(130, 90) },
	  ATTRS(weir_concat_attrs, 1), .is_large = true },
	UNARY("copy", MIXED),
	{ "bce_with_logits", 2, { S(4, 3), F(UNIT, 4, 3) } },
	{ "bce_with_logits", 2, { SCALAR, { .rank = 0, .fill = UNIT } } },
	{ "bce_with_logits", 2, { S(350, 100), F(UNIT, 350, 100) },
	  .is_large = true },
	{ "mse", 2, { S(4, 3), S(4, 3) } },
	{ "mse", 2, { S(350, 100), S(350, 100) }, .is_large = true },
	{ "constant", 0, { { 0 } },
	  ATTRS(weir_constant_attrs, WEIR_F32, INTS(2, 3), 1.5) },
	{ "constant", 0, { { 0 } },
	  ATTRS(weir_constant_attrs, WEIR_F64, { 0 }, -2.25) },
	{ "constant", 0, { { 0 } },
	  ATTRS(weir_constant_attrs, WEIR_I64, INTS(40000), 7),
	  .is_large = true },
	{ "constant", 0, { { 0 } },
	  ATTRS(weir_constant_attrs, WEIR_BOOL, INTS(3), 1) },
	{ "uniform", 1, { D(WEIR_I64, 2) },
	  ATTRS(weir_uniform_attrs, WEIR_F32, INTS(3, 5), -1, 2) },
	{ "uniform", 1, { D(WEIR_I64, 2) },
	  ATTRS(weir_uniform_attrs, WEIR_F64, INTS(7), 0, 1) },
	{ "uniform", 1, { D(WEIR_I64, 2) },
	  ATTRS(weir_uniform_attrs, WEIR_F64, INTS(0), 0, 1) },
	{ "uniform", 1, { D(WEIR_I64, 2) },
	  ATTRS(weir_uniform_attrs, WEIR_F32, INTS(40001), 0, 1),
	  .is_large = true },
	{ "read", 1, { S(3, 4) } },
	{ "assign", 2, { S(3, 4), S(3, 4) } },
	{ "sgd", 3, { S(4, 3), S(4, 3), { .rank = 0, .fill = UNIT } } },
	{ "sgd", 3, { S(300, 100), S(300, 100), { .rank = 0, .fill = UNIT } },
	  .is_large = true },
	{ "sgd_momentum", 4, { S(4, 3), S(4, 3), S(4, 3),
			       { .rank = 0, .fill = UNIT } },
	  ATTRS(weir_sgd_attrs, 0.9) },
	{ "sgd_momentum", 4, { S(300, 100), S(300, 100), S(300, 100),
			       { .rank = 0, .fill = UNIT } },
	  ATTRS(weir_sgd_attrs, 0.9), .is_large = true },
};

const size_t n_samples = sizeof samples / sizeof *samples;

bool
sample_takes(const struct sample *sample, weir_dtype dtype)
{
	const weir_op *op = weir_op_find(sample->op);
	size_t i;

	if (!op)
		return false;
	for (i = 0; i < sample->n_in; i++) {
		if (sample->in[i].dtype)
			continue;
		/* only of operand 0 does the descriptor say what it may be */
		return i || !op->dtypes || op->dtypes & WEIR_DTYPE_BIT(dtype);
	}
	return dtype == WEIR_F64;
}

static weir_spec
operand_spec(const struct sample_operand *operand, weir_dtype dtype)
{
	return spec_of(operand->dtype ? operand->dtype : dtype, operand->rank,
		       operand->shape);
}

void
sample_operands(const struct sample *sample, weir_dtype dtype,
		struct array *in)
{
	size_t i;

	for (i = 0; i < sample->n_in; i++) {
		weir_spec spec = operand_spec(&sample->in[i], dtype);

		in[i] = array_filled(&spec, sample->in[i].fill, (unsigned)i);
	}
}

const char *
sample_name(const struct sample *sample, weir_dtype dtype)
{
	static char text[512];
	size_t length, i;
	int axis;

	length = (size_t)snprintf(text, sizeof text, "%s", sample->op);
	for (i = 0; i < sample->n_in; i++) {
		weir_spec spec = operand_spec(&sample->in[i], dtype);

		length += (size_t)snprintf(text + length, sizeof text - length,
					   " %s[", weir_dtype_name(spec.dtype));
		for (axis = 0; axis < spec.rank; axis++)
			length += (size_t)snprintf(
				text + length, sizeof text - length, "%s%lld",
				axis ? "," : "", (long long)spec.shape[axis]);
		length += (size_t)snprintf(text + length, sizeof text - length,
					   "]");
	}
	return text;
}
