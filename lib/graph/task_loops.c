#include "graph/task_loops.h"

#include "base/error.h"
#include "graph/task_groups.h"
#include "graph/task_regions.h"

struct piece {
	weir_for_fn fn;
	void *arg;
	size_t begin, end;
};

struct loop {
	weir_tasks *t;
	weir_for_fn fn;
	void *arg;
	size_t n, grain, pieces;
	const weir_access *accesses;
	size_t n_accesses;
	weir_task_options options;	/* of the loop */
	uint32_t before;	/* the task that pieces come after, or NONE */
	float edge_cost;	/* from there to each */
};

enum { NONE = WEIR__NO_TASK };

static weir_status
run_piece(void *arg)
{
	const struct piece *piece = arg;

	return piece->fn(piece->arg, piece->begin, piece->end);
}

static weir_status
do_nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

/* A loop as a whole commutes with nobody: its pieces may run beside others'. */
static weir_status
copy_accesses(struct loop *loop)
{
	weir_tasks *t = loop->t;
	size_t i;

	if (!loop->n_accesses)
		return WEIR_OK;
	if (weir__grow(t->heap, &t->effective, &t->effective_room,
		       loop->n_accesses - 1, sizeof *t->effective))
		return WEIR_ENOMEM;
	for (i = 0; i < loop->n_accesses; i++) {
		t->effective[i] = loop->accesses[i];
		if (t->effective[i].mode == WEIR_COMMUTE)
			t->effective[i].mode = WEIR_READ_WRITE;
	}
	loop->accesses = t->effective;
	return WEIR_OK;
}

/* Of what takes no time, as far as times are told. */
static weir_task_options
options_of_nothing(const struct loop *loop, const char *name)
{
	weir_task_options options = loop->options;

	options.name = name;
	options.group = NULL;
	options.bytes = NULL;
	options.nanoseconds = loop->t->costs || options.nanoseconds > 0 ? 1
									: 0;
	return options;
}

static weir_status
append_nothing(struct loop *loop, const char *name)
{
	weir_task_options options = options_of_nothing(loop, name);

	return weir__tasks_append(loop->t, do_nothing, NULL, &options);
}

/* Pieces need no task before them where one edge leads there; unless that is
 * from whichever is the last of a set. */
static weir_status
begin_loop(struct loop *loop)
{
	weir_tasks *t = loop->t;
	size_t uses = t->n_set_uses, edges = t->n_preds;
	weir_status status = append_nothing(loop, "fork");

	if (status)
		return status;
	status = weir__tasks_order(t, loop->accesses, loop->n_accesses,
				   loop->options.edge_nanoseconds);
	if (status)
		return status;
	if (t->n_preds > edges + 1 || t->n_set_uses > uses) {
		loop->before = (uint32_t)(t->n - 1);
		loop->edge_cost = loop->options.edge_nanoseconds ? 0 : -1;
		return WEIR_OK;
	}
	loop->before = NONE;
	if (t->n_preds > edges) {
		loop->before = t->preds[edges];
		loop->edge_cost = t->edge_costs ? t->edge_costs[edges] : -1;
	}
	weir__tasks_forget_last(t);
	return WEIR_OK;
}

static weir_status
add_piece(struct loop *loop, size_t k)
{
	weir_tasks *t = loop->t;
	size_t begin = k * loop->grain, left = loop->n - begin;
	const struct piece piece = {
		.fn = loop->fn, .arg = loop->arg, .begin = begin,
		.end = begin + (left < loop->grain ? left : loop->grain),
	};
	weir_task_options options = loop->options;
	weir_status status;

	options.nanoseconds *= (double)(piece.end - begin) / (double)loop->n;
	status = weir__tasks_append_own(t, run_piece, &piece, sizeof piece,
					&options);
	if (!status && loop->before != NONE) {
		t->edge_cost = loop->edge_cost;
		status = weir__tasks_after(t, loop->before);
	}
	if (!status)
		status = weir__tasks_add_parts(t, loop->accesses,
					       loop->n_accesses,
					       loop->options.bytes,
					       piece.begin, piece.end,
					       loop->n);
	return status ? status : weir__tasks_enter_group(t, &options);
}

/* After all pieces, which are the last tasks. */
static weir_status
end_loop(struct loop *loop)
{
	weir_tasks *t = loop->t;
	uint32_t first = (uint32_t)(t->n - loop->pieces), k;
	weir_status status = append_nothing(loop, "join");

	for (k = 0; k < loop->pieces && !status; k++)
		status = weir__tasks_after(t, first + k);
	return status;
}

static weir_status
add_pieces(struct loop *loop)
{
	weir_status status = begin_loop(loop);
	size_t k;

	for (k = 0; k < loop->pieces && !status; k++)
		status = add_piece(loop, k);
	if (!status)
		status = end_loop(loop);
	if (!status)
		weir__tasks_note(loop->t, loop->accesses, loop->n_accesses,
				 loop->options.edge_nanoseconds);
	return status;
}

/* All or nothing. */
static weir_status
add_several(struct loop *loop)
{
	weir_tasks *t = loop->t;
	struct weir__kept_slots slots;
	size_t before = t->n;
	weir_status status = weir__tasks_keep_slots(t, &slots);

	if (!status) {
		status = add_pieces(loop);
		if (status) {
			while (t->n > before)
				weir__tasks_forget_last(t);
			weir__tasks_restore_slots(t, &slots);
		}
	}
	weir__tasks_free_slots(t, &slots);
	return status;
}

weir_status
weir__tasks_add_for(weir_tasks *t, weir_for_fn fn, void *arg, size_t n,
		    size_t grain, const weir_access *accesses,
		    size_t n_accesses, const weir_task_options *options)
{
	struct loop loop = {
		.t = t, .fn = fn, .arg = arg, .n = n, .grain = grain,
		.pieces = n / grain + (n % grain != 0),
		.accesses = accesses, .n_accesses = n_accesses,
		.options = *options,
	};
	const struct piece all = { .fn = fn, .arg = arg, .end = n };
	weir_task_options nothing;
	weir_status status;

	if (loop.pieces > UINT32_MAX)
		return weir_fail(WEIR_ERANGE, "%s: a loop of %zu pieces",
				 t->name, loop.pieces);
	status = copy_accesses(&loop);
	if (status)
		return status;
	if (loop.pieces > 1)
		return add_several(&loop);
	if (loop.pieces == 1)
		return weir__tasks_record_own(t, run_piece, &all, sizeof all,
					      loop.accesses, n_accesses,
					      options);
	nothing = options_of_nothing(&loop, "join");
	return weir__tasks_record(t, do_nothing, NULL, loop.accesses,
				  n_accesses, &nothing);
}
