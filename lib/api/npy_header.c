/*
 * The header is a literal of Python, "{'descr': '<f8', 'fortran_order':
 * False, 'shape': (3, 4), }", and blanks up to a newline. Only what numpy
 * writes is taken, but in any order, spacing and kind of quotes.
 */
#include "api/npy_header.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char magic[] = "\x93NUMPY";
enum { MAGIC = 6, ALIGNMENT = 64 };

static const struct {
	const char *descr;
	weir_dtype dtype;
} dtypes[] = {
	{ "<f4", WEIR_F32 },
	{ "<f8", WEIR_F64 },
	{ "<i8", WEIR_I64 },
	{ "|b1", WEIR_BOOL },
};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

weir_status
weir__npy_header_size(const unsigned char *prefix, size_t *size)
{
	size_t length;

	if (memcmp(prefix, magic, MAGIC) != 0)
		return weir_fail(WEIR_EFORMAT, "it does not begin as .npy "
				 "files do");
	if (prefix[6] < 1 || prefix[6] > 3 || prefix[7] != 0)
		return weir_fail(WEIR_EFORMAT, "format %d.%d; 1.0 to 3.0 can "
				 "be read", prefix[6], prefix[7]);
	length = prefix[8] | (size_t)prefix[9] << 8;
	if (prefix[6] == 1) {
		*size = WEIR__NPY_PREFIX + length;
		return WEIR_OK;
	}
	/* Two more bytes of length follow; they are 0 for any header that we
	 * take, and weir__npy_header_parse() looks. */
	*size = WEIR__NPY_PREFIX + 2 + length;
	return WEIR_OK;
}

/* -- the literal ---------------------------------------------------------- */

struct cursor {
	const unsigned char *at, *end;
};

static void
skip_blanks(struct cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t'))
		c->at++;
}

/* Take a character behind blanks, if it is next. */
static bool
take(struct cursor *c, char wanted)
{
	skip_blanks(c);
	if (c->at == c->end || *c->at != (unsigned char)wanted)
		return false;
	c->at++;
	return true;
}

static bool
take_word(struct cursor *c, const char *word)
{
	size_t length = strlen(word);

	skip_blanks(c);
	if ((size_t)(c->end - c->at) < length ||
	    memcmp(c->at, word, length) != 0)
		return false;
	c->at += length;
	return true;
}

/* A string of plain characters in either kind of quotes. */
static bool
take_string(struct cursor *c, char *text, size_t size)
{
	size_t n = 0;
	char quote;

	if (take(c, '\''))
		quote = '\'';
	else if (take(c, '"'))
		quote = '"';
	else
		return false;
	while (c->at < c->end && *c->at != (unsigned char)quote) {
		if (*c->at < ' ' || *c->at > '~' || *c->at == '\\' ||
		    n + 1 >= size)
			return false;
		text[n++] = (char)*c->at++;
	}
	text[n] = '\0';
	return take(c, quote);
}

static bool
take_length(struct cursor *c, int64_t *length)
{
	const unsigned char *begin;

	skip_blanks(c);
	begin = c->at;
	*length = 0;
	while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
		if (__builtin_mul_overflow(*length, 10, length) ||
		    __builtin_add_overflow(*length, *c->at++ - '0', length))
			return false;
	return c->at > begin;
}

/* "()", "(3,)", "(3, 4)", "(3, 4,)" */
static weir_status
take_shape(struct cursor *c, int64_t *shape, size_t *rank)
{
	bool has_comma = true;

	*rank = 0;
	if (!take(c, '('))
		goto bad;
	while (!take(c, ')')) {
		if (!has_comma)
			goto bad;
		if (*rank == WEIR_RANK_MAX)
			return weir_fail(WEIR_EFORMAT, "the array has more "
					 "than %d axes", WEIR_RANK_MAX);
		if (!take_length(c, &shape[(*rank)++]))
			goto bad;
		has_comma = take(c, ',');
	}
	/* "(3)" is a number in Python, not a shape */
	if (*rank == 1 && !has_comma)
		goto bad;
	return WEIR_OK;
bad:
	return weir_fail(WEIR_EFORMAT, "the header's shape is malformed, or "
			 "longer than 2^63");
}

static weir_status
take_descr(struct cursor *c, weir_dtype *dtype)
{
	char descr[64];
	size_t i;

	skip_blanks(c);
	if (c->at < c->end && *c->at == '[')
		return weir_fail(WEIR_EDTYPE, "its elements are records; they "
				 "must be <f4, <f8, <i8 or |b1");
	if (!take_string(c, descr, sizeof descr))
		return weir_fail(WEIR_EFORMAT, "the header's descr is no "
				 "short string");
	for (i = 0; i < DTYPES; i++)
		if (strcmp(descr, dtypes[i].descr) == 0) {
			*dtype = dtypes[i].dtype;
			return WEIR_OK;
		}
	return weir_fail(WEIR_EDTYPE, "its elements are `%s'; they must be "
			 "<f4, <f8, <i8 or |b1", descr);
}

