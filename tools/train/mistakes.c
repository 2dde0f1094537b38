/*
 * Twenty-five mistakes, each in a function that is run eagerly and as a
 * graph. What a sentence has to name is written beside each mistake, the line
 * is noted as the call is made.
 */
#include "mistakes.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"

/* What the mistakes are made with. */
enum operand { X, W, INTS, FLAGS, WIDE, ZEROS, N_OPERANDS };

static const struct {
	weir_dtype dtype;
	int64_t shape[2];
} operands[N_OPERANDS] = {
	[X] = { WEIR_F32, { 4, 3 } },
	[W] = { WEIR_F32, { 5, 2 } },
	[INTS] = { WEIR_I64, { 4, 3 } },
	[FLAGS] = { WEIR_BOOL, { 4, 3 } },
	[WIDE] = { WEIR_F64, { 3, 6 } },
	[ZEROS] = { WEIR_I64, { 1, 3 } }
};

static weir_tensor *variable;	/* f32[2,2] */
static weir_tensor *foreign;	/* f32[4,3] of another runtime */
static int call_line;

/* Note the line of the call that is the mistake. */
#define CALL(call) (call_line = __LINE__, (call))

static const int64_t axes[] = { 2, 0 }, twice[] = { 1, 1 },
	empty[] = { 0 }, seven[] = { 7, 2 }, far[] = { 9 };

#define MISTAKE(name) \
	static weir_tensor * \
	name(weir_scope *s, weir_tensor *const *in)

MISTAKE(matmul_inner)
{
	return CALL(weir_matmul(s, in[X], in[W]));
}

MISTAKE(matmul_dtypes)
{
	return CALL(weir_matmul(s, in[X], in[WIDE]));
}

MISTAKE(matmul_rank)
{
	weir_tensor *sums = weir_sum(s, in[X], 1, axes + 1, false);

	return CALL(weir_matmul(s, in[X], sums));
}

MISTAKE(matmul_ints)
{
	return CALL(weir_matmul(s, in[INTS], in[INTS]));
}

MISTAKE(add_shapes)
{
	return CALL(weir_add(s, in[X], in[W]));
}

MISTAKE(add_dtypes)
{
	return CALL(weir_add(s, in[X], in[INTS]));
}

MISTAKE(sub_null)
{
	return CALL(weir_sub(s, in[X], NULL));
}

MISTAKE(mul_flags)
{
	return CALL(weir_mul(s, in[FLAGS], in[FLAGS]));
}

/* This one cannot be seen before it runs. */
MISTAKE(div_by_zero)
{
	return CALL(weir_div(s, in[INTS], in[ZEROS]));
}

MISTAKE(maximum_dtypes)
{
	return CALL(weir_maximum(s, in[X], in[FLAGS]));
}

MISTAKE(greater_shapes)
{
	return CALL(weir_greater(s, in[W], in[X]));
}

MISTAKE(where_condition)
{
	return CALL(weir_where(s, in[X], in[X], in[X]));
}

MISTAKE(where_dtypes)
{
	return CALL(weir_where(s, in[FLAGS], in[X], in[INTS]));
}

MISTAKE(exp_ints)
{
	return CALL(weir_exp(s, in[INTS]));
}

MISTAKE(relu_flags)
{
	return CALL(weir_relu(s, in[FLAGS]));
}

MISTAKE(sum_axis)
{
	return CALL(weir_sum(s, in[X], 1, axes, false));
}

MISTAKE(mean_axis_twice)
{
	return CALL(weir_mean(s, in[X], 2, twice, false));
}

MISTAKE(max_of_nothing)
{
	weir_tensor *none = weir_slice(s, in[X], 1, empty, empty, NULL);

	return CALL(weir_max(s, none, 0, NULL, false));
}

MISTAKE(argmax_axis)
{
	return CALL(weir_argmax(s, in[X], 5, false));
}

MISTAKE(transpose_axes)
{
	return CALL(weir_transpose(s, in[X], 2, twice));
}

MISTAKE(reshape_size)
{
	return CALL(weir_reshape(s, in[X], 2, seven));
}

MISTAKE(slice_outside)
{
	return CALL(weir_slice(s, in[X], 1, empty, far, NULL));
}

MISTAKE(bce_shapes)
{
	return CALL(weir_bce_with_logits(s, in[W], in[X]));
}

MISTAKE(assign_shape)
{
	return CALL(weir_assign(s, variable, in[X]));
}

MISTAKE(add_foreign)
{
	return CALL(weir_add(s, in[X], foreign));
}

