/*
 * Runs that write a common variable exclude each other. A task may run a plan
 * that has to wait for one.
 */
#include "exec/run.h"

/* With a run that has a variable which this one, of a task, is to write. */
struct meeting {
	struct weir__attempt attempt;
	struct weir__wait_edge wait;
	struct weir__seat seat;
	bool may_wait, has_seat, has_met;
};

/* The other does not end meanwhile. */
static void
meet(struct weir__attempt *attempt, void *writer)
{
	struct meeting *m = (struct meeting *)attempt;
	struct weir__run *other = writer;

	m->has_met = true;
	m->may_wait = weir__wait_begin(&m->wait, &other->waiting);
	m->has_seat = m->may_wait && weir__run_offer(other, &m->seat);
}

/* As weir__variables_begin(); who waits helps, and does not wait for a run that
 * waits for its task. */
static weir_status
begin_inside(struct weir__run *run, weir_tensor **ours)
{
	const weir_plan *plan = run->plan;
	struct meeting m = { .attempt = { .writer = run, .meet = meet } };

	for (;;) {
		m.has_met = m.has_seat = false;
		run->has_begun = weir__variables_try(&run->access, &m.attempt);
		*ours = m.attempt.ours;
		if (m.has_met && !m.may_wait)
			return weir_fail(WEIR_ESTATE, "%s: a task must not run "
					 "what writes a variable of a run that "
					 "waits for the task",
					 plan->graph->path->text);
		if (m.has_seat)
			weir__seat_work(&m.seat);
		else if (!run->has_begun && !*ours)
			weir__variables_await(plan->heap, &m.attempt);
		if (m.has_met)
			weir__wait_end(&m.wait);
		if (run->has_begun || *ours)
			return WEIR_OK;
	}
}

weir_status
weir__run_take_variables(struct weir__run *run)
{
	const weir_plan *plan = run->plan;
	weir_status status = WEIR_OK;
	weir_tensor *ours;

	if (weir__is_in_a_task()) {
		status = begin_inside(run, &ours);
		if (status)
			return status;
	} else {
		ours = weir__variables_begin(&run->access, run);
		run->has_begun = !ours;
	}
	if (ours)
		return weir_fail(WEIR_ESTATE, "%s writes variable %s, which "
				 "the eager call around it has used: call the "
				 "C function itself there",
				 plan->graph->path->text,
				 weir_tensor_name(ours));
	return WEIR_OK;
}
