/* <weir/tensor.h>, but for the elements: check arguments, call down. */
#include <inttypes.h>
#include <string.h>

#include "api/runtime.h"
#include "api/tensor_argument.h"

/* What all makers of tensors are given. */
static weir_status
check_making(const char *function, const weir_runtime *runtime,
	     weir_dtype dtype, size_t rank, const int64_t *shape,
	     weir_tensor **tensor, weir_spec *spec)
{
	weir_status status;

	if (!runtime)
		return weir__no_argument(function, "the runtime");
	if (!tensor)
		return weir__no_argument(function, "the place for the result");
	status = weir__spec_init(spec, dtype, rank, shape);
	return status ? weir__explain(function, status) : WEIR_OK;
}

/* -- making --------------------------------------------------------------- */

weir_status
weir_tensor_create(weir_runtime *runtime, weir_dtype dtype, size_t rank,
		   const int64_t *shape, weir_tensor **tensor)
{
	weir_tensor *made;
	weir_status status;
	weir_spec spec;

	status = check_making("weir_tensor_create", runtime, dtype, rank,
			      shape, tensor, &spec);
	if (status)
		return status;
	status = weir__value_new(weir__runtime_heap(runtime), &spec, &made);
	if (status)
		return weir__explain("weir_tensor_create", status);
	memset(made->data, 0, made->storage->bytes);
	*tensor = made;
	return WEIR_OK;
}

weir_status
weir_tensor_copy_of(weir_runtime *runtime, weir_dtype dtype, size_t rank,
		    const int64_t *shape, const void *data,
		    weir_tensor **tensor)
{
	weir_tensor *made;
	weir_status status;
	weir_spec spec;

	status = check_making("weir_tensor_copy_of", runtime, dtype, rank,
			      shape, tensor, &spec);
	if (status)
		return status;
	if (!data && weir__spec_elements(&spec) > 0)
		return weir__no_argument("weir_tensor_copy_of", "the data");
	status = weir__check_bools("weir_tensor_copy_of", &spec, data);
	if (status)
		return status;
	status = weir__value_new(weir__runtime_heap(runtime), &spec, &made);
	if (status)
		return weir__explain("weir_tensor_copy_of", status);
	weir__fill_from(made, data);
	*tensor = made;
	return WEIR_OK;
}

/* Whether data can be read through the strides, and how many bytes they
 * span. */
static weir_status
check_strides(const weir_spec *spec, const int64_t *strides, const void *data,
	      size_t *bytes)
{
	int64_t size = (int64_t)weir_dtype_size(spec->dtype);
	int64_t before, span;
	weir_status status;

	*bytes = 0;
	if (weir__spec_elements(spec) == 0)
		return WEIR_OK;
	if (!data)
		return weir__no_argument("weir_tensor_wrap", "the data");
	if ((uintptr_t)data % (uintptr_t)size)
		return weir_fail(WEIR_EINVAL, "weir_tensor_wrap: the data is "
				 "not aligned to the %" PRId64 " bytes of %s",
				 size, weir_dtype_name(spec->dtype));
	status = weir__strides_span(spec, strides, &before, &span);
	if (status)
		return weir__explain("weir_tensor_wrap", status);
	*bytes = (size_t)span;
	return WEIR_OK;
}

weir_status
weir_tensor_wrap(weir_runtime *runtime, weir_dtype dtype, size_t rank,
		 const int64_t *shape, const int64_t *strides, void *data,
		 weir_release_fn release, void *arg, weir_tensor **tensor)
{
	struct weir__storage *storage;
	int64_t dense[WEIR_RANK_MAX];
	weir_status status;
	weir_spec spec;
	size_t bytes;

	status = check_making("weir_tensor_wrap", runtime, dtype, rank, shape,
			      tensor, &spec);
	if (status)
		return status;
	weir__contiguous_strides(&spec, dense);
	if (!strides)
		strides = dense;
	status = check_strides(&spec, strides, data, &bytes);
	if (status)
		return status;
	storage = weir__storage_wrap(weir__runtime_heap(runtime), data, bytes,
				     release, arg);
	if (!storage)
		return weir__explain("weir_tensor_wrap", WEIR_ENOMEM);
	status = weir__value_over(weir__runtime_heap(runtime), &spec, strides,
				  storage, data, tensor);
	if (status) {
		storage->release = NULL;	/* data is still the caller's */
		weir__storage_release(storage);
		return weir__explain("weir_tensor_wrap", status);
	}
	return WEIR_OK;
}

