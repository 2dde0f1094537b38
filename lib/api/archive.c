/*
 * A file is not trusted: its length is compared with what its header
 * announces before memory is asked for.
 */
#include "api/archive.h"

#include <inttypes.h>
#include <string.h>

#include "api/file_data.h"
#include "api/runtime.h"
#include "api/tensor_argument.h"
#include "base/read_file.h"
#include "base/replace_file.h"

void
weir_archive_release(weir_archive *a)
{
	struct weir__heap *heap;
	size_t i;

	if (!a)
		return;
	heap = a->heap;
	for (i = 0; i < a->n; i++)
		weir_tensor_release(a->entries[i].tensor);
	weir__arena_free(&a->arena);
	weir__free(heap, a->header);
	weir__free(heap, a);
	weir__heap_release(heap);
}

static weir_archive *
new_archive(struct weir__heap *heap)
{
	weir_archive *a = weir__calloc(heap, 1, sizeof *a);

	if (!a)
		return NULL;
	a->heap = weir__heap_retain(heap);
	weir__arena_init(&a->arena, heap);
	return a;
}

/* -- reading -------------------------------------------------------------- */

static weir_status
read_header(const struct weir__read_file *file, weir_archive *a,
	    size_t *size)
{
	unsigned char prefix[WEIR__ARCHIVE_PREFIX];
	uint64_t length = 0;
	weir_status status;
	int i;

	status = weir__read_file_all(file, prefix, sizeof prefix, "header");
	if (status)
		return status;
	for (i = WEIR__ARCHIVE_PREFIX - 1; i >= 0; i--)
		length = length << 8 | prefix[i];
	if (length > WEIR__ARCHIVE_HEADER_MAX)
		return weir_fail(WEIR_EFORMAT, "%s: its header would have %"
				 PRIu64 " bytes, the most are %d", file->path,
				 length, WEIR__ARCHIVE_HEADER_MAX);
	if (file->length >= 0 &&
	    length > (uint64_t)file->length - WEIR__ARCHIVE_PREFIX)
		return weir_fail(WEIR_EFORMAT, "%s: its header would have %"
				 PRIu64 " bytes, and the file has %" PRId64,
				 file->path, length, file->length);
	a->header = weir__alloc(a->heap, length + 1);
	if (!a->header)
		return WEIR_ENOMEM;
	status = weir__read_file_all(file, a->header, length, "header");
	if (status)
		return status;
	*size = WEIR__ARCHIVE_PREFIX + length;
	status = weir__archive_header_parse(a, length);
	return status ? weir__read_file_refuse(file, status) : WEIR_OK;
}

static weir_status
check_length(const struct weir__read_file *file, const weir_archive *a,
	     size_t header)
{
	int64_t needed = weir__archive_bytes(a);
	int64_t there = file->length - (int64_t)header;

	if (file->length < 0 || needed == there)
		return WEIR_OK;
	return weir_fail(WEIR_EFORMAT, "%s: its tensors need %" PRId64
			 " bytes of data, and the file has %" PRId64,
			 file->path, needed, there);
}

static weir_status
read_tensor(const struct weir__read_file *file, const weir_archive *a,
	    struct weir__archive_entry *e)
{
	weir_status status = weir__value_new(a->heap, &e->spec, &e->tensor);

	if (!status)
		status = weir_tensor_set_name(e->tensor, e->name);
	if (status)
		return weir__read_file_refuse(file, status);
	status = weir__read_file_all(file, e->tensor->data,
				     (size_t)(e->end - e->begin), "data");
	if (status)
		return status;
	if (a->sum)
		weir__crc32_add(a->sum, e->tensor->data,
				(size_t)(e->end - e->begin));
	status = weir__file_data_take(e->tensor);
	return status ? weir_fail(status, "%s: tensor `%.200s': %s",
				  file->path, e->name, weir_error_text())
		      : WEIR_OK;
}

static weir_status
read_archive(const struct weir__read_file *file, weir_archive *a)
{
	weir_status status;
	size_t header = 0, i;

	status = read_header(file, a, &header);
	if (!status)
		status = check_length(file, a, header);
	for (i = 0; i < a->n && !status; i++)
		status = read_tensor(file, a, &a->entries[i]);
	return status ? status : weir__read_file_end(file);
}

