/*
 * The typed ops: pack the arguments into attributes, and call by descriptor.
 *
 * Each comes twice: NAME_at() with the place of the call, which the macro of
 * the same name uses; and the plain function, which blames its return
 * address.
 */
#include <stdio.h>
#include <string.h>

#include <weir/ops.h>

#include "api/runtime.h"
#include "base/fpenv.h"
#include "ops/schema.h"
#include "ops/table.h"

/* -- calling ----------------------------------------------------------------------- */

weir_status
weir_apply_at(weir_scope *scope, const weir_op *op, const void *attrs,
	      weir_tensor *const *in, size_t n_in, weir_tensor **out,
	      size_t n_out, const char *site)
{
	struct weir__fpenv fpenv;
	weir_status status;

	if (!scope)
		return weir_fail(WEIR_ENULL, "weir_apply: the scope is NULL");
	if (!op || (n_in && !in) || (n_out && !out))
		return weir__scope_fail(scope, WEIR_ENULL, site, "weir_apply: "
					"the %s is NULL", !op ? "op" :
					n_in && !in ? "list of operands"
						    : "list of results");
	status = weir__op_check(op);
	if (status)
		return weir__scope_fail(scope, status, site, "%s",
					weir_error_text());
	weir__fpenv_enter(&fpenv);	/* infer() may compute */
	status = weir__scope_apply(scope, op, attrs, in, n_in, out, n_out,
				   site ? site : "");
	weir__fpenv_leave(&fpenv);
	return status;
}

static weir_tensor *
call(weir_scope *scope, const weir_op *op, const void *attrs,
     weir_tensor *const *in, size_t n_in, const char *site)
{
	weir_tensor *out = NULL;

	if (!scope) {
		weir_fail(WEIR_ENULL, "weir_%s: the scope is NULL", op->name);
		return NULL;
	}
	weir__scope_apply(scope, op, attrs, in, n_in, &out, 1,
			  site ? site : "");
	return out;
}

static weir_tensor *
call1(weir_scope *scope, const weir_op *op, const void *attrs,
      weir_tensor *x, const char *site)
{
	return call(scope, op, attrs, &x, 1, site);
}

static weir_tensor *
call2(weir_scope *scope, const weir_op *op, const void *attrs,
      weir_tensor *a, weir_tensor *b, const char *site)
{
	weir_tensor *in[2] = { a, b };

	return call(scope, op, attrs, in, 2, site);
}

/* A list from the caller; longer or missing ones are refused in the op's
 * name. */
static bool
take_list(weir_scope *scope, const weir_op *op, weir_tensor *x, size_t n,
	  const int64_t *list, const char *site, weir_ints *ints)
{
	char why[96];

	if (n <= WEIR_RANK_MAX && (list || !n)) {
		ints->n = (int)n;
		if (n)
			memcpy(ints->v, list, n * sizeof *list);
		return true;
	}
	if (!scope)
		return true;	/* call() says so */
	if (n > WEIR_RANK_MAX)
		snprintf(why, sizeof why, "a list of %zu axes, the most are "
			 "%d", n, WEIR_RANK_MAX);
	else
		snprintf(why, sizeof why, "a list of axes is NULL");
	weir__scope_fail_call(scope, n > WEIR_RANK_MAX ? WEIR_ESHAPE
						       : WEIR_ENULL,
			      op, NULL, &x, x != NULL, site ? site : "", why);
	return false;
}

/* -- element by element -------------------------------------------------------------- */

