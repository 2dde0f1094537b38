#include "base/json.h"

/* The length of the UTF-8 character at s; 0 where there is none. */
static int
character_length(const unsigned char *s)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned code;
	int length, i;

	if (s[0] < 0x80)
		return 1;
	length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc0 || s[0] > 0xf4)
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

void
weir__json_add_string(struct weir__text *text, const char *string)
{
	const unsigned char *s = (const unsigned char *)string;
	int length;

	if (!s) {
		weir__text_add(text, "null");
		return;
	}
	weir__text_add(text, "\"");
	for (; *s; s += length ? length : 1) {
		length = character_length(s);
		if (length == 0)
			weir__text_add(text, "\xef\xbf\xbd");
		else if (*s == '"' || *s == '\\')
			weir__text_add(text, "\\%c", *s);
		else if (*s < 0x20 || *s == 0x7f)
			weir__text_add(text, "\\u%04x", *s);
		else
			weir__text_add(text, "%.*s", length, (const char *)s);
	}
	weir__text_add(text, "\"");
}
