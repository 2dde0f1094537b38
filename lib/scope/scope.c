#include "scope/scope.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "eager/eager_trace.h"

static const struct weir__emitter emitter = { weir__scope_apply };

/* -- frames ------------------------------------------------------------------ */

static struct weir__frame *
take_frame(weir_scope *scope)
{
	struct weir__frame *frame = scope->free_frames;

	if (!frame)
		return weir__calloc(scope->eager.heap, 1, sizeof *frame);
	scope->free_frames = frame->outer;
	return frame;
}

static void
end_frame(weir_scope *scope, struct weir__frame *frame)
{
	struct weir__attached *attached;

	while ((attached = frame->attached)) {
		frame->attached = attached->next;
		attached->end(attached);
	}
	weir__frame_release(frame->tensors, frame->n);
	frame->n = 0;
	if (frame->start && weir__trace_is_on(scope->eager.tracer))
		weir__eager_trace_frame(&scope->eager, frame->path,
					frame->start);
	frame->start = 0;
}

/* The innermost one. */
static void
start_frame(weir_scope *scope)
{
	if (!scope->graph && weir__trace_is_on(scope->eager.tracer))
		scope->frame->start = weir__trace_now(scope->eager.tracer);
}

static bool
enter_frame(weir_scope *scope, const char *name)
{
	struct weir__frame *frame = take_frame(scope);
	const struct weir__path *path;

	if (!frame)
		return false;
	path = weir__path_intern(scope->eager.paths, scope->path, name);
	if (!path) {
		frame->outer = scope->free_frames;
		scope->free_frames = frame;
		return false;
	}
	frame->path = path;
	frame->outer = scope->frame;
	scope->frame = frame;
	scope->path = path;
	start_frame(scope);
	return true;
}

static void
leave_frame(weir_scope *scope)
{
	struct weir__frame *frame = scope->frame;

	end_frame(scope, frame);
	scope->frame = frame->outer;
	scope->path = scope->frame->path;
	frame->outer = scope->free_frames;
	scope->free_frames = frame;
}

void
weir_scope_push(weir_scope *scope, const char *name)
{
	if (!scope)
		return;
	if (!name || !*name)
		name = "unnamed";
	if (!enter_frame(scope, name))
		weir__scope_fail(scope, WEIR_ENOMEM, NULL, "%s",
				 weir_error_text());
}

void
weir_scope_pop_at(weir_scope *scope, const char *site)
{
	if (!scope)
		return;
	if (!scope->frame->outer) {
		weir__scope_fail(scope, WEIR_ESTATE, site,
				 "weir_scope_pop() without a matching "
				 "weir_scope_push()");
		return;
	}
	leave_frame(scope);
}

void
(weir_scope_pop)(weir_scope *scope)
{
	weir_scope_pop_at(scope, NULL);
}

weir_status
weir__scope_disown(weir_scope *scope, weir_tensor *tensor)
{
	weir_tensor_release(tensor);
	return weir__scope_fail(scope, WEIR_ENOMEM, NULL, "%s",
				weir_error_text());
}

weir_tensor *
weir_keep(weir_scope *scope, weir_tensor *tensor)
{
	struct weir__frame *frame, *outer;
	size_t i;

	if (!scope || !tensor)
		return tensor;
	frame = scope->frame;
	outer = frame->outer;
	if (!outer)
		return tensor;
	for (i = frame->n; i-- > 0;)
		if (frame->tensors[i] == tensor)
			break;
	if (i == (size_t)-1)
		return tensor;		/* an outer frame's, or a user's */
	if (weir__grow(scope->eager.heap, &outer->tensors, &outer->room,
		       outer->n, sizeof *outer->tensors)) {
		weir__scope_fail(scope, WEIR_ENOMEM, NULL, "%s",
				 weir_error_text());
		return NULL;
	}
	atomic_store_explicit(&tensor->frame, outer, memory_order_relaxed);
	outer->tensors[outer->n++] = tensor;
	frame->tensors[i] = frame->tensors[--frame->n];
	return tensor;
}

void
weir__scope_attach(weir_scope *scope, struct weir__attached *attached)
{
	attached->next = scope->frame->attached;
	scope->frame->attached = attached;
}

void
weir__scope_keep_spare(weir_scope *scope, struct weir__attached *attached)
{
	attached->next = scope->spares;
	scope->spares = attached;
}

struct weir__attached *
weir__scope_take_spare(weir_scope *scope,
		       void (*end)(struct weir__attached *attached))
{
	struct weir__attached **at = &scope->spares, *spare;

	while (*at && (*at)->end != end)
		at = &(*at)->next;
	spare = *at;
	if (spare)
		*at = spare->next;
	return spare;
}

/* -- watchers ---------------------------------------------------------------- */

void
weir__scope_watch(weir_scope *scope, struct weir__watcher *watcher)
{
	watcher->next = scope->watchers;
	scope->watchers = watcher;
}

void
weir__scope_unwatch(weir_scope *scope, struct weir__watcher *watcher)
{
	struct weir__watcher **at = &scope->watchers;

	while (*at && *at != watcher)
		at = &(*at)->next;
	if (*at)
		*at = watcher->next;
}

/* -- the first failure ------------------------------------------------------- */

