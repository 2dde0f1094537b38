#include "trace/out.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static atomic_uint last_temporary;

/* -- the file */

static weir_status
fail(const char *path, int error)
{
	return weir_fail(WEIR_EIO, "cannot write trace %s: %s", path,
			 strerror(error));
}

/* Where path leads to: a link is followed, so that it stays one. */
static char *
follow(struct weir__heap *heap, const char *path)
{
	char *real = realpath(path, NULL), *copy;

	copy = weir__strdup(heap, real ? real : path);
	free(real);
	return copy;
}

static char *
temporary_name(struct weir__heap *heap, const char *target)
{
	size_t size = strlen(target) + 48;
	char *name = weir__alloc(heap, size);

	if (name)
		snprintf(name, size, "%s.%ld-%u.tmp", target, (long)getpid(),
			 atomic_fetch_add_explicit(&last_temporary, 1,
						   memory_order_relaxed));
	return name;
}

static void
free_out(struct weir__out *out)
{
	weir__free(out->heap, out->target);
	weir__free(out->heap, out->temporary);
	weir__free(out->heap, out);
}

weir_status
weir__out_open(struct weir__heap *heap, const char *path,
	       struct weir__out **result)
{
	struct weir__out *out = weir__alloc(heap, sizeof *out);
	struct stat info;
	bool is_file;
	int error;

	if (!out)
		return WEIR_ENOMEM;
	out->heap = heap;
	out->error = 0;
	out->used = 0;
	out->temporary = NULL;
	out->target = follow(heap, path);
	if (!out->target)
		goto no_memory;
	is_file = stat(out->target, &info) != 0 || S_ISREG(info.st_mode);
	if (is_file) {
		out->temporary = temporary_name(heap, out->target);
		if (!out->temporary)
			goto no_memory;
		out->fd = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL |
			       O_CLOEXEC, 0666);
	} else {
		out->fd = open(out->target, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	}
	if (out->fd < 0) {
		error = errno;
		free_out(out);
		return fail(path, error);
	}
	*result = out;
	return WEIR_OK;
no_memory:
	free_out(out);
	return WEIR_ENOMEM;
}

static void
flush(struct weir__out *out)
{
	size_t done = 0;

	while (done < out->used && !out->error) {
		ssize_t n = write(out->fd, out->buffer + done,
				  out->used - done);

		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno != EINTR)
			out->error = errno;
		else if (n == 0)
			out->error = EIO;
	}
	out->used = 0;
}

void
weir__out_abandon(struct weir__out *out)
{
	close(out->fd);
	if (out->temporary)
		unlink(out->temporary);
	free_out(out);
}

weir_status
weir__out_close(struct weir__out *out, const char *path)
{
	int error;

	flush(out);
	/* Some file systems tell of a full disk only now. */
	if (close(out->fd) != 0 && !out->error && errno != EINTR)
		out->error = errno;
	if (!out->error && out->temporary &&
	    rename(out->temporary, out->target) != 0)
		out->error = errno;
	error = out->error;
	if (error && out->temporary)
		unlink(out->temporary);
	free_out(out);
	return error ? fail(path, error) : WEIR_OK;
}

/* -- text */

static void
put(struct weir__out *out, const char *text, size_t size)
{
	while (size && !out->error) {
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

/* Bytes of the UTF-8 character at text; 0: it is none. */
static size_t
utf8_length(const unsigned char *text)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned code;
	size_t length, i;

	if (text[0] < 0x80)
		return 1;
	length = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	code = text[0] & (0x7fu >> length);
	for (i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)	/* the end, too */
			return 0;
		code = code << 6 | (text[i] & 0x3fu);
	}
	if (code < least[length] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return length;
}

void
weir__out_string(struct weir__out *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)(text ? text : "");
	char escape[8];
	size_t n;

	put(out, "\"", 1);
	for (; *at; at += n ? n : 1) {
		n = utf8_length(at);
		if (!n) {
			put(out, "\xef\xbf\xbd", 3);	/* U+FFFD */
		} else if (*at == '"' || *at == '\\') {
			escape[0] = '\\';
			escape[1] = (char)*at;
			put(out, escape, 2);
		} else if (*at < 0x20 || *at == 0x7f) {
			snprintf(escape, sizeof escape, "\\u%04x", *at);
			put(out, escape, 6);
		} else {
			put(out, (const char *)at, n);
		}
	}
	put(out, "\"", 1);
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
