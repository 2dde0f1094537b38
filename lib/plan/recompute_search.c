/*
 * Steps that take less memory. Fewer of them are fused, for what is made in one
 * step with others is there as early as these; and what makes room is done as
 * soon as it can be. Then, what to do twice. Three things can go wrong: what is
 * done again late needs all that came before it, so if nothing is kept,
 * everything is there again at once; what is kept is not saved; and what takes
 * long is not worth it.
 *
 * So in the order of steps all are evicted until they have had so many bytes,
 * then one is kept, and so on; and that for many numbers of bytes (of n equal
 * layers about the square root of n are kept in the best case). Of each such
 * set only so many are evicted as it takes, those first that save the most for
 * the longest by what they take. Of the set that takes the least time then,
 * what is of no use is kept, too, and it is laid out; if it does not fit, for
 * this was an estimate, the next one is.
 */
#include "plan/recompute.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/buffers.h"

enum { MOST_SETS = 64, HALVINGS = 8, PARTS = 16 };

/* What is made in one step with others is there from then on: steps that are so
 * far from each other are not fused. */
enum { NEAR = 16 };

enum { EVICTED, KEPT, KEPT_FOR_A_TRIAL };

static const double SHRINKS = 1.4142135623730951;

struct ranked {			/* a step that may be evicted */
	uint32_t step;
	double worth;
};

struct set {
	double keeps_after;	/* so many bytes */
	uint32_t most;		/* of the ranked ones, from the first */
	size_t live;		/* what is needed then at one time at least */
	double ns;		/* what done twice takes in all */
};

struct search {
	struct weir__recompute r;
	const struct weir__plan_options *options;
	struct ranked *ranked;
	unsigned char *is_in;	/* per step: the set being looked at */
	unsigned char *kept;	/* per ranked one, but for these */
	uint32_t n_ranked;
	double all_bytes;	/* of those */
	struct set sets[MOST_SETS];
	uint32_t n_sets;
	size_t least;		/* bytes that have been found to do */
};

/* -- what is worth it ----------------------------------------------------- */

static int
compare_worth(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->worth != y->worth)
		return x->worth > y->worth ? -1 : 1;
	return x->step < y->step ? -1 : x->step > y->step;
}

static weir_status
rank(struct search *s)
{
	const struct weir__recompute *r = &s->r;
	uint32_t i;

	s->ranked = weir__alloc(r->heap, ((size_t)r->n_old + 1) *
				sizeof *s->ranked);
	s->is_in = weir__alloc(r->heap, (size_t)r->n_old + 1);
	s->kept = weir__calloc(r->heap, (size_t)r->n_old + 1, 1);
	if (!s->ranked || !s->is_in || !s->kept)
		return WEIR_ENOMEM;
	for (i = 0; i < r->n_old; i++) {
		const struct weir__late *late = &r->late[i];

		if (!late->may || !late->has_gap || !late->bytes)
			continue;
		s->ranked[s->n_ranked++] = (struct ranked){
			i, (double)late->bytes *
			   (double)(late->after - late->before) /
			   (late->ns + 1) };
		s->all_bytes += (double)late->bytes;
	}
	qsort(s->ranked, s->n_ranked, sizeof *s->ranked, compare_worth);
	return WEIR_OK;
}

/* -- sets ----------------------------------------------------------------- */

static void
mark(struct search *s, const struct set *set)
{
	struct weir__recompute *r = &s->r;
	double bytes = 0;
	uint32_t i;

	memset(s->is_in, 0, r->n_old);
	for (i = 0; i < s->n_ranked; i++)
		s->is_in[s->ranked[i].step] = true;
	for (i = 0; i < r->n_old; i++) {
		r->late[i].is_evicted = false;
		if (!s->is_in[i])
			continue;
		bytes += (double)r->late[i].bytes;
		s->is_in[i] = bytes <= set->keeps_after;
		if (!s->is_in[i])
			bytes = 0;
	}
	for (i = 0; i < set->most; i++)
		r->late[s->ranked[i].step].is_evicted =
			s->is_in[s->ranked[i].step] && s->kept[i] == EVICTED;
}

