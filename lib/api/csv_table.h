/* A CSV file as a table of numbers: rows against the first, names, values. */
#ifndef WEIR_API_CSV_TABLE_H
#define WEIR_API_CSV_TABLE_H

#include <weir/io.h>
#include "base/arena.h"
#include "tensor/tensor.h"

struct weir_table {
	struct weir__heap *heap;	/* a reference */
	struct weir__arena arena;	/* of the names */
	char **names;			/* one a column */
	size_t columns;
	weir_tensor *values;
};

/* options are complete and checked. */
weir_status
weir__csv_table_read(struct weir__heap *heap, const char *path,
		     const weir_csv_options *options, weir_table **table);

void
weir__csv_table_free(weir_table *table);

#endif
