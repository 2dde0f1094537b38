/* Tensors as arguments of the interface: checked, and named in sentences. */
#ifndef WEIR_API_TENSOR_ARGUMENT_H
#define WEIR_API_TENSOR_ARGUMENT_H

#include "tensor/tensor.h"

enum { WEIR__NAME_SIZE = 160 };	/* of a tensor in a sentence */

/* Write "f32[2,3] `w1`" into text; returns text. */
const char *
weir__name_of(const weir_tensor *tensor, char *text);

/* "FUNCTION: the tensor is NULL", WEIR_ENULL. */
weir_status
weir__no_tensor(const char *function);

/* "FUNCTION: ARGUMENT is NULL", WEIR_EINVAL. */
weir_status
weir__no_argument(const char *function, const char *argument);

/* Put the function before the sentence of what it called; returns status. */
weir_status
weir__explain(const char *function, weir_status status);

/* Put the place of the call after the sentence; returns status. NULL: it is
 * not known. */
weir_status
weir__called_at(const char *site, weir_status status);

/* A value was asked of a symbol: WEIR_ESYMBOLIC, and its recording fails. */
weir_status
weir__refuse_symbol(const char *function, const char *site,
		    const weir_tensor *symbol);

/* A new reference to the tensor's value as it is now. */
weir_status
weir__take_value(const char *function, const char *site,
		 const weir_tensor *tensor, weir_tensor **value);

/* Row-major elements from outside: kernels rely on a bool being 0 or 1. */
weir_status
weir__check_bools(const char *function, const weir_spec *spec,
		  const void *data);

/* Replace the elements of a value by row-major ones. */
void
weir__fill_from(const weir_tensor *value, const void *data);

#endif
