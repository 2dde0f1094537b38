/* Plans of functions by what their ops have been measured to take. */
#include "function/function.h"

#include "tensor/operands.h"

static weir_status
recompile_measured(weir_plan *plan, weir_tensor *const *in, size_t times,
		   weir_plan **recompiled)
{
	double *node_ns = weir__alloc(plan->heap, (plan->info.nodes + 1) *
				      sizeof *node_ns);
	weir_status status;

	if (!node_ns)
		return WEIR_ENOMEM;
	status = weir__plan_measure(plan, in, times, node_ns);
	if (!status)
		status = weir__recompile(plan, node_ns, recompiled);
	weir__free(plan->heap, node_ns);
	return status;
}

static weir_status
measure(weir_function *f, weir_tensor *const *in, size_t n_in, size_t n_out,
	size_t times)
{
	weir_plan *plan, *recompiled;
	weir_status status = weir__function_plan(f, in, n_in, n_out, &plan);

	if (status)
		return status;
	status = recompile_measured(plan, in, times, &recompiled);
	if (!status) {
		weir__function_replace(f, plan, recompiled);
		weir_plan_release(recompiled);
	}
	weir_plan_release(plan);
	return status;
}

weir_status
weir__function_measure(weir_function *f, weir_tensor *const *in, size_t n_in,
		       size_t n_out, size_t times)
{
	struct weir__operands operands;
	weir_status status = weir__function_check_operands(f, in, n_in);

	if (status)
		return status;
	status = weir__operands_take(&operands, f->heap, in, n_in);
	if (!status)
		status = measure(f, operands.values, n_in, n_out, times);
	weir__operands_release(&operands);
	return status;
}
