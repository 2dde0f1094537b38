#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"
#include "support/fault.h"

static struct fault fault;
static struct weir__heap *heap;
static struct weir__arena arena;
static char buffer[4096];

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);

	cr_assert_eq(weir__heap_create(&allocator, &heap), WEIR_OK);
	weir__arena_init(&arena, heap);
}

static void
end(void)
{
	weir__arena_free(&arena);
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(json_tree, .init = begin, .fini = end);

static weir_status
parse(const char *text, size_t size, struct weir__json **tree)
{
	cr_assert_leq(size, sizeof buffer);
	memcpy(buffer, text, size);
	return weir__json_parse(&arena, buffer, size, tree);
}

static struct weir__json *
must_parse(const char *text)
{
	struct weir__json *tree = NULL;

	cr_assert_eq(parse(text, strlen(text), &tree), WEIR_OK, "%s: %s",
		     text, weir_error_text());
	return tree;
}

Test(json_tree, has_what_the_text_has)
{
	struct weir__json *tree = must_parse(" { \"a\" : [ 1 , -20,\ttrue ],\n"
					     "\"b\":{}, \"c\":null,\r"
					     "\"d\":\"x\", \"e\":false } ");
	struct weir__json *a = weir__json_get(tree, "a");

	cr_assert(weir__json_is(tree, WEIR__JSON_OBJECT));
	cr_expect_eq(tree->n, 5);
	cr_assert(weir__json_is(a, WEIR__JSON_ARRAY));
	cr_assert_eq(a->n, 3);
	cr_expect_eq(a->first->integer, 1);
	cr_expect_eq(a->first->next->integer, -20);
	cr_expect(weir__json_is(a->first->next->next, WEIR__JSON_BOOL));
	cr_expect_eq(a->first->next->next->integer, 1);
	cr_expect_null(a->first->next->next->next);
	cr_expect(weir__json_is(weir__json_get(tree, "b"),
				WEIR__JSON_OBJECT));
	cr_expect(weir__json_is(weir__json_get(tree, "c"), WEIR__JSON_NULL));
	cr_expect_str_eq(weir__json_get(tree, "d")->text, "x");
	cr_expect_eq(weir__json_get(tree, "e")->integer, 0);
	cr_expect_null(weir__json_get(tree, "f"));
	cr_expect_null(weir__json_get(a, "f"));
}

Test(json_tree, strings_are_unescaped)
{
	struct weir__json *s;

	s = must_parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac"
		       "\\uD83D\\ude00 \xc3\xa9\"");
	cr_expect_str_eq(s->text, "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac"
			 "\xf0\x9f\x98\x80 \xc3\xa9");
	cr_expect_eq(s->length, strlen(s->text));
	cr_expect_str_eq(must_parse("\"\"")->text, "");
}

Test(json_tree, integers_have_64_bits)
{
	cr_expect_eq(must_parse("9223372036854775807")->integer, INT64_MAX);
	cr_expect_eq(must_parse("-9223372036854775808")->integer, INT64_MIN);
	cr_expect_eq(must_parse("0")->integer, 0);
	cr_expect_eq(must_parse("-0")->integer, 0);
}

static const struct refused {
	const char *text, *says;
} refused[] = {
	{ "", "a value is missing at byte 0" },
	{ "{", "a key is missing at byte 1" },
	{ "[1", "`]' is missing at byte 2" },
	{ "[1,]", "a value is missing at byte 3" },
	{ "{\"a\":1,}", "a key is missing at byte 7" },
	{ "{\"a\"1}", "a colon is missing at byte 4" },
	{ "{\"a\":1 \"b\":2}", "`}' is missing at byte 7" },
	{ "{a:1}", "a key is missing" },
	{ "{\"a\":1,\"b\":2,\"a\":3}", "two entries `a'" },
	{ "{\"a\":1,\"\\u0061\":3}", "two entries `a'" },
	{ "1 2", "more follows the value at byte 2" },
	{ "1.5", "no integer" },
	{ "1e3", "no integer" },
	{ "9223372036854775808", "no integer" },
	{ "-9223372036854775809", "no integer" },
	{ "01", "begins with 0" },
	{ "-", "a value is missing" },
	{ "+1", "a value is missing" },
	{ "tru", "a value is missing" },
	{ "\"a", "a string does not end" },
	{ "\"a\\", "a string does not end" },
	{ "\"\\x\"", "an unknown escape" },
	{ "\"\\u12\"", "no character of Unicode" },
	{ "\"\\ud800\"", "no character of Unicode" },
	{ "\"\\ud800\\u0041\"", "no character of Unicode" },
	{ "\"\\udc00\"", "no character of Unicode" },
	{ "\"\\u0000\"", "no character of Unicode, or 0," },
	{ "\"\n\"", "a control character" },
	{ "\"\xff\"", "not UTF-8" },
	{ "\"\xc0\x80\"", "not UTF-8" },
	{ "\"\xed\xa0\x80\"", "not UTF-8" },
	{ "\"\xe2\x82\"", "not UTF-8" },
	{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "too many lists" },
};
enum { REFUSED = sizeof refused / sizeof *refused };

