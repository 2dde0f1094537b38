/*
 * What no call makes: inputs, and the tensors of the file, which become
 * constants and variables.
 */
#include <stdlib.h>
#include <string.h>

#include "api/runtime.h"
#include "api/saved_entry.h"
#include "graph/control_node.h"

weir_status
weir__replay_keep(struct weir__replay *r, weir_tensor *symbol, uint32_t value)
{
	if (value != r->n)
		return weir_fail(WEIR_EFORMAT, "it is recorded otherwise than "
				 "it was");
	if (weir__grow(r->graph->heap, &r->symbols, &r->room, r->n,
		       sizeof *r->symbols))
		return WEIR_ENOMEM;
	r->symbols[r->n++] = weir_tensor_retain(symbol);
	return WEIR_OK;
}

/* -- tensors of the file -------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct weir__archive_entry *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

weir_status
weir__replay_begin(struct weir__replay *r)
{
	weir_archive *a = r->archive;
	size_t i;

	r->by_name = weir__arena_alloc(&a->arena, a->n * sizeof *r->by_name);
	if (!r->by_name)
		return WEIR_ENOMEM;
	for (i = 0; i < a->n; i++)
		r->by_name[i] = &a->entries[i];
	if (a->n)
		qsort(r->by_name, a->n, sizeof *r->by_name, by_name);
	return WEIR_OK;
}

/* Name, tensor, dtype and shape: each tensor is for one of them. The reference
 * becomes the caller's. */
static weir_status
take_tensor(struct weir__replay *r, struct weir__fields *f, const char **name,
	    weir_spec *spec, weir_tensor **tensor)
{
	struct weir__archive_entry wanted, *key = &wanted, **found;

	if (!weir__take_text(f, name) || !weir__take_text(f, &wanted.name) ||
	    !weir__take_spec(f, spec))
		return weir__malformed();
	found = r->archive->n ? bsearch(&key, r->by_name, r->archive->n,
					sizeof *r->by_name, by_name) : NULL;
	if (!found || !(*found)->tensor)
		return weir_fail(WEIR_EFORMAT, "there is no tensor `%.100s' "
				 "for it", wanted.name);
	if (!weir__spec_equal(&(*found)->spec, spec))
		return weir_fail(WEIR_EFORMAT, "tensor `%.100s' has another "
				 "dtype or shape", wanted.name);
	*tensor = (*found)->tensor;
	(*found)->tensor = NULL;
	return WEIR_OK;
}

weir_status
weir__replay_end(const struct weir__replay *r)
{
	size_t i;

	for (i = 0; i < r->archive->n; i++)
		if (r->archive->entries[i].tensor)
			return weir_fail(WEIR_EFORMAT, "its graph has no "
					 "place for tensor `%.100s'",
					 r->archive->entries[i].name);
	return WEIR_OK;
}

/* -- sources -------------------------------------------------------------- */

/* A number in an array of its own. */
static bool
take_row(struct weir__fields *f, size_t *operand)
{
	const struct weir__json *field = weir__take_field(f, WEIR__JSON_ARRAY);
	struct weir__fields inner = { field ? field->first : NULL };

	return weir__take_number(&inner, UINT32_MAX, operand) && !inner.next;
}

/* What an input of a body is fed, and so how it lies: as the operand does;
 * states and rows have no gaps. What it must be like is checked with the
 * call. */
static weir_status
take_fed(struct weir__replay *r, struct weir__fields *f, const weir_spec *spec,
	 int64_t *strides)
{
	struct weir__fed *fed = r->fed;
	struct weir__feed feed = { .from = WEIR__FROM_OPERAND };
	const struct weir__json *field = f->next;
	size_t number = 0;
	uint32_t operand;
	bool is_fine;

	if (weir__json_is(field, WEIR__JSON_ARRAY)) {
		feed.from = WEIR__FROM_ROW;
		is_fine = take_row(f, &number);
	} else if (weir__json_is(field, WEIR__JSON_INTEGER) &&
		   field->integer < 0) {
		feed.from = WEIR__FROM_STATE;
		number = (size_t)(-1 - field->integer);
		is_fine = number < fed->control->n_states;
		f->next = field->next;
	} else {
		is_fine = weir__take_number(f, UINT32_MAX, &number);
	}
	feed.index = (uint32_t)number;
	operand = is_fine ? weir__feed_operand(fed->control, &feed)
			  : WEIR__NO_OPERAND;
	if (operand >= fed->n)
		return weir_fail(WEIR_EFORMAT, "it is fed what is not there");
	weir__contiguous_strides(spec, strides);
	if (feed.from == WEIR__FROM_OPERAND) {
		if (!weir__spec_equal(&fed->operands[operand]->layout->spec,
				      spec))
			return weir_fail(WEIR_EFORMAT, "it is fed what has "
					 "another dtype or shape");
		memcpy(strides, fed->operands[operand]->layout->strides,
		       (size_t)spec->rank * sizeof *strides);
	}
	if (weir__grow(r->graph->heap, &fed->feeds, &fed->room, fed->n_feeds,
		       sizeof *fed->feeds))
		return WEIR_ENOMEM;
	fed->feeds[fed->n_feeds++] = feed;
	return WEIR_OK;
}