/* The plan is one with these done twice then, for one worker. */
static weir_status
try_set(struct search *s, struct set *set)
{
	weir_plan *plan = s->r.plan;
	struct weir__buffers buffers = { .heap = plan->heap };
	weir_status status;

	mark(s, set);
	weir__plan_undo(plan);
	plan->workers = 1;
	status = weir__recompute_apply(&s->r);
	if (!status)
		status = weir__buffers_init(&buffers, plan);
	set->live = buffers.live;
	set->ns = s->r.ns;
	weir__buffers_free(&buffers);
	return status;
}

/* As few of them as it takes. */
static weir_status
thin_out(struct search *s, struct set *set)
{
	struct set less = *set;
	uint32_t low = 0, k;
	weir_status status = WEIR_OK;

	for (k = 0; k < HALVINGS && set->most - low > 1 && set->ns > 0 &&
	     !status; k++) {
		less.most = low + (set->most - low) / 2;
		status = try_set(s, &less);
		if (!status && less.live <= s->options->max_bytes)
			*set = less;
		else
			low = less.most;
	}
	return status;
}

/* Keep some that are evicted, from the first on, if it does without. */
static weir_status
try_to_keep(struct search *s, struct set *set, uint32_t first, uint32_t end)
{
	struct set less = *set;
	bool is_better;
	weir_status status;
	uint32_t i;

	for (i = first; i < end; i++)
		if (s->kept[i] == EVICTED)
			s->kept[i] = KEPT_FOR_A_TRIAL;
	status = try_set(s, &less);
	is_better = !status && less.live <= s->options->max_bytes &&
		    less.ns < set->ns;
	for (i = first; i < end; i++)
		if (s->kept[i] == KEPT_FOR_A_TRIAL)
			s->kept[i] = is_better ? KEPT : EVICTED;
	if (is_better)
		*set = less;
	return status;
}

/* What is worth the least first, in ever smaller parts. */
static weir_status
keep_the_useless(struct search *s, struct set *set)
{
	weir_status status = WEIR_OK;
	uint64_t n = set->most;
	uint32_t parts, k;

	for (parts = 2; parts <= PARTS && set->ns > 0 && !status; parts *= 2)
		for (k = parts; k-- > 0 && !status;)
			status = try_to_keep(s, set, (uint32_t)(n * k / parts),
					     (uint32_t)(n * (k + 1) / parts));
	return status;
}

static int
compare_ns(const void *a, const void *b)
{
	const struct set *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->keeps_after > y->keeps_after ? -1
					       : x->keeps_after < y->keeps_after;
}

static int
compare_live(const void *a, const void *b)
{
	const struct set *x = a, *y = b;

	if (x->live != y->live)
		return x->live < y->live ? -1 : 1;
	return compare_ns(a, b);
}

static weir_status
find_sets(struct search *s)
{
	double bytes = s->all_bytes;
	weir_status status = WEIR_OK;
	bool is_any = true;

	/* The last one is that in which all are kept. */
	while (s->n_sets < MOST_SETS && is_any && !status) {
		struct set *set = &s->sets[s->n_sets];

		*set = (struct set){ .keeps_after = bytes,
				     .most = s->n_ranked };
		status = try_set(s, set);
		is_any = s->r.n_again > 0;
		bytes /= SHRINKS;
		/* The same as the one before: nothing has been kept more. */
		if (s->n_sets && set->live == set[-1].live &&
		    set->ns == set[-1].ns)
			continue;
		s->n_sets++;
	}
	return status;
}

/* -- the plan ------------------------------------------------------------- */

static weir_status
lay_out(struct search *s, struct set *set, bool *fits)
{
	weir_plan *plan = s->r.plan;
	weir_status status = try_set(s, set);

	*fits = false;
	if (status)
		return status;
	status = weir__plan_lay_out(plan, s->options);
	if (status == WEIR_ERANGE) {
		if (s->least > plan->arena_bytes)
			s->least = plan->arena_bytes;
		weir__error_clear();
		return WEIR_OK;
	}
	*fits = !status;
	return status;
}

