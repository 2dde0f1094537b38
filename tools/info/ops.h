/* The manual of ops, from the library's table. */
#ifndef OPS_H
#define OPS_H

#include <stdbool.h>

/** Print one op, or all with a line each where name is NULL. */
void
print_ops(const char *name, bool as_json);

#endif /* OPS_H */
