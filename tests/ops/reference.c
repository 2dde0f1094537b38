#include "ops/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* A call, the place of an element of result 0, and how exact it must be. */
struct place {
	const void *attrs;
	const struct array *in;
	size_t n_in;
	const weir_spec *out;
	int64_t at[WEIR_RANK_MAX];
	int64_t number;		/* row-major */
	double scale;		/* the size of what was added up, or 0 */
};

static void
unravel(const weir_spec *spec, int64_t i, int64_t *at)
{
	int axis;

	for (axis = spec->rank - 1; axis >= 0; axis--) {
		at[axis] = i % spec->shape[axis];
		i /= spec->shape[axis];
	}
}

static double
element(const struct array *a, const int64_t *at)
{
	int64_t i = 0;
	int axis;

	for (axis = 0; axis < a->spec.rank; axis++)
		i = i * a->spec.shape[axis] + at[axis];
	return array_get(a, i);
}

/* Operand i broadcast to the result. */
static double
operand(const struct place *p, size_t i)
{
	const weir_spec *spec = &p->in[i].spec;
	int64_t at[WEIR_RANK_MAX];
	int axis;

	for (axis = 0; axis < spec->rank; axis++)
		at[axis] = spec->shape[axis] == 1 ? 0
			: p->at[axis + p->out->rank - spec->rank];
	return element(&p->in[i], at);
}

#define BINARY(op, expr)						\
static double								\
ref_##op(struct place *p)						\
{									\
	double a = operand(p, 0), b = operand(p, 1);			\
									\
	p->scale = fabs(a) + fabs(b);					\
	return expr;							\
}
#define UNARY(op, expr)							\
static double								\
ref_##op(struct place *p)						\
{									\
	double a = operand(p, 0);					\
									\
	return expr;							\
}

BINARY(add, a + b)
BINARY(sub, a - b)
BINARY(mul, a * b)
BINARY(div, p->out->dtype == WEIR_I64 ? trunc(a / b) : a / b)
BINARY(maximum, a > b ? a : b)
BINARY(equal, a == b)
BINARY(greater, a > b)
UNARY(neg, -a)
UNARY(square, a * a)
UNARY(sqrt, sqrt(a))
UNARY(exp, exp(a))
UNARY(log, log(a))
UNARY(tanh, tanh(a))
UNARY(sigmoid, 1 / (1 + exp(-a)))
UNARY(relu, a > 0 ? a : 0)
UNARY(copy, a)
UNARY(cast, p->out->dtype == WEIR_I64 ? trunc(a)
	    : p->out->dtype == WEIR_BOOL ? a != 0 : a)

static double
ref_where(struct place *p)
{
	return operand(p, 0) ? operand(p, 1) : operand(p, 2);
}

/* Go over the elements of the operand that the place of the result is made
 * of: their sum, their maximum, their number. */
static void
reduce(struct place *p, long double *sum, double *max, double *count)
{
	const weir_reduce_attrs *attrs = p->attrs;
	const weir_spec *spec = &p->in->spec;
	int64_t at[WEIR_RANK_MAX] = { 0 }, length[WEIR_RANK_MAX];
	int axis, o = 0;

	*sum = *count = 0;
	*max = -INFINITY;
	for (axis = 0; axis < spec->rank; axis++) {
		length[axis] = spec->shape[axis];
		if (reference_reduces(&attrs->axes, spec->rank, axis)) {
			o += attrs->keepdims;
			if (!length[axis])
				return;
		} else {
			at[axis] = p->at[o++];
			length[axis] = 1;
		}
	}
	for (;;) {
		double x = element(p->in, at);

		*sum += x;
		*max = x > *max ? x : *max;
		*count += 1;
		p->scale += fabs(x);
		for (axis = spec->rank - 1; axis >= 0; axis--) {
			if (length[axis] == 1)
				continue;
			if (++at[axis] < length[axis])
				break;
			at[axis] = 0;
		}
		if (axis < 0)
			return;
	}
}

static double
ref_sum(struct place *p)
{
	long double sum;
	double max, count;

	reduce(p, &sum, &max, &count);
	return (double)sum;
}

static double
ref_mean(struct place *p)
{
	long double sum;
	double max, count;

	reduce(p, &sum, &max, &count);
	p->scale /= count;
	return (double)(sum / count);
}

static double
ref_max(struct place *p)
{
	long double sum;
	double max, count;

	reduce(p, &sum, &max, &count);
	return max;
}

static double
ref_argmax(struct place *p)
{
	const weir_argmax_attrs *attrs = p->attrs;
	const weir_spec *spec = &p->in->spec;
	int axis = (int)((attrs->axis + spec->rank) % spec->rank), i;
	int64_t at[WEIR_RANK_MAX], best = 0;
	double largest = -INFINITY;

	for (i = 0; i < spec->rank; i++)
		at[i] = i == axis ? 0
			: p->at[i > axis && !attrs->keepdims ? i - 1 : i];
	for (at[axis] = 0; at[axis] < spec->shape[axis]; at[axis]++)
		if (element(p->in, at) > largest) {
			largest = element(p->in, at);
			best = at[axis];
		}
	return (double)best;
}

static double
ref_matmul(struct place *p)
{
	int64_t k = p->in[0].spec.shape[1], n = p->out->shape[1], i;
	double sum = 0;

	for (i = 0; i < k; i++) {
		double term = array_get(&p->in[0], p->at[0] * k + i) *
			      array_get(&p->in[1], i * n + p->at[1]);

		sum += term;
		p->scale += fabs(term);
	}
	return sum;
}

