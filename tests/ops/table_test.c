/* What holds for every row of the table of built-in ops. */
#include <criterion/criterion.h>
#include <string.h>

#include "ops/arrays.h"
#include "ops/reference.h"
#include "ops/samples.h"

static const weir_dtype dtypes[] = { WEIR_F32, WEIR_F64, WEIR_I64, WEIR_BOOL };

/* All samples in all dtypes that they take. */
#define FOR_EACH_SAMPLE(sample, dtype)					\
	for (const struct sample *sample = samples;			\
	     sample < samples + n_samples; sample++)			\
		for (size_t dtype##_i = 0; dtype##_i < 4; dtype##_i++)	\
			for (weir_dtype dtype = dtypes[dtype##_i];	\
			     dtype && sample_takes(sample, dtype);	\
			     dtype = 0)

static void
free_operands(const struct sample *sample, struct array *in)
{
	size_t i;

	for (i = 0; i < sample->n_in; i++)
		array_free(&in[i]);
}

static void
expect_same(const struct run *a, const struct run *b, const weir_op *op,
	    const char *name, const char *how, int number)
{
	size_t i;
	int64_t at;

	cr_assert_eq(a->status, b->status, "%s: %s", name, how);
	for (i = 0; i < op->n_out; i++) {
		at = array_differs(&a->out[i], &b->out[i]);
		cr_expect_eq(at, -1, "%s: result %zu differs at element %lld "
			     "(%.17g, %.17g) %s %d", name, i, (long long)at,
			     array_get(&a->out[i], at < 0 ? 0 : at),
			     array_get(&b->out[i], at < 0 ? 0 : at), how,
			     number);
	}
}

Test(table, every_op_can_be_found_by_its_name)
{
	size_t i;

	cr_assert_gt(weir_op_count(), 30);
	for (i = 0; i < weir_op_count(); i++)
		cr_expect_eq(weir_op_find(weir_op_at(i)->name), weir_op_at(i),
			     "%s", weir_op_at(i)->name);
	cr_expect_null(weir_op_at(i));
	cr_expect_null(weir_op_find("no_such_op"));
	cr_expect_null(weir_op_find(NULL));
}

Test(table, every_op_is_described)
{
	size_t i;

	for (i = 0; i < weir_op_count(); i++) {
		const weir_op *op = weir_op_at(i);
		const weir_attr *attr = op->attrs;

		cr_expect_eq(op->size, sizeof *op, "%s", op->name);
		cr_assert(op->doc && strlen(op->doc) > 5, "%s", op->name);
		cr_expect_eq(op->doc[strlen(op->doc) - 1], '.', "%s: %s",
			     op->name, op->doc);
		cr_expect(op->infer, "%s", op->name);
		cr_expect(op->kernel || op->view ||
			  op->flags & WEIR_OP_ASSIGN, "%s", op->name);
		cr_expect(op->cost, "%s", op->name);
		cr_expect(!!op->attrs == !!op->attrs_size, "%s", op->name);
		for (; attr && attr->name; attr++) {
			cr_expect(attr->doc, "%s: %s", op->name, attr->name);
			cr_expect_lt(attr->offset, op->attrs_size, "%s: %s",
				     op->name, attr->name);
		}
	}
}

Test(table, every_op_has_a_sample)
{
	size_t i, j;

	for (i = 0; i < weir_op_count(); i++) {
		for (j = 0; j < n_samples; j++)
			if (!strcmp(samples[j].op, weir_op_at(i)->name))
				break;
		cr_expect_lt(j, n_samples, "%s", weir_op_at(i)->name);
	}
}

Test(table, results_are_those_of_plain_loops)
{
	FOR_EACH_SAMPLE(sample, dtype) {
		const weir_op *op = weir_op_find(sample->op);
		struct array in[SAMPLE_OPERANDS];
		struct run run;

		sample_operands(sample, dtype, in);
		run = run_op(op, sample->attrs, in, sample->n_in, WHOLE);
		cr_assert_eq(run.status, WEIR_OK, "%s: %s",
			     sample_name(sample, dtype), weir_error_text());
		expect_reference(op, sample->attrs, in, sample->n_in, run.out,
				 sample_name(sample, dtype));
		run_free(&run, op);
		free_operands(sample, in);
	}
}

Test(table, the_cut_into_ranges_of_tiles_does_not_change_a_bit)
{
	FOR_EACH_SAMPLE(sample, dtype) {
		const weir_op *op = weir_op_find(sample->op);
		const char *name = sample_name(sample, dtype);
		struct array in[SAMPLE_OPERANDS];
		struct run whole, cut;
		int64_t at;

		sample_operands(sample, dtype, in);
		whole = run_op(op, sample->attrs, in, sample->n_in, WHOLE);
		cut = run_op(op, sample->attrs, in, sample->n_in, ONE_BY_ONE);
		expect_same(&whole, &cut, op, name, "tile by tile", 0);
		run_free(&cut, op);
		for (at = 1; at < whole.tiles; at += 1 + whole.tiles / 16) {
			cut = run_op(op, sample->attrs, in, sample->n_in, at);
			expect_same(&whole, &cut, op, name, "cut at tile",
				    (int)at);
			run_free(&cut, op);
		}
		run_free(&whole, op);
		free_operands(sample, in);
	}
}

Test(table, the_layout_of_operands_does_not_change_a_bit)
{
	FOR_EACH_SAMPLE(sample, dtype) {
		const weir_op *op = weir_op_find(sample->op);
		const char *name = sample_name(sample, dtype);
		struct array in[SAMPLE_OPERANDS], other[SAMPLE_OPERANDS];
		struct run plain, run;
		int layout;
		size_t i;

		if (op->flags & WEIR_OP_BLAS_OPERANDS)
			continue;
		sample_operands(sample, dtype, in);
		plain = run_op(op, sample->attrs, in, sample->n_in, WHOLE);
		for (layout = 1; layout < N_LAYOUTS * N_LAYOUTS; layout++) {
			/* of operand 0 and of the rest */
			enum layout first = layout % N_LAYOUTS;
			enum layout rest = layout / N_LAYOUTS;

			if (sample->is_large && first != rest && first)
				continue;
			for (i = 0; i < sample->n_in; i++)
				other[i] = array_copy(&in[i], i ? rest : first);
			run = run_op(op, sample->attrs, other, sample->n_in,
				     WHOLE);
			expect_same(&plain, &run, op, name, "in layouts",
				    layout);
			run_free(&run, op);
			free_operands(sample, other);
		}
		run_free(&plain, op);
		free_operands(sample, in);
	}
}

/* BLAS may add up in another order for a transposed operand. */
Test(table, blas_operands_may_be_transposed)
{
	FOR_EACH_SAMPLE(sample, dtype) {
		const weir_op *op = weir_op_find(sample->op);
		struct array in[SAMPLE_OPERANDS], other[SAMPLE_OPERANDS];
		struct run run;
		unsigned layouts;
		size_t i;

		if (!(op->flags & WEIR_OP_BLAS_OPERANDS))
			continue;
		sample_operands(sample, dtype, in);
		for (layouts = 1; layouts < 1u << sample->n_in; layouts++) {
			for (i = 0; i < sample->n_in; i++)
				other[i] = array_copy(&in[i],
						      layouts >> i & 1
						      ? REVERSED_AXES
						      : CONTIGUOUS);
			run = run_op(op, sample->attrs, other, sample->n_in,
				     WHOLE);
			expect_reference(op, sample->attrs, in, sample->n_in,
					 run.out, sample_name(sample, dtype));
			run_free(&run, op);
			free_operands(sample, other);
		}
		free_operands(sample, in);
	}
}

Test(table, an_operand_that_is_broadcast_in_memory_is_like_its_copy)
{
	FOR_EACH_SAMPLE(sample, dtype) {
		const weir_op *op = weir_op_find(sample->op);
		const char *name = sample_name(sample, dtype);
		struct array in[SAMPLE_OPERANDS], copies[SAMPLE_OPERANDS];
		size_t i, j;
		int axis;

		if (op->flags & WEIR_OP_BLAS_OPERANDS)
			continue;
		for (i = 0; i < sample->n_in; i++)
			for (axis = 0; axis < sample->in[i].rank; axis++) {
				struct run plain, run;

				sample_operands(sample, dtype, in);
				in[i].strides[axis] = 0;
				for (j = 0; j < sample->n_in; j++)
					copies[j] = array_copy(&in[j],
							       CONTIGUOUS);
				run = run_op(op, sample->attrs, in,
					     sample->n_in, WHOLE);
				plain = run_op(op, sample->attrs, copies,
					       sample->n_in, WHOLE);
				expect_same(&plain, &run, op, name,
					    "stretched along axis", axis);
				run_free(&run, op);
				run_free(&plain, op);
				free_operands(sample, in);
				free_operands(sample, copies);
			}
	}
}

Test(table, which_nan_comes_through_does_not_depend_on_the_cut)
{
	static const char *const ops[] = { "add", "sub", "mul", "div",
					   "maximum" };
	static const weir_spec others[] = {
		{ 0, 2, { 370, 145 } }, { 0, 1, { 145 } },
		{ 0, 2, { 370, 1 } }, { 0, 0, { 0 } },
	};
	size_t i;
	int64_t cut;
	weir_dtype dtype;

	for (i = 0; i < 5 * 4; i++)
		for (dtype = WEIR_F32; dtype <= WEIR_F64; dtype++) {
			const weir_op *op = weir_op_find(ops[i % 5]);
			weir_spec a = { dtype, 2, { 370, 145 } };
			weir_spec b = others[i / 5];
			struct array in[2];
			struct run plain, run;

			b.dtype = dtype;
			in[0] = array_filled(&a, MIXED, 1);
			in[1] = array_filled(&b, MIXED, 2);
			array_fill_with_nans(&in[0], 0);
			array_fill_with_nans(&in[1], 77);
			plain = run_op(op, NULL, in, 2, WHOLE);
			for (cut = ONE_BY_ONE; cut < plain.tiles; cut++) {
				run = run_op(op, NULL, in, 2, cut);
				expect_same(&plain, &run, op, op->name,
					    "cut at tile", (int)cut);
				run_free(&run, op);
			}
			run_free(&plain, op);
			array_free(&in[0]);
			array_free(&in[1]);
		}
}

Test(table, costs_are_positive_and_grow)
{
	FOR_EACH_SAMPLE(sample, dtype) {
		const weir_op *op = weir_op_find(sample->op);
		struct array in[SAMPLE_OPERANDS];
		const weir_spec *specs[SAMPLE_OPERANDS], *outs[2];
		weir_spec out[WEIR_RESULTS_MAX];
		weir_call call = { .op = op, .attrs = sample->attrs,
				   .n_in = sample->n_in, .n_out = op->n_out,
				   .in = specs };
		weir_cost cost;
		size_t i;

		sample_operands(sample, dtype, in);
		for (i = 0; i < sample->n_in; i++)
			specs[i] = &in[i].spec;
		cr_assert_eq(op->infer(&call, out), WEIR_OK);
		for (i = 0; i < op->n_out; i++)
			outs[i] = &out[i];
		call.out = outs;
		cost = op->cost(&call);
		cr_expect_gt(cost.nanoseconds, 0, "%s",
			     sample_name(sample, dtype));
		cr_expect(!sample->is_large || op->view ||
			  cost.nanoseconds > 200, "%s costs %g",
			  sample_name(sample, dtype), cost.nanoseconds);
		free_operands(sample, in);
	}
}
