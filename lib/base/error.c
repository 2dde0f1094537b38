#include "base/error.h"

#include <stdio.h>
#include <string.h>

#include <weir/runtime.h>

/* As errno: each thread has its own, so nobody waits and nobody is mixed up. */
static _Thread_local char error_text[WEIR__ERROR_SIZE];

static const char *const status_names[] = {
	[WEIR_OK] = "WEIR_OK",
	[WEIR_ENOMEM] = "WEIR_ENOMEM",
	[WEIR_EINVAL] = "WEIR_EINVAL",
	[WEIR_ENULL] = "WEIR_ENULL",
	[WEIR_EDTYPE] = "WEIR_EDTYPE",
	[WEIR_ESHAPE] = "WEIR_ESHAPE",
	[WEIR_ERANGE] = "WEIR_ERANGE",
	[WEIR_ESTATE] = "WEIR_ESTATE",
	[WEIR_EFOREIGN] = "WEIR_EFOREIGN",
	[WEIR_ESYMBOLIC] = "WEIR_ESYMBOLIC",
	[WEIR_ENOGRAD] = "WEIR_ENOGRAD",
	[WEIR_EIO] = "WEIR_EIO",
	[WEIR_EFORMAT] = "WEIR_EFORMAT",
	[WEIR_EOP] = "WEIR_EOP",
	[WEIR_EBITS] = "WEIR_EBITS",
	[WEIR_EUNREPEATABLE] = "WEIR_EUNREPEATABLE",
	[WEIR_ECANCELED] = "WEIR_ECANCELED",
	[WEIR_ETIMEDOUT] = "WEIR_ETIMEDOUT",
};

bool
weir__status_is_known(weir_status status)
{
	return (size_t)status < sizeof status_names / sizeof *status_names;
}

const char *
weir_status_name(weir_status status)
{
	return weir__status_is_known(status) ? status_names[status]
					     : "unknown status";
}

const char *
weir_error_text(void)
{
	return error_text;
}

void
weir__error_clear(void)
{
	error_text[0] = '\0';
}

static void
mark_as_cut(char *buffer, size_t size)
{
	if (size >= 4)
		memcpy(buffer + size - 4, "...", 4);
}

weir_status
weir_fail(weir_status status, const char *format, ...)
{
	char text[WEIR__ERROR_SIZE];	/* an argument may be the old text */
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (length >= (int)sizeof text)
		mark_as_cut(text, sizeof text);
	memcpy(error_text, text, strlen(text) + 1);
	return status;
}

weir_status
weir__no_memory(size_t bytes)
{
	if (bytes == SIZE_MAX)
		return weir_fail(WEIR_ENOMEM, "no memory: the size does not "
				 "fit an address space");
	return weir_fail(WEIR_ENOMEM, "no memory for %zu bytes", bytes);
}

void
weir__text_init(struct weir__text *text, char *buffer, size_t size)
{
	text->at = buffer;
	text->size = size;
	text->length = 0;
	if (size)
		buffer[0] = '\0';
}

void
weir__text_add(struct weir__text *text, const char *format, ...)
{
	bool fits = text->length < text->size;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(fits ? text->at + text->length : NULL,
			   fits ? text->size - text->length : 0, format, args);
	va_end(args);
	if (length < 0)
		return;
	text->length += (size_t)length;
	if (fits && text->length >= text->size)
		mark_as_cut(text->at, text->size);
}