#define UNARY(name) \
	weir_tensor * \
	weir_##name##_at(weir_scope *scope, weir_tensor *x, const char *site) \
	{ \
		return call1(scope, &weir__op_##name, NULL, x, site); \
	} \
	weir_tensor * \
	(weir_##name)(weir_scope *scope, weir_tensor *x) \
	{ \
		return weir_##name##_at(scope, x, WEIR__CALLER(scope)); \
	}

#define BINARY(name) \
	weir_tensor * \
	weir_##name##_at(weir_scope *scope, weir_tensor *a, weir_tensor *b, \
			 const char *site) \
	{ \
		return call2(scope, &weir__op_##name, NULL, a, b, site); \
	} \
	weir_tensor * \
	(weir_##name)(weir_scope *scope, weir_tensor *a, weir_tensor *b) \
	{ \
		return weir_##name##_at(scope, a, b, WEIR__CALLER(scope)); \
	}

BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)
BINARY(maximum)
BINARY(equal)
BINARY(greater)
BINARY(matmul)
BINARY(bce_with_logits)
BINARY(mse)

UNARY(neg)
UNARY(square)
UNARY(sqrt)
UNARY(exp)
UNARY(log)
UNARY(tanh)
UNARY(sigmoid)
UNARY(relu)
UNARY(copy)
UNARY(read)

weir_tensor *
weir_where_at(weir_scope *scope, weir_tensor *condition, weir_tensor *a,
	      weir_tensor *b, const char *site)
{
	weir_tensor *in[3] = { condition, a, b };

	return call(scope, &weir__op_where, NULL, in, 3, site);
}

weir_tensor *
(weir_where)(weir_scope *scope, weir_tensor *condition, weir_tensor *a,
	     weir_tensor *b)
{
	return weir_where_at(scope, condition, a, b, WEIR__CALLER(scope));
}

weir_tensor *
weir_cast_at(weir_scope *scope, weir_tensor *x, weir_dtype dtype,
	     const char *site)
{
	weir_cast_attrs attrs = { dtype };

	return call1(scope, &weir__op_cast, &attrs, x, site);
}

weir_tensor *
(weir_cast)(weir_scope *scope, weir_tensor *x, weir_dtype dtype)
{
	return weir_cast_at(scope, x, dtype, WEIR__CALLER(scope));
}

/* -- reductions -------------------------------------------------------------------------- */

#define REDUCTION(name) \
	weir_tensor * \
	weir_##name##_at(weir_scope *scope, weir_tensor *x, size_t n_axes, \
			 const int64_t *axes, bool keepdims, \
			 const char *site) \
	{ \
		weir_reduce_attrs attrs = { .keepdims = keepdims }; \
\
		if (!take_list(scope, &weir__op_##name, x, n_axes, axes, \
			       site, &attrs.axes)) \
			return NULL; \
		return call1(scope, &weir__op_##name, &attrs, x, site); \
	} \
	weir_tensor * \
	(weir_##name)(weir_scope *scope, weir_tensor *x, size_t n_axes, \
		      const int64_t *axes, bool keepdims) \
	{ \
		return weir_##name##_at(scope, x, n_axes, axes, keepdims, \
					WEIR__CALLER(scope)); \
	}

REDUCTION(sum)
REDUCTION(mean)
REDUCTION(max)

weir_tensor *
weir_argmax_at(weir_scope *scope, weir_tensor *x, int64_t axis, bool keepdims,
	       const char *site)
{
	weir_argmax_attrs attrs = { .axis = axis, .keepdims = keepdims };

	return call1(scope, &weir__op_argmax, &attrs, x, site);
}

weir_tensor *
(weir_argmax)(weir_scope *scope, weir_tensor *x, int64_t axis, bool keepdims)
{
	return weir_argmax_at(scope, x, axis, keepdims, WEIR__CALLER(scope));
}

/* -- layout ------------------------------------------------------------------------------- */

weir_tensor *
weir_transpose_at(weir_scope *scope, weir_tensor *x, size_t n_axes,
		  const int64_t *perm, const char *site)
{
	weir_transpose_attrs attrs = { 0 };

	if (!take_list(scope, &weir__op_transpose, x, n_axes, perm, site,
		       &attrs.perm))
		return NULL;
	return call1(scope, &weir__op_transpose, &attrs, x, site);
}

weir_tensor *
(weir_transpose)(weir_scope *scope, weir_tensor *x, size_t n_axes,
		 const int64_t *perm)
{
	return weir_transpose_at(scope, x, n_axes, perm, WEIR__CALLER(scope));
}

#define RESHAPING(name) \
	weir_tensor * \
	weir_##name##_at(weir_scope *scope, weir_tensor *x, size_t rank, \
			 const int64_t *shape, const char *site) \
	{ \
		weir_shape_attrs attrs = { { 0 } }; \
\
		if (!take_list(scope, &weir__op_##name, x, rank, shape, \
			       site, &attrs.shape)) \
			return NULL; \
		return call1(scope, &weir__op_##name, &attrs, x, site); \
	} \
	weir_tensor * \
	(weir_##name)(weir_scope *scope, weir_tensor *x, size_t rank, \
		      const int64_t *shape) \
	{ \
		return weir_##name##_at(scope, x, rank, shape, \
					WEIR__CALLER(scope)); \
	}

RESHAPING(reshape)
RESHAPING(expand)

weir_tensor *
weir_slice_at(weir_scope *scope, weir_tensor *x, size_t n_axes,
	      const int64_t *starts, const int64_t *stops,
	      const int64_t *steps, const char *site)
{
	const weir_op *op = &weir__op_slice;
	weir_slice_attrs attrs = { 0 };

	if (!take_list(scope, op, x, n_axes, starts, site, &attrs.starts) ||
	    !take_list(scope, op, x, n_axes, stops, site, &attrs.stops) ||
	    !take_list(scope, op, x, steps ? n_axes : 0, steps, site,
		       &attrs.steps))
		return NULL;
	return call1(scope, op, &attrs, x, site);
}

weir_tensor *
(weir_slice)(weir_scope *scope, weir_tensor *x, size_t n_axes,
	     const int64_t *starts, const int64_t *stops, const int64_t *steps)
{
	return weir_slice_at(scope, x, n_axes, starts, stops, steps,
			     WEIR__CALLER(scope));
}

