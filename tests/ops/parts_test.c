/*
 * Ops that make their sums of parts give the bits of the whole call, in whatever
 * order the parts are made, and each of them touches nothing but its own entries.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "ops/arrays.h"

enum { N = -1, OPERANDS = 2 };		/* N: as many entries as are tried */

static const struct {
	const char *op;
	int64_t shape[OPERANDS][2];
} calls[] = {
	{ "matmul", { { 300, N }, { N, 1 } } },
	{ "matmul", { { 1, N }, { N, 70 } } },
	{ "matmul", { { 1, N }, { N, 1 } } },
};

static const int64_t extents[] = { 512, 513, 575, 576, 800, 1024, 1031, 2500 };

enum {
	N_CALLS = sizeof calls / sizeof *calls,
	N_EXTENTS = sizeof extents / sizeof *extents
};

struct parts {
	const weir_call *call;
	const struct array *in;
	int axes[OPERANDS];
	int64_t length, n;
	enum layout layout;
	void *scratch;
	weir_view out;
};

static void
do_part(const struct parts *p, int64_t part)
{
	int64_t begin = part * p->length, end = begin + p->length;
	int64_t extent = p->in[0].spec.shape[p->axes[0]];
	struct array copies[OPERANDS], parts[OPERANDS];
	weir_view views[OPERANDS];
	weir_kernel kernel = { .call = *p->call, .in = views, .out = &p->out,
			       .scratch = p->scratch };
	size_t i;

	if (end > extent)
		end = extent;
	for (i = 0; i < OPERANDS; i++) {
		parts[i] = array_part(&p->in[i], p->axes[i], begin, end,
				      p->layout, &copies[i]);
		views[i] = (weir_view){ parts[i].data, p->call->in[i],
					parts[i].strides };
	}
	cr_assert_eq(p->call->op->part(&kernel, part, part + 1), WEIR_OK);
	for (i = 0; i < OPERANDS; i++)
		array_free(&copies[i]);
}

static void
try_parts(struct parts *p, size_t bytes, bool is_backwards,
	  const struct array *want)
{
	struct array made = array_new(&want->spec, CONTIGUOUS);
	weir_kernel end = { .call = *p->call, .out = &p->out };
	int64_t i;

	p->out = (weir_view){ made.data, &want->spec, made.strides };
	p->scratch = end.scratch = aligned_alloc(64, (bytes + 64) / 64 * 64);
	cr_assert_not_null(p->scratch);
	memset(p->scratch, 0xff, bytes);
	for (i = 0; i < p->n; i++)
		do_part(p, is_backwards ? p->n - 1 - i : i);
	cr_assert_eq(p->call->op->join(&end), WEIR_OK);
	cr_expect_eq(array_differs(&made, want), -1,
		     "%s of %s: %lld parts of %lld, layout %d",
		     p->call->op->name, weir_dtype_name(p->in[0].spec.dtype),
		     (long long)p->n, (long long)p->length, p->layout);
	free(p->scratch);
	array_free(&made);
}

static void
try_call(size_t which, weir_dtype dtype, int64_t n, bool has_nans)
{
	const weir_op *op = weir_op_find(calls[which].op);
	const weir_spec *specs[OPERANDS], *out;
	struct array in[OPERANDS];
	weir_call call = { .op = op, .n_in = OPERANDS, .n_out = 1,
			   .in = specs, .out = &out };
	struct parts p = { .call = &call, .in = in };
	struct run whole;
	size_t i, bytes;

	for (i = 0; i < OPERANDS; i++) {
		weir_spec spec = { dtype, 2, { 0 } };
		int axis;

		for (axis = 0; axis < 2; axis++)
			spec.shape[axis] = calls[which].shape[i][axis] == N
				? n : calls[which].shape[i][axis];
		in[i] = array_filled(&spec, MIXED, (unsigned)i);
		if (has_nans)
			array_fill_with_nans(&in[i], 77 * (unsigned)i);
		specs[i] = &in[i].spec;
	}
	whole = run_op(op, NULL, in, OPERANDS, WHOLE);
	cr_assert_eq(whole.status, WEIR_OK);
	out = &whole.out[0].spec;
	cr_assert(op->parts(&call, p.axes, &p.length, &bytes), "%zu: %lld",
		  which, (long long)n);
	p.n = (n + p.length - 1) / p.length;
	cr_expect_gt(p.n, 1);
	for (i = 0; i < 4; i++) {
		p.layout = i / 2 ? REVERSED_AXES : CONTIGUOUS;
		try_parts(&p, bytes, i % 2, &whole.out[0]);
	}
	run_free(&whole, op);
	for (i = 0; i < OPERANDS; i++)
		array_free(&in[i]);
}

static void
try_calls(bool has_nans)
{
	size_t which, e;
	weir_dtype dtype;

	for (which = 0; which < N_CALLS; which++)
		for (dtype = WEIR_F32; dtype <= WEIR_F64; dtype++)
			for (e = 0; e < N_EXTENTS; e++)
				try_call(which, dtype, extents[e], has_nans);
}

Test(parts, have_the_bits_of_the_whole, .fini = arrays_free)
{
	try_calls(false);
}

Test(parts, have_the_same_nan, .fini = arrays_free)
{
	try_calls(true);
}

/* Short sums are one part, and products of two matrices have none. */
Test(parts, are_not_of_every_product)
{
	static const int64_t shapes[][3] = { { 300, 511, 1 }, { 1, 64, 300 },
					     { 2, 800, 2 }, { 20, 800, 300 },
					     { 3, 0, 1 }, { 3, 1, 3 },
					     { 0, 800, 1 } };
	int axes[OPERANDS];
	int64_t length;
	size_t i, bytes;

	for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		const int64_t *n = shapes[i];
		weir_spec a = { WEIR_F32, 2, { n[0], n[1] } };
		weir_spec b = { WEIR_F32, 2, { n[1], n[2] } };
		weir_spec c = { WEIR_F32, 2, { n[0], n[2] } };
		const weir_spec *in[] = { &a, &b }, *out = &c;
		weir_call call = { .op = weir_op_find("matmul"), .n_in = 2,
				   .n_out = 1, .in = in, .out = &out };

		cr_expect_not(call.op->parts(&call, axes, &length, &bytes),
			      "%zu", i);
	}
}

/* A new op that does has its calls above. */
Test(parts, of_all_ops_are_tried)
{
	size_t i, which;

	for (i = 0; i < weir_op_count(); i++) {
		const weir_op *op = weir_op_at(i);

		for (which = 0; which < N_CALLS; which++)
			if (!strcmp(calls[which].op, op->name))
				break;
		cr_expect_eq(!op->parts, !op->part, "%s", op->name);
		cr_expect_eq(!op->parts, !op->join, "%s", op->name);
		cr_expect(!op->parts || which < N_CALLS, "%s", op->name);
	}
}
