#include "function/family.h"

#include "base/fpenv.h"
#include "base/now.h"

enum { LEAST = 2 };		/* 0 and 1 are treated otherwise by ops */

static void
family_free(weir_function *f, struct weir__family *family)
{
	weir__signature_end(f->heap, &family->signature);
	weir__graph_unref(family->first);
	weir__pattern_free(family->pattern);
	weir__free(f->heap, family);
}

void
weir__families_end(weir_function *f)
{
	struct weir__family *family, *next;

	for (family = f->families; family; family = next) {
		next = family->next;
		family_free(f, family);
	}
}

void
weir__family_find(struct weir__making *m)
{
	weir_function *f = m->function;
	struct weir__family **at, *family;
	struct weir__text why;
	size_t i;

	if (!f->dimensions.n)
		return;
	weir__text_init(&why, m->not_derived, sizeof m->not_derived);
	if (!weir__dimensions_of(&f->dimensions, &m->signature, &m->extents,
				 &why)) {
		m->extents.n = 0;
		return;
	}
	for (i = 0; i < m->extents.n; i++)
		if (m->extents.of[i] < LEAST) {
			weir__text_add(&why, "an extent of %lld is not derived",
				       (long long)m->extents.of[i]);
			m->extents.n = 0;
			return;
		}
	for (at = &f->families; (family = *at); at = &family->next)
		if (weir__dimensions_alike(&f->dimensions, &family->signature,
					   &m->signature))
			break;
	if (!family)
		return;
	*at = family->next;
	family->next = f->families;
	f->families = family;
	m->family = family;
}

/* -- what is known -------------------------------------------------------- */

static weir_status
graph_at(const struct weir__making *m, const struct weir__extents *extents,
	 const struct weir__signature *s, weir_graph **graph)
{
	const struct weir__graph_inputs inputs = {
		.specs = s->specs, .strides = s->strides, .names = s->names,
	};
	double start = weir__now_ns();
	struct weir__fpenv fpenv;
	weir_status status;

	weir__fpenv_enter(&fpenv);	/* 1 / n is rounded */
	status = weir__pattern_derive(m->family->pattern, extents, &inputs,
				      graph);
	weir__fpenv_leave(&fpenv);
	if (!status)
		(*graph)->record_ns = weir__now_ns() - start;
	return status;
}

/* Record at extents that no call has, or for no plan: closed, a reference. */
static weir_status
record_at(struct weir__making *m, const struct weir__extents *extents,
	  weir_graph **graph)
{
	weir_function *f = m->function;
	struct weir__signature s = { .n_in = 0 };
	weir_status status;
	weir_scope *scope;

	status = weir__dimensions_set(&f->dimensions, f->heap, &m->signature,
				      extents, &s);
	if (status)
		return status;
	m->trials++;
	status = weir__function_record(f, &s, &scope);
	weir__signature_end(f->heap, &s);
	if (status)
		return status;
	weir__scope_close(scope);
	weir__graph_close(scope->graph);
	*graph = weir__graph_retain(scope->graph);
	weir_scope_release(scope);
	return WEIR_OK;
}

/* Whether a recording is what would have been derived in its place; if not,
 * the reason alone. */
static weir_status
hold_against(const struct weir__making *m, const struct weir__extents *extents,
	     const weir_graph *recorded)
{
	struct weir__signature s = { .n_in = 0 };
	weir_graph *derived;
	weir_status status;

	status = weir__dimensions_set(&m->function->dimensions,
				      m->function->heap, &m->signature, extents,
				      &s);
	if (status)
		return status;
	status = graph_at(m, extents, &s, &derived);
	weir__signature_end(m->function->heap, &s);
	if (status)
		return status;
	status = weir__graph_alike(derived, recorded, true);
	weir__graph_unref(derived);
	return status;
}

static bool
is_known(const struct weir__family *family, const struct weir__extents *e)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		if (e->of[i] < family->least[i] || e->of[i] > family->most[i])
			return false;
	return true;
}

static void
say_unknown(struct weir__making *m, struct weir__text *why)
{
	const struct weir__dimensions *d = &m->function->dimensions;
	size_t i;

	for (i = 0; i < d->n; i++) {
		int64_t extent = m->extents.of[i];

		if (extent >= m->family->least[i] &&
		    extent <= m->family->most[i])
			continue;
		weir__text_add(why, "%s`%s` = %lld is not within %lld..%lld, "
			       "which is known", why->length ? ", " : "",
			       d->names[i], (long long)extent,
			       (long long)m->family->least[i],
			       (long long)m->family->most[i]);
	}
}

