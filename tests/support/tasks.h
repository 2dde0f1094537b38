/*
 * Ops of the tests' own: a task takes what it is told to take, by its cost
 * function, has as many tiles as it is told, and does what the test likes.
 */
#ifndef SUPPORT_TASKS_H
#define SUPPORT_TASKS_H

#include <criterion/criterion.h>
#include <stddef.h>
#include <weir.h>

struct task_attrs {
	double ns;
	int64_t id, tiles;	/* tiles 0: 1 */
};

/* What a task does for its tiles begin..end, and for its finish (begin ==
 * end); NULL: nothing. */
static weir_status (*task_work)(int64_t id, int64_t begin, int64_t end)
	__attribute__((unused));

static weir_status
task_infer(const weir_call *call, weir_spec *out)
{
	(void)call;
	*out = (weir_spec){ .dtype = WEIR_F64, .rank = 0 };
	return WEIR_OK;
}

static int64_t
task_tiles(const weir_call *call)
{
	const struct task_attrs *attrs = call->attrs;

	return attrs->tiles ? attrs->tiles : 1;
}

static weir_cost
task_cost(const weir_call *call)
{
	const struct task_attrs *attrs = call->attrs;

	return (weir_cost){ .nanoseconds = attrs->ns };
}

static weir_status
task_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const struct task_attrs *attrs = kernel->call.attrs;

	return task_work ? task_work(attrs->id, begin, end) : WEIR_OK;
}

static weir_status
task_finish(const weir_kernel *kernel)
{
	const struct task_attrs *attrs = kernel->call.attrs;

	*(double *)kernel->out[0].data = (double)attrs->id;
	return task_work ? task_work(attrs->id, -1, -1) : WEIR_OK;
}

static const weir_attr task_attr_list[] = {
	{ "ns", WEIR_ATTR_F64, offsetof(struct task_attrs, ns), "" },
	{ "id", WEIR_ATTR_I64, offsetof(struct task_attrs, id), "" },
	{ "tiles", WEIR_ATTR_I64, offsetof(struct task_attrs, tiles), "" },
	{ NULL, WEIR_ATTR_I64, 0, NULL }
};

static const weir_op task_op __attribute__((unused)) = {
	.size = sizeof(weir_op), .name = "task", .doc = "What a test does.",
	.n_in = WEIR_VARIADIC, .n_out = 1, .fallible = WEIR_ANY_DTYPE,
	.attrs = task_attr_list, .attrs_size = sizeof(struct task_attrs),
	.infer = task_infer, .tiles = task_tiles, .kernel = task_kernel,
	.finish = task_finish, .cost = task_cost,
};

/* -- graphs of them -------------------------------------------------------- */

struct made {
	weir_runtime *runtime;
	weir_graph *graph;
	weir_scope *scope;
	weir_tensor *x;		/* the only input, f64[] */
	weir_tensor *zero;	/* a value for it */
};

static inline weir_runtime *
must_runtime_without(unsigned threads, const char *passes)
{
	weir_runtime_options options = { .size = sizeof options,
					 .threads = threads,
					 .skip_passes = passes };
	weir_runtime *runtime;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK, "%s",
		     weir_error_text());
	return runtime;
}

static inline weir_runtime *
must_runtime(unsigned threads)
{
	return must_runtime_without(threads, NULL);
}

/* The runtime is released with the rest. */
static inline struct made
must_make_on(weir_runtime *runtime)
{
	struct made m = { .runtime = runtime };

	cr_assert_eq(weir_graph_create(m.runtime, "g", &m.graph), WEIR_OK);
	m.scope = weir_graph_scope(m.graph);
	m.x = weir_graph_input(m.graph, WEIR_F64, 0, NULL, "x");
	cr_assert(m.x);
	cr_assert_eq(weir_tensor_create(m.runtime, WEIR_F64, 0, NULL, &m.zero),
		     WEIR_OK);
	return m;
}

static inline struct made
must_make(unsigned threads)
{
	return must_make_on(must_runtime(threads));
}

/* Where each op is a step of its own. */
static inline struct made
must_make_unfused(unsigned threads)
{
	return must_make_on(must_runtime_without(threads, "fuse"));
}

static inline void
made_free(struct made *m)
{
	weir_tensor_release(m->zero);
	weir_graph_release(m->graph);
	weir_runtime_release(m->runtime);
}

/* A task of so many nanoseconds after n others (none: after the input). */
static inline weir_tensor *
add_task(struct made *m, const struct task_attrs *attrs,
	 weir_tensor *const *after, size_t n)
{
	weir_tensor *out = NULL;

	cr_assert_eq(weir_apply(m->scope, &task_op, attrs,
				n ? after : &m->x, n ? n : 1, &out, 1),
		     WEIR_OK, "%s", weir_scope_error(m->scope));
	return out;
}

static inline weir_tensor *
task_after(struct made *m, int64_t id, double ns, weir_tensor *after)
{
	struct task_attrs attrs = { .ns = ns, .id = id };

	return add_task(m, &attrs, &after, after ? 1 : 0);
}

static inline weir_plan *
must_compile(struct made *m)
{
	weir_plan *plan;

	cr_assert_eq(weir_graph_compile(m->graph, &plan), WEIR_OK, "%s",
		     weir_error_text());
	return plan;
}

#endif
