/* The header of .npy files (formats 1.0 to 3.0): bytes to spec and back. */
#ifndef WEIR_API_NPY_HEADER_H
#define WEIR_API_NPY_HEADER_H

#include "tensor/tensor.h"

enum {
	WEIR__NPY_PREFIX = 10,		/* magic, version, shortest length */
	WEIR__NPY_HEADER_MAX = 65535	/* of the text; ours need 150 bytes */
};

/*
 * How many bytes the file has before its data, of which the first
 * WEIR__NPY_PREFIX are given. WEIR_EFORMAT with the reason alone.
 */
weir_status
weir__npy_header_size(const unsigned char *prefix, size_t *size);

/* All of them, as a spec. WEIR_EFORMAT or WEIR_EDTYPE with the reason alone. */
weir_status
weir__npy_header_parse(const unsigned char *header, size_t size,
		       weir_spec *spec, bool *is_fortran);

/* Write a header of format 1.0 for row-major data: its size, a multiple of
 * 64, at most WEIR__NPY_WRITTEN_MAX. */
enum { WEIR__NPY_WRITTEN_MAX = 320 };

size_t
weir__npy_header_write(const weir_spec *spec, char *header);

#endif