/* What is derived is recorded, too. */
static weir_status
check_derived(struct weir__making *m, const weir_graph *derived)
{
	const struct weir__dimensions *d = &m->function->dimensions;
	char why[WEIR__ERROR_SIZE], at[128];
	struct weir__text text;
	weir_graph *recorded;
	weir_status status;

	status = record_at(m, &m->extents, &recorded);
	if (status)
		return status;
	status = weir__graph_alike(derived, recorded, true);
	weir__graph_unref(recorded);
	if (!status)
		return WEIR_OK;
	weir__text_init(&text, at, sizeof at);
	weir__extents_say(d, &m->extents, &text);
	weir__text_init(&text, why, sizeof why);
	weir__text_add(&text, "%s", weir_error_text());
	return weir_fail(status, "%s: at %s another graph is recorded than was "
			 "derived: %s", m->function->name, at, why);
}

weir_status
weir__family_derive(struct weir__making *m, weir_graph **graph)
{
	const struct weir__dimensions *d = &m->function->dimensions;
	const struct weir__family *family = m->family;
	struct weir__text why;
	weir_status status;

	*graph = NULL;
	if (!family)
		return WEIR_OK;
	weir__text_init(&why, m->not_derived, sizeof m->not_derived);
	if (!family->pattern) {
		if (!family->first)
			weir__text_add(&why, "%s", family->why);
		return WEIR_OK;
	}
	if (!is_known(family, &m->extents)) {
		say_unknown(m, &why);
		return WEIR_OK;
	}
	status = graph_at(m, &m->extents, &m->signature, graph);
	if (status == WEIR_ENOMEM)
		return status;
	if (status) {		/* as it may be: what is recorded says why */
		weir__text_add(&why, "%s", weir_error_text());
		weir__error_clear();
		*graph = NULL;
		return WEIR_OK;
	}
	if (m->function->options.check_dimensions) {
		status = check_derived(m, *graph);
		if (status) {
			weir__graph_unref(*graph);
			*graph = NULL;
			return status;
		}
	}
	weir__text_init(&why, m->from, sizeof m->from);
	weir__extents_say(d, &family->pattern->base, &why);
	return WEIR_OK;
}

static bool
same_extents(const struct weir__extents *a, const struct weir__extents *b)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->of[i] != b->of[i])
			return false;
	return true;
}

/* -- learning ------------------------------------------------------------- */

static weir_status
begin_family(struct weir__making *m, weir_graph *recorded)
{
	weir_function *f = m->function;
	struct weir__family *family = weir__calloc(f->heap, 1, sizeof *family);
	struct weir__family **at = &f->families;
	size_t n = 0;

	if (!family || weir__signature_copy(f->heap, &m->signature,
					    &family->signature)) {
		weir__free(f->heap, family);
		return WEIR_ENOMEM;
	}
	family->extents = m->extents;
	family->first = weir__graph_retain(recorded);
	family->next = f->families;
	f->families = family;
	for (; *at && n < f->options.cache_limit; n++)
		at = &(*at)->next;
	if (*at) {			/* the least recently used one */
		family_free(f, *at);
		*at = NULL;
	}
	return WEIR_OK;
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
			status = record_at(m, &at, &graphs[i]);
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
	status = hold_against(m, at, recorded);
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
	status = record_at(m, &at, &recorded);
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
		at.of[i] = up ? most : least > LEAST ? least : LEAST;
		is_new |= at.of[i] < family->least[i] ||
			  at.of[i] > family->most[i];
	}
	if (!is_new || record_at(m, &at, &recorded))
		return;
	if (!hold_against(m, &at, recorded))
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

	if (is_known(family, &m->extents))
		return;
	if (hold_against(m, &m->extents, recorded)) {
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
		status = begin_family(m, recorded);
	else if (m->family->pattern)
		extend(m, recorded);
	else if (m->family->first &&
		 !same_extents(&m->family->extents, &m->extents))
		status = learn(m, recorded);
	if (!status)
		weir__error_clear();
	return status;
}
