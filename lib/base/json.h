/* Text that is to be JSON. */
#ifndef WEIR_BASE_JSON_H
#define WEIR_BASE_JSON_H

#include "base/error.h"

/* Add a string in quotes; NULL becomes null. Bytes that are no UTF-8 become
 * U+FFFD, so that the whole stays valid. */
void
weir__json_add_string(struct weir__text *text, const char *string);

#endif
