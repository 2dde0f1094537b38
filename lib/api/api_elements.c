/* The elements of <weir/tensor.h>: check arguments, call down. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "api/tensor_argument.h"
#include "base/fpenv.h"

void *
weir_tensor_data_at(weir_tensor *tensor, const char *site)
{
	if (!tensor) {
		weir__called_at(site, weir__no_tensor("weir_tensor_data"));
		return NULL;
	}
	if (tensor->kind == WEIR__SYMBOL) {
		weir__refuse_symbol("weir_tensor_data", site, tensor);
		return NULL;
	}
	return weir__view_of(tensor).data;
}

void *
(weir_tensor_data)(weir_tensor *tensor)
{
	return weir_tensor_data_at(tensor, NULL);
}

static weir_status
check_bytes(const char *function, const weir_tensor *tensor, const void *data,
	    size_t bytes)
{
	size_t has = (size_t)weir__spec_bytes(&tensor->layout->spec);
	char name[WEIR__NAME_SIZE];

	if (bytes != has)
		return weir_fail(WEIR_EINVAL, "%s: %s has %zu bytes, not %zu",
				 function, weir__name_of(tensor, name), has,
				 bytes);
	if (!data && bytes)
		return weir__no_argument(function, "the data");
	return WEIR_OK;
}

weir_status
weir_tensor_read_at(const weir_tensor *tensor, void *data, size_t bytes,
		    const char *site)
{
	int64_t strides[WEIR_RANK_MAX];
	weir_view from, to;
	weir_tensor *value = NULL;
	weir_status status;

	status = weir__take_value("weir_tensor_read", site, tensor, &value);
	if (status)
		return status;
	status = check_bytes("weir_tensor_read", tensor, data, bytes);
	if (!status) {
		weir__contiguous_strides(&value->layout->spec, strides);
		from = weir__view_of(value);
		to = (weir_view){ data, &value->layout->spec, strides };
		weir__copy_view(&from, &to);
	} else {
		weir__called_at(site, status);
	}
	weir_tensor_release(value);
	return status;
}

weir_status
(weir_tensor_read)(const weir_tensor *tensor, void *data, size_t bytes)
{
	return weir_tensor_read_at(tensor, data, bytes, NULL);
}

weir_status
weir_tensor_write(weir_tensor *tensor, const void *data, size_t bytes)
{
	char name[WEIR__NAME_SIZE];
	weir_tensor *value;
	weir_status status;

	if (!tensor)
		return weir__no_tensor("weir_tensor_write");
	if (tensor->kind == WEIR__SYMBOL)
		return weir__refuse_symbol("weir_tensor_write", NULL, tensor);
	if (tensor->kind == WEIR__VALUE && weir__is_result(tensor))
		return weir_fail(WEIR_ESTATE, "weir_tensor_write: %s is the "
				 "result of an op and may not change; copy "
				 "it, or keep it in a variable",
				 weir__name_of(tensor, name));
	status = check_bytes("weir_tensor_write", tensor, data, bytes);
	if (!status)
		status = weir__check_bools("weir_tensor_write",
					   &tensor->layout->spec, data);
	if (status)
		return status;
	if (tensor->kind == WEIR__VALUE) {
		weir__fill_from(tensor, data);
		return WEIR_OK;
	}
	status = weir__value_new(tensor->heap, &tensor->layout->spec, &value);
	if (status)
		return weir__explain("weir_tensor_write", status);
	weir__fill_from(value, data);
	value->maker = WEIR__MADE;
	weir_tensor_release(weir__variable_swap(tensor, value));
	return WEIR_OK;
}

static double
element_as_double(const weir_tensor *value)
{
	int64_t i64;
	double f64;
	float f32;

	switch (value->layout->spec.dtype) {
	case WEIR_F32:
		memcpy(&f32, value->data, sizeof f32);
		return f32;
	case WEIR_F64:
		memcpy(&f64, value->data, sizeof f64);
		return f64;
	case WEIR_I64:
		memcpy(&i64, value->data, sizeof i64);
		return (double)i64;
	default:
		return *(const unsigned char *)value->data;
	}
}

double
weir_item_f64_at(weir_tensor *tensor, const char *site)
{
	double item = (double)NAN;
	char name[WEIR__NAME_SIZE];
	weir_tensor *value = NULL;
	struct weir__fpenv fpenv;

	if (weir__take_value("weir_item_f64", site, tensor, &value))
		return item;
	weir__fpenv_enter(&fpenv);
	if (weir__spec_elements(&value->layout->spec) == 1)
		item = element_as_double(value);	/* may round */
	else
		weir__called_at(site, weir_fail(
			WEIR_ESHAPE, "weir_item_f64: %s has %" PRId64
			" elements, not one", weir__name_of(tensor, name),
			weir__spec_elements(&value->layout->spec)));
	weir__fpenv_leave(&fpenv);
	weir_tensor_release(value);
	return item;
}

double
(weir_item_f64)(weir_tensor *tensor)
{
	return weir_item_f64_at(tensor, NULL);
}

/* The byte offset of the element at a row-major index. */
static int64_t
offset_of(const weir_tensor *value, int64_t index)
{
	const struct weir__layout *layout = value->layout;
	int64_t offset = 0;
	int i;

	for (i = layout->spec.rank - 1; i >= 0; i--) {
		offset += index % layout->spec.shape[i] * layout->strides[i];
		index /= layout->spec.shape[i];
	}
	return offset;
}

static bool
values_equal(const weir_tensor *a, const weir_tensor *b, int64_t *first)
{
	int64_t n = weir__spec_elements(&a->layout->spec), i;
	size_t size = weir_dtype_size(a->layout->spec.dtype);

	if (!weir__spec_equal(&a->layout->spec, &b->layout->spec))
		return false;
	if (weir__is_contiguous(&a->layout->spec, a->layout->strides) &&
	    weir__is_contiguous(&b->layout->spec, b->layout->strides) &&
	    (n == 0 || memcmp(a->data, b->data, (size_t)n * size) == 0))
		return true;
	for (i = 0; i < n; i++)
		if (memcmp((char *)a->data + offset_of(a, i),
			   (char *)b->data + offset_of(b, i), size) != 0) {
			*first = i;
			return false;
		}
	return true;
}

bool
weir_tensor_equal_bits(const weir_tensor *a, const weir_tensor *b,
		       int64_t *first)
{
	weir_tensor *va = NULL, *vb = NULL;
	bool is_equal = false;
	int64_t unused;

	if (!first)
		first = &unused;
	*first = -1;
	if (!weir__take_value("weir_tensor_equal_bits", NULL, a, &va) &&
	    !weir__take_value("weir_tensor_equal_bits", NULL, b, &vb))
		is_equal = values_equal(va, vb, first);
	weir_tensor_release(vb);
	weir_tensor_release(va);
	return is_equal;
}
