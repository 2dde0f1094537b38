/*
 * Memory that is not to be had, because it is too much: the sentence is one
 * about the op that wants it, in the same words in both modes.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "support/fault.h"
#include "support/temporary.h"
#include "support/weir_test.h"

enum { ROWS = 512, COLUMNS = 1024, BYTES = 4 * ROWS * COLUMNS,
       LIMIT = BYTES / 4 };

static struct fault fault;
static weir_runtime *rt;
static weir_tensor *in[2], *variable;

#define LIST(...) ((const int64_t[]){ __VA_ARGS__ })

static const int64_t large[] = { ROWS, COLUMNS };

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);
	static const float ones[COLUMNS] = { 1, 2, 3 };

	rt = must_runtime_on(2, &allocator);
	in[0] = must_tensor(rt, WEIR_F32, ones, COLUMNS);
	in[1] = must_tensor(rt, WEIR_F32, ones, 1, 1);
	variable = must_variable(rt, "v", WEIR_F32, NULL, ROWS, COLUMNS);
	weir_runtime_trim(rt);
	fault_refuse_above(&fault, LIMIT);
}

static void
end(void)
{
	weir_tensor_release(variable);
	weir_tensor_release(in[0]);
	weir_tensor_release(in[1]);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
	cr_expect_eq(fault.alive, 0);
}

/* -- programs ---------------------------------------------------------------- */

#define PROGRAM(name)							\
	static weir_status						\
	name(weir_scope *s, weir_tensor *const *x, weir_tensor **out,	\
	     void *arg)

static weir_tensor *
widened(weir_scope *s, weir_tensor *x)
{
	return weir_expand(s, x, 2, large);
}

static weir_tensor *
total(weir_scope *s, weir_tensor *x)
{
	return weir_sum(s, x, 0, NULL, false);
}

PROGRAM(result)
{
	(void)arg;
	out[0] = weir_exp(s, widened(s, x[0]));
	return weir_scope_status(s);
}

PROGRAM(result_of_several)
{
	(void)arg;
	out[0] = weir_relu(s, weir_neg(s, weir_exp(s, widened(s, x[0]))));
	return weir_scope_status(s);
}

PROGRAM(result_made_of_small_ones)
{
	weir_tensor *a = weir_exp(s, x[0]);

	(void)arg;
	out[0] = weir_add(s, a, widened(s, weir_neg(s, x[1])));
	return weir_scope_status(s);
}

PROGRAM(value)
{
	(void)arg;
	out[0] = total(s, weir_exp(s, widened(s, x[0])));
	return weir_scope_status(s);
}

PROGRAM(values)
{
	weir_tensor *a;

	(void)arg;
	weir_scope_push(s, "deep");
	a = weir_tanh(s, widened(s, weir_neg(s, x[0])));
	out[0] = total(s, weir_transpose(s, weir_mul(s, a, a), 0, NULL));
	return weir_scope_status(s);
}

/* Its operands are copied first. */
PROGRAM(product)
{
	weir_tensor *a = weir_expand(s, x[1], 2, LIST(ROWS, 1));
	weir_tensor *b = weir_expand(s, x[1], 2, LIST(1, COLUMNS));

	(void)arg;
	out[0] = total(s, weir_relu(s, weir_matmul(s, a, b)));
	return weir_scope_status(s);
}

PROGRAM(constant)
{
	(void)arg;
	out[0] = weir_add(s, x[1], weir_constant(s, WEIR_F32, 2,
						 LIST(LIMIT / 4, 1), 3));
	return weir_scope_status(s);
}

PROGRAM(update)
{
	(void)arg;
	weir_assign(s, variable, weir_exp(s, weir_read(s, variable)));
	out[0] = weir_neg(s, x[0]);
	return weir_scope_status(s);
}

PROGRAM(call_for_a_result)
{
	return weir_call(s, "inner", result_of_several, arg, x, 2, out, 1);
}

