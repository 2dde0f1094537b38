#include "tensor/tensor.h"

static const struct {
	const char *name;
	size_t size;
} dtypes[] = {
	[WEIR_F32] = { "f32", 4 },
	[WEIR_F64] = { "f64", 8 },
	[WEIR_I64] = { "i64", 8 },
	[WEIR_BOOL] = { "bool", 1 },
};

bool
weir__dtype_is_valid(weir_dtype dtype)
{
	/* unsigned: an enum from a caller may hold anything */
	return (unsigned)dtype >= WEIR_F32 && (unsigned)dtype <= WEIR_BOOL;
}

size_t
weir_dtype_size(weir_dtype dtype)
{
	return weir__dtype_is_valid(dtype) ? dtypes[dtype].size : 0;
}

const char *
weir_dtype_name(weir_dtype dtype)
{
	return weir__dtype_is_valid(dtype) ? dtypes[dtype].name
					   : "unknown dtype";
}
