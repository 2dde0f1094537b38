#include "api/file_data.h"

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

static void
swap_value(const weir_tensor *value)
{
	const weir_spec *spec = &value->layout->spec;

	swap_if_needed(value->data, (size_t)weir__spec_elements(spec),
		       weir_dtype_size(spec->dtype));
}

weir_status
weir__file_data_take(const weir_tensor *value)
{
	const unsigned char *bytes = value->data;
	size_t n = (size_t)weir__spec_elements(&value->layout->spec), i;

	for (i = 0; value->layout->spec.dtype == WEIR_BOOL && i < n; i++)
		if (bytes[i] > 1)
			return weir_fail(WEIR_EFORMAT, "element %zu is %d; a "
					 "bool is 0 or 1", i, bytes[i]);
	swap_value(value);
	return WEIR_OK;
}

weir_status
weir__file_data_of(const weir_tensor *value, weir_tensor **data)
{
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
		return status;
	to = weir__view_of(*data);
	weir__copy_view(&from, &to);
	swap_value(*data);
	return WEIR_OK;
}