weir_status
weir__archive_read(struct weir__heap *heap, const char *path,
		   struct weir__crc32 *sum, weir_archive **archive)
{
	struct weir__read_file file;
	weir_archive *a = NULL;
	weir_status status;

	status = weir__read_file_open(path, &file);
	if (status)
		return status;
	a = new_archive(heap);
	if (a)
		a->sum = sum;
	status = a ? read_archive(&file, a) : WEIR_ENOMEM;
	weir__read_file_close(&file);
	if (status) {
		weir_archive_release(a);
		return status;
	}
	*archive = a;
	return WEIR_OK;
}

/* -- writing -------------------------------------------------------------- */

/* The variables among the tensors, for their values at one moment. */
static weir_status
take_values(weir_archive *a, weir_tensor *const *tensors)
{
	weir_tensor **variables, **values;
	size_t i, n = 0;

	variables = weir__arena_alloc(&a->arena, a->n * sizeof *variables);
	values = weir__arena_alloc(&a->arena, a->n * sizeof *values);
	if (!variables || !values)
		return WEIR_ENOMEM;
	for (i = 0; i < a->n; i++)
		if (tensors[i]->kind == WEIR__VARIABLE)
			variables[n++] = tensors[i];
	weir__variables_snapshot(variables, n, values);
	for (i = n = 0; i < a->n; i++)
		a->entries[i].tensor = tensors[i]->kind == WEIR__VARIABLE
			? values[n++] : weir_tensor_retain(tensors[i]);
	return WEIR_OK;
}

weir_status
weir__archive_of(struct weir__heap *heap, const char *const *names,
		 weir_tensor *const *tensors, size_t n, weir_archive **archive)
{
	weir_archive *a = new_archive(heap);
	weir_status status;
	size_t i;

	if (!a)
		return WEIR_ENOMEM;
	a->entries = weir__arena_alloc(&a->arena, n * sizeof *a->entries);
	a->n = a->entries ? n : 0;
	status = a->entries ? take_values(a, tensors) : WEIR_ENOMEM;
	for (i = 0; i < n && !status; i++) {
		a->entries[i].name = names ? names[i] : tensors[i]->name;
		a->entries[i].spec = tensors[i]->layout->spec;
	}
	if (status) {
		weir_archive_release(a);
		return status;
	}
	*archive = a;
	return WEIR_OK;
}

/* Either is NULL. */
static weir_status
pass_data(const weir_archive *a, struct weir__replace_file *file,
	  struct weir__crc32 *sum)
{
	weir_status status = WEIR_OK;
	weir_tensor *data;
	size_t i;

	for (i = 0; i < a->n && !status; i++) {
		const struct weir__archive_entry *e = &a->entries[i];
		size_t size = (size_t)(e->end - e->begin);

		status = weir__file_data_of(e->tensor, &data);
		if (status)
			break;
		if (file)
			weir__replace_file_write(file, data->data, size);
		if (sum)
			weir__crc32_add(sum, data->data, size);
		weir_tensor_release(data);
	}
	return status;
}

weir_status
weir__archive_sum(const weir_archive *a, struct weir__crc32 *sum)
{
	return pass_data(a, NULL, sum);
}

weir_status
weir__archive_write(const weir_archive *a,
		    const struct weir__archive_note *notes, size_t n,
		    const char *path)
{
	unsigned char prefix[WEIR__ARCHIVE_PREFIX];
	struct weir__replace_file *file;
	weir_status status;
	size_t length, i;
	char *header;

	status = weir__archive_header_print(a, notes, n, &header);
	if (status)
		return status;
	length = strlen(header);
	for (i = 0; i < sizeof prefix; i++)
		prefix[i] = (unsigned char)(length >> 8 * i);
	status = weir__replace_file_open(a->heap, path, &file);
	if (status)
		goto done;
	weir__replace_file_write(file, prefix, sizeof prefix);
	weir__replace_file_write(file, header, length);
	status = pass_data(a, file, NULL);
	if (status)
		weir__replace_file_abandon(file);
	else
		status = weir__replace_file_close(file);
done:
	weir_text_release(header);
	return status;
}
