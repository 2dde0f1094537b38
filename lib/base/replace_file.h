/*
 * A file that replaces another when it is complete, and not before: it is
 * written under a temporary name beside it. What is no regular file, such as
 * a device, is written to directly.
 */
#ifndef WEIR_BASE_REPLACE_FILE_H
#define WEIR_BASE_REPLACE_FILE_H

#include "base/alloc.h"

struct weir__replace_file;

weir_status
weir__replace_file_open(struct weir__heap *heap, const char *path,
			struct weir__replace_file **file);

/* The first failure is kept for the end; later calls do nothing. */
void
weir__replace_file_write(struct weir__replace_file *file, const void *data,
			 size_t size);

/* Rename, or remove what was written if anything failed; frees file. */
weir_status
weir__replace_file_close(struct weir__replace_file *file);

/* Remove what was written: there is no more to come; frees file. */
void
weir__replace_file_abandon(struct weir__replace_file *file);

#endif