ParameterizedTestParameters(json_tree, text_is_refused)
{
	static size_t index[REFUSED];
	size_t i;

	for (i = 0; i < REFUSED; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, REFUSED);
}

ParameterizedTest(size_t *i, json_tree, text_is_refused)
{
	const struct refused *c = &refused[*i];
	struct weir__json *tree;

	cr_expect_eq(parse(c->text, strlen(c->text), &tree), WEIR_EFORMAT,
		     "%s", c->text);
	cr_expect_not_null(strstr(weir_error_text(), c->says), "%s: %s",
			   c->text, weir_error_text());
}

/* jansson takes real numbers (and a 0 behind a number), and nothing else
 * more. */
static bool
has_real(const json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(json)) {
		json_object_foreach((json_t *)json, key, value)
			if (has_real(value))
				return true;
	}
	if (json_is_array(json)) {
		json_array_foreach(json, i, value)
			if (has_real(value))
				return true;
	}
	return json_is_real(json);
}

Test(json_tree, takes_and_refuses_what_jansson_does)
{
	static const char text[] = "{\"a\":[1,-20,true,null,[]],\"b\":"
				   "{\"c\":\"\\u00e9x\\ud83d\\ude00\"},"
				   "\"\xc3\xa9\":false}";
	static const char bytes[] = "{}[]\",:\\u0d19-.e tfn\x80\xff\xc3\n";
	char changed[sizeof text];
	struct weir__json *tree;
	json_t *theirs;
	size_t i, k;

	for (i = 0; i < sizeof text - 1; i++)
		for (k = 0; k < sizeof bytes - 1; k++) {
			memcpy(changed, text, sizeof text);
			changed[i] = bytes[k];
			theirs = json_loadb(changed, sizeof text - 1,
					    JSON_REJECT_DUPLICATES |
					    JSON_DECODE_ANY, NULL);
			cr_assert_eq(parse(changed, sizeof text - 1,
					   &tree) == WEIR_OK,
				     theirs && !has_real(theirs), "%s: %s",
				     changed, weir_error_text());
			json_decref(theirs);
		}
}

Test(json_tree, never_reads_beyond_its_text)
{
	static const char text[] = "{\"a\":[1,-20,true],\"b\":\"\\ud83d\\ude00"
				   "\xc3\xa9\"}";
	struct weir__json *tree;
	size_t n;

	for (n = 0; n < sizeof text - 1; n++) {
		char *exact = malloc(n ? n : 1);	/* for sanitizers */

		memcpy(exact, text, n);
		cr_expect_eq(weir__json_parse(&arena, exact, n, &tree),
			     WEIR_EFORMAT);
		free(exact);
	}
}

Test(json_tree, says_when_there_is_no_memory)
{
	struct weir__json *tree;
	weir_status status;
	int n;

	for (n = 1;; n++) {
		weir__arena_free(&arena);
		weir__arena_init(&arena, heap);
		fault_arm(&fault, n);
		status = parse("{\"a\":1,\"b\":2}", 13, &tree);
		if (!status)
			break;
		cr_assert_eq(status, WEIR_ENOMEM);
	}
	cr_expect_eq(n, 3, "the arena and the keys");
}
