#include "ops/finished.h"

#include "ops/gemm.h"
#include "ops/gemm_fma.h"
#include "ops/invoke.h"
#include "ops/table.h"
#include "ops/walk.h"

bool
weir__may_be_finished(const weir_call *call)
{
	enum weir__product product;
	const weir_spec *out;

	if (call->op != &weir__op_matmul || !weir__fma_gemm())
		return false;
	out = call->out[0];
	product = weir__product_of(out->shape[0], out->shape[1],
				   call->in[0]->shape[1]);
	return out->shape[0] > 1 && out->shape[1] > 1 &&
	       (product == WEIR__THIN_PRODUCT ||
		product == WEIR__OUTER_PRODUCT);
}

/* Where a matrix's rows from one on begin. */
static void *
rows_of(const weir_view *view, int64_t row)
{
	return weir__plus(view->data, row * view->strides[0]);
}

static struct weir__epilogue
epilogue_of(const weir_kernel *kernels, const struct weir__finished *f,
	    int64_t row)
{
	struct weir__epilogue e = { .is_relu = f->relu > 0 };
	const weir_view *in;

	e.is_one_product = kernels->in[0].spec->shape[1] == 1;
	if (f->add)
		e.row = kernels[f->add].in[f->row].data;
	if (f->choose) {
		in = kernels[f->choose].in;
		e.chosen = rows_of(&in[0], row);
		e.chosen_row = in[0].strides[0];
		e.other = in[2].data;
	}
	if (f->greater) {
		e.greater = rows_of(kernels[f->greater].out, row);
		e.greater_row = kernels[f->greater].out->strides[0];
		e.bound = kernels[f->greater].in[1].data;
	}
	return e;
}

bool
weir__finished_run(const weir_kernel *kernels, const struct weir__finished *f,
		   int64_t begin, int64_t end)
{
	const weir_view *a = &kernels->in[0], *b = &kernels->in[1];
	const weir_view *out = kernels[f->n - 1].out;
	const int64_t size = (int64_t)weir__element_size(out->spec->dtype);
	const int64_t n = out->spec->shape[1];
	struct weir__epilogue e;
	int64_t first, last;

	weir__reach(&kernels->call, kernels->call.n_in, begin, end, &first,
		    &last);
	first /= n;
	last /= n;
	e = epilogue_of(kernels, f, first);
	return weir__finished_gemm(out->spec->dtype, last - first, n,
				   a->spec->shape[1], rows_of(a, first),
				   a->strides[0] / size, a->strides[1] / size,
				   b->data, b->strides[0] / size,
				   b->strides[1] / size, rows_of(out, first),
				   n, &e);
}
