/*
 * An event for each op called. To write an op's shapes out costs ten times
 * what the event does, so descriptions are kept: a loop that makes the same
 * calls again finds them by what they are made from.
 */
#include "eager/eager_trace.h"

#include "ops/schema.h"

enum { DESCRIBED = 512 };	/* a power of two */

struct weir__described {
	const struct weir_op *op;
	const struct weir__path *path;
	const char *site;
	uint64_t hash;		/* of attributes, specs, and whether a view */
	const struct weir__trace_info *info;
};

static uint64_t
mix(uint64_t hash, uint64_t x)
{
	hash = (hash ^ x) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

static uint64_t
hash_call(const struct weir__applied *c)
{
	const weir_call *call = &c->call;
	uint64_t hash = mix(weir__attrs_hash(call->op, call->attrs),
			    c->derived->is_view);
	size_t i;
	int axis;

	/* The specs of the results follow from these. */
	for (i = 0; i < call->n_in; i++) {
		const weir_spec *spec = call->in[i];

		hash = mix(hash, (uint64_t)spec->dtype << 8 |
				 (uint64_t)spec->rank);
		for (axis = 0; axis < spec->rank; axis++)
			hash = mix(hash, (uint64_t)spec->shape[axis]);
	}
	return hash;
}

static const struct weir__trace_info *
describe_as(struct weir__eager *eager, const struct weir__applied *c,
	    const weir_call *call, weir_cost cost)
{
	const struct weir__path *path;
	struct weir__trace_info info;
	struct weir__text text;
	char shapes[512];

	weir__text_init(&text, shapes, sizeof shapes);
	weir__shapes_text(call, &text);
	path = weir__path_intern(eager->paths, c->origin.path, call->op->name);
	info = (struct weir__trace_info){
		.op = call->op->name,
		.path = path ? path->text : call->op->name,
		.site = c->origin.site,
		.shapes = shapes,
		.bytes = cost.bytes,
		.flops = cost.flops,
	};
	return weir__trace_intern(eager->tracer, &info);
}

static const struct weir__trace_info *
describe(struct weir__eager *eager, const struct weir__applied *c)
{
	const weir_spec *out[WEIR_RESULTS_MAX];
	weir_call call = c->call;
	weir_cost cost = { 0 };
	size_t i;

	for (i = 0; i < call.n_out; i++)
		out[i] = &c->derived->results[i]->spec;
	call.out = out;
	if (!c->derived->is_view && call.op->kernel)
		cost = weir__call_cost(&call);
	return describe_as(eager, c, &call, cost);
}

/* The description of a call: kept, or made and kept. Without memory to keep
 * any it is made each time. */
static const struct weir__trace_info *
description(struct weir__eager *eager, const struct weir__applied *c)
{
	uint64_t hash = hash_call(c);
	struct weir__described *d;

	if (!eager->described)
		eager->described = weir__calloc(eager->heap, DESCRIBED,
						sizeof *eager->described);
	if (!eager->described)
		return describe(eager, c);
	d = &eager->described[mix(mix(hash, (uintptr_t)c->origin.site),
				  (uintptr_t)c->origin.path) & (DESCRIBED - 1)];
	if (d->info && d->op == c->call.op && d->path == c->origin.path &&
	    d->site == c->origin.site && d->hash == hash)
		return d->info;
	*d = (struct weir__described){ c->call.op, c->origin.path, c->origin.site, hash,
				       describe(eager, c) };
	return d->info;
}

void
weir__eager_trace_end(struct weir__eager *eager)
{
	weir__free(eager->heap, eager->described);
	eager->described = NULL;
}

/* An event, whose description is info; NULL: none could be had. */
static void
tell(struct weir__eager *eager, const struct weir__applied *c, uint64_t start,
     uint64_t end, const struct weir__trace_info *info)
{
	uint64_t deps[WEIR_OPERANDS_MAX];
	struct weir__trace_event event;
	uint32_t n_deps = 0;
	size_t i;

	if (!eager->run)
		eager->run = weir__trace_new_run(eager->tracer);
	for (i = 0; i < c->call.n_out; i++) {
		c->out[i]->run = eager->run;
		c->out[i]->ordinal = c->ordinal;
	}
	for (i = 0; i < c->call.n_in && n_deps < WEIR_OPERANDS_MAX; i++)
		if (c->in[i]->kind == WEIR__VALUE &&
		    c->in[i]->run == eager->run && c->in[i]->ordinal)
			deps[n_deps++] = c->in[i]->ordinal;
	event.kind = WEIR__TRACE_OP;
	event.info = info;
	event.run = eager->run;
	event.ordinal = c->ordinal;
	event.ready = start;
	event.start = start;
	event.end = end;
	event.tile_begin = event.tile_end = event.tiles = 0;
	event.block = -1;
	event.worker = 0;
	event.eager = true;
	event.n_deps = n_deps;
	event.deps = deps;
	if (info)
		weir__trace_event(eager->tracer, &event);
	else
		weir__trace_lose(eager->tracer);
	weir__trace_counter(eager->tracer, "memory in use", end,
			    (double)weir__storage_info(eager->heap).in_use);
}

void
weir__eager_trace_op(struct weir__eager *eager,
		     const struct weir__applied *c, uint64_t start)
{
	uint64_t end = weir__trace_now(eager->tracer);

	tell(eager, c, start, end, description(eager, c));
}

void
weir__eager_trace_control(struct weir__eager *eager,
			  const struct weir__applied *c, uint64_t start)
{
	uint64_t end = weir__trace_now(eager->tracer);

	tell(eager, c, start, end,
	     describe_as(eager, c, &c->call, (weir_cost){ 0 }));
}

void
weir__eager_trace_frame(struct weir__eager *eager,
			const struct weir__path *path, uint64_t start)
{
	if (!eager->run)
		eager->run = weir__trace_new_run(eager->tracer);
	weir__trace_span(eager->tracer, WEIR__TRACE_FRAME, eager->run,
			 path->name, path->text, start);
}