PROGRAM(call_for_a_value)
{
	weir_tensor *y = NULL;

	if (!weir_call(s, "inner", result_of_several, arg, x, 2, &y, 1))
		out[0] = total(s, y);
	return weir_scope_status(s);
}

PROGRAM(call_in_a_call)
{
	return weir_call(s, "outer", call_for_a_result, arg, x, 2, out, 1);
}

PROGRAM(call_with_a_value)
{
	return weir_call(s, "inner", value, arg, x, 2, out, 1);
}

PROGRAM(branch)
{
	weir_tensor *y = NULL;

	if (!weir_cond(s, weir_greater(s, total(s, x[0]), total(s, x[1])),
		       result, result_of_several, arg, x, 2, &y, 1))
		out[0] = total(s, y);
	return weir_scope_status(s);
}

PROGRAM(is_small)
{
	(void)arg;
	out[0] = weir_greater(s, weir_constant(s, WEIR_F32, 0, NULL, 9),
			      total(s, x[0]));
	return weir_scope_status(s);
}

PROGRAM(next)
{
	(void)arg;
	out[0] = weir_add(s, x[0], weir_mean(s, widened(s, x[0]), 0, NULL,
					     false));
	out[0] = weir_add(s, out[0], total(s, weir_exp(s, widened(s, x[0]))));
	return weir_scope_status(s);
}

PROGRAM(loop)
{
	return weir_while(s, is_small, next, arg, 3, x, out, 1);
}

/* -- an op with scratch ------------------------------------------------------ */

static weir_status
same_as_operand(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
}

static size_t
much(const weir_call *call)
{
	(void)call;
	return BYTES;
}

static weir_status
copy_row(const weir_kernel *k, int64_t first, int64_t last)
{
	(void)first;
	(void)last;
	memcpy(k->out[0].data, k->in[0].data, COLUMNS * sizeof(float));
	return WEIR_OK;
}

static const weir_op thinker = {
	.size = sizeof thinker, .name = "thinker",
	.doc = "An op that needs room to think.", .n_in = 1, .n_out = 1,
	.infer = same_as_operand, .scratch = much, .kernel = copy_row,
};

PROGRAM(scratch)
{
	(void)arg;
	return weir_apply(s, &thinker, NULL, x, 1, out, 1);
}

/* -- what is said of them ---------------------------------------------------- */

static const struct program {
	const char *name;
	weir_function_fn fn;
	const char *op, *path;
} programs[] = {
#define OF(fn) #fn, fn
	{ OF(result), "exp", "f/exp" },
	{ OF(result_of_several), "exp", "f/exp" },
	{ OF(result_made_of_small_ones), "add", "f/add" },
	{ OF(value), "exp", "f/exp" },
	{ OF(values), "tanh", "f/deep/tanh" },
	{ OF(product), "matmul", "f/matmul" },
	{ OF(constant), "constant", "f/constant" },
	{ OF(update), "exp", "f/exp" },
	{ OF(call_for_a_result), "exp", "inner/exp" },
	{ OF(call_for_a_value), "exp", "inner/exp" },
	{ OF(call_in_a_call), "exp", "inner/exp" },
	{ OF(call_with_a_value), "exp", "inner/exp" },
	{ OF(branch), "exp", "/exp" },
	{ OF(loop), "exp", "/exp" },
	{ OF(scratch), "thinker", "f/thinker" },
};

enum { N = sizeof programs / sizeof *programs };

static weir_status
call(weir_function *f, const weir_run_options *mode)
{
	weir_tensor *out[1] = { NULL };
	weir_status status = weir_function_call(f, mode, in, 2, out, 1);

	cr_expect((status == WEIR_OK) == (out[0] != NULL));
	weir_tensor_release(out[0]);
	return status;
}

ParameterizedTestParameters(no_memory, is_said_of_the_op_in_both_modes)
{
	static size_t numbers[N];
	size_t i;

	for (i = 0; i < N; i++)
		numbers[i] = i;
	return cr_make_param_array(size_t, numbers, N);
}

