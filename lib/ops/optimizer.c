/*
 * Steps of stochastic gradient descent: sgd sgd_momentum. Fused, since a step
 * reads and writes all parameters and does little else; each product and each
 * sum is rounded as by itself.
 */
#include "ops/grad.h"
#include "ops/infer.h"
#include "ops/loop.h"
#include "ops/op_cost.h"

#include <weir/ops.h>
#include "base/error.h"
#include "tensor/tensor.h"

/* p - rate * g, where the rate is one number (step 0). */
#define SGD_LOOP(name, T)						\
WEIR__WIDE static int64_t						\
name(int64_t rows, int64_t n, const struct weir__lane *out,		\
     const struct weir__lane *in)					\
{									\
	const int64_t size = sizeof(T), sp = in[0].step, sg = in[1].step; \
	const T rate = *(const T *)in[2].at;				\
	const char *pp = in[0].at, *pg = in[1].at;			\
	T *y = (T *)out->at;						\
	int64_t i;							\
									\
	for (; rows > 0;						\
	     rows--, pp += in[0].row, pg += in[1].row, y += n) {	\
		const T *p = (const T *)pp, *g = (const T *)pg;		\
									\
		if (sp == size && sg == size) {				\
			WEIR__INDEPENDENT				\
			for (i = 0; i < n; i++)				\
				y[i] = p[i] - rate * g[i];		\
		} else {						\
			for (i = 0; i < n; i++)				\
				y[i] = *(const T *)(pp + i * sp) -	\
				       rate * *(const T *)(pg + i * sg); \
		}							\
	}								\
	return -1;							\
}

SGD_LOOP(sgd_f32, float)
SGD_LOOP(sgd_f64, double)

static const weir__loop_fn sgd_loops[] = {
	[WEIR_F32] = sgd_f32,
	[WEIR_F64] = sgd_f64,
};

WEIR__LOOP_KERNEL(sgd_kernel, sgd_loops, 0)

/* w = momentum * v + g; p - rate * w. A row at a time, any steps: gathered
 * into contiguous runs where they are not. */
#define MOMENTUM_LOOP(name, T)						\
WEIR__WIDE static void							\
name(const weir_kernel *kernel, int64_t begin, int64_t end)		\
{									\
	enum { RUN = 256 };						\
	const weir_sgd_attrs *attrs = kernel->call.attrs;		\
	const T momentum = (T)attrs->momentum;				\
	const T rate = *(const T *)kernel->in[3].data;			\
	T *y = kernel->out[0].data, *w = kernel->out[1].data;		\
	const weir_spec *spec = kernel->out[0].spec;			\
	int64_t tile = weir__loop_tile(spec), i, last, j, n;		\
	T buffer[3][RUN];						\
	const T *x[3];							\
	struct weir__walk walk[3];					\
	int k;								\
									\
	for (k = 0; k < 3; k++)						\
		weir__walk_of(&walk[k], &kernel->in[k]);		\
	weir__loop_range(spec, begin, end, &i, &last);			\
	for (; i < last; i += n) {					\
		/* Each tile from its own first element, see loop.h. */	\
		n = weir__least(weir__least(RUN, last - i),		\
				tile - i % tile);			\
		for (k = 0; k < 3; k++) {				\
			x[k] = buffer[k];				\
			if (walk[k].rank == 1 &&			\
			    walk[k].step[0] == (int64_t)sizeof(T))	\
				x[k] = (const T *)kernel->in[k].data + i; \
			else						\
				weir__walk_gather(&walk[k],		\
						  kernel->in[k].data,	\
						  i, n, sizeof(T),	\
						  buffer[k]);		\
		}							\
		WEIR__INDEPENDENT					\
		for (j = 0; j < n; j++) {				\
			T v = momentum * x[2][j] + x[1][j];		\
									\
			y[i + j] = x[0][j] - rate * v;			\
			w[i + j] = v;					\
		}							\
	}								\
}

MOMENTUM_LOOP(momentum_f32, float)
MOMENTUM_LOOP(momentum_f64, double)

static weir_status
momentum_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	if (kernel->out[0].spec->dtype == WEIR_F32)
		momentum_f32(kernel, begin, end);
	else
		momentum_f64(kernel, begin, end);
	return WEIR_OK;
}

/* Operands of one dtype; all but the last, the rate, of one shape. */
static weir_status
infer_step(const weir_call *call, weir_spec *out)
{
	weir_call state = *call;
	const weir_spec *rate = call->in[call->n_in - 1];
	char label[WEIR__LABEL_SIZE];
	weir_status status = weir__same_dtype(call, 0);
	size_t i;

	state.n_in--;
	if (!status)
		status = weir__same_shape(&state);
	if (status)
		return status;
	if (rate->rank)
		return weir_fail(WEIR_ESHAPE, "the rate %s must have rank 0, "
				 "not %d",
				 weir__operand_label(call->n_in - 1, label),
				 rate->rank);
	for (i = 0; i < call->op->n_out; i++)
		out[i] = *call->in[0];
	return WEIR_OK;
}

