/*
 * Ops that go through an axis of their operands part by part give the bits of
 * the whole call, whatever the parts, and touch nothing beside them.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "ops/arrays.h"

enum { N = -1, OPERANDS = 2 };		/* N: as many entries as are tried */

static const weir_reduce_attrs down = { .axes = { 1, { 0 } } };
static const weir_reduce_attrs down_kept = { .axes = { 1, { 0 } },
					     .keepdims = true };
static const weir_reduce_attrs across = { .axes = { 1, { 1 } } };

static const struct {
	const char *op;
	size_t n_in;
	int64_t shape[OPERANDS][2];
	const void *attrs;
	bool folds;
} calls[] = {
	{ "sum", 1, { { N, 1 } }, &down, true },
	{ "sum", 1, { { N, 70 } }, &down, true },
	{ "sum", 1, { { N, 300 } }, &down_kept, true },
	{ "mean", 1, { { N, 64 } }, &down, true },
	{ "max", 1, { { N, 64 } }, &down, true },
	{ "sum", 1, { { 5, N } }, &across, false },
	{ "matmul", 2, { { 20, N }, { N, 64 } }, NULL, true },
	{ "matmul", 2, { { 3, N }, { N, 37 } }, NULL, true },
};

enum { N_CALLS = sizeof calls / sizeof *calls };

static const int64_t extents[] = { 2, 15, 16, 17, 255, 256, 257, 511, 513, 800,
				   1300 };
static const int64_t lengths[] = { 1, 7, 16, 64, 256, 300, 2000 };

static weir_status
do_part(const weir_call *call, const struct array *in, const int *axes,
	enum layout layout, int64_t begin, int64_t end, weir_view *out,
	void *scratch)
{
	struct array copies[OPERANDS], parts[OPERANDS];
	weir_view views[OPERANDS];
	weir_kernel kernel = { .call = *call, .in = views, .out = out,
			       .scratch = scratch };
	weir_status status;
	size_t i;

	for (i = 0; i < call->n_in; i++) {
		parts[i] = array_part(&in[i], axes[i], begin, end, layout,
				      &copies[i]);
		views[i] = (weir_view){ parts[i].data, call->in[i],
					parts[i].strides };
	}
	status = call->op->fold(&kernel, begin, end);
	for (i = 0; i < call->n_in; i++)
		array_free(&copies[i]);
	return status;
}

/* All of it in parts of so many entries. */
static void
try_parts(const weir_call *call, const struct array *in, const int *axes,
	  size_t bytes, enum layout layout, int64_t length,
	  const struct array *want)
{
	int64_t extent = in[0].spec.shape[axes[0]], begin, end;
	struct array made = array_new(&want->spec, CONTIGUOUS);
	weir_view out = { made.data, &want->spec, made.strides };
	void *scratch = aligned_alloc(64, (bytes + 64) / 64 * 64);

	cr_assert_not_null(scratch);
	memset(scratch, 0xff, bytes);
	memset(made.data, 0xff, (size_t)spec_count(&made.spec) *
				weir_dtype_size(made.spec.dtype));
	for (begin = 0; begin < extent; begin = end) {
		end = begin + length < extent ? begin + length : extent;
		cr_assert_eq(do_part(call, in, axes, layout, begin, end, &out,
				     scratch), WEIR_OK);
	}
	cr_expect_eq(array_differs(&made, want), -1,
		     "%s of %s: %lld entries by %lld, layout %d",
		     call->op->name, weir_dtype_name(in[0].spec.dtype),
		     (long long)extent, (long long)length, layout);
	free(scratch);
	array_free(&made);
}

/* False if it is not done by parts. */
static bool
try_call(size_t which, weir_dtype dtype, int64_t n, bool has_nans)
{
	const weir_op *op = weir_op_find(calls[which].op);
	const weir_spec *specs[OPERANDS], *out;
	struct array in[OPERANDS];
	weir_call call = { .op = op, .attrs = calls[which].attrs,
			   .n_in = calls[which].n_in, .n_out = 1,
			   .in = specs, .out = &out };
	int axes[OPERANDS];
	struct run whole;
	size_t i, bytes;
	bool folds;

	for (i = 0; i < call.n_in; i++) {
		weir_spec spec = { dtype, 2, { 0 } };
		int axis;

		for (axis = 0; axis < 2; axis++)
			spec.shape[axis] = calls[which].shape[i][axis] == N
				? n : calls[which].shape[i][axis];
		in[i] = array_filled(&spec, MIXED, (unsigned)i);
		if (has_nans && dtype != WEIR_I64)
			array_fill_with_nans(&in[i], 77 * (unsigned)i);
		specs[i] = &in[i].spec;
	}
	whole = run_op(op, call.attrs, in, call.n_in, WHOLE);
	cr_assert_eq(whole.status, WEIR_OK);
	out = &whole.out[0].spec;
	folds = op->folds(&call, axes, &bytes);
	for (i = 0; folds && i < sizeof lengths / sizeof *lengths; i++) {
		try_parts(&call, in, axes, bytes, CONTIGUOUS, lengths[i],
			  &whole.out[0]);
		try_parts(&call, in, axes, bytes, REVERSED_AXES, lengths[i],
			  &whole.out[0]);
	}
	run_free(&whole, op);
	for (i = 0; i < call.n_in; i++)
		array_free(&in[i]);
	return folds;
}

static void
try_calls(bool has_nans)
{
	size_t which, e;
	weir_dtype dtype;

	for (which = 0; which < N_CALLS; which++) {
		const weir_op *op = weir_op_find(calls[which].op);
		bool is_product = strcmp(calls[which].op, "matmul") == 0;
		bool folds;

		for (dtype = WEIR_F32; dtype <= WEIR_I64; dtype++)
			for (e = 0; e < sizeof extents / sizeof *extents; e++) {
				if (!(op->dtypes & WEIR_DTYPE_BIT(dtype)))
					continue;
				folds = try_call(which, dtype, extents[e],
						 has_nans);
				/* What the BLAS does is up to it. */
				cr_expect(folds == calls[which].folds ||
					  is_product, "%s (%zu)", op->name,
					  which);
			}
	}
}

Test(folds, have_the_bits_of_the_whole, .fini = arrays_free)
{
	try_calls(false);
}

Test(folds, have_the_same_nan, .fini = arrays_free)
{
	try_calls(true);
}

/* A new op that does has its calls above. */
Test(folds, of_all_ops_are_tried)
{
	size_t i, which;

	for (i = 0; i < weir_op_count(); i++) {
		const weir_op *op = weir_op_at(i);

		for (which = 0; which < N_CALLS; which++)
			if (!strcmp(calls[which].op, op->name))
				break;
		cr_expect_eq(!op->folds, !op->fold, "%s", op->name);
		cr_expect(!op->folds || which < N_CALLS, "%s", op->name);
	}
}