static double
ref_transpose(struct place *p)
{
	const weir_transpose_attrs *attrs = p->attrs;
	int rank = p->out->rank, i;
	int64_t at[WEIR_RANK_MAX];

	for (i = 0; i < rank; i++)
		at[attrs->perm.n ? (attrs->perm.v[i] + rank) % rank
				 : rank - 1 - i] = p->at[i];
	return element(p->in, at);
}

static double
ref_reshape(struct place *p)
{
	return array_get(p->in, p->number);
}

static double
ref_slice(struct place *p)
{
	const weir_slice_attrs *attrs = p->attrs;
	int64_t at[WEIR_RANK_MAX];
	int i;

	for (i = 0; i < p->out->rank; i++) {
		int64_t start = i < attrs->starts.n ? attrs->starts.v[i] : 0;
		int64_t step = i < attrs->steps.n ? attrs->steps.v[i] : 1;

		at[i] = (start < 0 ? start + p->in->spec.shape[i] : start) +
			p->at[i] * step;
	}
	return element(p->in, at);
}

static double
ref_pad(struct place *p)
{
	const weir_pad_attrs *attrs = p->attrs;
	int64_t at[WEIR_RANK_MAX];
	int i;

	for (i = 0; i < p->out->rank; i++) {
		int64_t before = i < attrs->before.n ? attrs->before.v[i] : 0;
		int64_t between = i < attrs->between.n ? attrs->between.v[i]
						       : 0;

		at[i] = p->at[i] - before;
		if (at[i] < 0 || at[i] % (between + 1))
			return 0;
		at[i] /= between + 1;
		if (at[i] >= p->in->spec.shape[i])
			return 0;
	}
	return element(p->in, at);
}

static double
ref_concat(struct place *p)
{
	const weir_concat_attrs *attrs = p->attrs;
	int axis = (int)((attrs->axis + p->out->rank) % p->out->rank);
	int64_t at[WEIR_RANK_MAX];
	size_t i = 0;

	memcpy(at, p->at, sizeof at);
	while (at[axis] >= p->in[i].spec.shape[axis])
		at[axis] -= p->in[i++].spec.shape[axis];
	return element(&p->in[i], at);
}

static double
ref_bce_with_logits(struct place *p)
{
	int64_t n = spec_count(&p->in->spec), i;
	long double sum = 0;

	for (i = 0; i < n; i++) {
		double z = array_get(&p->in[0], i), t = array_get(&p->in[1], i);
		double s = 1 / (1 + exp(-z));

		sum -= t * log(s) + (1 - t) * log(1 - s);
	}
	return (double)(sum / n);
}

static double
ref_mse(struct place *p)
{
	int64_t n = spec_count(&p->in->spec), i;
	long double sum = 0;

	for (i = 0; i < n; i++) {
		double d = array_get(&p->in[0], i) - array_get(&p->in[1], i);

		sum += d * d;
	}
	return (double)(sum / n);
}

static double
ref_constant(struct place *p)
{
	return ((const weir_constant_attrs *)p->attrs)->value;
}

static double
ref_sgd(struct place *p)
{
	p->scale = 4;
	return operand(p, 0) - operand(p, 2) * operand(p, 1);
}

static double
ref_sgd_momentum(struct place *p)
{
	const weir_sgd_attrs *attrs = p->attrs;

	p->scale = 8;
	return operand(p, 0) - operand(p, 3) * (attrs->momentum *
						operand(p, 2) + operand(p, 1));
}

static const struct {
	const char *op;
	double (*value)(struct place *p);
} references[] = {
#define ROW(op) { #op, ref_##op }
	ROW(add), ROW(sub), ROW(mul), ROW(div), ROW(maximum), ROW(equal),
	ROW(greater), ROW(where), ROW(neg), ROW(square), ROW(sqrt), ROW(exp),
	ROW(log), ROW(tanh), ROW(sigmoid), ROW(relu), ROW(cast), ROW(sum),
	ROW(mean), ROW(max), ROW(argmax), ROW(matmul), ROW(transpose),
	ROW(reshape), ROW(slice), ROW(pad), ROW(concat), ROW(copy),
	ROW(bce_with_logits), ROW(mse), ROW(constant), ROW(sgd),
	ROW(sgd_momentum),
	{ "read", ref_copy }, { "expand", ref_copy },
	{ "uniform", NULL },	/* see values_test.c */
	{ "assign", NULL },	/* no result */
#undef ROW
};

static void
expect_element(double got, double want, const struct place *p,
	       const char *name)
{
	double epsilon = p->out->dtype == WEIR_F32 ? 1.2e-7
		: p->out->dtype == WEIR_F64 ? 2.3e-16 : 0;
	double scale = p->scale > fabs(want) ? p->scale : fabs(want);

	cr_expect(got == want || fabs(got - want) <= 8 * epsilon * scale,
		  "%s: element %lld is %.17g, not %.17g", name,
		  (long long)p->number, got, want);
}

void
expect_reference(const weir_op *op, const void *attrs, const struct array *in,
		 size_t n_in, const struct array *out, const char *name)
{
	struct place p = { .attrs = attrs, .in = in, .n_in = n_in };
	weir_spec spec = reference_spec(op, attrs, in, n_in);
	size_t n = sizeof references / sizeof *references, i;
	int64_t count;

	for (i = 0; i < n; i++)
		if (!strcmp(references[i].op, op->name))
			break;
	cr_assert_lt(i, n, "%s has no reference", op->name);
	if (!references[i].value)
		return;
	expect_spec(&out->spec, &spec, name);
	p.out = &out->spec;
	count = spec_count(p.out);
	for (p.number = 0; p.number < count; p.number++) {
		unravel(p.out, p.number, p.at);
		p.scale = 0;
		expect_element(array_get(out, p.number), references[i].value(&p),
			       &p, name);
	}
}