/* Where what a body's input stands for came from. */
static weir_status
take_origin(struct weir__replay *r, struct weir__fields *f,
	    const weir_tensor *symbol)
{
	struct weir__paths *paths = r->scope->eager.paths;
	const struct weir__json *field = weir__take_field(f, WEIR__JSON_ARRAY);
	struct weir__fields inner = { field ? field->first : NULL };
	struct weir__origin origin = { .op = NULL };
	const struct weir__path *kept;
	size_t scope, site;
	const char *op;

	if (field && !field->n)
		return WEIR_OK;
	if (weir__json_is(inner.next, WEIR__JSON_INTEGER) &&
	    inner.next->integer == -1)
		inner.next = inner.next->next;
	else if (weir__take_number(&inner, r->lists->n_scopes, &scope))
		origin.path = r->lists->scopes[scope];
	else
		return weir__malformed();
	if (!weir__take_text(&inner, &op) ||
	    !weir__take_number(&inner, r->lists->n_sites, &site) || inner.next)
		return weir__malformed();
	origin.site = r->lists->sites[site];
	if (*op) {
		/* Kept for as long as the runtime, as sites are. */
		kept = weir__path_intern(paths, NULL, op);
		if (!kept)
			return WEIR_ENOMEM;
		origin.op = kept->text;
	}
	return weir__graph_set_origin(r->graph, symbol, &origin);
}

weir_status
weir__replay_input(struct weir__replay *r, struct weir__fields *f)
{
	int64_t strides[WEIR_RANK_MAX];
	weir_tensor *symbol;
	weir_status status;
	bool are_given;
	const char *name;
	weir_spec spec;

	if (!weir__take_text(f, &name) || !weir__take_spec(f, &spec))
		return weir__malformed();
	status = r->fed ? take_fed(r, f, &spec, strides)
			: weir__take_strides(f, &spec, strides, &are_given);
	if (status)
		return status;
	if (!r->fed && f->next)
		return weir__malformed();
	status = weir__graph_add_input(r->graph, &spec, strides, name,
				       &symbol);
	if (!status)
		status = weir__scope_own(r->scope, symbol);
	if (!status)
		status = weir__replay_keep(r, symbol, symbol->value);
	if (!status && r->fed)
		status = take_origin(r, f, symbol);
	return !status && f->next ? weir__malformed() : status;
}

/* The same elements through these strides, which have no gaps. */
static weir_status
lay_out(weir_tensor **tensor, const int64_t *strides)
{
	const weir_spec *spec = &(*tensor)->layout->spec;
	struct weir__heap *heap = (*tensor)->heap;
	int64_t packed[WEIR_RANK_MAX], before, bytes;
	weir_view from = weir__view_of(*tensor), to;
	struct weir__storage *storage;
	weir_tensor *laid;
	weir_status status;

	weir__pack_strides(spec, strides, packed);
	if (memcmp(strides, packed, (size_t)spec->rank * sizeof *strides))
		return weir__malformed();
	status = weir__strides_span(spec, strides, &before, &bytes);
	if (status)
		return status;
	storage = weir__storage_new(heap, (size_t)bytes);
	if (!storage)
		return WEIR_ENOMEM;
	status = weir__value_over(heap, spec, strides, storage,
				  (char *)storage->data + before, &laid);
	if (status) {
		weir__storage_release(storage);
		return status;
	}
	to = weir__view_of(laid);
	weir__copy_view(&from, &to);
	weir_tensor_release(*tensor);
	*tensor = laid;
	return WEIR_OK;
}

