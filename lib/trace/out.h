/*
 * Text on its way to a file, JSON in particular.
 *
 * Failures are told at the end, by weir__out_close(). No number passes
 * through printf(): the program's locale must not decide what a decimal point
 * is.
 */
#ifndef WEIR_TRACE_OUT_H
#define WEIR_TRACE_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <weir/status.h>
#include "base/replace_file.h"

struct weir__out {
	struct weir__heap *heap;
	struct weir__replace_file *file;
	size_t used;
	char buffer[1 << 16];
};

/* Begin a file that replaces the one at path when it is closed. */
weir_status
weir__out_open(struct weir__heap *heap, const char *path,
	       struct weir__out **out);

/* Finish; tells of the first failure. Frees out. */
weir_status
weir__out_close(struct weir__out *out);

void
weir__out_text(struct weir__out *out, const char *text);

/* Quoted; what JSON or UTF-8 does not allow is escaped or replaced. */
void
weir__out_string(struct weir__out *out, const char *text);

void
weir__out_int(struct weir__out *out, int64_t number);

void
weir__out_uint(struct weir__out *out, uint64_t number);

/* Nanoseconds, as the microseconds of the format: 1234 is 1.234. */
void
weir__out_us(struct weir__out *out, int64_t ns);

/* To three decimals; what is not finite is 0. */
void
weir__out_double(struct weir__out *out, double number);

/* ,"key": number */
void
weir__out_key_int(struct weir__out *out, const char *key, int64_t number);

void
weir__out_key_string(struct weir__out *out, const char *key,
		     const char *text);

#endif