ParameterizedTest(size_t *i, no_memory, is_said_of_the_op_in_both_modes,
		  .init = begin, .fini = end)
{
	const struct program *p = &programs[*i];
	weir_function *f = must_function(rt, "f", p->fn, NULL);
	char eager[2048], begins[64];

	cr_expect_eq(call(f, &in_eager_mode), WEIR_ENOMEM, "%s", p->name);
	snprintf(eager, sizeof eager, "%s", weir_error_text());
	snprintf(begins, sizeof begins, "%s: no memory for ", p->op);
	cr_expect_eq(strncmp(eager, begins, strlen(begins)), 0, "%s: %s",
		     p->name, eager);
	expect_text(eager, p->path);
	expect_text(eager, "no_memory_test.c:");
	cr_expect_eq(call(f, &in_graph_mode), WEIR_ENOMEM, "%s", p->name);
	cr_expect_str_eq(weir_error_text(), eager, "%s: %s", p->name,
			 weir_error_text());
	fault_refuse_above(&fault, 0);
	must(call(f, &in_graph_mode));
	must(call(f, &in_eager_mode));
	weir_function_release(f);
}

/* Every value can be had, but not all of them. */
PROGRAM(many)
{
	weir_tensor *y[8], *sum;
	int i;

	(void)arg;
	for (i = 0; i < 8; i++)
		y[i] = weir_matmul(s, weir_expand(s, x[1], 2, LIST(128, 1)),
				   weir_expand(s, x[1], 2, LIST(1, 256 + i)));
	sum = weir_matmul(s, weir_expand(s, x[1], 2, LIST(1, 1)),
			  weir_expand(s, x[1], 2, LIST(1, 1)));
	for (i = 8; i-- > 0;)
		sum = weir_add(s, sum, total(s, weir_matmul(
			s, y[i], weir_transpose(s, y[i], 0, NULL))));
	out[0] = sum;
	return weir_scope_status(s);
}

Test(no_memory, for_all_of_a_run_is_said_of_its_largest_op, .init = begin,
     .fini = end)
{
	weir_function *f = must_function(rt, "f", many, NULL);
	char bytes[128];

	must(call(f, &in_eager_mode));
	weir_runtime_trim(rt);
	cr_expect_eq(call(f, &in_graph_mode), WEIR_ENOMEM);
	expect_text(weir_error_text(), "matmul: no memory for ");
	snprintf(bytes, sizeof bytes, "at once; the most of them, %d, are for "
		 "this op; in f/matmul, called at ", 4 * 128 * 263);
	expect_text(weir_error_text(), bytes);
	expect_text(weir_error_text(), "no_memory_test.c:");
	fault_refuse_above(&fault, 0);
	must(call(f, &in_graph_mode));
	weir_function_release(f);
}

Test(no_memory, is_said_by_a_loaded_graph_too, .init = begin, .fini = end)
{
	weir_function *f = must_function(rt, "f", product, NULL);
	weir_graph *graph = NULL;
	weir_plan *plan = NULL;
	weir_tensor *out[1];
	char path[TEMPORARY], eager[2048];

	temporary_file(path);
	cr_expect_eq(call(f, &in_eager_mode), WEIR_ENOMEM);
	snprintf(eager, sizeof eager, "%s", weir_error_text());
	must(weir_function_plan(f, in, 2, 1, &plan));
	must(weir_plan_save(plan, path));
	weir_plan_release(plan);
	must(weir_graph_load(rt, path, NULL, &graph));
	must(weir_graph_compile(graph, &plan));
	cr_expect_eq(weir_plan_run(plan, in, 2, out, 1), WEIR_ENOMEM);
	cr_expect_str_eq(weir_error_text(), eager);
	weir_plan_release(plan);
	weir_graph_release(graph);
	weir_function_release(f);
	unlink(path);
}
