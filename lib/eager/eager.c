#include "eager/eager.h"

#include "eager/eager_trace.h"
#include "ops/invoke.h"

uint64_t
weir__eager_new_maker(void)
{
	static atomic_uint_fast64_t last = WEIR__MADE;

	return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

static weir_status
make_results(struct weir__eager *eager, const struct weir__applied *c)
{
	size_t i;

	for (i = 0; i < c->call.n_out; i++)
		if (weir__result_new(eager->heap, c->derived->results[i],
				     &c->origin, eager->maker, c->frame,
				     &c->out[i]))
			break;
	if (i == c->call.n_out)
		return WEIR_OK;
	while (i-- > 0)
		weir_tensor_release(c->out[i]);
	return WEIR_ENOMEM;
}

static weir_status
make_view(struct weir__eager *eager, const struct weir__applied *c)
{
	weir_tensor *from = c->in[0];
	weir_status status;

	status = weir__value_laid_over(eager->heap, c->derived->results[0],
				       weir__storage_retain(from->storage),
				       (char *)from->data +
					       c->derived->view_offset,
				       &c->out[0]);
	if (status) {
		weir__storage_release(from->storage);
		return status;
	}
	c->out[0]->maker = eager->maker;
	c->out[0]->is_view = true;
	weir__tensor_made(c->out[0], &c->origin, c->frame);
	return WEIR_OK;
}

/* Run the kernel over all tiles, with scratch and a clean FP state. */
static inline weir_status
compute(struct weir__eager *eager, const struct weir__applied *c,
	weir_view *in, weir_view *results, const weir_spec **out_specs)
{
	struct weir__fpenv fpenv;
	weir_kernel kernel;
	weir_status status;
	size_t i;

	for (i = 0; i < c->call.n_in; i++)
		weir__view_into(c->in[i], &in[i]);
	for (i = 0; i < c->call.n_out; i++) {
		weir__view_into(c->out[i], &results[i]);
		out_specs[i] = &c->out[i]->layout->spec;
	}
	kernel.call.op = c->call.op;
	kernel.call.attrs = c->call.attrs;
	kernel.call.n_in = c->call.n_in;
	kernel.call.n_out = c->call.n_out;
	kernel.call.in = c->call.in;
	kernel.call.out = out_specs;
	kernel.in = in;
	kernel.out = results;
	if (eager->has_fpenv)
		return weir__invoke_whole(eager->heap, &kernel,
					  c->derived->tiles,
					  c->derived->scratch);
	weir__fpenv_enter(&fpenv);
	status = weir__invoke_whole(eager->heap, &kernel, c->derived->tiles,
				    c->derived->scratch);
	weir__fpenv_leave(&fpenv);
	return status;
}

/* compute() with room for so many operands and results. */
#define DEFINE_COMPUTE(name, most_in, most_out)				\
static weir_status							\
name(struct weir__eager *eager, const struct weir__applied *c)		\
{									\
	weir_view in[most_in], results[most_out];			\
	const weir_spec *out_specs[most_out];				\
									\
	return compute(eager, c, in, results, out_specs);		\
}

DEFINE_COMPUTE(compute_few, WEIR__FEW_IN, WEIR__FEW_OUT)
WEIR_COLD
DEFINE_COMPUTE(compute_many, WEIR_OPERANDS_MAX, WEIR_RESULTS_MAX)

weir_status
weir__eager_apply(struct weir__eager *eager, const struct weir__applied *c)
{
	bool is_traced = weir__trace_is_on(eager->tracer);
	uint64_t start = is_traced ? weir__trace_now(eager->tracer) : 0;
	weir_status status;
	size_t i;

	status = c->derived->is_view ? make_view(eager, c)
				     : make_results(eager, c);
	if (status)
		return status;
	if (!c->derived->is_view) {
		status = weir__has_few(&c->call) ? compute_few(eager, c)
						 : compute_many(eager, c);
		if (status) {
			for (i = 0; i < c->call.n_out; i++)
				weir_tensor_release(c->out[i]);
			return status;
		}
	}
	if (is_traced)
		weir__eager_trace_op(eager, c, start);
	return WEIR_OK;
}