weir_status
weir__replay_constant(struct weir__replay *r, struct weir__fields *f)
{
	int64_t strides[WEIR_RANK_MAX];
	weir_tensor *tensor = NULL;
	const char *name;
	uint32_t value;
	const struct weir__json *is_result, *is_view;
	weir_status status;
	bool are_given;
	weir_spec spec;

	status = take_tensor(r, f, &name, &spec, &tensor);
	if (status)
		return status;
	status = weir__take_strides(f, &spec, strides, &are_given);
	is_result = weir__take_field(f, WEIR__JSON_BOOL);
	is_view = weir__take_field(f, WEIR__JSON_BOOL);
	if (!status && (!is_result || !is_view || f->next))
		status = weir__malformed();
	if (!status && are_given)
		status = lay_out(&tensor, strides);
	if (!status)
		status = weir_tensor_set_name(tensor, name);
	if (!status) {
		tensor->maker = is_result->integer ? WEIR__MADE : 0;
		tensor->is_view = is_view->integer;
		status = weir__graph_operand(r->graph, tensor, &value);
	}
	if (!status)
		status = weir__replay_keep(r, tensor, value);
	weir_tensor_release(tensor);
	return status;
}

/* The caller's for a variable of the file, or NULL: of those of one name the
 * i-th for the i-th. */
static weir_tensor *
given_variable(const struct weir__replay *r, const char *name)
{
	size_t before = 0, i;

	for (i = 0; i < r->graph->n_variables; i++)
		before += !strcmp(weir_tensor_name(
					r->graph->variables[i].variable),
				  name);
	for (i = 0; i < r->parts->n_variables; i++)
		if (!strcmp(weir_tensor_name(r->parts->variables[i]), name) &&
		    before-- == 0)
			return weir_tensor_retain(r->parts->variables[i]);
	return NULL;
}

static weir_status
check_variable(const weir_tensor *variable, const weir_spec *spec,
	       bool is_generator)
{
	char own[128], saved[128];

	weir__spec_text(&variable->layout->spec, own, sizeof own);
	weir__spec_text(spec, saved, sizeof saved);
	if (!weir__spec_equal(&variable->layout->spec, spec))
		return weir_fail(WEIR_EINVAL, "the variable `%.100s' that was "
				 "given is %s, and the graph's is %s",
				 weir_tensor_name(variable), own, saved);
	if (variable->is_generator != is_generator)
		return weir_fail(WEIR_EINVAL, "the variable `%.100s' that was "
				 "given is %s, and the graph's is %s",
				 weir_tensor_name(variable), is_generator
				 ? "no generator" : "a generator",
				 is_generator ? "one" : "none");
	return WEIR_OK;
}

/* Takes the value over. */
static weir_status
make_variable(const char *name, weir_tensor *value, bool is_generator,
	      weir_tensor **variable)
{
	weir_status status;

	if (is_generator && (value->layout->spec.dtype != WEIR_I64 ||
			     value->layout->spec.rank != 1 ||
			     value->layout->spec.shape[0] != 2))
		status = weir__malformed();
	else
		status = weir_tensor_set_name(value, "");
	if (!status)
		status = weir__variable_new(value->heap, name, value,
					    is_generator, variable);
	if (status)
		weir_tensor_release(value);
	return status;
}

weir_status
weir__replay_variable(struct weir__replay *r, struct weir__fields *f)
{
	weir_tensor *value, *variable, *symbol;
	const struct weir__json *is_generator;
	const char *name;
	weir_status status;
	weir_spec spec;

	status = take_tensor(r, f, &name, &spec, &value);
	if (status)
		return status;
	is_generator = weir__take_field(f, WEIR__JSON_BOOL);
	if (!is_generator || f->next) {
		weir_tensor_release(value);
		return weir__malformed();
	}
	variable = given_variable(r, name);
	if (variable) {
		weir_tensor_release(value);
		status = check_variable(variable, &spec,
					is_generator->integer);
	} else {
		status = make_variable(name, value, is_generator->integer,
				       &variable);
	}
	if (!status)
		status = weir__graph_read(r->graph, variable, &symbol);
	if (!status)
		status = weir__replay_keep(r, symbol, symbol->value);
	weir_tensor_release(variable);
	return status;
}