WEIR__ELEMENT_COST(sgd_cost, 2, 0.13, 0.3)
WEIR__ELEMENT_COST(momentum_cost, 4, 0.4, 0.8)

/* y = p - rate g: the gradients are G, -rate G and -sum(G g). */
static weir_status
sgd_grad(weir_scope *scope, const weir_gradient *gradient)
{
	weir_tensor *g = gradient->of_out[0], *x;
	weir_tensor *step = gradient->in[1], *rate = gradient->in[2];

	if (gradient->wanted[0])
		gradient->of_in[0] = g;
	if (gradient->wanted[1]) {
		x = weir__emit2(scope, &weir__op_mul, NULL, g, rate);
		gradient->of_in[1] = weir__emit1(scope, &weir__op_neg, NULL, x);
	}
	if (gradient->wanted[2]) {
		x = weir__emit2(scope, &weir__op_mul, NULL, g, step);
		x = weir__emit_sum_to(scope, x, &rate->layout->spec);
		gradient->of_in[2] = weir__emit1(scope, &weir__op_neg, NULL, x);
	}
	return weir__grad_done(gradient, 3);
}

/* w = m v + g, y = p - rate w; G and H are the gradients of y and w, and
 * D = H - rate G all that reaches w. */
static weir_status
momentum_grad(weir_scope *scope, const weir_gradient *gradient)
{
	const weir_sgd_attrs *attrs = gradient->attrs;
	weir_tensor *g = gradient->of_out[0], *h = gradient->of_out[1];
	weir_tensor *rate = gradient->in[3], *d = h, *x;
	weir_dtype dtype = rate->layout->spec.dtype;

	if (g && (gradient->wanted[1] || gradient->wanted[2])) {
		x = weir__emit2(scope, &weir__op_mul, NULL, g, rate);
		d = h ? weir__emit2(scope, &weir__op_sub, NULL, h, x)
		      : weir__emit1(scope, &weir__op_neg, NULL, x);
	}
	if (gradient->wanted[1])
		gradient->of_in[1] = d;
	if (gradient->wanted[2])
		gradient->of_in[2] = weir__emit2(
			scope, &weir__op_mul, NULL, d,
			weir__emit_number(scope, dtype, attrs->momentum));
	/* y alone depends on p and on the rate: without G nothing does */
	if (g && gradient->wanted[0])
		gradient->of_in[0] = g;
	if (g && gradient->wanted[3]) {
		x = weir__emit2(scope, &weir__op_mul, NULL, g,
				gradient->out[1]);
		x = weir__emit_sum_to(scope, x, &rate->layout->spec);
		gradient->of_in[3] = weir__emit1(scope, &weir__op_neg, NULL, x);
	}
	return g ? weir__grad_done(gradient, 4) : WEIR_OK;
}

const weir_op weir__op_sgd = {
	.size = sizeof(weir_op), .name = "sgd",
	.doc = "a - c * b: parameters a after a step against their gradient b "
	       "at the rate c.",
	.n_in = 3, .n_out = 1,
	.flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE | WEIR_OP_IN_PLACE,
	.dtypes = WEIR_FLOATS, .infer = infer_step, .tiles = weir__loop_tiles,
	.kernel = sgd_kernel, .cost = sgd_cost, .grad = sgd_grad,
	.reach = weir__loop_reach, .band = weir__loop_band_of_vectors,
};

static const weir_attr momentum_attrs[] = {
	{ "momentum", WEIR_ATTR_F64, offsetof(weir_sgd_attrs, momentum),
	  "how much of the velocity stays" },
	{ 0 }
};

const weir_op weir__op_sgd_momentum = {
	.size = sizeof(weir_op), .name = "sgd_momentum",
	.doc = "v = momentum * c + b and a - d * v: parameters a with gradient "
	       "b and velocity c after a step at the rate d; and the new "
	       "velocity.",
	.n_in = 4, .n_out = 2, .flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE,
	.dtypes = WEIR_FLOATS,
	.attrs = momentum_attrs, .attrs_size = sizeof(weir_sgd_attrs),
	.infer = infer_step, .tiles = weir__loop_tiles,
	.kernel = momentum_kernel, .cost = momentum_cost,
	.grad = momentum_grad,
	.reach = weir__loop_reach,
};
