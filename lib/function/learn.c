/* What families know, and how they come to know it: by recordings. */
#include "function/family.h"

static bool
same_extents(const struct weir__extents *a, const struct weir__extents *b)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->of[i] != b->of[i])
			return false;
	return true;
}

/* The known box has these extents in it. */
static void
include(struct weir__family *family, const struct weir__extents *e)
{
	size_t i;

	for (i = 0; i < e->n; i++) {
		if (e->of[i] < family->least[i])
			family->least[i] = e->of[i];
		if (e->of[i] > family->most[i])
			family->most[i] = e->of[i];
	}
}

/* There is no pattern, because of what the thread's text says. */
static void
give_up(struct weir__making *m, const struct weir__extents *at,
	const char *what)
{
	struct weir__family *family = m->family;
	struct weir__text text;

	weir__pattern_free(family->pattern);
	family->pattern = NULL;
	weir__text_init(&text, family->why, sizeof family->why);
	weir__text_add(&text, "at ");
	weir__extents_say(&m->function->dimensions, at, &text);
	weir__text_add(&text, "%s: %s", what, weir_error_text());
}

/* Where the points of the simplex begin: none is beyond what is declared. */
static struct weir__extents
base_of(const struct weir__making *m, const struct weir__simplex *simplex)
{
	const struct weir__dimensions *d = &m->function->dimensions;
	struct weir__extents base = m->extents;
	int64_t highest = simplex->at[simplex->n - 1][0];
	size_t i;

	for (i = 0; i < base.n; i++)
		if (d->most[i] && base.of[i] > d->most[i] - highest)
			base.of[i] = d->most[i] - highest;
	return base;
}

static weir_status
learn_at(struct weir__making *m, const struct weir__simplex *simplex,
	 const struct weir__extents *base, weir_graph *recorded,
	 weir_graph **graphs)
{
	struct weir__family *family = m->family;
	struct weir__extents at;
	weir_status status;
	size_t i, j;

	for (i = 0; i < simplex->n; i++) {
		at = *base;
		for (j = 0; j < at.n; j++)
			at.of[j] += simplex->at[i][j];
		status = WEIR_OK;
		if (same_extents(&at, &m->extents))
			graphs[i] = weir__graph_retain(recorded);
		else
			status = weir__family_record_at(m, &at, &graphs[i]);
		if (status == WEIR_ENOMEM)
			return status;
		if (status) {
			give_up(m, &at, ", which was tried, it fails");
			return WEIR_OK;
		}
		include(family, &at);
	}
	status = weir__pattern_new(graphs, simplex, base, &family->pattern);
	if (status && status != WEIR_ENOMEM)
		give_up(m, base, " and next to it");
	return status == WEIR_ENOMEM ? status : WEIR_OK;
}

/* One more recording agrees with the pattern, or there is none. */
static weir_status
confirm(struct weir__making *m, const struct weir__extents *at,
	const weir_graph *recorded)
{
	weir_status status;

	if (!m->family->pattern)
		return WEIR_OK;
	status = weir__family_hold_against(m, at, recorded);
	if (status == WEIR_ENOMEM)
		return status;
	if (status)
		give_up(m, at, "");
	else
		include(m->family, at);
	return WEIR_OK;
}

/*
 * The points are as many as a formula has unknowns, so any numbers fit: with
 * several dimensions one more recording is held against it, where all of them
 * are largest. With one what is known are recordings only.
 */
static weir_status
confirm_corner(struct weir__making *m, const struct weir__simplex *simplex,
	       const struct weir__extents *base)
{
	struct weir__extents at = *base;
	weir_graph *recorded;
	weir_status status;
	size_t i;

	if (!m->family->pattern || at.n < 2)
		return WEIR_OK;
	for (i = 0; i < at.n; i++)
		at.of[i] += simplex->at[simplex->n - 1][0];
	status = weir__family_record_at(m, &at, &recorded);
	if (status && status != WEIR_ENOMEM) {
		give_up(m, &at, ", which was tried, it fails");
		return WEIR_OK;
	}
	if (!status) {
		status = confirm(m, &at, recorded);
		weir__graph_unref(recorded);
	}
	return status;
}

