/*
 * A small pipeline in which every allocation fails in turn: each call says
 * WEIR_ENOMEM or succeeds, a run that failed has changed no variable, the
 * same call succeeds once there is memory again, and nothing is leaked.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <weir.h>

#include "support/fault.h"

enum { ROWS = 8, COLUMNS = 6, BATCHES = 3 };

struct pipeline {
	weir_runtime *rt;
	weir_tensor *x, *y, *w, *b, *dice, *params[2];
	weir_sgd *sgd;
	weir_function *train, *predict;
	weir_plan *plan;
	char trace[64];
};

static struct fault fault;

/* -- what is run -------------------------------------------------------------------- */

static weir_status
step(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct pipeline *p = arg;
	weir_tape *tape;
	weir_tensor *h, *noise, *g[2];

	weir_scope_push(s, "layer");
	tape = weir_tape_begin(s);
	noise = weir_uniform(s, p->dice, WEIR_F32, 2,
			     ((int64_t[]){ ROWS, 1 }), 0, 0.1);
	h = weir_add(s, weir_matmul(s, in[0], p->w), weir_add(s, p->b, noise));
	out[0] = weir_keep(s, weir_bce_with_logits(s, weir_tanh(s, h), in[1]));
	weir_tape_gradients(tape, out[0], p->params, 2, g);
	weir_sgd_step(s, p->sgd, p->params, g, 2);
	weir_scope_pop(s);
	return weir_scope_status(s);
}

static weir_status
predict(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct pipeline *p = arg;
	weir_tensor *h = weir_add(s, weir_matmul(s, in[0], p->w), p->b);

	out[0] = weir_concat(s, ((weir_tensor *[]){ h, weir_sigmoid(s, h) }),
			     2, 1);
	return weir_scope_status(s);
}

/* -- stages: each leaves things as they were when it fails ------------------------------- */

static weir_status
create_runtime(struct pipeline *p)
{
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = {
		.size = sizeof options, .threads = 2, .allocator = &allocator,
		.synthetic_topology = "numa:1 core:2 pu:1",
	};

	return weir_runtime_create(&options, &p->rt);
}

static weir_status
create_operands(struct pipeline *p)
{
	float data[ROWS * COLUMNS], labels[ROWS];
	int i;

	for (i = 0; i < ROWS * COLUMNS; i++)
		data[i] = (float)(i % 7 - 3) / 3;
	for (i = 0; i < ROWS; i++)
		labels[i] = (float)(i % 2);
	if (!p->x && weir_tensor_copy_of(p->rt, WEIR_F32, 2,
					 ((int64_t[]){ ROWS, COLUMNS }), data,
					 &p->x))
		return WEIR_ENOMEM;
	if (!p->y && weir_tensor_copy_of(p->rt, WEIR_F32, 2,
					 ((int64_t[]){ ROWS, 1 }), labels,
					 &p->y))
		return WEIR_ENOMEM;
	return weir_tensor_set_name(p->x, "x");
}

static weir_status
variable(struct pipeline *p, const char *name, int64_t rows,
	 weir_tensor **variable_)
{
	weir_tensor *zeros;
	weir_status status;

	if (*variable_)
		return WEIR_OK;
	status = weir_tensor_create(p->rt, WEIR_F32, 2,
				    ((int64_t[]){ rows, 1 }), &zeros);
	if (status)
		return status;
	status = weir_variable_create(p->rt, name, zeros, variable_);
	weir_tensor_release(zeros);
	return status;
}

static weir_status
create_variables(struct pipeline *p)
{
	weir_status status = variable(p, "w", COLUMNS, &p->w);

	if (!status)
		status = variable(p, "b", 1, &p->b);
	if (!status && !p->dice)
		status = weir_generator_create(p->rt, "dice", 1, &p->dice);
	p->params[0] = p->w;
	p->params[1] = p->b;
	return status ? status : weir_sgd_create(p->rt, p->params, 2, 0.1, 0.9,
						 &p->sgd);
}

static weir_status
step_eagerly(struct pipeline *p)
{
	weir_tensor *in[2] = { p->x, p->y }, *out[1];
	weir_scope *scope;
	weir_status status = weir_scope_create(p->rt, "eager", &scope);

	if (status)
		return status;
	weir_scope_push(scope, "step");
	status = step(scope, in, out, p);
	if (status)
		weir_fail(status, "%s", weir_scope_error(scope));
	else
		cr_expect(weir_item_f64(out[0]) > 0);
	weir_scope_release(scope);
	return status;
}

static weir_status
create_functions(struct pipeline *p)
{
	weir_status status = WEIR_OK;

	if (!p->train)
		status = weir_function_create(p->rt, "train", step, p,
					      &p->train);
	return status ? status : weir_function_create(p->rt, "predict",
						      predict, p, &p->predict);
}

static weir_status
call(struct pipeline *p, weir_mode mode)
{
	weir_run_options options = { .size = sizeof options, .mode = mode };
	weir_tensor *in[2] = { p->x, p->y }, *out[1] = { p->x };
	weir_status status;

	status = weir_function_call(p->train, &options, in, 2, out, 1);
	if (status)
		cr_expect_eq(out[0], p->x, "a failed call wrote its result");
	else
		weir_tensor_release(out[0]);
	return status;
}

static weir_status
call_graph(struct pipeline *p)
{
	return call(p, WEIR_MODE_GRAPH);
}

static weir_status
call_eager(struct pipeline *p)
{
	return call(p, WEIR_MODE_EAGER);
}

static weir_status
compare(struct pipeline *p)
{
	weir_tensor *in[2] = { p->x, p->y };

	return weir_function_compare(p->train, in, 2, 1);
}

