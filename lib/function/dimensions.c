#include "function/dimensions.h"

#include <string.h>

/* -- what is declared ----------------------------------------------------- */

static weir_status
check(const weir_dimension *given, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		const weir_dimension *d = &given[i];

		if (!d->name)
			return weir_fail(WEIR_ENULL, "dimension %zu has no "
					 "name", i);
		if (!*d->name)
			return weir_fail(WEIR_EINVAL, "the name of dimension "
					 "%zu is empty", i);
		if (d->axis >= WEIR_RANK_MAX)
			return weir_fail(WEIR_ERANGE, "dimension %zu `%s`: "
					 "there is no axis %zu", i, d->name,
					 d->axis);
		if (d->most < 0)
			return weir_fail(WEIR_ERANGE, "dimension %zu `%s`: an "
					 "extent is not negative", i, d->name);
		for (j = 0; j < i; j++)
			if (given[j].operand == d->operand &&
			    given[j].axis == d->axis)
				return weir_fail(WEIR_EINVAL, "axis %zu of "
						 "operand %zu is both `%s` and "
						 "`%s`", d->axis, d->operand,
						 given[j].name, d->name);
	}
	return WEIR_OK;
}

static weir_status
number_of(struct weir__heap *heap, const char *name, struct weir__dimensions *d,
	  size_t *number)
{
	size_t i;

	for (i = 0; i < d->n && strcmp(d->names[i], name); i++)
		;
	*number = i;
	if (i < d->n)
		return WEIR_OK;
	if (i == WEIR_DIMENSIONS_MAX)
		return weir_fail(WEIR_ERANGE, "a function has at most %d named "
				 "dimensions, `%s` is one more",
				 WEIR_DIMENSIONS_MAX, name);
	d->names[i] = weir__strdup(heap, name);
	if (!d->names[i])
		return WEIR_ENOMEM;
	d->n++;
	return WEIR_OK;
}

weir_status
weir__dimensions_take(struct weir__heap *heap, const weir_dimension *given,
		      size_t n, struct weir__dimensions *d)
{
	weir_status status;
	size_t i;

	if (!n)
		return WEIR_OK;
	if (!given)
		return weir_fail(WEIR_ENULL, "the list of dimensions is NULL");
	status = check(given, n);
	if (status)
		return status;
	d->axes = weir__calloc(heap, n, sizeof *d->axes);
	if (!d->axes)
		return WEIR_ENOMEM;
	for (i = 0; i < n; i++) {
		struct weir__axis *axis = &d->axes[i];
		int64_t *most;

		axis->operand = given[i].operand;
		axis->axis = given[i].axis;
		status = number_of(heap, given[i].name, d, &axis->dimension);
		if (status)
			return status;
		most = &d->most[axis->dimension];
		if (given[i].most && (!*most || given[i].most < *most))
			*most = given[i].most;
		d->n_axes++;
	}
	return WEIR_OK;
}

void
weir__dimensions_end(struct weir__heap *heap, struct weir__dimensions *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		weir__free(heap, d->names[i]);
	weir__free(heap, d->axes);
}

/* -- calls ---------------------------------------------------------------- */

bool
weir__dimensions_of(const struct weir__dimensions *d,
		    const struct weir__signature *s, struct weir__extents *e,
		    struct weir__text *why)
{
	bool is_set[WEIR_DIMENSIONS_MAX] = { false };
	size_t i;

	*e = (struct weir__extents){ .n = d->n };
	for (i = 0; i < d->n_axes; i++) {
		const struct weir__axis *a = &d->axes[i];
		const char *name = d->names[a->dimension];
		int64_t extent;

		if (a->operand >= s->n_in ||
		    a->axis >= (size_t)s->specs[a->operand].rank) {
			weir__text_add(why, "there is no axis %zu of operand "
				       "%zu to be `%s`", a->axis, a->operand,
				       name);
			return false;
		}
		extent = s->specs[a->operand].shape[a->axis];
		if (is_set[a->dimension] && e->of[a->dimension] != extent) {
			weir__text_add(why, "`%s` is both %lld and %lld", name,
				       (long long)e->of[a->dimension],
				       (long long)extent);
			return false;
		}
		is_set[a->dimension] = true;
		e->of[a->dimension] = extent;
	}
	return true;
}

static bool
has_no_gaps(const weir_spec *spec, const int64_t *strides)
{
	int64_t plain[WEIR_RANK_MAX];

	weir__contiguous_strides(spec, plain);
	return !memcmp(strides, plain, (size_t)spec->rank * sizeof *plain);
}

/* Set the extents of one operand. */
static void
set_operand(const struct weir__dimensions *d, size_t operand,
	    const struct weir__extents *e, weir_spec *spec)
{
	size_t i;

	for (i = 0; i < d->n_axes; i++)
		if (d->axes[i].operand == operand)
			spec->shape[d->axes[i].axis] =
				e->of[d->axes[i].dimension];
}

bool
weir__dimensions_alike(const struct weir__dimensions *d,
		       const struct weir__signature *a,
		       const struct weir__signature *b)
{
	const struct weir__extents none = { .n = 0 };
	size_t i;

	if (a->n_in != b->n_in || a->n_out != b->n_out)
		return false;
	for (i = 0; i < a->n_in; i++) {
		weir_spec x = a->specs[i], y = b->specs[i];
		bool is_plain = has_no_gaps(&x, a->strides[i]);

		if (is_plain != has_no_gaps(&y, b->strides[i]) ||
		    (!is_plain && memcmp(a->strides[i], b->strides[i],
					 (size_t)x.rank * sizeof **a->strides)))
			return false;
		set_operand(d, i, &none, &x);
		set_operand(d, i, &none, &y);
		if (!weir__spec_equal(&x, &y))
			return false;
	}
	return true;
}

weir_status
weir__dimensions_set(const struct weir__dimensions *d, struct weir__heap *heap,
		     const struct weir__signature *from,
		     const struct weir__extents *e, struct weir__signature *s)
{
	weir_status status = weir__signature_copy(heap, from, s);
	size_t i;

	for (i = 0; !status && i < s->n_in; i++) {
		bool is_plain = has_no_gaps(&s->specs[i], s->strides[i]);
		weir_spec spec = s->specs[i];

		s->names[i] = from->names[i];
		set_operand(d, i, e, &spec);
		status = weir__spec_init(&s->specs[i], spec.dtype,
					 (size_t)spec.rank, spec.shape);
		if (!status && is_plain)
			weir__contiguous_strides(&spec, s->strides[i]);
	}
	if (status)
		weir__signature_end(heap, s);
	return status;
}

void
weir__extents_say(const struct weir__dimensions *d,
		  const struct weir__extents *e, struct weir__text *text)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		weir__text_add(text, "%s`%s` = %lld", i ? ", " : "",
			       d->names[i], (long long)e->of[i]);
}
