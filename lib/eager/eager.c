#include "eager/eager.h"

#include <string.h>

#include "eager/eager_trace.h"
#include "ops/invoke.h"

static weir_status
make_results(struct weir__eager *eager, const struct weir__eager_call *c,
	     weir_tensor **out)
{
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < c->call->n_out; i++) {
		status = weir__value_new(eager->heap, c->call->out[i],
					 &out[i]);
		if (status)
			break;
	}
	if (!status)
		return WEIR_OK;
	while (i-- > 0)
		weir_tensor_release(out[i]);
	return status;
}

static weir_status
make_view(struct weir__eager *eager, const struct weir__eager_call *c,
	  weir_tensor **out)
{
	weir_tensor *from = c->in[0];
	weir_status status;

	status = weir__value_over(eager->heap, c->call->out[0],
				  c->view_strides,
				  weir__storage_retain(from->storage),
				  (char *)from->data + c->view_offset,
				  &out[0]);
	if (status)
		weir__storage_release(from->storage);
	return status;
}

/* Run the kernel over all tiles, with scratch and a clean FP state. */
static weir_status
compute(struct weir__eager *eager, const struct weir__eager_call *c,
	weir_tensor *const *out)
{
	weir_view in[WEIR_OPERANDS_MAX], results[WEIR_RESULTS_MAX];
	weir_kernel kernel;
	size_t i;

	for (i = 0; i < c->call->n_in; i++)
		in[i] = weir__view_of(c->in[i]);
	for (i = 0; i < c->call->n_out; i++)
		results[i] = weir__view_of(out[i]);
	kernel.call = *c->call;
	kernel.in = in;
	kernel.out = results;
	return weir__invoke_whole(eager->heap, &kernel);
}

weir_status
weir__eager_apply(struct weir__eager *eager,
		  const struct weir__eager_call *c, weir_tensor **out)
{
	bool is_traced = weir__trace_is_on(eager->tracer);
	uint64_t start = is_traced ? weir__trace_now(eager->tracer) : 0;
	weir_status status;
	size_t i;

	if (c->view_strides) {
		status = make_view(eager, c, out);
		if (status)
			return status;
	} else {
		status = make_results(eager, c, out);
		if (status)
			return status;
		status = compute(eager, c, out);
		if (status) {
			for (i = 0; i < c->call->n_out; i++)
				weir_tensor_release(out[i]);
			return status;
		}
	}
	if (is_traced && !eager->run)
		eager->run = weir__trace_new_run(eager->tracer);
	for (i = 0; i < c->call->n_out; i++) {
		out[i]->is_result = true;
		out[i]->is_view = c->view_strides != NULL;
		out[i]->origin.path = c->path;
		out[i]->origin.op = c->call->op->name;
		out[i]->origin.site = c->site;
		out[i]->run = eager->run;
		out[i]->ordinal = c->ordinal;
	}
	if (is_traced)
		weir__eager_trace_op(eager, c, start);
	return WEIR_OK;
}
