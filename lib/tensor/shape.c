/* Shapes and strides: what can be said of a tensor without its elements. */
#include <inttypes.h>
#include <string.h>

#include "tensor/tensor.h"

/* No byte offset within a tensor reaches this, so sums of a few cannot
 * overflow. */
static const int64_t bytes_max = (int64_t)1 << 62;

weir_status
weir__spec_init(weir_spec *spec, weir_dtype dtype, size_t rank,
		const int64_t *shape)
{
	int64_t bytes = (int64_t)weir_dtype_size(dtype);
	size_t i;

	if (!weir__dtype_is_valid(dtype))
		return weir_fail(WEIR_EINVAL, "%d is not a dtype", (int)dtype);
	if (rank > WEIR_RANK_MAX)
		return weir_fail(WEIR_EINVAL, "rank %zu; a tensor has at most "
				 "%d axes", rank, WEIR_RANK_MAX);
	if (rank && !shape)
		return weir_fail(WEIR_EINVAL, "the shape is NULL");
	for (i = 0; i < rank; i++) {
		/* An axis of length 0 must not hide an overflow: strides are
		 * products of the others. */
		int64_t length = shape[i] ? shape[i] : 1;

		if (length < 0)
			return weir_fail(WEIR_EINVAL, "axis %zu has the "
					 "negative length %" PRId64, i,
					 length);
		if (__builtin_mul_overflow(bytes, length, &bytes) ||
		    bytes >= bytes_max)
			return weir_fail(WEIR_EINVAL, "the shape needs 2^62 "
					 "bytes or more");
	}
	spec->dtype = dtype;
	spec->rank = (int)rank;
	memset(spec->shape, 0, sizeof spec->shape);
	for (i = 0; i < rank; i++)
		spec->shape[i] = shape[i];
	return WEIR_OK;
}

int64_t
weir__spec_elements(const weir_spec *spec)
{
	int64_t n = 1;
	int i;

	for (i = 0; i < spec->rank; i++)
		n *= spec->shape[i];
	return n;
}

int64_t
weir__spec_bytes(const weir_spec *spec)
{
	return weir__spec_elements(spec) *
	       (int64_t)weir_dtype_size(spec->dtype);
}

bool
weir__spec_same_shape(const weir_spec *a, const weir_spec *b)
{
	int i;

	if (a->rank != b->rank)
		return false;
	for (i = 0; i < a->rank; i++)
		if (a->shape[i] != b->shape[i])
			return false;
	return true;
}

bool
weir__spec_equal(const weir_spec *a, const weir_spec *b)
{
	return a->dtype == b->dtype && weir__spec_same_shape(a, b);
}

void
weir__contiguous_strides(const weir_spec *spec, int64_t *strides)
{
	int64_t stride = (int64_t)weir_dtype_size(spec->dtype);
	int i;

	memset(strides, 0, WEIR_RANK_MAX * sizeof *strides);
	for (i = spec->rank - 1; i >= 0; i--) {
		strides[i] = stride;
		stride *= spec->shape[i] ? spec->shape[i] : 1;
	}
}

bool
weir__is_contiguous(const weir_spec *spec, const int64_t *strides)
{
	int64_t stride = (int64_t)weir_dtype_size(spec->dtype);
	bool is_dense = true;
	int i;

	for (i = spec->rank - 1; i >= 0; i--) {
		if (spec->shape[i] == 0)
			return true;
		/* the stride of a single entry is never used */
		if (spec->shape[i] != 1 && strides[i] != stride)
			is_dense = false;
		stride *= spec->shape[i];
	}
	return is_dense;
}

