/*
 * A CSV file as fields (RFC 4180), each with its place. Knows quotes, line
 * ends and the separator; not what is in the fields.
 */
#ifndef WEIR_API_CSV_SCAN_H
#define WEIR_API_CSV_SCAN_H

#include "base/alloc.h"
#include "base/error.h"

enum weir__csv_end {
	WEIR__CSV_SEPARATOR,	/* another field follows in the row */
	WEIR__CSV_ROW,		/* the row ends with the field */
	WEIR__CSV_FILE		/* and the file */
};

struct weir__csv_field {
	char *text;		/* ends with a 0; valid until the next call */
	size_t length;
	uint64_t line, column;	/* of its first byte, from 1 */
	bool is_quoted;
	enum weir__csv_end end;
};

struct weir__csv_scan {
	struct weir__heap *heap;
	const char *path;		/* borrowed */
	int fd;
	char separator;
	unsigned char is_special[256];	/* bytes that end a run of others */
	char *buffer;			/* of the file, from at to end */
	size_t at, end;
	bool is_at_end;			/* nothing comes after the buffer */
	char *text;			/* the field being read */
	size_t length, room;
	uint64_t line, column;		/* of the byte at `at` */
};

weir_status
weir__csv_scan_open(struct weir__csv_scan *scan, struct weir__heap *heap,
		    const char *path, char separator);

void
weir__csv_scan_close(struct weir__csv_scan *scan);

/* Blanks around a field without quotes, or around the quotes, are not part of
 * it. After WEIR__CSV_FILE come empty fields with the same end. */
weir_status
weir__csv_scan_field(struct weir__csv_scan *scan,
		     struct weir__csv_field *field);

/* "file:line:column: ...", WEIR_EFORMAT. */
weir_status
weir__csv_fail(const struct weir__csv_scan *scan, uint64_t line,
	       uint64_t column, const char *format, ...) WEIR_PRINTF(4, 5);

#endif
