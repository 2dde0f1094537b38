/* The optimizer: one op and one or two assignments a parameter. */
#include <string.h>

#include <weir/ops.h>

#include "autodiff/tape.h"
#include "base/fpenv.h"
#include "ops/table.h"

struct weir_sgd {
	struct weir__heap *heap;
	size_t n;
	weir_tensor **params;		/* references */
	weir_tensor **velocities;	/* variables; NULL without momentum */
	weir_tensor *rate;		/* a variable: recorded steps read it */
	double momentum;
};

void
weir_sgd_release(weir_sgd *sgd)
{
	struct weir__heap *heap;
	size_t i;

	if (!sgd)
		return;
	heap = sgd->heap;
	for (i = 0; i < sgd->n; i++) {
		if (sgd->params)
			weir_tensor_release(sgd->params[i]);
		if (sgd->velocities)
			weir_tensor_release(sgd->velocities[i]);
	}
	weir_tensor_release(sgd->rate);
	weir__free(heap, sgd->params);
	weir__free(heap, sgd->velocities);
	weir__free(heap, sgd);
	weir__heap_release(heap);
}

static weir_status
check_params(weir_tensor *const *params, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		weir_dtype dtype;

		if (!params[i])
			return weir_fail(WEIR_ENULL, "weir_sgd_create: "
					 "parameter %zu is NULL", i);
		if (params[i]->kind != WEIR__VARIABLE)
			return weir_fail(WEIR_EINVAL, "weir_sgd_create: "
					 "parameter %zu is no variable", i);
		dtype = params[i]->layout->spec.dtype;
		if (!(WEIR_FLOATS & WEIR_DTYPE_BIT(dtype)) ||
		    dtype != params[0]->layout->spec.dtype)
			return weir_fail(WEIR_EDTYPE, "weir_sgd_create: "
					 "parameter %zu (%s) is %s; all must "
					 "be of one float dtype", i,
					 weir_tensor_name(params[i]),
					 weir_dtype_name(dtype));
	}
	return WEIR_OK;
}

/* A variable of this spec, all zeros, called PREFIX/NAME. */
static weir_status
zero_variable(struct weir__heap *heap, const weir_spec *spec,
	      const char *prefix, const char *name, weir_tensor **variable)
{
	weir_tensor *zeros;
	weir_status status;
	struct weir__text text;
	char label[256];

	status = weir__value_new(heap, spec, &zeros);
	if (status)
		return status;
	memset(zeros->data, 0, (size_t)weir__spec_bytes(spec));
	weir__text_init(&text, label, sizeof label);
	weir__text_add(&text, *name ? "%s/%s" : "%s", prefix, name);
	status = weir__variable_new(heap, label, zeros, false, variable);
	if (status)
		weir_tensor_release(zeros);
	return status;
}

static weir_status
make_state(weir_sgd *sgd, weir_tensor *const *params, double rate)
{
	weir_spec scalar = { .dtype = params[0]->layout->spec.dtype };
	weir_status status;
	size_t i;

	sgd->params = weir__calloc(sgd->heap, sgd->n, sizeof *sgd->params);
	if (!sgd->params)
		return WEIR_ENOMEM;
	for (i = 0; i < sgd->n; i++)
		sgd->params[i] = weir_tensor_retain(params[i]);
	status = zero_variable(sgd->heap, &scalar, "sgd/rate", "", &sgd->rate);
	if (!status)
		status = weir_sgd_set_rate(sgd, rate);
	if (status || sgd->momentum == 0)
		return status;
	sgd->velocities = weir__calloc(sgd->heap, sgd->n,
				       sizeof *sgd->velocities);
	if (!sgd->velocities)
		return WEIR_ENOMEM;
	for (i = 0; i < sgd->n && !status; i++)
		status = zero_variable(sgd->heap, &params[i]->layout->spec,
				       "sgd/velocity",
				       weir_tensor_name(params[i]),
				       &sgd->velocities[i]);
	return status;
}

weir_status
weir__sgd_new(struct weir__heap *heap, weir_tensor *const *params, size_t n,
	      double rate, double momentum, weir_sgd **sgd)
{
	weir_status status = check_params(params, n);
	weir_sgd *s;

	if (status)
		return status;
	if (n == 0)
		return weir_fail(WEIR_EINVAL, "weir_sgd_create: no parameters");
	if (!(momentum >= 0 && momentum < 1))
		return weir_fail(WEIR_EINVAL, "weir_sgd_create: momentum %g "
				 "is not in [0, 1)", momentum);
	s = weir__calloc(heap, 1, sizeof *s);
	if (!s)
		return WEIR_ENOMEM;
	s->heap = weir__heap_retain(heap);
	s->n = n;
	s->momentum = momentum;
	status = make_state(s, params, rate);
	if (status) {
		weir_sgd_release(s);
		return status;
	}
	*sgd = s;
	return WEIR_OK;
}

weir_status
weir_sgd_set_rate(weir_sgd *sgd, double rate)
{
	struct weir__fpenv fpenv;
	weir_status status;
	float narrow;

	if (!sgd)
		return weir_fail(WEIR_ENULL, "weir_sgd_set_rate: the "
				 "optimizer is NULL");
	if (!(rate >= 0) || rate > 1e300)
		return weir_fail(WEIR_EINVAL, "weir_sgd_set_rate: %g is no "
				 "rate", rate);
	weir__fpenv_enter(&fpenv);
	narrow = (float)rate;
	if (sgd->rate->layout->spec.dtype == WEIR_F32)
		status = weir_tensor_write(sgd->rate, &narrow, sizeof narrow);
	else
		status = weir_tensor_write(sgd->rate, &rate, sizeof rate);
	weir__fpenv_leave(&fpenv);
	return status;
}

static weir_status
step_one(weir_scope *scope, weir_sgd *sgd, size_t i, weir_tensor *gradient,
	 const char *site)
{
	struct weir_sgd_attrs attrs = { sgd->momentum };
	weir_tensor *param = sgd->params[i];

	if (!sgd->velocities) {
		weir_tensor *in[3] = { param, gradient, sgd->rate };

		return weir__scope_apply_and_assign(scope, &weir__op_sgd, NULL,
						    in, 3, &param, 1, site);
	} else {
		weir_tensor *velocity = sgd->velocities[i];
		weir_tensor *in[4] = { param, gradient, velocity, sgd->rate };
		weir_tensor *variables[2] = { param, velocity };

		return weir__scope_apply_and_assign(
			scope, &weir__op_sgd_momentum, &attrs, in, 4,
			variables, 2, site);
	}
}

weir_status
weir__sgd_step(weir_scope *scope, weir_sgd *sgd, weir_tensor *const *params,
	       weir_tensor *const *gradients, size_t n, const char *site)
{
	struct weir__eager_calls calls;
	weir_status status = scope->status;
	size_t i;

	if (status)
		return status;
	if (n != sgd->n)
		return weir__scope_fail(scope, WEIR_EINVAL, site,
					"weir_sgd_step: %zu parameters, the "
					"optimizer was made for %zu", n,
					sgd->n);
	for (i = 0; i < n; i++)
		if (params[i] != sgd->params[i])
			return weir__scope_fail(scope, WEIR_EINVAL, site,
						"weir_sgd_step: parameter %zu "
						"(%s) is not the one that the "
						"optimizer was made for", i,
						weir_tensor_name(params[i]));
	weir__eager_calls_begin(&scope->eager, &calls);
	for (i = 0; i < n && !status; i++)
		status = step_one(scope, sgd, i, gradients[i], site);
	weir__eager_calls_end(&scope->eager, &calls);
	return status;
}
