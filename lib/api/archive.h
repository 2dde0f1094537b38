/*
 * Named tensors in a file of the safetensors format: eight bytes with the
 * length of a header, the header, which is JSON, and the elements.
 *
 * In a header each tensor has a dtype, a shape and the bytes it takes of the
 * data, which has neither gaps nor overlaps; `__metadata__' has strings.
 */
#ifndef WEIR_API_ARCHIVE_H
#define WEIR_API_ARCHIVE_H

#include <weir/io.h>
#include "base/arena.h"
#include "base/crc32.h"
#include "base/json_tree.h"
#include "tensor/tensor.h"

enum {
	WEIR__ARCHIVE_PREFIX = 8,
	/* What the format's own library takes. */
	WEIR__ARCHIVE_HEADER_MAX = 100000000
};

struct weir__archive_entry {
	const char *name;	/* UTF-8 */
	weir_spec spec;
	int64_t begin, end;	/* of its bytes in the data */
	weir_tensor *tensor;	/* a value */
};

/* In the order of the data. */
struct weir_archive {
	struct weir__heap *heap;
	struct weir__arena arena;
	char *header;			/* strings of the tree are in it */
	struct weir__json *metadata;	/* strings, or NULL */
	struct weir__archive_entry *entries;
	size_t n;
	struct weir__crc32 *sum;	/* of the data, or NULL: not wanted */
};

/* A string for `__metadata__'. */
struct weir__archive_note {
	const char *key, *value;
};

/* -- archive_header.c ----------------------------------------------------- */

/* A shape, as JSON. WEIR_EFORMAT with the reason alone. */
weir_status
weir__shape_from_json(const struct weir__json *json, weir_dtype dtype,
		      weir_spec *spec);

void
weir__shape_to_json(const weir_spec *spec, struct weir__text *text);

/* Fill metadata and entries, all but tensors, by the header, which is changed.
 * WEIR_EFORMAT or WEIR_EDTYPE with the reason alone. */
weir_status
weir__archive_header_parse(weir_archive *archive, size_t size);

/* How many bytes of data there are. */
int64_t
weir__archive_bytes(const weir_archive *archive);

/* Put entries that have names and specs into the order of the format, and set
 * their ranges. WEIR_EINVAL for names that it does not allow. */
weir_status
weir__archive_arrange(weir_archive *archive);

/* The header of arranged entries, a new string. */
weir_status
weir__archive_header_print(const weir_archive *archive,
			   const struct weir__archive_note *notes, size_t n,
			   char **text);

/* -- archive.c ------------------------------------------------------------ */

/* sum: of the data, or NULL. */
weir_status
weir__archive_read(struct weir__heap *heap, const char *path,
		   struct weir__crc32 *sum, weir_archive **archive);

/* Add the data of arranged entries to a sum. */
weir_status
weir__archive_sum(const weir_archive *archive, struct weir__crc32 *sum);

/* Tensors as they are now, variables at one moment, to be written. Of the
 * given names, or NULL: their own; these are borrowed. */
weir_status
weir__archive_of(struct weir__heap *heap, const char *const *names,
		 weir_tensor *const *tensors, size_t n, weir_archive **archive);

/* Write arranged entries, and n notes. */
weir_status
weir__archive_write(const weir_archive *archive,
		    const struct weir__archive_note *notes, size_t n,
		    const char *path);

#endif
