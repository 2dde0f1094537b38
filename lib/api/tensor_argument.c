#include "api/tensor_argument.h"

#include <inttypes.h>
#include <stdio.h>

#include "graph/graph.h"

const char *
weir__name_of(const weir_tensor *tensor, char *text)
{
	size_t length = weir__spec_text(&tensor->layout->spec, text,
					WEIR__NAME_SIZE);

	if (tensor->name && length < WEIR__NAME_SIZE)
		snprintf(text + length, WEIR__NAME_SIZE - length, " `%s`",
			 tensor->name);
	return text;
}

weir_status
weir__no_tensor(const char *function)
{
	return weir_fail(WEIR_ENULL, "%s: the tensor is NULL", function);
}

weir_status
weir__no_argument(const char *function, const char *argument)
{
	return weir_fail(WEIR_EINVAL, "%s: %s is NULL", function, argument);
}

weir_status
weir__called_at(const char *site, weir_status status)
{
	return site && *site
		? weir_fail(status, "%s; called at %s", weir_error_text(), site)
		: status;
}

weir_status
weir__refuse_symbol(const char *function, const char *site,
		    const weir_tensor *symbol)
{
	char name[WEIR__NAME_SIZE], what[WEIR__ERROR_SIZE];

	snprintf(what, sizeof what, "%s: %s has no value while it is "
		 "recorded; branch with weir_cond() or weir_where(), loop with "
		 "weir_while(), or decide outside the function", function,
		 weir__name_of(symbol, name));
	weir_fail(WEIR_ESYMBOLIC, "%s", what);
	weir__called_at(site, WEIR_ESYMBOLIC);
	/* The recording fails, too, and says where in it that was. */
	weir__symbol_misused((weir_tensor *)symbol, WEIR_ESYMBOLIC, what,
			     site);
	return WEIR_ESYMBOLIC;
}

weir_status
weir__take_value(const char *function, const char *site,
		 const weir_tensor *tensor, weir_tensor **value)
{
	if (!tensor)
		return weir__called_at(site, weir__no_tensor(function));
	if (tensor->kind == WEIR__SYMBOL)
		return weir__refuse_symbol(function, site, tensor);
	if (tensor->kind == WEIR__VARIABLE)
		*value = weir__variable_snapshot((weir_tensor *)tensor);
	else
		*value = weir_tensor_retain((weir_tensor *)tensor);
	return WEIR_OK;
}

weir_status
weir__explain(const char *function, weir_status status)
{
	return weir_fail(status, "%s: %s", function, weir_error_text());
}

weir_status
weir__check_bools(const char *function, const weir_spec *spec,
		  const void *data)
{
	const unsigned char *bytes = data;
	int64_t n = weir__spec_elements(spec), i;

	if (spec->dtype != WEIR_BOOL)
		return WEIR_OK;
	for (i = 0; i < n; i++)
		if (bytes[i] > 1)
			return weir_fail(WEIR_EINVAL, "%s: element %" PRId64
					 " is %d; a bool is 0 or 1", function,
					 i, bytes[i]);
	return WEIR_OK;
}

void
weir__fill_from(const weir_tensor *value, const void *data)
{
	int64_t strides[WEIR_RANK_MAX];
	weir_view from = { (void *)data, &value->layout->spec, strides };
	weir_view to = weir__view_of(value);

	weir__contiguous_strides(&value->layout->spec, strides);
	weir__copy_view(&from, &to);
}
