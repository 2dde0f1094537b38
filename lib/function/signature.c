#include "function/signature.h"

#include <string.h>

static weir_status
make_room(struct weir__heap *heap, size_t n_in, size_t n_out,
	  struct weir__signature *s)
{
	s->n_in = n_in;
	s->n_out = n_out;
	s->specs = weir__calloc(heap, n_in + 1, sizeof *s->specs);
	s->strides = weir__calloc(heap, n_in + 1, sizeof *s->strides);
	s->names = weir__calloc(heap, n_in + 1, sizeof *s->names);
	if (s->specs && s->strides && s->names)
		return WEIR_OK;
	weir__signature_end(heap, s);
	return WEIR_ENOMEM;
}

weir_status
weir__signature_of(struct weir__heap *heap, weir_tensor *const *in,
		   size_t n_in, size_t n_out, struct weir__signature *s)
{
	size_t i;

	if (make_room(heap, n_in, n_out, s))
		return WEIR_ENOMEM;
	for (i = 0; i < n_in; i++) {
		s->specs[i] = in[i]->layout->spec;
		s->names[i] = in[i]->name;
		memcpy(s->strides[i], weir_tensor_strides(in[i]),
		       sizeof s->strides[i]);
	}
	return WEIR_OK;
}

weir_status
weir__signature_copy(struct weir__heap *heap,
		     const struct weir__signature *from,
		     struct weir__signature *s)
{
	if (make_room(heap, from->n_in, from->n_out, s))
		return WEIR_ENOMEM;
	memcpy(s->specs, from->specs, from->n_in * sizeof *s->specs);
	memcpy(s->strides, from->strides, from->n_in * sizeof *s->strides);
	return WEIR_OK;
}

void
weir__signature_end(struct weir__heap *heap, struct weir__signature *s)
{
	weir__free(heap, s->specs);
	weir__free(heap, s->strides);
	weir__free(heap, (void *)s->names);
	memset(s, 0, sizeof *s);
}

static bool
same_strides(const weir_spec *spec, const int64_t *a, const int64_t *b)
{
	return !memcmp(a, b, (size_t)spec->rank * sizeof *a);
}

bool
weir__signature_fits(const struct weir__signature *s, weir_tensor *const *in,
		     size_t n_in, size_t n_out)
{
	size_t i;

	if (s->n_in != n_in || s->n_out != n_out)
		return false;
	for (i = 0; i < n_in; i++)
		if (!weir__spec_equal(&s->specs[i], &in[i]->layout->spec) ||
		    !same_strides(&s->specs[i], s->strides[i],
				  weir_tensor_strides(in[i])))
			return false;
	return true;
}

static uint64_t
mix(uint64_t hash, uint64_t more)
{
	return (hash ^ hash >> 29 ^ more) * 0x9e3779b97f4a7c15u;
}

uint64_t
weir__signature_hash(const struct weir__signature *s)
{
	uint64_t hash = mix(s->n_in, s->n_out);
	size_t i;
	int axis;

	for (i = 0; i < s->n_in; i++) {
		const weir_spec *spec = &s->specs[i];

		hash = mix(hash, (uint64_t)spec->dtype << 8 |
				 (uint64_t)spec->rank);
		for (axis = 0; axis < spec->rank; axis++) {
			hash = mix(hash, (uint64_t)spec->shape[axis]);
			hash = mix(hash, (uint64_t)s->strides[i][axis]);
		}
	}
	return hash;
}

void
weir__signature_difference(const struct weir__signature *was,
			   const struct weir__signature *is,
			   struct weir__text *text)
{
	char before[128], after[128];
	size_t i;

	if (was->n_in != is->n_in || was->n_out != is->n_out) {
		weir__text_add(text, "%s%zu operands and %zu results -> %zu "
			       "and %zu", text->length ? "; " : "", was->n_in,
			       was->n_out, is->n_in, is->n_out);
		return;
	}
	for (i = 0; i < is->n_in; i++) {
		const char *name = is->names[i];
		bool same = weir__spec_equal(&was->specs[i], &is->specs[i]);

		if (same && same_strides(&is->specs[i], was->strides[i],
					 is->strides[i]))
			continue;
		weir__spec_text(&was->specs[i], before, sizeof before);
		weir__spec_text(&is->specs[i], after, sizeof after);
		weir__text_add(text, "%sargument %zu", text->length ? "; " : "",
			       i);
		if (name && *name)
			weir__text_add(text, " `%s`", name);
		weir__text_add(text, ": %s -> %s%s", before, after,
			       same ? " with other strides" : "");
	}
}
