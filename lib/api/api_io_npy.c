/*
 * The .npy files of <weir/io.h>. A file is not trusted: its length is
 * compared with what its header announces before memory is asked for.
 */
#include <inttypes.h>
#include <string.h>

#include <weir/io.h>
#include "api/file_data.h"
#include "api/npy_header.h"
#include "api/runtime.h"
#include "api/tensor_argument.h"
#include "base/read_file.h"
#include "base/replace_file.h"

/* -- reading -------------------------------------------------------------- */

static weir_status
read_header(const struct weir__read_file *source, weir_spec *spec,
	    bool *is_fortran, size_t *size)
{
	unsigned char header[WEIR__NPY_PREFIX + 2 + WEIR__NPY_HEADER_MAX];
	weir_status status;

	status = weir__read_file_all(source, header, WEIR__NPY_PREFIX,
				     "header");
	if (status)
		return status;
	status = weir__npy_header_size(header, size);
	if (status)
		return weir__read_file_refuse(source, status);
	status = weir__read_file_all(source, header + WEIR__NPY_PREFIX,
				     *size - WEIR__NPY_PREFIX, "header");
	if (status)
		return status;
	status = weir__npy_header_parse(header, *size, spec, is_fortran);
	return status ? weir__read_file_refuse(source, status) : WEIR_OK;
}

static weir_status
check_length(const struct weir__read_file *source, const weir_spec *spec,
	     size_t header)
{
	int64_t needed = weir__spec_bytes(spec);
	int64_t there = source->length - (int64_t)header;
	char text[128];

	if (source->length < 0 || needed == there)
		return WEIR_OK;
	weir__spec_text(spec, text, sizeof text);
	return weir_fail(WEIR_EFORMAT, "%s: %s needs %" PRId64 " bytes of "
			 "data, and the file has %" PRId64, source->path,
			 text, needed, there);
}

/* The elements in the order of the file. */
static weir_status
read_elements(const struct weir__read_file *source, const weir_tensor *value)
{
	weir_status status;

	status = weir__read_file_all(source, value->data,
				     value->storage->bytes, "data");
	if (!status)
		status = weir__read_file_end(source);
	if (status)
		return status;
	status = weir__file_data_take(value);
	return status ? weir__read_file_refuse(source, status) : WEIR_OK;
}

/* The same elements, column-major in from, row-major in the result. */
static weir_status
from_fortran(const weir_tensor *from, weir_tensor **result)
{
	int64_t strides[WEIR_RANK_MAX];
	int64_t stride = (int64_t)weir_dtype_size(from->layout->spec.dtype);
	weir_view columns = { from->data, &from->layout->spec, strides }, rows;
	weir_status status;
	int i;

	status = weir__value_new(from->heap, &from->layout->spec, result);
	if (status)
		return status;
	for (i = 0; i < from->layout->spec.rank; i++) {
		strides[i] = stride;
		stride *= from->layout->spec.shape[i];
	}
	rows = weir__view_of(*result);
	weir__copy_view(&columns, &rows);
	return WEIR_OK;
}

static weir_status
read_tensor(struct weir__heap *heap, const struct weir__read_file *source,
	    weir_tensor **tensor)
{
	weir_tensor *value = NULL;
	weir_status status;
	bool is_fortran;
	weir_spec spec;
	size_t header;

	status = read_header(source, &spec, &is_fortran, &header);
	if (!status)
		status = check_length(source, &spec, header);
	if (status)
		return status;
	status = weir__value_new(heap, &spec, &value);
	if (status)
		return weir__read_file_refuse(source, status);
	status = read_elements(source, value);
	if (status)
		goto done;
	if (is_fortran && spec.rank > 1) {
		status = from_fortran(value, tensor);
	} else {
		*tensor = value;
		value = NULL;
	}
done:
	weir_tensor_release(value);
	return status;
}

weir_status
weir_npy_read(weir_runtime *runtime, const char *path, weir_tensor **tensor)
{
	struct weir__read_file source;
	weir_status status;

	if (!runtime)
		return weir__no_argument("weir_npy_read", "the runtime");
	if (!path)
		return weir__no_argument("weir_npy_read", "the path");
	if (!tensor)
		return weir__no_argument("weir_npy_read",
					 "the place for the result");
	status = weir__read_file_open(path, &source);
	if (status)
		return status;
	status = read_tensor(weir__runtime_heap(runtime), &source, tensor);
	weir__read_file_close(&source);
	return status;
}

/* -- writing -------------------------------------------------------------- */

static weir_status
write_value(const char *path, const weir_tensor *value)
{
	char header[WEIR__NPY_WRITTEN_MAX];
	size_t size = weir__npy_header_write(&value->layout->spec, header);
	struct weir__replace_file *file;
	weir_tensor *data;
	weir_status status;

	status = weir__file_data_of(value, &data);
	if (status)
		return weir__explain("weir_npy_write", status);
	status = weir__replace_file_open(value->heap, path, &file);
	if (!status) {
		weir__replace_file_write(file, header, size);
		weir__replace_file_write(file, data->data,
					 (size_t)weir__spec_bytes(
						 &value->layout->spec));
		status = weir__replace_file_close(file);
	}
	weir_tensor_release(data);
	return status;
}

weir_status
weir_npy_write(const char *path, const weir_tensor *tensor)
{
	weir_tensor *value;
	weir_status status;

	if (!path)
		return weir__no_argument("weir_npy_write", "the path");
	status = weir__take_value("weir_npy_write", NULL, tensor, &value);
	if (status)
		return status;
	status = write_value(path, value);
	weir_tensor_release(value);
	return status;
}