weir_status
weir__scope_fail(weir_scope *scope, weir_status status, const char *site,
		 const char *format, ...)
{
	struct weir__text text;
	char reason[WEIR__ERROR_SIZE];
	va_list args;

	if (scope->status)
		return scope->status;
	va_start(args, format);
	vsnprintf(reason, sizeof reason, format, args);
	va_end(args);
	scope->status = status;
	weir__text_init(&text, scope->error, WEIR__ERROR_SIZE);
	weir__text_add(&text, "%s; in %s", reason, scope->path->text);
	if (site && *site)
		weir__text_add(&text, ", called at %s", site);
	weir_fail(status, "%s", scope->error);
	return status;
}

weir_status
weir__scope_fail_as(weir_scope *scope, weir_status status, const char *sentence)
{
	struct weir__text text;

	if (scope->status)
		return scope->status;
	scope->status = status;
	weir__text_init(&text, scope->error, WEIR__ERROR_SIZE);
	weir__text_add(&text, "%s", sentence);
	return weir_fail(status, "%s", scope->error);
}

static void
symbol_misused(void *arg, weir_tensor *symbol, weir_status status,
	       const char *what, const char *site)
{
	(void)symbol;
	weir__scope_fail(arg, status, site, "%s", what);
}

weir_status
weir_scope_status(const weir_scope *scope)
{
	return scope ? scope->status : WEIR_ENULL;
}

const char *
weir_scope_error(const weir_scope *scope)
{
	return scope ? scope->error : "";
}

void
weir_scope_clear(weir_scope *scope)
{
	if (!scope)
		return;
	scope->status = WEIR_OK;
	scope->error[0] = '\0';
}

/* -- making and releasing ---------------------------------------------------- */

weir_status
weir__scope_new(const struct weir__scope_parts *parts, const char *name,
		weir_scope **scope)
{
	weir_scope *s = weir__calloc(parts->heap, 1, sizeof *s);

	if (!s)
		return WEIR_ENOMEM;
	s->head.emitter = &emitter;
	s->eager.heap = weir__heap_retain(parts->heap);
	s->eager.paths = parts->paths;
	s->eager.tracer = parts->tracer;
	s->eager.maker = weir__eager_new_maker();
	s->runtime = parts->runtime;
	s->path = parts->path;
	weir__pointer_map_init(&s->touched, s->eager.heap);
	s->error = weir__calloc(parts->heap, 1, WEIR__ERROR_SIZE);
	if (!s->error || !enter_frame(s, name)) {
		weir_scope_release(s);
		return WEIR_ENOMEM;
	}
	if (parts->memo && !parts->graph) {
		s->memo = parts->memo;
		s->borrows_memo = true;
	} else if (!parts->graph) {
		s->memo = weir__memo_new(parts->heap);
		if (!s->memo) {
			weir_scope_release(s);
			return WEIR_ENOMEM;
		}
	} else {
		s->graph = weir__graph_retain(parts->graph);
		s->graph->misuse = symbol_misused;
		s->graph->misuse_arg = s;
	}
	*scope = s;
	return WEIR_OK;
}

void
weir__scope_close(weir_scope *scope)
{
	scope->is_closed = true;
	if (scope->graph)
		scope->graph->misuse = NULL;
}

void
weir__scope_rest(weir_scope *scope)
{
	weir__scope_end_undo(scope, false);
	while (scope->frame->outer)
		leave_frame(scope);
	end_frame(scope, scope->frame);
	scope->watchers = NULL;
	scope->site = NULL;
	scope->is_closed = true;
}

void
weir__scope_resume(weir_scope *scope)
{
	weir__scope_rest(scope);
	weir_scope_clear(scope);
	scope->is_closed = false;
	scope->ordinal = 0;
	scope->eager.maker = weir__eager_new_maker();
	scope->eager.run = 0;
	start_frame(scope);
}

void
weir_scope_release(weir_scope *scope)
{
	struct weir__frame *frame, *outer;
	struct weir__attached *spare;
	struct weir__heap *heap;

	if (!scope)
		return;
	heap = scope->eager.heap;
	weir__scope_end_undo(scope, false);
	for (frame = scope->frame; frame; frame = outer) {
		outer = frame->outer;
		end_frame(scope, frame);
		weir__free(heap, frame->tensors);
		weir__free(heap, frame);
	}
	while ((spare = scope->spares)) {
		scope->spares = spare->next;
		spare->free(spare);
	}
	for (frame = scope->free_frames; frame; frame = outer) {
		outer = frame->outer;
		weir__free(heap, frame->tensors);
		weir__free(heap, frame);
	}
	if (scope->graph) {
		if (scope->graph->misuse_arg == scope)
			scope->graph->misuse = NULL;
		weir__graph_unref(scope->graph);
	}
	weir__eager_trace_end(&scope->eager);
	if (!scope->borrows_memo)
		weir__memo_free(scope->memo, heap);
	weir__free(heap, scope->undo);
	weir__pointer_map_free(&scope->touched);
	weir__free(heap, scope->error);
	weir__free(heap, scope);
	weir__heap_release(heap);
}

bool
weir_scope_is_recording(const weir_scope *scope)
{
	return scope && scope->graph;
}

weir_runtime *
weir_scope_runtime(const weir_scope *scope)
{
	return scope ? scope->runtime : NULL;
}