static weir_status
lay_out_what_fits(struct search *s, bool *fits)
{
	struct set full[MOST_SETS], thin[MOST_SETS];
	weir_status status = WEIR_OK;
	uint32_t n = 0, i;

	for (i = 0; i < s->n_sets && !status; i++) {
		if (s->sets[i].live > s->options->max_bytes)
			continue;
		full[n] = thin[n] = s->sets[i];
		status = thin_out(s, &thin[n++]);
	}
	qsort(full, n, sizeof *full, compare_ns);
	qsort(thin, n, sizeof *thin, compare_ns);
	if (n && !status) {
		struct set best = thin[0];

		status = keep_the_useless(s, &best);
		if (!status)
			status = lay_out(s, &best, fits);
		memset(s->kept, EVICTED, s->n_ranked);
	}
	for (i = 0; i < n && !status && !*fits; i++)
		status = lay_out(s, &thin[i], fits);
	for (i = 0; i < n && !status && !*fits; i++)
		status = lay_out(s, &full[i], fits);
	return status;
}

/* What the best of them takes, to tell: none takes less than is live. */
static weir_status
find_least(struct search *s)
{
	weir_status status = WEIR_OK;
	bool fits = false;
	uint32_t i;

	qsort(s->sets, s->n_sets, sizeof *s->sets, compare_live);
	for (i = 0; i < s->n_sets && s->sets[i].live < s->least && !status &&
	     !fits; i++)
		status = lay_out(s, &s->sets[i], &fits);
	if (status || fits)
		return status;
	return weir_fail(WEIR_ERANGE, "%s: a run takes %zu bytes for buffers "
			 "at least, and max_bytes is %zu",
			 s->r.plan->graph->path->text, s->least,
			 s->options->max_bytes);
}

static weir_status
search(struct search *s)
{
	weir_status status = rank(s);
	bool fits = false;

	if (!status)
		status = find_sets(s);
	if (!status)
		status = lay_out_what_fits(s, &fits);
	return status || fits ? status : find_least(s);
}

/* -- steps of less memory ------------------------------------------------- */

static weir_status
find_live(weir_plan *plan, size_t *live)
{
	struct weir__buffers buffers = { .heap = plan->heap };
	weir_status status;

	plan->workers = 1;
	status = weir__buffers_init(&buffers, plan);
	*live = buffers.live;
	weir__buffers_free(&buffers);
	return status;
}

/* What makes room is done sooner, if that helps. */
static weir_status
do_sooner(weir_plan *plan)
{
	size_t n = (size_t)plan->n_steps + 1, live, less;
	uint32_t *place = weir__alloc(plan->heap, n * sizeof *place);
	uint32_t *back = weir__alloc(plan->heap, n * sizeof *back);
	weir_status status = place && back ? WEIR_OK : WEIR_ENOMEM;
	uint32_t i;

	if (!status)
		status = find_live(plan, &live);
	if (!status)
		status = weir__sooner_find(plan, place);
	if (!status)
		status = weir__sooner_apply(plan, place);
	if (!status)
		status = find_live(plan, &less);
	if (!status && less > live) {
		for (i = 0; i < plan->n_steps; i++)
			back[place[i]] = i;
		status = weir__sooner_apply(plan, back);
	}
	weir__free(plan->heap, place);
	weir__free(plan->heap, back);
	return status;
}

static weir_status
search_anew(struct search *s, struct weir__unfused *unfused)
{
	weir_plan *plan = s->r.plan;
	weir_status status;

	s->least = plan->arena_bytes;
	weir__unfuse(plan, unfused);
	plan->fuses_within = NEAR;
	status = weir__plan_fuse_steps(plan, s->options,
				       s->options->workers);
	if (!status)
		status = do_sooner(plan);
	if (!status)
		status = weir__recompute_init(&s->r);
	if (!status)
		status = search(s);
	if (!status)
		weir__recompute_tell(&s->r);
	return status;
}

weir_status
weir__plan_recompute(weir_plan *plan, const struct weir__plan_options *options)
{
	struct search s = { .r = { .plan = plan, .heap = plan->heap },
			    .options = options };
	struct weir__unfused unfused = { .n_steps = 0 };
	weir_status status = weir__unfused_copy(plan, &unfused);

	if (!status)
		status = weir__plan_fuse_steps(plan, options,
					       options->workers);
	if (!status)
		status = weir__plan_lay_out(plan, options);
	if (status == WEIR_ERANGE) {
		weir__error_clear();
		status = search_anew(&s, &unfused);
	}
	weir__unfused_free(plan->heap, &unfused);
	weir__recompute_free(&s.r);
	weir__free(plan->heap, s.ranked);
	weir__free(plan->heap, s.is_in);
	weir__free(plan->heap, s.kept);
	return status;
}
