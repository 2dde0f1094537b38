/*
 * The gradient of every op of the table against finite differences, in f64,
 * through the public interface: eagerly, operand by operand.
 *
 * The loss is sum(w * y) with fixed weights w, so that a gradient that is
 * right only for equal weights is found out.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/samples.h"

struct bench {
	const struct sample *sample;
	const weir_op *op;
	weir_runtime *runtime;
	weir_scope *scope;
	weir_tensor *in[SAMPLE_OPERANDS];
	size_t result;		/* of which the loss is made */
};

static bool
is_float(const weir_tensor *t)
{
	return weir_tensor_dtype(t) == WEIR_F64 ||
	       weir_tensor_dtype(t) == WEIR_F32;
}

static bool
must(weir_status status)
{
	cr_assert_eq(status, WEIR_OK, "%s", weir_error_text());
	return true;
}

/* sum(w * y), w = 1, -0.5, 0.25, ... around again after seven. */
static weir_tensor *
weighted_sum(struct bench *b, weir_tensor *y)
{
	static const double weights[] = { 1, -0.5, 0.25, 2, -1.5, 0.75, -0.3 };
	weir_spec spec = *weir_tensor_spec(y);
	struct array w;
	weir_tensor *weight, *loss;
	int64_t i, n = spec_count(&spec);

	spec.dtype = WEIR_F64;
	w = array_new(&spec, CONTIGUOUS);
	for (i = 0; i < n; i++)
		array_set(&w, i, weights[i % 7]);
	must(weir_tensor_copy_of(b->runtime, WEIR_F64, (size_t)spec.rank,
				 spec.shape, w.data, &weight));
	array_free(&w);
	if (weir_tensor_dtype(y) != WEIR_F64)
		y = weir_cast(b->scope, y, WEIR_F64);
	loss = weir_sum(b->scope, weir_mul(b->scope, y, weight), 0, NULL,
			false);
	weir_tensor_release(weight);
	return loss;
}

/* The loss with these operands; under a tape, also its gradients. */
static double
run(struct bench *b, weir_tensor *const *with, size_t n, double **gradients)
{
	weir_tensor *out[WEIR_RESULTS_MAX] = { NULL }, *loss;
	weir_tensor *of[SAMPLE_OPERANDS] = { NULL };
	weir_tape *tape = NULL;
	double value;
	size_t i;

	weir_scope_push(b->scope, "run");
	if (n)
		tape = weir_tape_begin(b->scope);
	weir_apply(b->scope, b->op, b->sample->attrs, b->in, b->sample->n_in,
		   out, b->op->n_out);
	cr_assert_eq(weir_scope_status(b->scope), WEIR_OK, "%s",
		     weir_scope_error(b->scope));
	loss = weighted_sum(b, out[b->result]);
	if (n)
		weir_tape_gradients(tape, loss, with, n, of);
	cr_assert_eq(weir_scope_status(b->scope), WEIR_OK, "%s",
		     weir_scope_error(b->scope));
	value = weir_item_f64(loss);
	for (i = 0; i < n; i++) {
		size_t bytes = (size_t)weir_tensor_elements(of[i]) * 8;

		cr_assert(weir_tensor_elements(of[i]) ==
			  weir_tensor_elements(with[i]));
		must(weir_tensor_read(of[i], gradients[i], bytes));
	}
	weir_scope_pop(b->scope);
	return value;
}

/* d loss / d element by central differences. */
static double
difference(struct bench *b, weir_tensor *operand, int64_t element)
{
	double *x = weir_tensor_data(operand), kept = x[element];
	double step = 1e-5, up, down;

	x[element] = kept + step;
	up = run(b, NULL, 0, NULL);
	x[element] = kept - step;
	down = run(b, NULL, 0, NULL);
	x[element] = kept;
	return (up - down) / (2 * step);
}

static void
check_sample(struct bench *b, const char *name)
{
	weir_tensor *with[SAMPLE_OPERANDS];
	double *gradients[SAMPLE_OPERANDS];
	size_t i, n = 0;

	for (i = 0; i < b->sample->n_in; i++) {
		if (!is_float(b->in[i]))
			continue;
		gradients[n] = calloc((size_t)weir_tensor_elements(b->in[i]) +
				      1, 8);
		with[n++] = b->in[i];
	}
	run(b, with, n, gradients);
	for (i = 0; i < n; i++) {
		int64_t element, elements = weir_tensor_elements(with[i]);

		for (element = 0; element < elements; element++) {
			double want = difference(b, with[i], element);
			double got = gradients[i][element];

			cr_expect_float_eq(got, want,
					   1e-6 * (1 + fabs(want)),
					   "%s: operand %zu, element %lld: "
					   "%.10g, by differences %.10g", name,
					   i, (long long)element, got, want);
		}
		free(gradients[i]);
	}
}

static bool
has_float_operand(const struct sample *sample)
{
	size_t i;

	for (i = 0; i < sample->n_in; i++)
		if (!sample->in[i].dtype)
			return true;
	return false;
}

