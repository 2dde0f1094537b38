#include "api/csv_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 256 * 1024, NOTHING = -1 };

weir_status
weir__csv_fail(const struct weir__csv_scan *scan, uint64_t line,
	       uint64_t column, const char *format, ...)
{
	char what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return weir_fail(WEIR_EFORMAT, "%s:%llu:%llu: %s", scan->path,
			 (unsigned long long)line, (unsigned long long)column,
			 what);
}

/* Make at < end, or find that the file ends. */
static weir_status
refill(struct weir__csv_scan *scan)
{
	ssize_t n;

	while (scan->at == scan->end && !scan->is_at_end) {
		n = read(scan->fd, scan->buffer, BUFFER_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return weir_fail(WEIR_EIO, "cannot read `%s': %s",
					 scan->path, strerror(errno));
		scan->at = 0;
		scan->end = (size_t)n;
		scan->is_at_end = n == 0;
	}
	return WEIR_OK;
}

/* The next byte without taking it, or NOTHING at the end. */
static weir_status
peek(struct weir__csv_scan *scan, int *byte)
{
	if (scan->at == scan->end) {
		weir_status status = refill(scan);

		if (status)
			return status;
	}
	*byte = scan->at == scan->end
		? NOTHING : (unsigned char)scan->buffer[scan->at];
	return WEIR_OK;
}

static void
take(struct weir__csv_scan *scan)
{
	if (scan->buffer[scan->at++] == '\n') {
		scan->line++;
		scan->column = 1;
	} else {
		scan->column++;
	}
}

static weir_status
append(struct weir__csv_scan *scan, const char *bytes, size_t n)
{
	weir_status status;

	while (scan->room <= scan->length + n) {	/* and a 0 */
		status = weir__grow(scan->heap, &scan->text, &scan->room,
				    scan->room, 1);
		if (status)
			return status;
	}
	memcpy(scan->text + scan->length, bytes, n);
	scan->length += n;
	scan->text[scan->length] = '\0';
	return WEIR_OK;
}

/* Append the bytes up to the next special one, as far as they are here. */
static weir_status
take_run(struct weir__csv_scan *scan)
{
	const unsigned char *bytes = (unsigned char *)scan->buffer;
	size_t begin = scan->at, at = begin;

	while (at < scan->end && !scan->is_special[bytes[at]])
		at++;
	scan->at = at;
	scan->column += at - begin;
	return append(scan, scan->buffer + begin, at - begin);
}

static bool
is_blank(const struct weir__csv_scan *scan, int byte)
{
	return (byte == ' ' || byte == '\t') && byte != scan->separator;
}

static weir_status
skip_blanks(struct weir__csv_scan *scan, int *byte)
{
	weir_status status;

	while (!(status = peek(scan, byte)) && is_blank(scan, *byte))
		take(scan);
	return status;
}

static weir_status
refuse_nul(const struct weir__csv_scan *scan)
{
	return weir__csv_fail(scan, scan->line, scan->column,
			      "a NUL byte: this is no text file");
}

/* From behind the opening quote to behind the closing one. */
static weir_status
take_quoted(struct weir__csv_scan *scan)
{
	uint64_t line = scan->line, column = scan->column - 1;
	weir_status status;
	int byte;

	for (;;) {
		status = peek(scan, &byte);
		if (status)
			return status;
		if (byte == NOTHING)
			return weir__csv_fail(scan, line, column,
					      "the quote is not closed");
		if (byte == '\0')
			return refuse_nul(scan);
		if (byte != '"' && !scan->is_special[byte]) {
			status = take_run(scan);
			if (status)
				return status;
			continue;
		}
		take(scan);
		if (byte == '"') {
			status = peek(scan, &byte);
			if (status || byte != '"')
				return status;
			take(scan);	/* two stand for one */
		}
		status = append(scan, &(char){ (char)byte }, 1);
		if (status)
			return status;
	}
}

static weir_status
take_plain(struct weir__csv_scan *scan)
{
	weir_status status;
	int byte;

	/* a run ends early where the buffer does */
	while (!(status = peek(scan, &byte)) && byte != NOTHING &&
	       !scan->is_special[byte]) {
		status = take_run(scan);
		if (status)
			return status;
	}
	while (scan->length && is_blank(scan, scan->text[scan->length - 1]))
		scan->text[--scan->length] = '\0';
	return status;
}

/* The separator, the line end or the end of the file behind a field. */
static weir_status
take_end(struct weir__csv_scan *scan, struct weir__csv_field *field)
{
	uint64_t line = scan->line, column = scan->column;
	weir_status status;
	int byte;

	status = peek(scan, &byte);
	if (status)
		return status;
	if (byte == NOTHING) {
		field->end = WEIR__CSV_FILE;
		return WEIR_OK;
	}
	if (byte == '\0')
		return refuse_nul(scan);
	if (byte == '\r') {
		take(scan);
		status = peek(scan, &byte);
		if (status)
			return status;
		if (byte != '\n')
			return weir__csv_fail(scan, line, column,
					      "a carriage return that no "
					      "newline follows");
	}
	if (byte != '\n' && byte != (unsigned char)scan->separator)
		return weir__csv_fail(scan, line, column, field->is_quoted
				      ? "text after the closing quote"
				      : "a quote within a field without "
					"quotes");
	field->end = byte == '\n' ? WEIR__CSV_ROW : WEIR__CSV_SEPARATOR;
	take(scan);
	return WEIR_OK;
}

weir_status
weir__csv_scan_field(struct weir__csv_scan *scan,
		     struct weir__csv_field *field)
{
	weir_status status;
	int byte;

	scan->length = 0;
	scan->text[0] = '\0';
	field->line = scan->line;
	field->column = scan->column;
	status = skip_blanks(scan, &byte);
	if (status)
		return status;
	field->is_quoted = byte == '"';
	if (field->is_quoted) {
		take(scan);
		status = take_quoted(scan);
		if (!status)
			status = skip_blanks(scan, &byte);
	} else {
		status = take_plain(scan);
	}
	if (status)
		return status;
	field->text = scan->text;
	field->length = scan->length;
	return take_end(scan, field);
}

/* A mark of UTF-8 at the start is not part of the first field. */
static weir_status
skip_mark(struct weir__csv_scan *scan)
{
	static const char mark[] = "\xef\xbb\xbf";
	ssize_t n;

	/* all three must be here to be told from others */
	while (scan->end < 3 && !scan->is_at_end) {
		n = read(scan->fd, scan->buffer + scan->end,
			 BUFFER_BYTES - scan->end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return weir_fail(WEIR_EIO, "cannot read `%s': %s",
					 scan->path, strerror(errno));
		scan->end += (size_t)n;
		scan->is_at_end = n == 0;
	}
	if (scan->end >= 3 && memcmp(scan->buffer, mark, 3) == 0)
		scan->at = 3;
	return WEIR_OK;
}

weir_status
weir__csv_scan_open(struct weir__csv_scan *scan, struct weir__heap *heap,
		    const char *path, char separator)
{
	weir_status status;

	memset(scan, 0, sizeof *scan);
	scan->heap = heap;
	scan->path = path;
	scan->separator = separator;
	scan->line = scan->column = 1;
	scan->is_special['\n'] = scan->is_special['\r'] =
		scan->is_special['"'] = scan->is_special['\0'] =
		scan->is_special[(unsigned char)separator] = 1;
	scan->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (scan->fd < 0)
		return weir_fail(WEIR_EIO, "cannot open `%s': %s", path,
				 strerror(errno));
	scan->buffer = weir__alloc(heap, BUFFER_BYTES);
	status = scan->buffer ? append(scan, "", 0) : WEIR_ENOMEM;
	if (!status)
		status = skip_mark(scan);
	if (status)
		weir__csv_scan_close(scan);
	return status;
}

void
weir__csv_scan_close(struct weir__csv_scan *scan)
{
	if (scan->fd >= 0)
		close(scan->fd);
	scan->fd = -1;
	weir__free(scan->heap, scan->buffer);
	weir__free(scan->heap, scan->text);
	scan->buffer = scan->text = NULL;
}
