#include "api/saved_model.h"

#include "support/weir_test.h"

/* -- an op of the user ---------------------------------------------------- */

static const weir_attr model_attr_list[] = {
	{ "scale", WEIR_ATTR_F64, offsetof(struct model_attrs, scale), NULL },
	{ "dtype", WEIR_ATTR_DTYPE, offsetof(struct model_attrs, dtype),
	  NULL },
	{ "is_used", WEIR_ATTR_BOOL, offsetof(struct model_attrs, is_used),
	  NULL },
	{ "offset", WEIR_ATTR_I64, offsetof(struct model_attrs, offset),
	  NULL },
	{ "axes", WEIR_ATTR_INTS, offsetof(struct model_attrs, axes), NULL },
	{ NULL, 0, 0, NULL },
};

static weir_status
infer_same(const weir_call *call, weir_spec *out)
{
	const struct model_attrs *attrs = call->attrs;

	if (call->in[0]->rank != 0 || attrs->axes.n != 0)
		return weir_fail(WEIR_EINVAL, "it takes a scalar");
	*out = *call->in[0];
	return WEIR_OK;
}

static weir_status
compute(const weir_kernel *k, int64_t begin, int64_t end)
{
	const struct model_attrs *attrs = k->call.attrs;
	const char *x = k->in[0].data;
	double *z = k->out[0].data;

	for (; begin < end; begin++)
		z[0] = attrs->scale * *(const double *)x +
		       (double)attrs->offset;
	return WEIR_OK;
}

const weir_op model_op = {
	.size = sizeof model_op, .name = "model/affine",
	.doc = "scale * x + offset.", .n_in = 1, .n_out = 1,
	.flags = WEIR_OP_PURE, .dtypes = WEIR_DTYPE_BIT(WEIR_F64),
	.attrs = model_attr_list, .attrs_size = sizeof(struct model_attrs),
	.infer = infer_same, .kernel = compute,
};

/* -- the step ------------------------------------------------------------- */

static weir_tensor *
layer(weir_scope *s, const struct model *m, weir_tensor *x)
{
	weir_tensor *h, *noise;

	weir_scope_push(s, "layer \"1\"");
	noise = weir_uniform(s, m->dice, WEIR_F64, 2,
			     ((int64_t[]){ MODEL_ROWS, 1 }), 0, 0.1);
	h = weir_tanh(s, weir_add(s, weir_matmul(s, x, m->w), m->b));
	if (h)
		must(weir_tensor_set_name(h, "hidden"));
	h = weir_keep(s, weir_add(s, h, noise));
	weir_scope_pop(s);
	return h;
}

static weir_status
step(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct model *m = arg;
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *params[2] = { m->w, m->b }, *g[2], *z, *last;
	struct model_attrs attrs = { -0.0, WEIR_I64, true, -7, { 0, { 0 } } };

	z = layer(s, m, in[0]);
	z = weir_add(s, z, weir_matmul(s, weir_transpose(s, m->fixed, 0,
							 NULL), m->steps));
	out[0] = weir_mse(s, z, in[1]);
	weir_tape_gradients(tape, out[0], params, 2, g);
	weir_sgd_step(s, m->sgd, params, g, 2);
	last = weir_slice(s, weir_reshape(s, z, 1, (int64_t[]){ -1 }), 1,
			  (int64_t[]){ -2 }, (int64_t[]){ MODEL_ROWS }, NULL);
	out[1] = weir_greater(s, weir_mul(s, m->b, last), last);
	weir_apply(s, &model_op, &attrs, &out[0], 1, &out[2], 1);
	out[3] = m->fixed;
	return weir_scope_status(s);
}

/* -- what it needs -------------------------------------------------------- */

static weir_tensor *
columns_first(weir_runtime *rt, int64_t rows, int64_t columns, double *data)
{
	int64_t shape[2] = { rows, columns };
	int64_t strides[2] = { 8, 8 * (rows + 1) };	/* with a gap */
	weir_tensor *t;

	must(weir_tensor_wrap(rt, WEIR_F64, 2, shape, strides, data, NULL,
			      NULL, &t));
	return t;
}

void
model_create(weir_runtime *rt, struct model *m)
{
	static double data[MODEL_ROWS * MODEL_ROWS * 2];
	weir_tensor *params[2];
	int i;

	for (i = 0; i < (int)(sizeof data / sizeof *data); i++)
		data[i] = (i * 7 % 13 - 6) / 3.0;
	m->rt = rt;
	m->x = must_tensor(rt, WEIR_F64, data, MODEL_ROWS, MODEL_COLUMNS);
	m->y = must_tensor(rt, WEIR_F64, data + 3, MODEL_ROWS, 1);
	must(weir_tensor_set_name(m->x, "x"));
	m->w = params[0] = must_variable(rt, "w", WEIR_F64, data + 5,
					 MODEL_COLUMNS, 1);
	m->b = params[1] = must_variable(rt, "b", WEIR_F64, data + 9, 1);
	must(weir_generator_create(rt, "dice", 77, &m->dice));
	m->fixed = columns_first(rt, MODEL_COLUMNS, MODEL_ROWS, data);
	m->steps = columns_first(rt, MODEL_COLUMNS, 1, data + 20);
	must(weir_tensor_set_name(m->fixed, "fixed"));
	must(weir_sgd_create(rt, params, 2, 0.1, 0.9, &m->sgd));
	must(weir_function_create(rt, "train", step, m, &m->step));
}

void
model_release(struct model *m)
{
	weir_function_release(m->step);
	weir_sgd_release(m->sgd);
	weir_tensor_release(m->x);
	weir_tensor_release(m->y);
	weir_tensor_release(m->w);
	weir_tensor_release(m->b);
	weir_tensor_release(m->dice);
	weir_tensor_release(m->fixed);
	weir_tensor_release(m->steps);
}

weir_plan *
model_plan(struct model *m)
{
	weir_tensor *in[MODEL_IN] = { m->x, m->y };
	weir_plan *plan = NULL;

	must(weir_function_plan(m->step, in, MODEL_IN, MODEL_OUT, &plan));
	return plan;
}
