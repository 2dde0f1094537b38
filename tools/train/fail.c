/*
 * How the program gives up or warns.
 *
 * Whatever text comes in, one line goes out: a name with a line break in it
 * must not look like a second message.
 */
#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen.h"

static char **warnings;
static size_t n_warnings;

static void
write_line(const char *kind, const char *text)
{
	screen_pause();
	fprintf(stderr, "weir-train: %s", kind);
	for (; *text != '\0'; text++)
		fputc(*text == '\n' || *text == '\r' ? ' ' : *text, stderr);
	fputc('\n', stderr);
}

void
fail(const char *format, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	write_line("", text);
	exit(STATUS_USELESS);
}

void
check(weir_status status, const char *doing)
{
	if (status == WEIR_OK)
		return;
	if (weir_error_text()[0] != '\0')
		fail("%s: %s", doing, weir_error_text());
	fail("%s: %s", doing, weir_status_name(status));
}

void
warn(const char *format, ...)
{
	char text[2048], **more;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	write_line("warning: ", text);

	more = realloc(warnings, (n_warnings + 1) * sizeof(*warnings));
	if (more == NULL)
		fail("no memory");
	warnings = more;
	warnings[n_warnings++] = copy_text(text);
}

size_t
warning_count(void)
{
	return n_warnings;
}

const char *
warning_text(size_t i)
{
	return warnings[i];
}

void *
allocate(size_t n, size_t size)
{
	void *memory = calloc(n != 0 ? n : 1, size);

	if (memory == NULL)
		fail("no memory for %zu x %zu bytes", n, size);
	return memory;
}

char *
copy_text(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(allocate(size, 1), text, size);
}
