/*
 * Ops that can be called for a band of their result give the bits of the whole
 * call, whatever the band, and whether their operands are bands of larger ones
 * or nothing but bands.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ops/arrays.h"

/* Rows of the table stop at what they have to say. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

enum { N = -1, OPERANDS = 3 };	/* N: as many entries as are tried */

struct operand {
	int rank;
	int64_t shape[2];
	weir_dtype dtype;	/* 0: the one that is tried */
};

#define S(...) { .rank = (int)(sizeof((int64_t[]){ __VA_ARGS__ }) / 8), \
		 .shape = { __VA_ARGS__ } }
#define B(...) { .rank = (int)(sizeof((int64_t[]){ __VA_ARGS__ }) / 8), \
		 .shape = { __VA_ARGS__ }, .dtype = WEIR_BOOL }

static const weir_reduce_attrs down = { .axes = { 1, { 0 } } };
static const weir_reduce_attrs down_kept = { .axes = { 1, { 0 } },
					     .keepdims = true };
static const weir_reduce_attrs across = { .axes = { 1, { 1 } } };
static const weir_cast_attrs to_bool = { WEIR_BOOL }, to_f32 = { WEIR_F32 };

#define BINARY(name)							\
	{ name, 2, { S(37, N), S(37, N) } },				\
	{ name, 2, { S(37, N), S(N) } },				\
	{ name, 2, { S(37, 1), S(1, N) } },				\
	{ name, 2, { { .rank = 0 }, S(37, N) } }
#define UNARY(name) { name, 1, { S(37, N) } }
#define REDUCE(name)							\
	{ name, 1, { S(37, N) }, &down },				\
	{ name, 1, { S(520, N) }, &down_kept },				\
	{ name, 1, { S(N, 37) }, &across },				\
	{ name, 1, { S(N, 520) }, &across }

static const struct {
	const char *op;
	size_t n_in;
	struct operand in[OPERANDS];
	const void *attrs;
} calls[] = {
	BINARY("add"), BINARY("sub"), BINARY("mul"), BINARY("div"),
	BINARY("maximum"), BINARY("equal"), BINARY("greater"),
	UNARY("neg"), UNARY("square"), UNARY("relu"), UNARY("sqrt"),
	UNARY("exp"), UNARY("log"), UNARY("tanh"), UNARY("sigmoid"),
	UNARY("copy"),
	{ "cast", 1, { S(37, N) }, &to_bool },
	{ "cast", 1, { S(37, N) }, &to_f32 },
	{ "where", 3, { B(37, N), S(37, N), S(N) } },
	{ "where", 3, { B(37, 1), S(37, N), { .rank = 0 } } },
	{ "sgd", 3, { S(37, N), S(37, N), { .rank = 0 } } },
	REDUCE("sum"), REDUCE("mean"), REDUCE("max"),
	{ "matmul", 2, { S(37, 1), S(1, N) } },
	{ "matmul", 2, { S(1, 300), S(300, N) } },
	{ "matmul", 2, { S(N, 300), S(300, 1) } },
	{ "matmul", 2, { S(20, 300), S(300, N) } },
	{ "matmul", 2, { S(100, 10), S(10, N) } },
	{ "matmul", 2, { S(N, 300), S(300, 20) } },
};

enum { N_CALLS = sizeof calls / sizeof *calls };

static weir_spec
spec_with(const struct operand *operand, weir_dtype dtype, int64_t n)
{
	weir_spec spec = { operand->dtype ? operand->dtype : dtype,
			   operand->rank, { 0 } };
	int axis;

	for (axis = 0; axis < operand->rank; axis++)
		spec.shape[axis] = operand->shape[axis] == N
			? n : operand->shape[axis];
	return spec;
}

/* Entries first..last - 1 of an axis; all if that is -1. */
static struct array
part_of(const struct array *whole, int axis, int64_t first, int64_t last)
{
	struct array part = *whole;

	if (axis < 0)
		return part;
	part.spec.shape[axis] = last - first;
	part.data += first * whole->strides[axis];
	return part;
}

/* The band of a call whose operands lie so. */
static void
try_band(size_t which, const struct array *in, enum layout layout,
	 const struct run *whole, int axis, const int *axes, int64_t first,
	 int64_t last)
{
	const weir_op *op = weir_op_find(calls[which].op);
	struct array want = part_of(&whole->out[0], axis, first, last);
	struct array parts[OPERANDS];
	bool are_copies;
	size_t i;

	for (are_copies = false;; are_copies = true) {
		struct run run;

		for (i = 0; i < calls[which].n_in; i++) {
			parts[i] = part_of(&in[i], axes[i], first, last);
			if (are_copies)
				parts[i] = array_copy(&parts[i], layout);
		}
		run = run_op(op, calls[which].attrs, parts, calls[which].n_in,
			     WHOLE);
		cr_assert_eq(run.status, WEIR_OK);
		cr_expect_eq(array_differs(&run.out[0], &want), -1,
			     "%s (call %zu, %s): entries %lld to %lld of axis "
			     "%d of %lld%s", op->name, which,
			     weir_dtype_name(in[calls[which].n_in - 1]
						     .spec.dtype),
			     (long long)first, (long long)last, axis,
			     (long long)whole->out[0].spec.shape[axis],
			     are_copies ? ", copies" : "");
		run_free(&run, op);
		if (are_copies)
			break;
	}
	for (i = 0; i < calls[which].n_in; i++)
		array_free(&parts[i]);
}

