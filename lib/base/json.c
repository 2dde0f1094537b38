#include "base/json.h"

#include <limits.h>
#include <string.h>

int
weir__utf8_length(const char *string, size_t size)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)string;
	unsigned code;
	int length, i;

	if (size == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc0 || s[0] > 0xf4 || size < (size_t)length)
		return 0;
	code = s[0] & (0x7fu >> length);
	for (i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[length] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return length;
}

bool
weir__is_utf8(const char *string)
{
	size_t left = strlen(string);
	int length;

	for (; left; string += length, left -= (size_t)length) {
		length = weir__utf8_length(string, left);
		if (!length)
			return false;
	}
	return true;
}

/* How many bytes from s on can stand in a string as they are. */
static int
plain_length(const char *s, size_t size)
{
	size_t n = 0;
	int length;

	while (n < size && n < INT_MAX - 4) {
		unsigned char c = (unsigned char)s[n];

		if (c == '"' || c == '\\' || c < 0x20 || c == 0x7f)
			break;
		length = weir__utf8_length(s + n, size - n);
		if (!length)
			break;
		n += (size_t)length;
	}
	return (int)n;
}

void
weir__json_add_string(struct weir__text *text, const char *string)
{
	const char *end;
	int length;

	if (!string) {
		weir__text_add(text, "null");
		return;
	}
	weir__text_add(text, "\"");
	for (end = string + strlen(string); string < end; string++) {
		length = plain_length(string, (size_t)(end - string));
		if (length) {
			weir__text_add(text, "%.*s", length, string);
			string += length - 1;
		} else if (*string == '"' || *string == '\\') {
			weir__text_add(text, "\\%c", *string);
		} else if ((unsigned char)*string < 0x20 || *string == 0x7f) {
			weir__text_add(text, "\\u%04x", *string);
		} else {
			weir__text_add(text, "\xef\xbf\xbd");
		}
	}
	weir__text_add(text, "\"");
}