enum key { DESCR, FORTRAN_ORDER, SHAPE, KEYS };

struct entries {
	unsigned seen;		/* bit set of keys */
	weir_dtype dtype;
	bool is_fortran;
	size_t rank;
	int64_t shape[WEIR_RANK_MAX];
};

static weir_status
take_entry(struct cursor *c, struct entries *e)
{
	static const char *const keys[] = {
		[DESCR] = "descr",
		[FORTRAN_ORDER] = "fortran_order",
		[SHAPE] = "shape",
	};
	char name[32];
	unsigned key;

	if (!take_string(c, name, sizeof name) || !take(c, ':'))
		return weir_fail(WEIR_EFORMAT, "the header is malformed");
	for (key = 0; key < KEYS && strcmp(name, keys[key]) != 0; key++)
		;
	if (key == KEYS || e->seen & 1u << key)
		return weir_fail(WEIR_EFORMAT, "the header has %s `%s'",
				 key == KEYS ? "an unknown entry"
					     : "two entries", name);
	e->seen |= 1u << key;
	switch (key) {
	case DESCR:
		return take_descr(c, &e->dtype);
	case SHAPE:
		return take_shape(c, e->shape, &e->rank);
	default:
		e->is_fortran = take_word(c, "True");
		if (e->is_fortran || take_word(c, "False"))
			return WEIR_OK;
		return weir_fail(WEIR_EFORMAT, "the header's fortran_order is "
				 "neither True nor False");
	}
}

static weir_status
take_dictionary(struct cursor *c, struct entries *e)
{
	bool has_comma = true;
	weir_status status;

	if (!take(c, '{'))
		return weir_fail(WEIR_EFORMAT, "the header is malformed");
	while (!take(c, '}')) {
		if (!has_comma)
			return weir_fail(WEIR_EFORMAT, "the header is "
					 "malformed");
		status = take_entry(c, e);
		if (status)
			return status;
		has_comma = take(c, ',');
	}
	if (e->seen != (1u << KEYS) - 1)
		return weir_fail(WEIR_EFORMAT, "the header lacks descr, "
				 "fortran_order or shape");
	skip_blanks(c);
	if (c->end - c->at != 1 || *c->at != '\n')
		return weir_fail(WEIR_EFORMAT, "the header does not end with "
				 "blanks and a newline");
	return WEIR_OK;
}

weir_status
weir__npy_header_parse(const unsigned char *header, size_t size,
		       weir_spec *spec, bool *is_fortran)
{
	struct cursor c = { header + WEIR__NPY_PREFIX, header + size };
	struct entries e = { 0 };
	weir_status status;

	if (header[6] > 1) {
		if (c.at[0] || c.at[1])
			return weir_fail(WEIR_EFORMAT, "the header is longer "
					 "than %d bytes",
					 WEIR__NPY_HEADER_MAX);
		c.at += 2;
	}
	status = take_dictionary(&c, &e);
	if (status)
		return status;
	if (weir__spec_init(spec, e.dtype, e.rank, e.shape))
		return weir_fail(WEIR_EFORMAT, "%s", weir_error_text());
	*is_fortran = e.is_fortran;
	return WEIR_OK;
}

/* -- writing -------------------------------------------------------------- */

size_t
weir__npy_header_write(const weir_spec *spec, char *header)
{
	struct weir__text text;
	size_t i, length;

	weir__text_init(&text, header + WEIR__NPY_PREFIX,
			WEIR__NPY_WRITTEN_MAX - WEIR__NPY_PREFIX);
	for (i = 0; dtypes[i].dtype != spec->dtype; i++)
		;
	weir__text_add(&text, "{'descr': '%s', 'fortran_order': False, "
		       "'shape': (", dtypes[i].descr);
	for (i = 0; i < (size_t)spec->rank; i++)
		weir__text_add(&text, i ? ", %" PRId64 : "%" PRId64,
			       spec->shape[i]);
	weir__text_add(&text, spec->rank == 1 ? ",), }" : "), }");
	/* pad with blanks, so that the data is aligned in the file */
	length = text.length + 1;
	length += -(WEIR__NPY_PREFIX + length) % ALIGNMENT;
	memset(header + WEIR__NPY_PREFIX + text.length, ' ',
	       length - text.length - 1);
	header[WEIR__NPY_PREFIX + length - 1] = '\n';
	memcpy(header, magic, MAGIC);
	header[6] = 1;
	header[7] = 0;
	header[8] = (char)(length & 0xff);
	header[9] = (char)(length >> 8);
	return WEIR__NPY_PREFIX + length;
}