static void
try_axis(size_t which, const struct array *in, enum layout layout,
	 const struct run *whole, int axis, const int *axes)
{
	int64_t n = whole->out[0].spec.shape[axis];

	try_band(which, in, layout, whole, axis, axes, 0, WEIR_BAND);
	try_band(which, in, layout, whole, axis, axes, WEIR_BAND, n);
	if (n < 3 * WEIR_BAND)
		return;
	try_band(which, in, layout, whole, axis, axes, WEIR_BAND, 2 * WEIR_BAND);
	try_band(which, in, layout, whole, axis, axes,
		 (n / WEIR_BAND - 1) * WEIR_BAND, n);
}

/* How many axes there are that can be cut. */
static int
try_call(size_t which, weir_dtype dtype, int64_t n, bool has_nans,
	 enum layout layout)
{
	const weir_op *op = weir_op_find(calls[which].op);
	const weir_spec *specs[OPERANDS], *out;
	struct array in[OPERANDS];
	weir_call call = { .op = op, .attrs = calls[which].attrs,
			   .n_in = calls[which].n_in, .n_out = 1,
			   .in = specs, .out = &out };
	int axes[OPERANDS], axis, found = 0;
	struct run whole;
	size_t i;

	if (op->dtypes && !(op->dtypes & WEIR_DTYPE_BIT(dtype)) &&
	    !calls[which].in[0].dtype)
		return 0;
	for (i = 0; i < call.n_in; i++) {
		weir_spec spec = spec_with(&calls[which].in[i], dtype, n);
		struct array filled = array_filled(&spec, MIXED, (unsigned)i);

		if (has_nans && spec.dtype <= WEIR_F64)
			array_fill_with_nans(&filled, 77 * (unsigned)i);
		in[i] = array_copy(&filled, layout);
		array_free(&filled);
		specs[i] = &in[i].spec;
	}
	whole = run_op(op, call.attrs, in, call.n_in, WHOLE);
	if (!whole.status) {
		out = &whole.out[0].spec;
		for (axis = 0; axis < out->rank; axis++) {
			if (out->shape[axis] != n ||
			    !op->band(&call, axis, axes))
				continue;
			try_axis(which, in, layout, &whole, axis, axes);
			found++;
		}
		run_free(&whole, op);
	}
	for (i = 0; i < call.n_in; i++)
		array_free(&in[i]);
	return found;
}

/* Whether it is up to the processor, and WEIR_MATMUL, if it is cut: the BLAS
 * does whole blocks. */
static bool
may_be_of_blas(size_t which)
{
	const struct operand *in = calls[which].in;

	return strcmp(calls[which].op, "matmul") == 0 &&
	       in[0].shape[0] != 1 && in[0].shape[1] != 1 &&
	       in[1].shape[1] != 1;
}

static const int64_t extents[] = { 128, 191, 320, 1025 };

Test(bands, have_the_bits_of_the_whole, .fini = arrays_free)
{
	size_t which, e;
	weir_dtype dtype;

	for (which = 0; which < N_CALLS; which++) {
		const weir_op *op = weir_op_find(calls[which].op);
		int found = 0;

		cr_assert(op && op->band, "%s", calls[which].op);
		for (dtype = WEIR_F32; dtype <= WEIR_I64; dtype++)
			for (e = 0; e < sizeof extents / sizeof *extents; e++) {
				if (dtype == WEIR_I64 && op->fallible)
					continue;
				found += try_call(which, dtype, extents[e],
						  false, CONTIGUOUS);
				found += try_call(which, dtype, extents[e],
						  false, REVERSED_AXES);
			}
		cr_expect(found || may_be_of_blas(which), "%s is never cut",
			  calls[which].op);
	}
}

Test(bands, have_the_same_nans, .fini = arrays_free)
{
	size_t which, e;
	weir_dtype dtype;

	for (which = 0; which < N_CALLS; which++)
		for (dtype = WEIR_F32; dtype <= WEIR_F64; dtype++)
			for (e = 0; e < sizeof extents / sizeof *extents; e++) {
				try_call(which, dtype, extents[e], true,
					 CONTIGUOUS);
				try_call(which, dtype, extents[e], true,
					 REVERSED_AXES);
			}
}

/* A new op that can be cut has its calls above. */
Test(bands, of_all_ops_are_tried)
{
	size_t i, which;

	for (i = 0; i < weir_op_count(); i++) {
		const weir_op *op = weir_op_at(i);

		for (which = 0; which < N_CALLS; which++)
			if (!strcmp(calls[which].op, op->name))
				break;
		cr_expect(!op->band || which < N_CALLS, "%s", op->name);
	}
}
