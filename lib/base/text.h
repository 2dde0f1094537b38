/* Strings that the library returns to the application. */
#ifndef WEIR_BASE_TEXT_H
#define WEIR_BASE_TEXT_H

#include "base/alloc.h"
#include "base/error.h"

/* What goes inside the double quotes of a string in DOT. */
void
weir__text_quoted(struct weir__text *text, const char *string);

/* Says the same each time it is called with the same arg. */
typedef void (*weir__print_fn)(const void *arg, struct weir__text *text);

/*
 * What print says, however long, as a new string: weir_text_release() it.
 * Cost: prints twice, first to learn the length.
 */
weir_status
weir__text_make(struct weir__heap *heap, weir__print_fn print, const void *arg,
		char **text);

#endif