/* The op and the operands that a sentence has to name. */
static const struct mistake {
	weir_tensor *(*make)(weir_scope *s, weir_tensor *const *in);
	const char *op;
	const char *shapes[3];
} mistakes[] = {
	{ matmul_inner, "matmul", { "f32[4,3]", "f32[5,2]" } },
	{ matmul_dtypes, "matmul", { "f32[4,3]", "f64[3,6]" } },
	{ matmul_rank, "matmul", { "f32[4,3]", "f32[3]" } },
	{ matmul_ints, "matmul", { "i64[4,3]" } },
	{ add_shapes, "add", { "f32[4,3]", "f32[5,2]" } },
	{ add_dtypes, "add", { "f32[4,3]", "i64[4,3]" } },
	{ sub_null, "sub", { "f32[4,3]" } },
	{ mul_flags, "mul", { "bool[4,3]" } },
	{ div_by_zero, "div", { "i64[4,3]", "i64[1,3]" } },
	{ maximum_dtypes, "maximum", { "f32[4,3]", "bool[4,3]" } },
	{ greater_shapes, "greater", { "f32[5,2]", "f32[4,3]" } },
	{ where_condition, "where", { "f32[4,3]" } },
	{ where_dtypes, "where", { "bool[4,3]", "f32[4,3]", "i64[4,3]" } },
	{ exp_ints, "exp", { "i64[4,3]" } },
	{ relu_flags, "relu", { "bool[4,3]" } },
	{ sum_axis, "sum", { "f32[4,3]" } },
	{ mean_axis_twice, "mean", { "f32[4,3]" } },
	{ max_of_nothing, "max", { "f32[0,3]" } },
	{ argmax_axis, "argmax", { "f32[4,3]" } },
	{ transpose_axes, "transpose", { "f32[4,3]" } },
	{ reshape_size, "reshape", { "f32[4,3]" } },
	{ slice_outside, "slice", { "f32[4,3]" } },
	{ bce_shapes, "bce_with_logits", { "f32[5,2]", "f32[4,3]" } },
	{ assign_shape, "assign", { "f32[2,2]", "f32[4,3]" } },
	{ add_foreign, "add", { "f32[4,3]" } }
};

/* A weir_function_fn; arg is the mistake. */
static weir_status
make(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct mistake *mistake = arg;

	weir_scope_push(s, "layer");
	out[0] = weir_keep(s, mistake->make(s, in));
	weir_scope_pop(s);
	return weir_scope_status(s);
}

/* Whether the text has the word, and not just within a longer one. */
static bool
has_word(const char *text, const char *word)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	const char *at = text;

	while ((at = strstr(at, word)) != NULL) {
		const char *end = at + strlen(word);

		if ((at == text || strchr(letters, at[-1]) == NULL) &&
		    (*end == '\0' || strchr(letters, *end) == NULL))
			return true;
		at = end;
	}
	return false;
}

static bool
is_explained(const char *text, const struct mistake *mistake)
{
	char site[64];
	size_t i;

	snprintf(site, sizeof(site), "mistakes.c:%d", call_line);
	if (strstr(text, site) == NULL || strstr(text, "mistake/layer") == NULL ||
	    !has_word(text, mistake->op))
		return false;
	for (i = 0; i < 3 && mistake->shapes[i] != NULL; i++) {
		if (strstr(text, mistake->shapes[i]) == NULL)
			return false;
	}
	return true;
}

/* Make one mistake in one mode; whether it was explained, and how. */
static bool
try(weir_runtime *runtime, const struct mistake *mistake, weir_mode mode,
    weir_tensor *const *in, char *text, size_t size)
{
	weir_run_options how = { .size = sizeof(how), .mode = mode };
	weir_tensor *out[1] = { NULL };
	weir_function *function;
	weir_status status;

	check(weir_function_create(runtime, "mistake", make, (void *)mistake,
				   &function), "the mistakes");
	status = weir_function_call(function, &how, in, N_OPERANDS, out, 1);
	snprintf(text, size, "%s", status != WEIR_OK ? weir_error_text() : "");
	weir_tensor_release(out[0]);
	weir_function_release(function);
	return status != WEIR_OK && is_explained(text, mistake);
}

static void
create_operands(weir_runtime *runtime, weir_runtime *other, weir_tensor **in)
{
	static const int64_t square[] = { 2, 2 };
	weir_tensor *initial;
	size_t i;

	for (i = 0; i < N_OPERANDS; i++)
		check(weir_tensor_create(runtime, operands[i].dtype, 2,
					 operands[i].shape, &in[i]),
		      "the mistakes");
	check(weir_tensor_create(other, WEIR_F32, 2, operands[X].shape,
				 &foreign), "the mistakes");
	check(weir_tensor_create(runtime, WEIR_F32, 2, square, &initial),
	      "the mistakes");
	check(weir_variable_create(runtime, "v", initial, &variable),
	      "the mistakes");
	weir_tensor_release(initial);
}

struct mistakes
mistakes_make(weir_runtime *runtime)
{
	weir_runtime_options options = { .size = sizeof(options), .threads = 1 };
	struct mistakes result = { .n = sizeof(mistakes) / sizeof(mistakes[0]) };
	weir_tensor *in[N_OPERANDS];
	weir_runtime *other;
	size_t i;

	check(weir_runtime_create(&options, &other), "the mistakes");
	create_operands(runtime, other, in);
	for (i = 0; i < result.n; i++) {
		char eager[4096], graph[4096];
		bool is_eager, is_graph;

		is_eager = try(runtime, &mistakes[i], WEIR_MODE_EAGER, in,
			       eager, sizeof(eager));
		is_graph = try(runtime, &mistakes[i], WEIR_MODE_GRAPH, in,
			       graph, sizeof(graph));
		result.eager += is_eager;
		result.graph += is_graph;
		result.same += is_eager && is_graph &&
			strcmp(eager, graph) == 0;
	}
	for (i = 0; i < N_OPERANDS; i++)
		weir_tensor_release(in[i]);
	weir_tensor_release(variable);
	weir_tensor_release(foreign);
	weir_runtime_release(other);
	return result;
}
