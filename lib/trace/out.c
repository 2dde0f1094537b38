#include "trace/out.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

weir_status
weir__out_open(struct weir__heap *heap, const char *path,
	       struct weir__out **result)
{
	struct weir__out *out = weir__alloc(heap, sizeof *out);
	weir_status status;

	if (!out)
		return WEIR_ENOMEM;
	out->heap = heap;
	out->used = 0;
	status = weir__replace_file_open(heap, path, &out->file);
	if (status)
		weir__free(heap, out);
	else
		*result = out;
	return status;
}

static void
flush(struct weir__out *out)
{
	weir__replace_file_write(out->file, out->buffer, out->used);
	out->used = 0;
}

weir_status
weir__out_close(struct weir__out *out)
{
	weir_status status;

	flush(out);
	status = weir__replace_file_close(out->file);
	weir__free(out->heap, out);
	return status;
}

static void
put(struct weir__out *out, const char *text, size_t size)
{
	while (size) {
		size_t room = sizeof out->buffer - out->used;
		size_t n = size < room ? size : room;

		memcpy(out->buffer + out->used, text, n);
		out->used += n;
		text += n;
		size -= n;
		if (out->used == sizeof out->buffer)
			flush(out);
	}
}

void
weir__out_text(struct weir__out *out, const char *text)
{
	put(out, text, strlen(text));
}

/* Whether a string is its own JSON, quotes aside: nearly all are. */
static bool
is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e || *text == '"' ||
		    *text == '\\')
			return false;
	return true;
}

void
weir__out_string(struct weir__out *out, const char *string)
{
	size_t length = strlen(string), size = 6 * length + 3;
	struct weir__text text;
	char *escaped;

	if (is_plain(string)) {
		put(out, "\"", 1);
		put(out, string, length);
		put(out, "\"", 1);
		return;
	}
	escaped = weir__alloc(out->heap, size);
	if (!escaped) {		/* a name is less than the trace */
		put(out, "\"?\"", 3);
		return;
	}
	weir__text_init(&text, escaped, size);
	weir__json_add_string(&text, string);
	put(out, escaped, text.length);
	weir__free(out->heap, escaped);
}

void
weir__out_uint(struct weir__out *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	put(out, digits + at, sizeof digits - at);
}

void
weir__out_int(struct weir__out *out, int64_t number)
{
	if (number < 0)
		put(out, "-", 1);
	weir__out_uint(out, number < 0 ? -(uint64_t)number
				       : (uint64_t)number);
}

static void
put_thousandths(struct weir__out *out, uint64_t whole, unsigned part)
{
	char text[4] = { '.', (char)('0' + part / 100),
			 (char)('0' + part / 10 % 10),
			 (char)('0' + part % 10) };

	weir__out_uint(out, whole);
	put(out, text, sizeof text);
}

void
weir__out_us(struct weir__out *out, int64_t ns)
{
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	if (ns < 0)
		put(out, "-", 1);
	put_thousandths(out, size / 1000, (unsigned)(size % 1000));
}

void
weir__out_double(struct weir__out *out, double number)
{
	double whole, part;

	if (!isfinite(number) || fabs(number) > 1e18)
		number = isfinite(number) ? copysign(1e18, number) : 0;
	if (number < 0)
		put(out, "-", 1);
	part = modf(fabs(number), &whole);
	part = floor(part * 1000 + 0.5);
	if (part >= 1000) {
		whole += 1;
		part = 0;
	}
	if (part == 0)
		weir__out_uint(out, (uint64_t)whole);
	else
		put_thousandths(out, (uint64_t)whole, (unsigned)part);
}

void
weir__out_key_int(struct weir__out *out, const char *key, int64_t number)
{
	put(out, ",\"", 2);
	weir__out_text(out, key);
	put(out, "\":", 2);
	weir__out_int(out, number);
}

void
weir__out_key_string(struct weir__out *out, const char *key,
		     const char *text)
{
	put(out, ",\"", 2);
	weir__out_text(out, key);
	put(out, "\":", 2);
	weir__out_string(out, text);
}
