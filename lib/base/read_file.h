/* A file, or a pipe, that is read from its beginning to its end. */
#ifndef WEIR_BASE_READ_FILE_H
#define WEIR_BASE_READ_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <weir/status.h>

struct weir__read_file {
	const char *path;	/* the caller's */
	int fd;
	int64_t length;		/* of the whole file; -1: not known */
};

/* WEIR_EIO with the sentence. */
weir_status
weir__read_file_open(const char *path, struct weir__read_file *file);

/* As many of size bytes as the file has. */
weir_status
weir__read_file_some(const struct weir__read_file *file, void *data,
		     size_t size, size_t *got);

/* All of them: WEIR_EFORMAT if the file ends within `what'. */
weir_status
weir__read_file_all(const struct weir__read_file *file, void *data,
		    size_t size, const char *what);

/* WEIR_EFORMAT unless nothing follows. */
weir_status
weir__read_file_end(const struct weir__read_file *file);

/* Put the path before the sentence of what has failed; returns status. */
weir_status
weir__read_file_refuse(const struct weir__read_file *file, weir_status status)
	WEIR_COLD;

void
weir__read_file_close(struct weir__read_file *file);

#endif
