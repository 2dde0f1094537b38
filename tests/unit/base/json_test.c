#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "base/json.h"

static const char *
quoted(const char *string)
{
	static char buffer[256];
	struct weir__text text;

	weir__text_init(&text, buffer, sizeof buffer);
	weir__json_add_string(&text, string);
	return buffer;
}

Test(json, quotes_plain_text)
{
	cr_expect_str_eq(quoted("plain"), "\"plain\"");
	cr_expect_str_eq(quoted(""), "\"\"");
	cr_expect_str_eq(quoted(NULL), "null");
}

Test(json, escapes_what_must_not_stand_in_a_string)
{
	cr_expect_str_eq(quoted("a\"b\\c\n\x01"),
			 "\"a\\\"b\\\\c\\u000a\\u0001\"");
}

Test(json, leaves_characters_of_utf8)
{
	cr_expect_str_eq(quoted("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
			 "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

Test(json, replaces_bytes_that_are_no_utf8)
{
	cr_expect_str_eq(quoted("\xff"), "\"\xef\xbf\xbd\"");
	cr_expect_str_eq(quoted("\xc3"), "\"\xef\xbf\xbd\"", "cut short");
	cr_expect_str_eq(quoted("\xc0\xafx"),
			 "\"\xef\xbf\xbd\xef\xbf\xbdx\"", "overlong");
	cr_expect_str_eq(quoted("\xed\xa0\x80"),
			 "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
			 "a surrogate");
}

Test(json, is_valid_whatever_bytes_come_in)
{
	char bytes[4];
	unsigned i;

	for (i = 1; i < 256 * 256; i++) {
		json_t *value;

		bytes[0] = (char)(i >> 8 ? i >> 8 : 'x');
		bytes[1] = (char)i;
		bytes[2] = bytes[1] ? (char)0xbf : '\0';
		bytes[3] = '\0';
		value = json_loads(quoted(bytes), JSON_DECODE_ANY, NULL);
		cr_assert_not_null(value, "bytes %04x", i);
		json_decref(value);
	}
}