static weir_status
run_batches(struct pipeline *p)
{
	weir_tensor *in[BATCHES] = { p->x, p->x, p->x }, *out[BATCHES];
	weir_status status;
	int i;

	status = weir_run_batches(p->predict, NULL, in, 1, out, 1, BATCHES);
	for (i = 0; !status && i < BATCHES; i++)
		weir_tensor_release(out[i]);
	return status;
}

static weir_status
trace(struct pipeline *p)
{
	weir_status status = weir_trace_start(p->rt, NULL);

	if (!status)
		status = call_graph(p);
	weir_trace_stop(p->rt);
	if (!status)
		status = weir_trace_write(p->rt, p->trace);
	/* Without memory to record in, the run succeeds; the write tells. */
	if (status == WEIR_ESTATE && strstr(weir_error_text(), "recorded"))
		status = weir_fail(WEIR_ENOMEM, "no memory to trace in");
	return status;
}

static weir_status
describe(struct pipeline *p)
{
	weir_tensor *in[1] = { p->x };
	char *text;
	weir_status status = weir_runtime_describe(p->rt, true, &text);

	if (status)
		return status;
	weir_text_release(text);
	if (!p->plan)
		status = weir_function_plan(p->predict, in, 1, 1, &p->plan);
	if (!status)
		status = weir_plan_describe(p->plan, &text);
	if (!status)
		weir_text_release(text);
	return status;
}

static const struct {
	const char *name;
	weir_status (*run)(struct pipeline *p);
	bool is_run;		/* failed, it has changed no variable */
} stages[] = {
	{ "create_runtime", create_runtime, false },
	{ "create_operands", create_operands, false },
	{ "create_variables", create_variables, false },
	{ "step_eagerly", step_eagerly, false },
	{ "create_functions", create_functions, false },
	{ "call_graph", call_graph, true },
	{ "call_graph again", call_graph, true },
	{ "call_eager", call_eager, true },
	{ "compare", compare, true },
	{ "run_batches", run_batches, true },
	{ "trace", trace, false },
	{ "describe", describe, true },
};
enum { STAGES = sizeof stages / sizeof *stages };

/* -- one attempt ---------------------------------------------------------------------------- */

struct values {
	float w[COLUMNS], b[1];
	int64_t dice[2];
};

static struct values
values_of(const struct pipeline *p)
{
	struct values v;

	memset(&v, 0, sizeof v);
	if (p->w && p->b && p->dice) {
		cr_assert(!weir_tensor_read(p->w, v.w, sizeof v.w));
		cr_assert(!weir_tensor_read(p->b, v.b, sizeof v.b));
		cr_assert(!weir_tensor_read(p->dice, v.dice, sizeof v.dice));
	}
	return v;
}

static void
release(struct pipeline *p)
{
	weir_plan_release(p->plan);
	weir_function_release(p->predict);
	weir_function_release(p->train);
	weir_sgd_release(p->sgd);
	weir_tensor_release(p->dice);
	weir_tensor_release(p->b);
	weir_tensor_release(p->w);
	weir_tensor_release(p->y);
	weir_tensor_release(p->x);
	weir_runtime_release(p->rt);
}

static weir_status
run_stage(struct pipeline *p, int i, long n)
{
	struct values before = values_of(p), after;
	weir_status status = stages[i].run(p);

	cr_expect(status == WEIR_OK || status == WEIR_ENOMEM,
		  "allocation %ld, %s: %s: %s", n, stages[i].name,
		  weir_status_name(status), weir_error_text());
	if (!status)
		return status;
	cr_expect(strstr(weir_error_text(), "no memory"),
		  "allocation %ld, %s: `%s'", n, stages[i].name,
		  weir_error_text());
	after = values_of(p);
	if (stages[i].is_run)
		cr_expect(!memcmp(&before, &after, sizeof after),
			  "allocation %ld: %s has changed a variable", n,
			  stages[i].name);
	return status;
}

/* Whether the n-th allocation came, and so failed. */
static bool
attempt(long n, bool persistent)
{
	struct pipeline p = { 0 };
	weir_status status = WEIR_OK;
	char folder[] = "pipeline-XXXXXX";
	bool has_struck;
	int i;

	cr_assert(mkdtemp(folder));
	snprintf(p.trace, sizeof p.trace, "%s/trace.json", folder);
	fault.fail_on = persistent;
	fault_arm(&fault, n);
	for (i = 0; i < STAGES && !status; i++) {
		status = run_stage(&p, i, n);
		if (status && !persistent) {
			status = run_stage(&p, i, n);
			cr_expect_eq(status, WEIR_OK, "allocation %ld: %s "
				     "fails again: %s", n, stages[i].name,
				     weir_error_text());
		}
	}
	has_struck = fault_has_struck(&fault);
	release(&p);
	fault_arm(&fault, 0);
	cr_expect_eq(fault.alive, 0, "allocation %ld: %ld blocks are left", n,
		     (long)fault.alive);
	fault.alive = 0;
	unlink(p.trace);
	cr_expect_eq(rmdir(folder), 0, "allocation %ld: a file is left", n);
	cr_expect(has_struck || status == WEIR_OK);
	return has_struck;
}

Test(pipeline, survives_every_allocation_that_fails_once, .timeout = 300)
{
	long n = 1;

	while (attempt(n, false))
		n++;
	cr_expect_gt(n, 200, "only %ld allocations", n);
}

Test(pipeline, survives_running_out_of_memory_for_good, .timeout = 300)
{
	long n = 1;

	while (attempt(n, true))
		n++;
}
