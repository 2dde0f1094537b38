/* Structs of options that begin with their size, so that they can grow: a
 * caller compiled against an older header knew fewer fields. */
#ifndef WEIR_BASE_OPTIONS_H
#define WEIR_BASE_OPTIONS_H

#include <stddef.h>
#include <weir/status.h>

/*
 * Only as much of the caller's struct as the caller knew of, zeros for the
 * rest, and size as the size; given may be NULL.
 *
 * what, type: the function and the struct, for the sentence that goes with
 * WEIR_EINVAL where the caller has not set the size.
 */
weir_status
weir__take_options(void *options, size_t size, const void *given,
		   const char *what, const char *type);

#endif