/* An op with a float operand and a float result, of some size. */
static bool
is_differentiable(const struct sample *sample, const weir_op *op)
{
	const weir_cast_attrs *cast = sample->attrs;

	return op->grad && !sample->is_large && !sample->has_ties &&
	       has_float_operand(sample) &&
	       sample_takes(sample, WEIR_F64) &&
	       !(!strcmp(op->name, "cast") && cast->to != WEIR_F64);
}

static void
check_all(size_t result)
{
	const struct sample *sample;
	struct bench b = { .result = result };
	struct array in[SAMPLE_OPERANDS];
	size_t i;

	must(weir_runtime_create(NULL, &b.runtime));
	must(weir_scope_create(b.runtime, "gradients", &b.scope));
	for (sample = samples; sample < samples + n_samples; sample++) {
		b.sample = sample;
		b.op = weir_op_find(sample->op);
		if (!is_differentiable(sample, b.op) || b.op->n_out <= result)
			continue;
		sample_operands(sample, WEIR_F64, in);
		for (i = 0; i < sample->n_in; i++)
			must(weir_tensor_copy_of(b.runtime, in[i].spec.dtype,
						 (size_t)in[i].spec.rank,
						 in[i].spec.shape, in[i].data,
						 &b.in[i]));
		check_sample(&b, sample_name(sample, WEIR_F64));
		for (i = 0; i < sample->n_in; i++) {
			weir_tensor_release(b.in[i]);
			array_free(&in[i]);
		}
	}
	weir_scope_release(b.scope);
	weir_runtime_release(b.runtime);
}

Test(gradients, are_those_of_finite_differences)
{
	check_all(0);
}

Test(gradients, of_a_second_result_are_those_of_finite_differences)
{
	check_all(1);
}

Test(gradients, every_op_on_floats_has_one)
{
	/* What has none: its results are no floats, or it reads no floats. */
	static const char *const without[] = {
		"equal", "greater", "argmax", "constant", "uniform", "assign",
	};
	size_t i, j, n = sizeof without / sizeof *without;

	for (i = 0; i < weir_op_count(); i++) {
		const weir_op *op = weir_op_at(i);

		for (j = 0; j < n; j++)
			if (!strcmp(op->name, without[j]))
				break;
		cr_expect_eq(!op->grad, j < n, "%s", op->name);
	}
}

/* -- where the derivative jumps, by the rules of ops.h ------------------------ */

struct kink {
	weir_runtime *runtime;
	weir_scope *scope;
	weir_tape *tape;
};

static struct kink
kink_begin(void)
{
	struct kink k;

	must(weir_runtime_create(NULL, &k.runtime));
	must(weir_scope_create(k.runtime, "kinks", &k.scope));
	weir_scope_push(k.scope, "kink");
	k.tape = weir_tape_begin(k.scope);
	return k;
}

static weir_tensor *
vector(const struct kink *k, int64_t n, const double *x)
{
	weir_tensor *t = NULL;

	must(weir_tensor_copy_of(k->runtime, WEIR_F64, 1, &n, x, &t));
	return t;
}

static void
expect_gradient(const struct kink *k, weir_tensor *y, weir_tensor *x,
		const double *want)
{
	weir_tensor *loss = weir_sum(k->scope, y, 0, NULL, false), *g = NULL;
	double got[8];
	int64_t i, n = weir_tensor_elements(x);

	weir_tape_gradients(k->tape, loss, &x, 1, &g);
	cr_assert_eq(weir_scope_status(k->scope), WEIR_OK, "%s",
		     weir_scope_error(k->scope));
	must(weir_tensor_read(g, got, (size_t)n * 8));
	for (i = 0; i < n; i++)
		cr_expect_eq(got[i], want[i], "element %lld: %g, not %g",
			     (long long)i, got[i], want[i]);
}

static void
kink_end(struct kink *k, weir_tensor *a, weir_tensor *b)
{
	weir_tensor_release(a);
	weir_tensor_release(b);
	weir_scope_release(k->scope);
	weir_runtime_release(k->runtime);
}

Test(gradients, of_maximum_is_halved_at_ties)
{
	struct kink k = kink_begin();
	weir_tensor *a = vector(&k, 3, (double[]){ 1, 2, 3 });
	weir_tensor *b = vector(&k, 3, (double[]){ 2, 2, 2 });

	expect_gradient(&k, weir_maximum(k.scope, a, b), a,
			(double[]){ 0, 0.5, 1 });
	kink_end(&k, a, b);
}

Test(gradients, of_max_is_shared_among_equal_maxima)
{
	struct kink k = kink_begin();
	weir_tensor *a = vector(&k, 4, (double[]){ 5, 1, 5, 2 });

	expect_gradient(&k, weir_max(k.scope, a, 0, NULL, false), a,
			(double[]){ 0.5, 0, 0.5, 0 });
	kink_end(&k, a, NULL);
}

Test(gradients, of_relu_at_zero_is_zero)
{
	struct kink k = kink_begin();
	weir_tensor *a = vector(&k, 3, (double[]){ -1, 0, 1 });

	expect_gradient(&k, weir_relu(k.scope, a), a, (double[]){ 0, 0, 1 });
	kink_end(&k, a, NULL);
}
