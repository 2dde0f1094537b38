/*
 * Tensors from and to files: one in NumPy's .npy, many with their names in
 * safetensors, and tables of numbers as CSV.
 */
#ifndef WEIR_IO_H
#define WEIR_IO_H

#include <weir/export.h>
#include <weir/status.h>
#include <weir/tensor.h>

WEIR_BEGIN_DECLS

/**
 * Read a .npy file (format 1.0 to 3.0; little-endian '<f4' '<f8' '<i8' '|b1',
 * C or Fortran order).
 *
 * @return WEIR_OK, WEIR_EIO, WEIR_EFORMAT, WEIR_EDTYPE, WEIR_ENOMEM; the
 *         sentence (weir_error_text()) names the file and what is wrong
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_npy_read(weir_runtime *runtime, const char *path, weir_tensor **tensor);

/**
 * Write a .npy file (format 1.0), to a temporary name that is then renamed.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_npy_write(const char *path, const weir_tensor *tensor);

/*
 * Weights are kept in safetensors: a header of JSON, then the elements,
 * nothing compressed. Files of other programs can be read, and others can
 * read these. (Not in .npz: that is a ZIP archive, so a C program has to link
 * libraries for it, and its headers are literals of Python.)
 */

/** Tensors with names, as they were in a file. */
typedef struct weir_archive weir_archive;

/**
 * Read a safetensors file: all its tensors, of dtype F32, F64, I64 or BOOL.
 *
 * A file is refused, in a sentence that names it and says why, unless its
 * header has the length it says, the tensors have distinct names in UTF-8 and
 * are as long as their shapes want, and their data fills the rest of the file
 * without gaps and overlaps.
 *
 * @param archive  on success a new object: weir_archive_release() it
 * @return WEIR_OK, WEIR_EIO, WEIR_EFORMAT, WEIR_EDTYPE, WEIR_ENOMEM
 *
 * Cost: one pass over the file; its tensors are then in memory.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_safetensors_read(weir_runtime *runtime, const char *path,
		      weir_archive **archive);

/** Release it, and its references to the tensors; NULL is fine. */
WEIR_API void
weir_archive_release(weir_archive *archive);

/** How many tensors it has; they are in the order of their data. */
WEIR_API size_t
weir_archive_size(const weir_archive *archive);

/** The name of the i-th; borrows from the archive. NULL: there is none. */
WEIR_API const char *
weir_archive_name(const weir_archive *archive, size_t i);

/**
 * The i-th, which has its name; borrows from the archive: weir_tensor_retain()
 * what is to live longer. NULL: there is none.
 */
WEIR_API weir_tensor *
weir_archive_tensor(const weir_archive *archive, size_t i);

/** The tensor of this name, likewise; NULL: there is none. Cost: O(n). */
WEIR_API weir_tensor *
weir_archive_find(const weir_archive *archive, const char *name);

/**
 * Write tensors to a safetensors file, to a temporary name that is then
 * renamed. Read back they have the same bits.
 *
 * @param names    borrows n distinct names in UTF-8; NULL: those that the
 *                 tensors have
 * @param tensors  borrows n values and variables; of these the values that
 *                 they have at one moment, no run's commit falls between
 * @return WEIR_OK, WEIR_EIO, WEIR_ENOMEM, WEIR_EINVAL (of the names),
 *         WEIR_ENULL, WEIR_EFOREIGN, WEIR_ESYMBOLIC, WEIR_ERANGE (the header
 *         would have more than the 10^8 bytes that the format allows)
 *
 * The same tensors and names give the same file, in whatever order they are
 * given: as the format's own library has it, by dtype and then by name.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_safetensors_write(weir_runtime *runtime, const char *path,
		       const char *const *names, weir_tensor *const *tensors,
		       size_t n);

typedef enum weir_csv_header {
	WEIR_CSV_HEADER_AUTO = 0, /* a header if any field is no number */
	WEIR_CSV_HEADER_YES,
	WEIR_CSV_HEADER_NO
} weir_csv_header;

/** Set .size = sizeof(weir_csv_options); leave the rest 0 for defaults. */
typedef struct weir_csv_options {
	size_t size;
	char separator;		/* 0: a comma */
	weir_csv_header header;
	weir_dtype dtype;	/* WEIR_F32 or WEIR_F64; 0: WEIR_F64 */
	bool allow_nonfinite;	/* accept nan and inf */
} weir_csv_options;

/** A table: rows x columns of numbers and the names of the columns. */
typedef struct weir_table weir_table;

/**
 * Read a CSV file (RFC 4180: CRLF or LF, quoted fields, last newline
 * optional). Every row must have as many fields as the first, each a number.
 *
 * @param table  on success a new object: weir_table_release() it
 * @return WEIR_OK, WEIR_EIO, WEIR_EFORMAT, WEIR_ENOMEM; the sentence begins
 *         with file:line:column of the first fault
 *
 * Cost: one pass over the file.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_csv_read(weir_runtime *runtime, const char *path,
	      const weir_csv_options *options, weir_table **table);

WEIR_API void
weir_table_release(weir_table *table);

/** The numbers, rank 2: [rows, columns]; borrows from the table. */
WEIR_API weir_tensor *
weir_table_values(const weir_table *table);

/** The name of a column: its header, else "c0", "c1", ... */
WEIR_API const char *
weir_table_column_name(const weir_table *table, size_t column);

/**
 * The number of the column with this name, or of its 0-based number written
 * in decimal; negative numbers count from the end. -1 where there is none.
 */
WEIR_API int64_t
weir_table_find_column(const weir_table *table, const char *name);

WEIR_END_DECLS

#endif /* WEIR_IO_H */
