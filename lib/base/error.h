/*
 * Status names, and the sentence of this thread's last failure.
 *
 * Every failing function leaves its sentence with weir_fail() and returns the
 * status; who knows more (the op, the call site) reads weir_error_text() and
 * says it again in full.
 */
#ifndef WEIR_BASE_ERROR_H
#define WEIR_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <weir/status.h>

enum { WEIR__ERROR_SIZE = 2048 };	/* longer sentences end in "..." */

/* Whether it is one of enum weir_status. */
bool
weir__status_is_known(weir_status status);

/* "no memory for N bytes"; returns WEIR_ENOMEM. */
weir_status
weir__no_memory(size_t bytes) WEIR_COLD;

/* This thread has no sentence: before code that may fail without leaving one. */
void
weir__error_clear(void);

/* A sentence that is built piece by piece in a fixed buffer. */
struct weir__text {
	char *at;
	size_t size, length;	/* length may pass size: then it is cut */
};

void
weir__text_init(struct weir__text *text, char *buffer, size_t size);

void
weir__text_add(struct weir__text *text, const char *format, ...)
	WEIR_PRINTF(2, 3);

#endif
