/* RFC 8259, of which only integers are taken as numbers. */
#include "base/json_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum { DEPTH_MAX = 32 };	/* of arrays and objects in each other */

struct parser {
	struct weir__arena *arena;
	char *begin, *at, *end;
	unsigned depth;
};

static WEIR_COLD weir_status
refuse(const struct parser *p, const char *why)
{
	return weir_fail(WEIR_EFORMAT, "%s at byte %zu", why,
			 (size_t)(p->at - p->begin));
}

static void
skip_blanks(struct parser *p)
{
	while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' ||
				  *p->at == '\n' || *p->at == '\r'))
		p->at++;
}

/* Take a character behind blanks, if it is next. */
static bool
take(struct parser *p, char wanted)
{
	skip_blanks(p);
	if (p->at == p->end || *p->at != wanted)
		return false;
	p->at++;
	return true;
}

static bool
take_word(struct parser *p, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(p->end - p->at) < length ||
	    memcmp(p->at, word, length) != 0)
		return false;
	p->at += length;
	return true;
}

/* -- strings -------------------------------------------------------------- */

static bool
take_hex(struct parser *p, unsigned *code)
{
	int i;

	if (p->end - p->at < 4)
		return false;
	*code = 0;
	for (i = 0; i < 4; i++) {
		char c = *p->at++;

		if (c >= '0' && c <= '9')
			*code = *code << 4 | (unsigned)(c - '0');
		else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
			*code = *code << 4 | (unsigned)((c | 32) - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* The character of \uXXXX, or of two of them; 0 where there is none. */
static unsigned
take_code(struct parser *p)
{
	unsigned code, low;

	if (!take_hex(p, &code) || (code >= 0xdc00 && code <= 0xdfff))
		return 0;
	if (code < 0xd800 || code > 0xdbff)
		return code;
	if (!take_word(p, "\\u") || !take_hex(p, &low) || low < 0xdc00 ||
	    low > 0xdfff)
		return 0;
	return 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
}

/* As UTF-8, which is shorter than its escape. */
static char *
put_code(char *to, unsigned code)
{
	if (code < 0x80) {
		*to++ = (char)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*to++ = (char)(0xe0 | code >> 12);
		} else {
			*to++ = (char)(0xf0 | code >> 18);
			*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (code & 0x3f));
	return to;
}

static weir_status
take_escape(struct parser *p, char **to)
{
	static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *found;
	unsigned code;

	if (p->at == p->end)
		return refuse(p, "a string does not end");
	if (*p->at == 'u') {
		p->at++;
		code = take_code(p);
		if (!code)
			return refuse(p, "an escape is no character of "
				      "Unicode, or 0,");
		*to = put_code(*to, code);
		return WEIR_OK;
	}
	found = *p->at ? strchr(escapes, *p->at) : NULL;
	if (!found)
		return refuse(p, "an unknown escape");
	*(*to)++ = meant[found - escapes];
	p->at++;
	return WEIR_OK;
}

/* Behind its first quote. What it means is written over what it is. */
static weir_status
take_string(struct parser *p, char **text, size_t *length)
{
	char *to = p->at;
	weir_status status;
	int n;

	*text = to;
	for (;;) {
		if (p->at == p->end)
			return refuse(p, "a string does not end");
		if (*p->at == '"')
			break;
		if (*p->at == '\\') {
			p->at++;
			status = take_escape(p, &to);
			if (status)
				return status;
			continue;
		}
		if ((unsigned char)*p->at < 0x20)
			return refuse(p, "a control character in a string");
		n = weir__utf8_length(p->at, (size_t)(p->end - p->at));
		if (!n)
			return refuse(p, "a string is not UTF-8");
		memmove(to, p->at, (size_t)n);
		to += n;
		p->at += n;
	}
	p->at++;
	*to = '\0';		/* over the quote, at the latest */
	*length = (size_t)(to - *text);
	return WEIR_OK;
}

/* -- values --------------------------------------------------------------- */

static weir_status take_value(struct parser *p, struct weir__json **value);

static bool
is_digit(const struct parser *p)
{
	return p->at < p->end && *p->at >= '0' && *p->at <= '9';
}

static weir_status
take_integer(struct parser *p, int64_t *integer)
{
	static const char none[] = "a number that is no integer of 64 bits";
	bool is_negative = *p->at == '-', starts_with_0;
	const char *begin;
	int64_t value = 0;

	p->at += is_negative;
	if (!is_digit(p))
		return refuse(p, "a value is missing");
	starts_with_0 = *p->at == '0';
	for (begin = p->at; is_digit(p); p->at++) {
		int digit = *p->at - '0';

		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, is_negative ? -digit : digit,
					   &value))
			return refuse(p, none);
		if (starts_with_0 && p->at > begin)
			return refuse(p, "a number begins with 0");
	}
	if (p->at < p->end && strchr(".eE", *p->at) && *p->at)
		return refuse(p, none);
	*integer = value;
	return WEIR_OK;
}

static int
by_key(const void *a, const void *b)
{
	const struct weir__json *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

static weir_status
check_keys(struct parser *p, const struct weir__json *object)
{
	const struct weir__json **sorted, *entry;
	weir_status status = WEIR_OK;
	size_t i = 0;

	if (object->n < 2)
		return WEIR_OK;
	sorted = weir__calloc(p->arena->heap, object->n, sizeof *sorted);
	if (!sorted)
		return WEIR_ENOMEM;
	for (entry = object->first; entry; entry = entry->next)
		sorted[i++] = entry;
	qsort(sorted, object->n, sizeof *sorted, by_key);
	for (i = 1; i < object->n && !status; i++)
		if (!strcmp(sorted[i - 1]->key, sorted[i]->key))
			status = weir_fail(WEIR_EFORMAT, "two entries `%.200s'",
					   sorted[i]->key);
	weir__free(p->arena->heap, sorted);
	return status;
}

static weir_status
take_entry(struct parser *p, bool has_key, struct weir__json **entry)
{
	weir_status status;
	char *key = NULL;
	size_t length;

	if (has_key) {
		if (!take(p, '"'))
			return refuse(p, "a key is missing");
		status = take_string(p, &key, &length);
		if (status)
			return status;
		if (!take(p, ':'))
			return refuse(p, "a colon is missing");
	}
	status = take_value(p, entry);
	if (!status)
		(*entry)->key = key;
	return status;
}

/* Behind its first bracket. */
static weir_status
take_entries(struct parser *p, struct weir__json *list, char last)
{
	struct weir__json **next = &list->first;
	weir_status status;

	if (++p->depth > DEPTH_MAX)
		return refuse(p, "too many lists in each other");
	if (!take(p, last)) {
		do {
			status = take_entry(p, last == '}', next);
			if (status)
				return status;
			next = &(*next)->next;
			list->n++;
		} while (take(p, ','));
		if (!take(p, last))
			return refuse(p, last == '}'
				      ? "a comma or `}' is missing"
				      : "a comma or `]' is missing");
	}
	p->depth--;
	return last == '}' ? check_keys(p, list) : WEIR_OK;
}

static weir_status
take_value(struct parser *p, struct weir__json **value)
{
	struct weir__json *v = weir__arena_alloc(p->arena, sizeof *v);

	if (!v)
		return WEIR_ENOMEM;
	*value = v;
	if (take(p, '"')) {
		v->type = WEIR__JSON_STRING;
		return take_string(p, &v->text, &v->length);
	}
	if (take(p, '[')) {
		v->type = WEIR__JSON_ARRAY;
		return take_entries(p, v, ']');
	}
	if (take(p, '{')) {
		v->type = WEIR__JSON_OBJECT;
		return take_entries(p, v, '}');
	}
	if (p->at < p->end && (is_digit(p) || *p->at == '-')) {
		v->type = WEIR__JSON_INTEGER;
		return take_integer(p, &v->integer);
	}
	if (take_word(p, "null"))
		return WEIR_OK;
	v->type = WEIR__JSON_BOOL;
	v->integer = take_word(p, "true");
	if (v->integer || take_word(p, "false"))
		return WEIR_OK;
	return refuse(p, "a value is missing");
}

weir_status
weir__json_parse(struct weir__arena *arena, char *text, size_t size,
		 struct weir__json **tree)
{
	struct parser p = { .arena = arena, .begin = text, .at = text,
			    .end = text + size };
	weir_status status = take_value(&p, tree);

	if (status)
		return status;
	skip_blanks(&p);
	return p.at == p.end ? WEIR_OK : refuse(&p, "more follows the value");
}

struct weir__json *
weir__json_get(const struct weir__json *object, const char *key)
{
	struct weir__json *entry;

	if (!weir__json_is(object, WEIR__JSON_OBJECT))
		return NULL;
	for (entry = object->first; entry; entry = entry->next)
		if (!strcmp(entry->key, key))
			return entry;
	return NULL;
}
