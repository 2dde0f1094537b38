/* Elements as files have them: row-major and little-endian. */
#ifndef WEIR_API_FILE_DATA_H
#define WEIR_API_FILE_DATA_H

#include "tensor/tensor.h"

/*
 * A contiguous value that has been filled with the bytes of a file gets its
 * elements. WEIR_EFORMAT with the reason alone, if a bool is none.
 */
weir_status
weir__file_data_take(const weir_tensor *value);

/* The value with the bytes of a file: itself, or a copy; a new reference. */
weir_status
weir__file_data_of(const weir_tensor *value, weir_tensor **data);

#endif
