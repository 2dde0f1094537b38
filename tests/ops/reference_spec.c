#include "ops/reference.h"

#include <criterion/criterion.h>
#include <string.h>

static bool
names(const weir_op *op, const char *name)
{
	return !strcmp(op->name, name);
}

/* NumPy's rule, from the last axis on. */
static void
broadcast(const struct array *in, size_t n_in, weir_spec *out)
{
	size_t i;
	int axis;

	for (i = 0; i < n_in; i++)
		if (in[i].spec.rank > out->rank)
			out->rank = in[i].spec.rank;
	for (axis = 1; axis <= out->rank; axis++) {
		int64_t *n = &out->shape[out->rank - axis];

		*n = 1;
		for (i = 0; i < n_in; i++) {
			const weir_spec *spec = &in[i].spec;

			if (axis <= spec->rank &&
			    spec->shape[spec->rank - axis] != 1)
				*n = spec->shape[spec->rank - axis];
		}
	}
}

bool
reference_reduces(const weir_ints *axes, int rank, int axis)
{
	int i;

	for (i = 0; i < axes->n; i++)
		if ((axes->v[i] + rank) % rank == axis)
			return true;
	return axes->n == 0;
}

/* Without the axes, or with length 1 in their place. */
static void
reduce(const weir_spec *a, const weir_ints *axes, bool keepdims, weir_spec *out)
{
	int axis;

	for (axis = 0; axis < a->rank; axis++)
		if (!reference_reduces(axes, a->rank, axis))
			out->shape[out->rank++] = a->shape[axis];
		else if (keepdims)
			out->shape[out->rank++] = 1;
}

static void
slice(const weir_spec *a, const weir_slice_attrs *s, weir_spec *out)
{
	int axis;

	for (axis = 0; axis < a->rank; axis++) {
		int64_t n = a->shape[axis], at, stop, step;

		at = axis < s->starts.n ? s->starts.v[axis] : 0;
		stop = axis < s->stops.n ? s->stops.v[axis] : n;
		step = axis < s->steps.n ? s->steps.v[axis] : 1;
		stop += stop < 0 ? n : 0;
		out->shape[axis] = 0;
		for (at += at < 0 ? n : 0; at < stop; at += step)
			out->shape[axis]++;
	}
}

static void
pad(const weir_spec *a, const weir_pad_attrs *p, weir_spec *out)
{
	int axis;

	for (axis = 0; axis < p->before.n; axis++)
		out->shape[axis] += p->before.v[axis] + p->after.v[axis];
	for (axis = 0; axis < p->between.n; axis++)
		if (a->shape[axis])
			out->shape[axis] += p->between.v[axis] *
					    (a->shape[axis] - 1);
}

static void
given(const weir_ints *shape, int64_t open, weir_spec *out)
{
	out->rank = shape->n;
	for (int axis = 0; axis < shape->n; axis++)
		out->shape[axis] = shape->v[axis] < 0 ? open : shape->v[axis];
}

weir_spec
reference_spec(const weir_op *op, const void *attrs, const struct array *in,
	       size_t n_in)
{
	const weir_spec *a = &in[0].spec;
	weir_spec spec = { .dtype = n_in ? in[n_in - 1].spec.dtype : 0 };
	const weir_reduce_attrs *r = attrs;
	const weir_argmax_attrs *m = attrs;
	const weir_transpose_attrs *t = attrs;
	int axis;

	if (op->flags & WEIR_OP_ELEMENTWISE) {
		broadcast(in, n_in, &spec);
		if (names(op, "cast"))
			spec.dtype = ((const weir_cast_attrs *)attrs)->to;
		if (names(op, "equal") || names(op, "greater"))
			spec.dtype = WEIR_BOOL;
	} else if (names(op, "sum") || names(op, "mean") || names(op, "max")) {
		reduce(a, &r->axes, r->keepdims, &spec);
	} else if (names(op, "argmax")) {
		reduce(a, &(weir_ints){ 1, { m->axis } }, m->keepdims, &spec);
		spec.dtype = WEIR_I64;
	} else if (names(op, "matmul")) {
		spec = *a;
		spec.shape[1] = in[1].spec.shape[1];
	} else if (names(op, "transpose")) {
		spec = *a;
		for (axis = 0; axis < a->rank; axis++)
			spec.shape[axis] = a->shape[
				t->perm.n ? (t->perm.v[axis] + a->rank) %
					    a->rank : a->rank - 1 - axis];
	} else if (names(op, "reshape") || names(op, "expand")) {
		/* the one sample with a -1 is [3,4] to [2,-1] */
		given(&((const weir_shape_attrs *)attrs)->shape, 6, &spec);
	} else if (names(op, "constant")) {
		const weir_constant_attrs *constant = attrs;

		spec.dtype = constant->dtype;
		given(&constant->shape, 0, &spec);
	} else if (names(op, "slice")) {
		spec = *a;
		slice(a, attrs, &spec);
	} else if (names(op, "pad")) {
		spec = *a;
		pad(a, attrs, &spec);
	} else if (names(op, "concat")) {
		axis = (int)((((const weir_concat_attrs *)attrs)->axis +
			      a->rank) % a->rank);
		spec = *a;
		for (size_t i = 1; i < n_in; i++)
			spec.shape[axis] += in[i].spec.shape[axis];
	} else if (names(op, "read")) {
		spec = *a;
	}
	return spec;	/* of a loss: rank 0 */
}

void
expect_spec(const weir_spec *got, const weir_spec *want, const char *name)
{
	int axis;

	cr_expect_eq(got->dtype, want->dtype, "%s: %s", name,
		     weir_dtype_name(got->dtype));
	cr_assert_eq(got->rank, want->rank, "%s: rank %d", name, got->rank);
	for (axis = 0; axis < WEIR_RANK_MAX; axis++)
		cr_assert_eq(got->shape[axis], want->shape[axis],
			     "%s: axis %d has length %lld, not %lld", name,
			     axis, (long long)got->shape[axis],
			     (long long)want->shape[axis]);
}
