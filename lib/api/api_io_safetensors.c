/* The safetensors files of <weir/io.h>. */
#include <string.h>

#include "api/archive.h"
#include "api/runtime.h"
#include "api/tensor_argument.h"

weir_status
weir_safetensors_read(weir_runtime *runtime, const char *path,
		      weir_archive **archive)
{
	static const char what[] = "weir_safetensors_read";

	if (!runtime)
		return weir__no_argument(what, "the runtime");
	if (!path)
		return weir__no_argument(what, "the path");
	if (!archive)
		return weir__no_argument(what, "the place for the result");
	return weir__archive_read(weir__runtime_heap(runtime), path, NULL,
				  archive);
}

static weir_status
check_tensors(const char *what, const struct weir__heap *heap,
	      const char *const *names, weir_tensor *const *tensors, size_t n)
{
	size_t i;

	if (n && !tensors)
		return weir__no_argument(what, "the list of tensors");
	for (i = 0; i < n; i++) {
		if (!tensors[i])
			return weir_fail(WEIR_ENULL, "%s: tensor %zu is NULL",
					 what, i);
		if (tensors[i]->kind == WEIR__SYMBOL)
			return weir__refuse_symbol(what, NULL, tensors[i]);
		if (tensors[i]->heap != heap)
			return weir_fail(WEIR_EFOREIGN, "%s: tensor %zu "
					 "belongs to another runtime", what,
					 i);
		if (names ? !names[i] : !*weir_tensor_name(tensors[i]))
			return weir_fail(WEIR_EINVAL, "%s: tensor %zu has no "
					 "name", what, i);
	}
	return WEIR_OK;
}

weir_status
weir_safetensors_write(weir_runtime *runtime, const char *path,
		       const char *const *names, weir_tensor *const *tensors,
		       size_t n)
{
	static const char what[] = "weir_safetensors_write";
	struct weir__heap *heap;
	weir_archive *a;
	weir_status status;

	if (!runtime)
		return weir__no_argument(what, "the runtime");
	if (!path)
		return weir__no_argument(what, "the path");
	heap = weir__runtime_heap(runtime);
	status = check_tensors(what, heap, names, tensors, n);
	if (status)
		return status;
	status = weir__archive_of(heap, names, tensors, n, &a);
	if (!status) {
		status = weir__archive_arrange(a);
		if (!status)
			status = weir__archive_write(a, NULL, 0, path);
		weir_archive_release(a);
	}
	return status ? weir__explain(what, status) : WEIR_OK;
}

size_t
weir_archive_size(const weir_archive *archive)
{
	return archive ? archive->n : 0;
}

const char *
weir_archive_name(const weir_archive *archive, size_t i)
{
	return i < weir_archive_size(archive) ? archive->entries[i].name
					      : NULL;
}

weir_tensor *
weir_archive_tensor(const weir_archive *archive, size_t i)
{
	return i < weir_archive_size(archive) ? archive->entries[i].tensor
					      : NULL;
}

weir_tensor *
weir_archive_find(const weir_archive *archive, const char *name)
{
	size_t i;

	for (i = 0; name && i < weir_archive_size(archive); i++)
		if (!strcmp(archive->entries[i].name, name))
			return archive->entries[i].tensor;
	return NULL;
}
