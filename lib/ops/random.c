/*
 * Random numbers: uniform. Element i is a function of (seed, counter + the
 * block that i falls in) alone, whoever computes it.
 */
#include "ops/infer.h"
#include "ops/loop.h"
#include "ops/op_cost.h"
#include "ops/philox.h"

#include <math.h>

#include <weir/ops.h>
#include "base/error.h"
#include "tensor/tensor.h"

static int64_t
elements_per_block(weir_dtype dtype)
{
	return dtype == WEIR_F32 ? 4 : 2;
}

/* The least and the greatest f32 within low <= x < high. */
static void
f32_bounds(double low, double high, float *least, float *greatest)
{
	*least = (float)low;
	if (*least < low)
		*least = nextafterf(*least, INFINITY);
	*greatest = (float)high;
	if (*greatest >= high)
		*greatest = nextafterf(*greatest, -INFINITY);
}

/* 24 bits of a word, or 53 of two, are a number in [0, 1) without rounding;
 * what low and high make of it may round out of their range and is put back. */

static float
f32_from(uint32_t word, double low, double width, float least, float greatest)
{
	float x = (float)(low + width * ((double)(word >> 8) * 0x1p-24));

	return x < least ? least : x > greatest ? greatest : x;
}

static double
f64_from(uint32_t lower, uint32_t upper, double low, double width,
	 double greatest)
{
	uint64_t bits = ((uint64_t)upper << 32 | lower) >> 11;
	double x = low + width * ((double)bits * 0x1p-53);

	return x > greatest ? greatest : x;
}

static uint64_t
state_word(const weir_view *state, int i)
{
	return *(const uint64_t *)((const char *)state->data +
				   i * state->strides[0]);
}

static int64_t
uniform_tiles(const weir_call *call)
{
	return weir__ceil_div(weir__elements(call->out[0]), WEIR__TILE);
}

/* WEIR__TILE is a multiple of the elements of a block. */
static weir_status
uniform_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const weir_uniform_attrs *attrs = kernel->call.attrs;
	const weir_spec *spec = kernel->out[0].spec;
	uint64_t seed = state_word(&kernel->in[0], 0);
	uint64_t counter = state_word(&kernel->in[0], 1);
	int64_t per_block = elements_per_block(spec->dtype);
	int64_t last = weir__least(end * WEIR__TILE, weir__elements(spec));
	double low = attrs->low, width = attrs->high - attrs->low;
	double greatest = nextafter(attrs->high, -INFINITY);
	float *y32 = kernel->out[0].data, least32, greatest32;
	double *y64 = kernel->out[0].data;
	int64_t i, j, n;

	f32_bounds(attrs->low, attrs->high, &least32, &greatest32);
	for (i = begin * WEIR__TILE; i < last; i += per_block) {
		struct weir__philox bits = weir__philox_block(
			seed, counter + (uint64_t)(i / per_block));

		n = weir__least(per_block, last - i);
		for (j = 0; j < n; j++) {
			if (spec->dtype == WEIR_F32)
				y32[i + j] = f32_from(bits.word[j], low, width,
						      least32, greatest32);
			else
				y64[i + j] = f64_from(bits.word[2 * j],
						      bits.word[2 * j + 1],
						      low, width, greatest);
		}
	}
	return WEIR_OK;
}

/* The next state: the counter moves on by the blocks that were used. */
static weir_status
uniform_finish(const weir_kernel *kernel)
{
	const weir_spec *spec = kernel->out[0].spec;
	uint64_t *next = kernel->out[1].data;

	next[0] = state_word(&kernel->in[0], 0);
	next[1] = state_word(&kernel->in[0], 1) +
		  (uint64_t)weir__ceil_div(weir__elements(spec),
					   elements_per_block(spec->dtype));
	return WEIR_OK;
}

static weir_status
infer_uniform(const weir_call *call, weir_spec *out)
{
	const weir_uniform_attrs *attrs = call->attrs;
	const weir_spec *state = call->in[0];
	float least, greatest;

	if (state->rank != 1 || state->shape[0] != 2)
		return weir_fail(WEIR_ESHAPE, "a is no generator: its state "
				 "must be i64[2], (seed, counter)");
	if (attrs->dtype != WEIR_F32 && attrs->dtype != WEIR_F64)
		return weir_fail(WEIR_EDTYPE, "the dtype of uniform numbers is "
				 "f32 or f64, not %s",
				 weir_dtype_name(attrs->dtype));
	if (!(attrs->low < attrs->high) ||
	    !isfinite(attrs->high - attrs->low))
		return weir_fail(WEIR_ERANGE, "low %g must be less than high "
				 "%g, and both and their difference finite",
				 attrs->low, attrs->high);
	if (attrs->dtype == WEIR_F32) {
		f32_bounds(attrs->low, attrs->high, &least, &greatest);
		if (!(least <= greatest) || !isfinite(least) ||
		    !isfinite(greatest))
			return weir_fail(WEIR_ERANGE, "no f32 is in %.17g <= x "
					 "< %.17g", attrs->low, attrs->high);
	}
	out[1] = *state;
	return weir__shape_of(attrs->dtype, &attrs->shape, &out[0]);
}

WEIR__ELEMENT_COST(uniform_cost, 20, 4.5, 4.5)

static const weir_attr uniform_attrs[] = {
	{ "dtype", WEIR_ATTR_DTYPE, offsetof(weir_uniform_attrs, dtype),
	  "f32 or f64" },
	{ "shape", WEIR_ATTR_INTS, offsetof(weir_uniform_attrs, shape),
	  "the shape of the result" },
	{ "low", WEIR_ATTR_F64, offsetof(weir_uniform_attrs, low),
	  "the least number there can be" },
	{ "high", WEIR_ATTR_F64, offsetof(weir_uniform_attrs, high),
	  "all numbers are less" },
	{ 0 }
};

const weir_op weir__op_uniform = {
	.size = sizeof(weir_op), .name = "uniform",
	.doc = "Uniform numbers, low <= x < high, from the generator state a "
	       "(Philox4x32-10); and the next state.",
	.n_in = 1, .n_out = 2, .flags = WEIR_OP_PURE,
	.dtypes = WEIR_DTYPE_BIT(WEIR_I64),
	.attrs = uniform_attrs, .attrs_size = sizeof(weir_uniform_attrs),
	.infer = infer_uniform, .tiles = uniform_tiles,
	.kernel = uniform_kernel, .finish = uniform_finish,
	.cost = uniform_cost,
};
