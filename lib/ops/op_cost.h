/*
 * Cost estimates of built-in ops. They decide how work is cut and placed,
 * never its bits; measured on an x86-64-v4 with 32 MB of third-level cache.
 */
#ifndef WEIR_OPS_OP_COST_H
#define WEIR_OPS_OP_COST_H

#include <weir/op.h>
#include "ops/walk.h"

static inline double
weir__spec_bytes_f64(const weir_spec *spec)
{
	return (double)weir__elements(spec) *
	       (double)weir__element_size(spec->dtype);
}

/* All operands read and all results written once. */
static inline double
weir__call_bytes(const weir_call *call)
{
	double bytes = 0;
	size_t i;

	for (i = 0; i < call->n_in; i++)
		bytes += weir__spec_bytes_f64(call->in[i]);
	for (i = 0; i < call->n_out; i++)
		bytes += weir__spec_bytes_f64(call->out[i]);
	return bytes;
}

/*
 * n elements at flops each and so many nanoseconds in cache; what does not
 * fit there costs memory bandwidth on top.
 */
static inline weir_cost
weir__streaming_cost(const weir_call *call, double n, double flops,
		     double nanoseconds)
{
	const double cache = 8 << 20, bandwidth = 15;	/* bytes a ns */
	weir_cost cost;

	cost.flops = n * flops;
	cost.bytes = weir__call_bytes(call);
	cost.nanoseconds = 15 + n * nanoseconds;
	if (cost.bytes > cache && (cost.bytes - cache) / bandwidth >
				  cost.nanoseconds)
		cost.nanoseconds = (cost.bytes - cache) / bandwidth;
	return cost;
}

/* Whether what an op works on has elements of 8 bytes. */
static inline bool
weir__is_wide(const weir_call *call)
{
	const weir_spec *spec = call->n_in ? call->in[call->n_in - 1]
					   : call->out[0];

	return weir__element_size(spec->dtype) == 8;
}

/* The cost function of an op with so many nanoseconds an element of its first
 * result, of up to 4 and of 8 bytes. */
#define WEIR__ELEMENT_COST(name, flops, narrow, wide)			\
static weir_cost							\
name(const weir_call *call)						\
{									\
	return weir__streaming_cost(call,				\
				    (double)weir__elements(call->out[0]), \
				    flops, weir__is_wide(call) ? wide	\
							       : narrow); \
}

#endif
