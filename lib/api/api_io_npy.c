/*
 * The .npy files of <weir/io.h>. A file is not trusted: its length is
 * compared with what its header announces before memory is asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/io.h>
#include "api/npy_header.h"
#include "api/runtime.h"
#include "api/tensor_argument.h"
#include "base/replace_file.h"
#include "tensor/tensor.h"

/* .npy data is little-endian whatever the machine. */
static void
swap_if_needed(void *data, size_t n, size_t size)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	unsigned char *bytes = data, byte;
	size_t i, k;

	for (i = 0; i < n; i++, bytes += size)
		for (k = 0; k < size / 2; k++) {
			byte = bytes[k];
			bytes[k] = bytes[size - 1 - k];
			bytes[size - 1 - k] = byte;
		}
#else
	(void)data;
	(void)n;
	(void)size;
#endif
}

/* -- reading -------------------------------------------------------------- */

struct source {
	const char *path;
	int fd;
	int64_t length;		/* of the whole file; -1: not known */
};

static weir_status
refuse(const struct source *source, weir_status status)
{
	return weir_fail(status, "%s: %s", source->path, weir_error_text());
}

static weir_status
open_source(const char *path, struct source *source)
{
	struct stat info;

	source->path = path;
	source->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (source->fd < 0)
		return weir_fail(WEIR_EIO, "cannot open `%s': %s", path,
				 strerror(errno));
	source->length = fstat(source->fd, &info) == 0 &&
			 S_ISREG(info.st_mode) ? (int64_t)info.st_size : -1;
	return WEIR_OK;
}

/* As many of size bytes as the file has. */
static weir_status
read_some(const struct source *source, void *data, size_t size, size_t *got)
{
	char *at = data;
	ssize_t n;

	*got = 0;
	while (*got < size) {
		n = read(source->fd, at + *got, size - *got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return weir_fail(WEIR_EIO, "cannot read `%s': %s",
					 source->path, strerror(errno));
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return WEIR_OK;
}

static weir_status
read_all(const struct source *source, void *data, size_t size,
	 const char *what)
{
	size_t got;
	weir_status status = read_some(source, data, size, &got);

	if (!status && got < size)
		return weir_fail(WEIR_EFORMAT, "%s: it ends within its %s",
				 source->path, what);
	return status;
}

static weir_status
read_header(const struct source *source, weir_spec *spec, bool *is_fortran,
	    size_t *size)
{
	unsigned char header[WEIR__NPY_PREFIX + 2 + WEIR__NPY_HEADER_MAX];
	weir_status status;

	status = read_all(source, header, WEIR__NPY_PREFIX, "header");
	if (status)
		return status;
	status = weir__npy_header_size(header, size);
	if (status)
		return refuse(source, status);
	status = read_all(source, header + WEIR__NPY_PREFIX,
			  *size - WEIR__NPY_PREFIX, "header");
	if (status)
		return status;
	status = weir__npy_header_parse(header, *size, spec, is_fortran);
	return status ? refuse(source, status) : WEIR_OK;
}

static weir_status
check_length(const struct source *source, const weir_spec *spec,
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
read_elements(const struct source *source, const weir_tensor *value)
{
	size_t bytes = value->storage->bytes, got;
	size_t size = weir_dtype_size(value->layout->spec.dtype), i;
	unsigned char *data = value->data, more;
	weir_status status;

	status = read_all(source, data, bytes, "data");
	if (!status)
		status = read_some(source, &more, 1, &got);
	if (status)
		return status;
	if (got)
		return weir_fail(WEIR_EFORMAT, "%s: more follows its data",
				 source->path);
	for (i = 0; value->layout->spec.dtype == WEIR_BOOL && i < bytes; i++)
		if (data[i] > 1)
			return weir_fail(WEIR_EFORMAT, "%s: element %zu is "
					 "%d; a bool is 0 or 1", source->path,
					 i, data[i]);
	swap_if_needed(data, bytes / size, size);
	return WEIR_OK;
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
read_tensor(struct weir__heap *heap, const struct source *source,
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
		return refuse(source, status);
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
	struct source source;
	weir_status status;

	if (!runtime)
		return weir__no_argument("weir_npy_read", "the runtime");
	if (!path)
		return weir__no_argument("weir_npy_read", "the path");
	if (!tensor)
		return weir__no_argument("weir_npy_read",
					 "the place for the result");
	status = open_source(path, &source);
	if (status)
		return status;
	status = read_tensor(weir__runtime_heap(runtime), &source, tensor);
	close(source.fd);
	return status;
}

/* -- writing -------------------------------------------------------------- */

/* The value in the order and with the bytes of the file: itself, or a copy. */
static weir_status
as_file_data(const weir_tensor *value, weir_tensor **data)
{
	size_t size = weir_dtype_size(value->layout->spec.dtype);
	bool is_ready = weir_tensor_is_contiguous(value) &&
			__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	weir_view from = weir__view_of(value), to;
	weir_status status;

	if (is_ready) {
		*data = weir_tensor_retain((weir_tensor *)value);
		return WEIR_OK;
	}
	status = weir__value_new(value->heap, &value->layout->spec, data);
	if (status)
		return weir__explain("weir_npy_write", status);
	to = weir__view_of(*data);
	weir__copy_view(&from, &to);
	swap_if_needed((*data)->data, (*data)->storage->bytes / size, size);
	return WEIR_OK;
}

static weir_status
write_value(const char *path, const weir_tensor *value)
{
	char header[WEIR__NPY_WRITTEN_MAX];
	size_t size = weir__npy_header_write(&value->layout->spec, header);
	struct weir__replace_file *file;
	weir_tensor *data;
	weir_status status;

	status = as_file_data(value, &data);
	if (status)
		return status;
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
	status = weir__take_value("weir_npy_write", tensor, &value);
	if (status)
		return status;
	status = write_value(path, value);
	weir_tensor_release(value);
	return status;
}