/* See how far the pattern goes: no matter what goes wrong there. */
static void
reach_out(struct weir__making *m, bool up)
{
	const struct weir__dimensions *d = &m->function->dimensions;
	struct weir__family *family = m->family;
	struct weir__extents at = { .n = d->n };
	weir_graph *recorded;
	bool is_new = false;
	size_t i;

	for (i = 0; i < d->n; i++) {
		int64_t most = family->most[i], least = family->least[i] / 2;

		if (d->most[i])
			most = d->most[i] > most ? d->most[i] : most;
		else if (most <= INT64_MAX / 2)
			most *= 2;
		if (least < WEIR__EXTENT_LEAST)
			least = WEIR__EXTENT_LEAST;
		at.of[i] = up ? most : least;
		is_new |= at.of[i] < family->least[i] ||
			  at.of[i] > family->most[i];
	}
	if (!is_new || weir__family_record_at(m, &at, &recorded))
		return;
	if (!weir__family_hold_against(m, &at, recorded))
		include(family, &at);
	weir__graph_unref(recorded);
}

static weir_status
learn(struct weir__making *m, weir_graph *recorded)
{
	struct weir__family *family = m->family;
	weir_graph *graphs[WEIR__FORMULA_POINTS] = { NULL };
	struct weir__simplex simplex;
	struct weir__extents base;
	struct weir__text why;
	weir_status status;
	size_t i;

	weir__simplex_init(&simplex, m->extents.n);
	base = base_of(m, &simplex);
	for (i = 0; i < base.n; i++)
		family->least[i] = family->most[i] = base.of[i];
	status = learn_at(m, &simplex, &base, recorded, graphs);
	for (i = 0; i < simplex.n; i++)
		weir__graph_unref(graphs[i]);
	if (!status)
		status = confirm_corner(m, &simplex, &base);
	if (!status)
		status = confirm(m, &m->extents, recorded);
	if (!status)
		status = confirm(m, &family->extents, family->first);
	if (status) {		/* another time */
		weir__pattern_free(family->pattern);
		family->pattern = NULL;
		return status;
	}
	weir__text_init(&why, m->not_derived, sizeof m->not_derived);
	if (family->pattern) {
		weir__extents_say(&m->function->dimensions, &family->extents,
				  &why);
		weir__text_add(&why, " was all that was known");
	} else {
		weir__text_add(&why, "%s", family->why);
	}
	if (family->pattern) {
		reach_out(m, false);
		reach_out(m, true);
	}
	weir__graph_unref(family->first);
	family->first = NULL;
	return WEIR_OK;
}

/* A call beyond what was known: it is known so far if it agrees. */
static void
extend(struct weir__making *m, const weir_graph *recorded)
{
	struct weir__family *family = m->family;
	bool up = false, down = false;
	struct weir__text why;
	size_t i;

	if (weir__family_knows(family, &m->extents))
		return;
	if (weir__family_hold_against(m, &m->extents, recorded)) {
		weir__text_init(&why, m->not_derived, sizeof m->not_derived);
		weir__text_add(&why, "there it is another program: %s",
			       weir_error_text());
		return;
	}
	for (i = 0; i < m->extents.n; i++) {
		up |= m->extents.of[i] > family->most[i];
		down |= m->extents.of[i] < family->least[i];
	}
	include(family, &m->extents);
	if (down)
		reach_out(m, false);
	if (up)
		reach_out(m, true);
}

weir_status
weir__family_learn(struct weir__making *m, weir_graph *recorded)
{
	weir_status status = WEIR_OK;

	if (!m->extents.n)
		return WEIR_OK;
	if (!m->family)
		status = weir__family_begin(m, recorded);
	else if (m->family->pattern)
		extend(m, recorded);
	else if (m->family->first &&
		 !same_extents(&m->family->extents, &m->extents))
		status = learn(m, recorded);
	if (!status)
		weir__error_clear();
	return status;
}
