#include "eager/eager_trace.h"

#include "ops/schema.h"

void
weir__eager_trace_op(struct weir__eager *eager,
		     const struct weir__eager_call *c, uint64_t start)
{
	uint64_t end = weir__trace_now(eager->tracer);
	uint64_t deps[WEIR_OPERANDS_MAX];
	const struct weir__path *path;
	const weir_call *call = c->call;
	struct weir__trace_info info;
	struct weir__trace_event event;
	struct weir__text text;
	weir_cost cost = { 0 };
	char shapes[512];
	uint32_t n_deps = 0;
	size_t i;

	if (!eager->run)
		eager->run = weir__trace_new_run(eager->tracer);
	weir__text_init(&text, shapes, sizeof shapes);
	weir__shapes_text(call, &text);
	path = weir__path_intern(eager->paths, c->path, call->op->name);
	if (!c->view_strides && call->op->kernel)
		cost = weir__call_cost(call);
	info = (struct weir__trace_info){
		.op = call->op->name,
		.path = path ? path->text : call->op->name,
		.site = c->site,
		.shapes = shapes,
		.bytes = cost.bytes,
		.flops = cost.flops,
	};
	for (i = 0; i < call->n_in; i++)
		if (c->in[i]->kind == WEIR__VALUE &&
		    c->in[i]->run == eager->run && c->in[i]->ordinal)
			deps[n_deps++] = c->in[i]->ordinal;
	event.kind = WEIR__TRACE_OP;
	event.info = weir__trace_intern(eager->tracer, &info);
	event.run = eager->run;
	event.ordinal = c->ordinal;
	event.ready = 0;
	event.start = start;
	event.end = end;
	event.tile_begin = event.tile_end = event.tiles = 0;
	event.block = -1;
	event.worker = 0;
	event.eager = true;
	event.n_deps = n_deps;
	event.deps = deps;
	if (event.info)
		weir__trace_event(eager->tracer, &event);
	weir__trace_counter(eager->tracer, "memory in use", end,
			    (double)weir__storage_info(eager->heap).in_use);
}

void
weir__eager_trace_frame(struct weir__eager *eager,
			const struct weir__path *path, uint64_t start)
{
	struct weir__trace_info info;
	struct weir__trace_event event;

	info = (struct weir__trace_info){
		.op = path->name,
		.path = path->text,
		.site = "",
		.shapes = "",
	};
	if (!eager->run)
		eager->run = weir__trace_new_run(eager->tracer);
	event = (struct weir__trace_event){
		.kind = WEIR__TRACE_FRAME,
		.info = weir__trace_intern(eager->tracer, &info),
		.run = eager->run,
		.start = start,
		.end = weir__trace_now(eager->tracer),
		.block = -1,
		.eager = true,
	};
	if (event.info)
		weir__trace_event(eager->tracer, &event);
}