weir_tensor *
weir_pad_at(weir_scope *scope, weir_tensor *x, size_t n_axes,
	    const int64_t *before, const int64_t *after,
	    const int64_t *between, const char *site)
{
	const weir_op *op = &weir__op_pad;
	weir_pad_attrs attrs = { 0 };

	if (!take_list(scope, op, x, n_axes, before, site, &attrs.before) ||
	    !take_list(scope, op, x, n_axes, after, site, &attrs.after) ||
	    !take_list(scope, op, x, between ? n_axes : 0, between, site,
		       &attrs.between))
		return NULL;
	return call1(scope, op, &attrs, x, site);
}

weir_tensor *
(weir_pad)(weir_scope *scope, weir_tensor *x, size_t n_axes,
	   const int64_t *before, const int64_t *after, const int64_t *between)
{
	return weir_pad_at(scope, x, n_axes, before, after, between,
			   WEIR__CALLER(scope));
}

weir_tensor *
weir_concat_at(weir_scope *scope, weir_tensor *const *tensors, size_t n,
	       int64_t axis, const char *site)
{
	weir_concat_attrs attrs = { axis };

	if (n && !tensors && scope) {
		weir__scope_fail_call(scope, WEIR_ENULL, &weir__op_concat,
				      &attrs, NULL, 0, site ? site : "",
				      "the list of tensors is NULL");
		return NULL;
	}
	return call(scope, &weir__op_concat, &attrs, tensors, tensors ? n : 0,
		    site);
}

weir_tensor *
(weir_concat)(weir_scope *scope, weir_tensor *const *tensors, size_t n,
	      int64_t axis)
{
	return weir_concat_at(scope, tensors, n, axis, WEIR__CALLER(scope));
}

/* -- making tensors, variables ----------------------------------------------------------- */

weir_tensor *
weir_constant_at(weir_scope *scope, weir_dtype dtype, size_t rank,
		 const int64_t *shape, double value, const char *site)
{
	weir_constant_attrs attrs = { .dtype = dtype, .value = value };
	struct weir__fpenv fpenv;
	weir_tensor *constant;

	if (!take_list(scope, &weir__op_constant, NULL, rank, shape, site,
		       &attrs.shape))
		return NULL;
	weir__fpenv_enter(&fpenv);	/* whether the dtype holds the value */
	constant = call(scope, &weir__op_constant, &attrs, NULL, 0, site);
	weir__fpenv_leave(&fpenv);
	return constant;
}

weir_tensor *
(weir_constant)(weir_scope *scope, weir_dtype dtype, size_t rank,
		const int64_t *shape, double value)
{
	return weir_constant_at(scope, dtype, rank, shape, value,
				WEIR__CALLER(scope));
}

weir_tensor *
weir_uniform_at(weir_scope *scope, weir_tensor *generator, weir_dtype dtype,
		size_t rank, const int64_t *shape, double low, double high,
		const char *site)
{
	const weir_op *op = &weir__op_uniform;
	weir_uniform_attrs attrs = { .dtype = dtype, .low = low,
				     .high = high };
	weir_tensor *out[2], *state[2] = { generator, NULL };
	struct weir__fpenv fpenv;
	weir_status status;

	if (!scope) {
		weir_fail(WEIR_ENULL, "weir_uniform: the scope is NULL");
		return NULL;
	}
	site = site ? site : "";
	if (!take_list(scope, op, generator, rank, shape, site, &attrs.shape))
		return NULL;
	if (generator && !(generator->kind == WEIR__VARIABLE &&
			   generator->is_generator)) {
		weir__scope_fail_call(scope, WEIR_EINVAL, op, &attrs,
				      &generator, 1, site,
				      "operand a is no generator");
		return NULL;
	}
	weir__fpenv_enter(&fpenv);	/* whether there are such numbers */
	status = weir__scope_apply(scope, op, &attrs, &generator, 1, out, 2,
				   site);
	weir__fpenv_leave(&fpenv);
	if (status)
		return NULL;
	state[1] = out[1];
	if (weir__scope_apply(scope, &weir__op_assign, NULL, state, 2, NULL, 0,
			      site))
		return NULL;
	return out[0];
}

weir_tensor *
(weir_uniform)(weir_scope *scope, weir_tensor *generator, weir_dtype dtype,
	       size_t rank, const int64_t *shape, double low, double high)
{
	return weir_uniform_at(scope, generator, dtype, rank, shape, low, high,
			       WEIR__CALLER(scope));
}

weir_tensor *
weir_assign_at(weir_scope *scope, weir_tensor *variable, weir_tensor *value,
	       const char *site)
{
	weir_tensor *in[2] = { variable, value };

	if (!scope) {
		weir_fail(WEIR_ENULL, "weir_assign: the scope is NULL");
		return NULL;
	}
	if (weir__scope_apply(scope, &weir__op_assign, NULL, in, 2, NULL, 0,
			      site ? site : ""))
		return NULL;
	return value;
}

weir_tensor *
(weir_assign)(weir_scope *scope, weir_tensor *variable, weir_tensor *value)
{
	return weir_assign_at(scope, variable, value, WEIR__CALLER(scope));
}