weir_status
weir__strides_span(const weir_spec *spec, const int64_t *strides,
		   int64_t *before, int64_t *bytes)
{
	int64_t size = (int64_t)weir_dtype_size(spec->dtype);
	int64_t low = 0, high = 0, way;
	int i;

	for (i = 0; i < spec->rank; i++) {
		if (spec->shape[i] <= 1)
			continue;
		if (strides[i] % size)
			return weir_fail(WEIR_EINVAL, "stride %" PRId64 " of "
					 "axis %d is no multiple of the %"
					 PRId64 " bytes of %s", strides[i], i,
					 size, weir_dtype_name(spec->dtype));
		if (__builtin_mul_overflow(strides[i], spec->shape[i] - 1,
					   &way) ||
		    __builtin_add_overflow(way < 0 ? low : high, way, &way))
			goto overflow;
		*(strides[i] < 0 ? &low : &high) = way;
	}
	if (__builtin_sub_overflow(high, low, &way) || way >= bytes_max - size)
		goto overflow;
	*before = -low;
	*bytes = way + size;
	return WEIR_OK;
overflow:
	return weir_fail(WEIR_EINVAL, "the strides span 2^62 bytes or more");
}

static uint64_t
magnitude(int64_t stride)
{
	return stride < 0 ? -(uint64_t)stride : (uint64_t)stride;
}

/* Whether axis a lies closer together than axis b: in doubt, those with one
 * entry or none do, and then the later. */
static bool
is_inner(const weir_spec *spec, const int64_t *strides, int a, int b)
{
	uint64_t x = magnitude(strides[a]), y = magnitude(strides[b]);

	if (x != y)
		return x < y;
	if ((spec->shape[a] <= 1) != (spec->shape[b] <= 1))
		return spec->shape[a] <= 1;
	return a > b;
}

void
weir__pack_strides(const weir_spec *spec, const int64_t *strides,
		   int64_t *packed)
{
	int64_t stride = (int64_t)weir_dtype_size(spec->dtype);
	bool is_done[WEIR_RANK_MAX] = { false };
	int axis, i, round;

	memset(packed, 0, WEIR_RANK_MAX * sizeof *packed);
	for (round = 0; round < spec->rank; round++) {
		axis = -1;
		for (i = 0; i < spec->rank; i++)
			if (!is_done[i] && (axis < 0 ||
					    is_inner(spec, strides, i, axis)))
				axis = i;
		is_done[axis] = true;
		if (strides[axis] == 0)
			continue;
		packed[axis] = strides[axis] < 0 ? -stride : stride;
		stride *= spec->shape[axis] ? spec->shape[axis] : 1;
	}
}

size_t
weir__spec_text(const weir_spec *spec, char *text, size_t size)
{
	struct weir__text out;
	int i;

	weir__text_init(&out, text, size);
	weir__text_add(&out, "%s[", weir_dtype_name(spec->dtype));
	for (i = 0; i < spec->rank; i++)
		weir__text_add(&out, "%s%" PRId64, i ? "," : "",
			       spec->shape[i]);
	weir__text_add(&out, "]");
	return out.length;
}

bool
weir__broadcast(const weir_spec *a, const weir_spec *b, weir_spec *out)
{
	weir_spec wide = { .dtype = a->dtype };
	int i;

	wide.rank = a->rank > b->rank ? a->rank : b->rank;
	for (i = 1; i <= wide.rank; i++) {	/* from the last axis on */
		int64_t la = i <= a->rank ? a->shape[a->rank - i] : 1;
		int64_t lb = i <= b->rank ? b->shape[b->rank - i] : 1;

		if (la != lb && la != 1 && lb != 1)
			return false;
		wide.shape[wide.rank - i] = la == 1 ? lb : la;
	}
	*out = wide;
	return true;
}

void
weir__broadcast_strides(const weir_spec *spec, const int64_t *strides,
			const weir_spec *out, int64_t *out_strides)
{
	int skipped = out->rank - spec->rank;
	int i;

	for (i = 0; i < skipped; i++)
		out_strides[i] = 0;
	for (; i < out->rank; i++) {
		int axis = i - skipped;

		out_strides[i] = spec->shape[axis] == 1 && out->shape[i] != 1
			? 0 : strides[axis];
	}
}
