/*
 * From steps to what a run does: which steps each needs, who does which part
 * of them, and where in the arena values are.
 */
#include "plan/fuse.h"

/* The ordinals of the steps that it needs, each once. */
static void
find_deps(weir_plan *plan, struct weir__step *step)
{
	const struct weir__slot *slots = &plan->slots[step->first_slot];
	uint64_t *deps = &plan->deps[plan->n_deps];
	uint32_t i, j;

	step->first_dep = plan->n_deps;
	step->n_deps = 0;	/* it may be laid out again */
	for (i = 0; i < step->node->n_in; i++) {
		uint64_t ordinal;

		if (slots[i].maker == WEIR__NOWHERE)
			continue;
		ordinal = weir__step_ordinal(&plan->steps[slots[i].maker]);
		for (j = 0; j < step->n_deps && deps[j] != ordinal; j++)
			;
		deps[j] = ordinal;
		step->n_deps += j == step->n_deps;
	}
	plan->n_deps += step->n_deps;
}

/* So that no sum of sizes is beyond what a size can be. */
static const double MOST_BYTES = 0x1p60;

static weir_status
check_bytes(const weir_plan *plan)
{
	double bytes = 0;
	uint32_t i;
	size_t j;

	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];

		bytes += (double)(step->scratch_bytes + step->shared_bytes);
		for (j = 0; j < step->call.n_out; j++)
			bytes += (double)weir__spec_bytes(step->call.out[j]);
	}
	return bytes <= MOST_BYTES
		? WEIR_OK
		: weir_fail(WEIR_ENOMEM, "%s: its values take more bytes than "
			    "there are addresses", plan->graph->path->text);
}

static weir_status
sum_up(weir_plan *plan)
{
	uint32_t i;

	plan->deps = weir__calloc(plan->heap, (size_t)plan->n_slots + 1,
				  sizeof *plan->deps);
	if (!plan->deps)
		return WEIR_ENOMEM;
	for (i = 0; i < plan->n_steps; i++) {
		find_deps(plan, &plan->steps[i]);
		plan->info.estimate_ns += plan->steps[i].cost.nanoseconds;
	}
	return check_bytes(plan);
}

static bool
fuses(const struct weir__plan_options *options)
{
	return !options->keeps_all && !(options->skips & WEIR__PASS_FUSE);
}

weir_status
weir__plan_fuse_steps(weir_plan *plan, const struct weir__plan_options *options,
		      unsigned workers)
{
	return fuses(options) ? weir__plan_fuse(plan, workers) : WEIR_OK;
}

/* As the other plan, if that can be. */
static weir_status
lay_out_as(weir_plan *plan, const struct weir__plan_options *options)
{
	weir_status status = weir__plan_lay_out_as(plan, options->like);

	plan->is_laid_out_as_other = status == WEIR_OK;
	if (status != WEIR_ESTATE)
		return status;
	if (!options->unlike->length)	/* else a body has said it */
		weir__text_add(options->unlike, "%s", weir_error_text());
	weir__error_clear();
	weir__plan_undo(plan);
	return sum_up(plan);
}

/* Anew, not as another plan. */
static weir_status
lay_out(weir_plan *plan, const struct weir__plan_options *options)
{
	weir_status status = weir__partition(plan, options->workers);

	if (status)
		return status;
	return options->max_bytes && !options->keeps_all
		? weir__plan_memory_within(plan, options->max_bytes)
		: weir__plan_memory(plan, options->keeps_all);
}

/* Who runs it has no more to look at than this. */
static void
find_simple_work(weir_plan *plan)
{
	uint32_t i;

	for (i = 0; i < plan->schedule->n_items; i++) {
		struct weir__work *work = &plan->work[i];
		const struct weir__step *step = &plan->steps[work->step];

		const weir_op *op = step->call.op;

		work->simple = NULL;
		if (step->control || step->is_invariant || op->fallible ||
		    (step->is_apart && plan->workers > 1) ||
		    work->begin == work->end)
			continue;
		work->simple = op->kernel;
		work->is_finished = work->has_finish &&
				    weir__step_finishes(step);
	}
}

weir_status
weir__plan_lay_out(weir_plan *plan, const struct weir__plan_options *options)
{
	weir_status status = sum_up(plan);

	if (!status && options->like)
		status = lay_out_as(plan, options);
	if (!status && !plan->is_laid_out_as_other)
		status = lay_out(plan, options);
	if (!status)
		find_simple_work(plan);
	return status;
}

/* For how many workers steps are fused at first: as those of the plan that this
 * one is to be laid out as. */
static unsigned
fused_first_for(const weir_plan *plan, const struct weir__plan_options *options)
{
	double estimate = 0;
	uint32_t i;

	if (options->like)
		return options->like->fused_for;
	for (i = 0; i < plan->n_steps; i++)
		estimate += plan->steps[i].cost.nanoseconds;
	return weir__is_for_one(estimate) ? 1 : options->workers;
}

/* Whether more would have been fused, had it been known that it is for one
 * worker. */
static bool
could_fuse_more(const weir_plan *plan, const struct weir__plan_options *options)
{
	return plan->workers == 1 && plan->is_fused_for_many &&
	       !plan->is_laid_out_as_other && !options->max_bytes;
}

weir_status
weir__plan_arrange(weir_plan *plan, const struct weir__plan_options *options)
{
	struct weir__plan_options again = *options;
	struct weir__unfused unfused = { .n_steps = 0 };
	bool is_for_many = fuses(options) && options->workers > 1;
	weir_status status = WEIR_OK;

	if (is_for_many)
		status = weir__unfused_copy(plan, &unfused);
	if (!status)
		status = weir__plan_fuse_steps(
			plan, options, is_for_many
				? fused_first_for(plan, options)
				: options->workers);
	if (!status)
		status = weir__plan_lay_out(plan, options);
	if (!status && is_for_many && could_fuse_more(plan, options)) {
		again.like = NULL;
		again.workers = 1;
		weir__unfuse(plan, &unfused);
		status = weir__plan_fuse_steps(plan, &again, again.workers);
		if (!status)
			status = weir__plan_lay_out(plan, &again);
	}
	weir__unfused_free(plan->heap, &unfused);
	return status;
}

void
weir__plan_undo(weir_plan *plan)
{
	struct weir__heap *heap = plan->heap;

	weir__free(heap, plan->deps);
	weir__free(heap, plan->node_of_page);
	weir__free(heap, plan->first_after);
	weir__free(heap, plan->after);
	weir__partition_undo(plan);
	plan->deps = NULL;
	plan->node_of_page = NULL;
	plan->first_after = plan->after = NULL;
	plan->n_deps = 0;
	plan->n_pages = 0;
	plan->is_tight = false;
	plan->info.estimate_ns = 0;
}
