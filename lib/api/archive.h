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
	const struct weir__json *metadata;	/* strings, or NULL */
	struct weir__archive_entry *entries;
	size_t n;
};

/* -- archive_header.c ------------------------------------------------------ */

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

/* A header for entries that have name, spec and tensor, in the order of the
 * format; sets their ranges. A new string. */
weir_status
weir__archive_header_print(weir_archive *archive, char **text);

/* -- archive.c ------------------------------------------------------------- */

weir_status
weir__archive_read(struct weir__heap *heap, const char *path,
		   weir_archive **archive);

/* Tensors as they are now, variables at one moment, to be written. Of the
 * given names, or NULL: their own; these are borrowed. */
weir_status
weir__archive_of(struct weir__heap *heap, const char *const *names,
		 weir_tensor *const *tensors, size_t n, weir_archive **archive);

/* Write the entries: they get the order of the file, and their ranges. */
weir_status
weir__archive_write(weir_archive *archive, const char *path);

#endif
