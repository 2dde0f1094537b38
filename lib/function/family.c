#include "function/family.h"

#include "base/fpenv.h"
#include "base/now.h"

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

weir_status
weir__family_begin(struct weir__making *m, weir_graph *recorded)
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
		if (m->extents.of[i] < WEIR__EXTENT_LEAST) {
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

weir_status
weir__family_record_at(struct weir__making *m,
		       const struct weir__extents *extents,
		       weir_graph **graph)
{
	weir_function *f = m->function;
	struct weir__signature s = { .n_in = 0 };
	weir_status status;

	status = weir__dimensions_set(&f->dimensions, f->heap, &m->signature,
				      extents, &s);
	if (status)
		return status;
	m->trials++;
	status = weir__function_record(f, &s, graph);
	weir__signature_end(f->heap, &s);
	return status;
}

weir_status
weir__family_hold_against(const struct weir__making *m,
			  const struct weir__extents *extents,
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

bool
weir__family_knows(const struct weir__family *family,
		   const struct weir__extents *e)
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

	status = weir__family_record_at(m, &m->extents, &recorded);
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
	if (!weir__family_knows(family, &m->extents)) {
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
