/* Losses: bce_with_logits mse. */
#include "ops/grad.h"
#include "ops/infer.h"
#include "ops/loop.h"
#include "ops/op_cost.h"
#include "ops/tree.h"
#include "ops/vector_math.h"

#include <math.h>

#include "base/error.h"
#include "tensor/tensor.h"

/*
 * max(z, 0) - z t + log(1 + e) with e = exp(-|z|). The logarithm is Kahan's:
 * with u = 1 + e rounded, log(u) e / (u - 1) makes up for that rounding, and
 * where nothing of e is left in u it is e.
 */
#define BCE_TERMS(type, T, abs_fn)					\
static void								\
bce_##type(const T *z, const T *t, int64_t n, T *term)			\
{									\
	const struct weir__vector_math *math = weir__vector_math();	\
	T e[WEIR__LEAF], log_u[WEIR__LEAF];				\
	int64_t i;							\
									\
	for (i = 0; i < n; i++)						\
		e[i] = -abs_fn(z[i]);					\
	math->exp_##type(n, e, e);					\
	for (i = 0; i < n; i++)						\
		log_u[i] = 1 + e[i];					\
	math->log_##type(n, log_u, log_u);				\
	WEIR__INDEPENDENT						\
	for (i = 0; i < n; i++) {					\
		T left = (1 + e[i]) - 1;				\
		T log_1p = left == 0 ? e[i] : log_u[i] * (e[i] / left);	\
									\
		term[i] = (z[i] > 0 ? z[i] : 0) - z[i] * t[i] + log_1p;	\
	}								\
}

BCE_TERMS(f32, float, fabsf)
BCE_TERMS(f64, double, fabs)

#define MSE_TERMS(name, T)						\
static void								\
name(const T *a, const T *b, int64_t n, T *term)			\
{									\
	int64_t i;							\
									\
	WEIR__INDEPENDENT						\
	for (i = 0; i < n; i++)						\
		term[i] = (a[i] - b[i]) * (a[i] - b[i]);		\
}

MSE_TERMS(mse_f32, float)
MSE_TERMS(mse_f64, double)

#define T float
#define NAME(name) bce_f32_##name
#define TERMS(a, b, n, term) bce_f32(a, b, n, term)
#include "ops/loss_typed.h"

#define T double
#define NAME(name) bce_f64_##name
#define TERMS(a, b, n, term) bce_f64(a, b, n, term)
#include "ops/loss_typed.h"

#define T float
#define NAME(name) mse_f32_##name
#define TERMS(a, b, n, term) mse_f32(a, b, n, term)
#include "ops/loss_typed.h"

#define T double
#define NAME(name) mse_f64_##name
#define TERMS(a, b, n, term) mse_f64(a, b, n, term)
#include "ops/loss_typed.h"

#define LOSS(name)							\
static weir_status							\
name##_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)	\
{									\
	if (kernel->in[0].spec->dtype == WEIR_F32)			\
		name##_f32_tiles(kernel, begin, end);			\
	else								\
		name##_f64_tiles(kernel, begin, end);			\
	return WEIR_OK;							\
}									\
									\
static weir_status							\
name##_finish(const weir_kernel *kernel)				\
{									\
	if (kernel->in[0].spec->dtype == WEIR_F32)			\
		name##_f32_finish(kernel);				\
	else								\
		name##_f64_finish(kernel);				\
	return WEIR_OK;							\
}

LOSS(bce)
LOSS(mse)

static weir_status
infer_loss(const weir_call *call, weir_spec *out)
{
	weir_status status = weir__same_dtype(call, 0);

	if (!status)
		status = weir__same_shape(call);
	if (status)
		return status;
	if (!weir__elements(call->in[0]))
		return weir_fail(WEIR_ESHAPE, "there is no loss of nothing: "
				 "the operands have no elements");
	*out = (weir_spec){ .dtype = call->in[0]->dtype };
	return WEIR_OK;
}

static int64_t
loss_tiles(const weir_call *call)
{
	return weir__ceil_div(weir__elements(call->in[0]), WEIR__TILE);
}

static size_t
loss_scratch(const weir_call *call)
{
	int64_t tiles = loss_tiles(call);

	return tiles > 1 ? (size_t)tiles *
			   weir__element_size(call->in[0]->dtype) : 0;
}

static weir_cost
bce_cost(const weir_call *call)
{
	bool is_wide = weir__is_wide(call);
	double nanoseconds = weir__vector_math()->is_fast ? is_wide ? 3 : 1.2
						: is_wide ? 12 : 8;

	return weir__streaming_cost(call, (double)weir__elements(call->in[0]),
				    25, nanoseconds);
}

static weir_cost
mse_cost(const weir_call *call)
{
	return weir__streaming_cost(call, (double)weir__elements(call->in[0]),
				    3, weir__is_wide(call) ? 0.4 : 0.2);
}

/* g / n: what one term's gradient is multiplied by. */
static weir_tensor *
emit_share(weir_scope *scope, const weir_gradient *gradient)
{
	const weir_spec *spec = &gradient->in[0]->layout->spec;

	return weir__emit2(scope, &weir__op_div, NULL, gradient->of_out[0],
			   weir__emit_number(scope, spec->dtype,
					     (double)weir__elements(spec)));
}

/* (sigmoid(z) - t) g/n, and -z g/n. */
static weir_status
bce_grad(weir_scope *scope, const weir_gradient *gradient)
{
	weir_tensor *z = gradient->in[0], *t = gradient->in[1], *share, *x;

	share = emit_share(scope, gradient);
	if (gradient->wanted[0]) {
		x = weir__emit1(scope, &weir__op_sigmoid, NULL, z);
		x = weir__emit2(scope, &weir__op_sub, NULL, x, t);
		gradient->of_in[0] = weir__emit2(scope, &weir__op_mul, NULL, x,
						 share);
	}
	if (gradient->wanted[1]) {
		x = weir__emit1(scope, &weir__op_neg, NULL, z);
		gradient->of_in[1] = weir__emit2(scope, &weir__op_mul, NULL, x,
						 share);
	}
	return weir__grad_done(gradient, 2);
}

/* 2 (a - b) g/n, and its negative. */
static weir_status
mse_grad(weir_scope *scope, const weir_gradient *gradient)
{
	weir_tensor *difference, *twice, *of_a;

	difference = weir__emit2(scope, &weir__op_sub, NULL, gradient->in[0],
				 gradient->in[1]);
	twice = weir__emit2(scope, &weir__op_add, NULL, difference,
			    difference);
	of_a = weir__emit2(scope, &weir__op_mul, NULL, twice,
			   emit_share(scope, gradient));
	if (gradient->wanted[0])
		gradient->of_in[0] = of_a;
	if (gradient->wanted[1])
		gradient->of_in[1] = weir__emit1(scope, &weir__op_neg, NULL,
						 of_a);
	return weir__grad_done(gradient, 2);
}

#define ROW(op, short_name, sentence)					\
const weir_op weir__op_##op = {						\
	.size = sizeof(weir_op), .name = #op, .doc = sentence,		\
	.n_in = 2, .n_out = 1, .flags = WEIR_OP_PURE,			\
	.dtypes = WEIR_FLOATS, .infer = infer_loss,			\
	.tiles = loss_tiles, .scratch = loss_scratch,			\
	.kernel = short_name##_kernel, .finish = short_name##_finish,	\
	.cost = short_name##_cost, .grad = short_name##_grad,		\
};

ROW(bce_with_logits, bce,
    "The mean binary cross-entropy of sigmoid(a) against targets b.")
ROW(mse, mse, "The mean of (a - b) squared.")
