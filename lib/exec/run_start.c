/*
 * Runs of plans that nobody waits for: begun by whoever starts them, executed
 * by the resident team, and ended by the last of its threads.
 */
#include "base/now.h"
#include "exec/run.h"

/* What only such a run has. */
struct weir__start {
	weir_plan *plan;		/* a reference */
	weir_run *handle;
	weir_tensor **in;		/* n_in references */
	size_t n_in;
	weir_tensor **out;		/* the caller's */
};

static void
free_start(struct weir__start *start)
{
	struct weir__heap *heap = start->plan->heap;
	size_t i;

	for (i = 0; start->in && i < start->n_in; i++)
		weir_tensor_release(start->in[i]);
	weir__free(heap, start->in);
	weir_plan_release(start->plan);
	weir__free(heap, start);
}

static weir_status
new_start(weir_plan *plan, weir_tensor *const *in, size_t n_in,
	  weir_tensor **out, struct weir__start **start)
{
	struct weir__start *s = weir__calloc(plan->heap, 1, sizeof *s);

	if (!s)
		return WEIR_ENOMEM;
	*s = (struct weir__start){ .plan = weir_plan_retain(plan),
				   .out = out };
	s->in = weir__calloc(plan->heap, n_in + 1, sizeof *s->in);
	if (!s->in) {
		free_start(s);
		return WEIR_ENOMEM;
	}
	for (; s->n_in < n_in; s->n_in++)
		s->in[s->n_in] = weir_tensor_retain(in[s->n_in]);
	*start = s;
	return WEIR_OK;
}

static void
stop(void *run, weir_status status, const char *why)
{
	weir__run_stop(run, status, why);
}

bool
weir__run_offer(const struct weir__run *run, struct weir__seat *seat)
{
	return weir__team_join(run->plan->team, &run->posted, seat);
}

static bool
offer(void *run, struct weir__help *help)
{
	return weir__run_offer(run, &help->seat);
}

static bool
help_at_seat(struct weir__help *help)
{
	weir__seat_work(&help->seat);
	return true;
}

static const struct weir__run_kind kind = { stop, offer, help_at_seat };

/* The runtime may go as soon as somebody knows that the run is over: so the
 * handle is told last. */
static void
over(void *arg)
{
	struct weir__run *run = arg;
	struct weir__start *start = run->start;
	weir_run *handle = start->handle;
	struct weir__text text;
	char why[WEIR__ERROR_SIZE];
	weir_status status;

	weir__handle_detach(handle);
	weir__run_trace_end(run);
	status = weir__run_outcome(run);
	weir__text_init(&text, why, sizeof why);
	weir__text_add(&text, "%s", status ? weir_error_text() : "");
	weir__run_end(run, !status, start->out);
	weir__run_give_back(run);
	free_start(start);
	weir__handle_end(handle, status, why);
}

static weir_status
begin(weir_plan *plan, struct weir__start *start,
      const weir_start_options *options, struct weir__run **run)
{
	weir_status status = weir__run_take(plan, run);

	if (status)
		return status;
	status = weir__run_begin(*run, start->in);
	if (!status) {
		status = weir__handle_new(plan->heap, options, &kind, *run,
					  &(*run)->waiting, &start->handle);
		if (status)
			weir__run_end(*run, false, NULL);
	}
	if (status) {
		weir__run_give_back(*run);
		return status;
	}
	(*run)->start = start;
	if (options->deadline > 0)
		(*run)->deadline = weir__now_ns() + 1e9 * options->deadline;
	weir__run_trace_begin(*run);
	return WEIR_OK;
}

weir_status
weir__plan_start(weir_plan *plan, weir_tensor *const *in, size_t n_in,
		 weir_tensor **out, const weir_start_options *options,
		 weir_run **handle)
{
	bool is_inside = weir__team_is_inside();
	struct weir__start *start;
	struct weir__run *run;
	struct weir__job job;
	weir_status status;

	status = is_inside ? WEIR_OK : weir__team_prepare(plan->team);
	if (!status)
		status = new_start(plan, in, n_in, out, &start);
	if (status)
		return status;
	status = begin(plan, start, options, &run);
	if (status) {
		free_start(start);
		return status;
	}
	*handle = start->handle;
	job = weir__run_job(run, over);
	if (is_inside) {
		weir__team_run(plan->team, &job);
	} else {
		run->waiting.around = NULL;
		weir__team_post(plan->team, &job);
	}
	return WEIR_OK;
}
