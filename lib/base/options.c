#include "base/options.h"

#include <string.h>

weir_status
weir__take_options(void *options, size_t size, const void *given,
		   const char *what, const char *type)
{
	size_t given_size = size;

	memset(options, 0, size);
	if (given)
		memcpy(&given_size, given, sizeof given_size);
	if (!given_size)
		return weir_fail(WEIR_EINVAL, "%s: options->size is 0, it must "
				 "be sizeof(%s)", what, type);
	if (given)
		memcpy(options, given, given_size < size ? given_size : size);
	memcpy(options, &size, sizeof size);
	return WEIR_OK;
}