weir_status
weir_variable_create(weir_runtime *runtime, const char *name,
		     weir_tensor *initial, weir_tensor **variable)
{
	weir_tensor *value = NULL, *copy = NULL;
	weir_status status;

	if (!runtime)
		return weir__no_argument("weir_variable_create", "the runtime");
	if (!name)
		return weir__no_argument("weir_variable_create", "the name");
	if (!variable)
		return weir__no_argument("weir_variable_create",
				   "the place for the result");
	status = weir__take_value("weir_variable_create", NULL, initial, &value);
	if (status)
		return status;
	status = weir__value_copy(weir__runtime_heap(runtime), value, &copy);
	if (status)
		goto done;
	status = weir__variable_new(weir__runtime_heap(runtime), name, copy,
				    false, variable);
	if (status)
		goto done;
	copy = NULL;			/* the variable has it now */
done:
	weir_tensor_release(copy);
	weir_tensor_release(value);
	return status ? weir__explain("weir_variable_create", status) : WEIR_OK;
}

weir_status
weir_generator_create(weir_runtime *runtime, const char *name, uint64_t seed,
		      weir_tensor **generator)
{
	static const int64_t shape[] = { 2 };
	weir_tensor *state = NULL;
	weir_status status;
	weir_spec spec;

	status = check_making("weir_generator_create", runtime, WEIR_I64, 1,
			      shape, generator, &spec);
	if (status)
		return status;
	if (!name)
		return weir__no_argument("weir_generator_create", "the name");
	status = weir__value_new(weir__runtime_heap(runtime), &spec, &state);
	if (status)
		return weir__explain("weir_generator_create", status);
	memcpy(state->data, (uint64_t[]){ seed, 0 }, 2 * sizeof(uint64_t));
	status = weir__variable_new(weir__runtime_heap(runtime), name, state,
				    true, generator);
	if (status) {
		weir_tensor_release(state);
		return weir__explain("weir_generator_create", status);
	}
	return WEIR_OK;
}

/* -- asking --------------------------------------------------------------- */

weir_dtype
weir_tensor_dtype(const weir_tensor *tensor)
{
	if (!tensor) {
		weir__no_tensor("weir_tensor_dtype");
		return (weir_dtype)0;
	}
	return tensor->layout->spec.dtype;
}

size_t
weir_tensor_rank(const weir_tensor *tensor)
{
	if (!tensor) {
		weir__no_tensor("weir_tensor_rank");
		return 0;
	}
	return (size_t)tensor->layout->spec.rank;
}

const int64_t *
weir_tensor_shape(const weir_tensor *tensor)
{
	if (!tensor) {
		weir__no_tensor("weir_tensor_shape");
		return NULL;
	}
	return tensor->layout->spec.shape;
}

const int64_t *
weir_tensor_strides(const weir_tensor *tensor)
{
	if (!tensor) {
		weir__no_tensor("weir_tensor_strides");
		return NULL;
	}
	return tensor->layout->strides;
}

const weir_spec *
weir_tensor_spec(const weir_tensor *tensor)
{
	if (!tensor) {
		weir__no_tensor("weir_tensor_spec");
		return NULL;
	}
	return &tensor->layout->spec;
}

int64_t
weir_tensor_elements(const weir_tensor *tensor)
{
	if (!tensor) {
		weir__no_tensor("weir_tensor_elements");
		return 0;
	}
	return weir__spec_elements(&tensor->layout->spec);
}

bool
weir_tensor_is_symbolic(const weir_tensor *tensor)
{
	return tensor && tensor->kind == WEIR__SYMBOL;
}

bool
weir_tensor_is_variable(const weir_tensor *tensor)
{
	return tensor && tensor->kind == WEIR__VARIABLE;
}

bool
weir_tensor_is_contiguous(const weir_tensor *tensor)
{
	return tensor && weir__is_contiguous(&tensor->layout->spec,
					     tensor->layout->strides);
}

const char *
weir_tensor_name(const weir_tensor *tensor)
{
	return tensor && tensor->name ? tensor->name : "";
}

weir_status
weir_tensor_set_name(weir_tensor *tensor, const char *name)
{
	char *copy;

	if (!tensor)
		return weir__no_tensor("weir_tensor_set_name");
	if (!name)
		return weir__no_argument("weir_tensor_set_name", "the name");
	copy = weir__strdup(tensor->heap, name);
	if (!copy)
		return weir__explain("weir_tensor_set_name", WEIR_ENOMEM);
	weir__free(tensor->heap, tensor->name);
	tensor->name = copy;
	return WEIR_OK;
}

size_t
weir_tensor_describe(const weir_tensor *tensor, char *text, size_t size)
{
	struct weir__text out;

	if (!text)
		size = 0;
	if (tensor)
		return weir__spec_text(&tensor->layout->spec, text, size);
	weir__text_init(&out, text, size);
	weir__text_add(&out, "NULL");
	return out.length;
}
