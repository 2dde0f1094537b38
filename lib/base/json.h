/* Text that is to be JSON. */
#ifndef WEIR_BASE_JSON_H
#define WEIR_BASE_JSON_H

#include "base/error.h"

/* The length of the UTF-8 character that the string begins with, of which
 * there are size bytes; 0 where there is none. */
int
weir__utf8_length(const char *string, size_t size);

bool
weir__is_utf8(const char *string);

/* Add a string in quotes; NULL becomes null. Bytes that are no UTF-8 become
 * U+FFFD, so that the whole stays valid. */
void
weir__json_add_string(struct weir__text *text, const char *string);

#endif
