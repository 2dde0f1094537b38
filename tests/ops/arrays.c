#include "ops/arrays.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

weir_spec
spec_of(weir_dtype dtype, int rank, const int64_t *shape)
{
	weir_spec spec = { .dtype = dtype, .rank = rank };
	int i;

	for (i = 0; i < rank; i++)
		spec.shape[i] = shape[i];
	return spec;
}

int64_t
spec_count(const weir_spec *spec)
{
	int64_t n = 1;
	int i;

	for (i = 0; i < spec->rank; i++)
		n *= spec->shape[i];
	return n;
}

/* Axis i of order is the i-th from the outermost one in memory. */
static void
axis_order(enum layout layout, int rank, int *order)
{
	int i;

	for (i = 0; i < rank; i++) {
		order[i] = i;
		if (layout == REVERSED_AXES)
			order[i] = rank - 1 - i;
		if (layout == ROTATED_AXES)
			order[i] = (i + rank - 1) % rank;
	}
}

/* What arrays_free() will free. */
static void **alive;
static size_t n_alive;

static void
remember(void *memory)
{
	size_t i;

	for (i = 0; i < n_alive && alive[i]; i++)
		;
	if (i == n_alive) {
		alive = realloc(alive, (n_alive + 1) * sizeof *alive);
		cr_assert(alive);
		n_alive++;
	}
	alive[i] = memory;
}

struct array
array_new(const weir_spec *spec, enum layout layout)
{
	struct array a = { .spec = *spec };
	int64_t size = (int64_t)weir_dtype_size(spec->dtype);
	int64_t step = layout == SPACED ? 3 * size : size, bytes;
	int order[WEIR_RANK_MAX], i;

	axis_order(layout, spec->rank, order);
	for (i = spec->rank - 1; i >= 0; i--) {
		a.strides[order[i]] = step;
		step *= spec->shape[order[i]] ? spec->shape[order[i]] : 1;
	}
	bytes = (step + 127) / 64 * 64;
	a.memory = aligned_alloc(64, (size_t)bytes);
	cr_assert(a.memory);
	memset(a.memory, 0x5a, (size_t)bytes);
	remember(a.memory);
	a.data = a.memory;
	for (i = 0; layout == BACKWARDS && i < spec->rank; i++) {
		if (spec->shape[i])
			a.data += (spec->shape[i] - 1) * a.strides[i];
		a.strides[i] = -a.strides[i];
	}
	return a;
}

void
array_free(struct array *array)
{
	size_t i;

	for (i = 0; i < n_alive; i++)
		if (alive[i] == array->memory)
			alive[i] = NULL;
	free(array->memory);
	array->memory = NULL;
}

void
arrays_free(void)
{
	while (n_alive > 0)
		free(alive[--n_alive]);
	free(alive);
	alive = NULL;
}

void *
array_at(const struct array *array, int64_t i)
{
	char *at = array->data;
	int axis;

	for (axis = array->spec.rank - 1; axis >= 0; axis--) {
		at += i % array->spec.shape[axis] * array->strides[axis];
		i /= array->spec.shape[axis];
	}
	return at;
}

double
array_get(const struct array *array, int64_t i)
{
	const void *at = array_at(array, i);

	switch (array->spec.dtype) {
	case WEIR_F32: return *(const float *)at;
	case WEIR_F64: return *(const double *)at;
	case WEIR_I64: return (double)*(const int64_t *)at;
	case WEIR_BOOL: return *(const unsigned char *)at != 0;
	}
	return 0;
}

void
array_set(struct array *array, int64_t i, double value)
{
	void *at = array_at(array, i);

	switch (array->spec.dtype) {
	case WEIR_F32: *(float *)at = (float)value; break;
	case WEIR_F64: *(double *)at = value; break;
	case WEIR_I64: *(int64_t *)at = (int64_t)value; break;
	case WEIR_BOOL: *(unsigned char *)at = value != 0; break;
	}
}

/* A small fixed hash: the same numbers on every machine. */
static uint32_t
scramble(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return x ^ x >> 16;
}

static double
element(const weir_spec *spec, enum fill fill, uint32_t i, unsigned number)
{
	uint32_t bits = scramble(i * 4u + number + 0x9e3779b9u * number);
	double unit = bits / 4294967296.0;

	if (spec->dtype == WEIR_BOOL)
		return bits & 1;
	if (spec->dtype == WEIR_I64)
		return fill == MIXED ? (double)(bits % 19) - 9
				     : (double)(bits % 19) + 1;
	switch (fill) {
	case MIXED: return bits % 5 == 0 ? (double)(bits % 7) - 3
					 : unit * 6 - 3;
	case NONZERO: return (unit + 0.3) * (bits & 64 ? 1 : -1);
	case POSITIVE: return unit * 2 + 0.3;
	case UNIT: return unit;
	case SMALL_POSITIVE: return unit / 10 + 0.01;
	}
	return 0;
}

struct array
array_filled(const weir_spec *spec, enum fill fill, unsigned number)
{
	struct array a = array_new(spec, CONTIGUOUS);
	int64_t i, n = spec_count(spec);

	for (i = 0; i < n; i++)
		array_set(&a, i, element(spec, fill, (uint32_t)i, number));
	return a;
}

void
array_fill_with_nans(struct array *a, unsigned salt)
{
	int64_t i, n = spec_count(&a->spec);

	for (i = 0; i < n; i++) {
		uint32_t hash = ((uint32_t)i * 2654435761u + salt) >> 20;
		uint32_t f32 = 0x7fc00000 | hash | (hash & 1) << 31;
		uint64_t f64 = 0x7ff8000000000000 | hash |
			       (uint64_t)(hash & 1) << 63;

		if (hash % 3 == 0 && n > 1)
			continue;
		if (a->spec.dtype == WEIR_F32)
			memcpy(array_at(a, i), &f32, sizeof f32);
		else
			memcpy(array_at(a, i), &f64, sizeof f64);
	}
}

struct array
array_copy(const struct array *from, enum layout layout)
{
	struct array a = array_new(&from->spec, layout);
	size_t size = weir_dtype_size(from->spec.dtype);
	int64_t i, n = spec_count(&from->spec);

	for (i = 0; i < n; i++)
		memcpy(array_at(&a, i), array_at(from, i), size);
	return a;
}

int64_t
array_differs(const struct array *a, const struct array *b)
{
	size_t size = weir_dtype_size(a->spec.dtype);
	int64_t i, n = spec_count(&a->spec);

	for (i = 0; i < n; i++)
		if (memcmp(array_at(a, i), array_at(b, i), size))
			return i;
	return -1;
}

weir_status
infer_op(const weir_op *op, const void *attrs, const weir_spec *in,
	 size_t n_in, weir_spec *out)
{
	const weir_spec *specs[WEIR_OPERANDS_MAX];
	weir_call call = { .op = op, .attrs = attrs, .n_in = n_in,
			   .n_out = op->n_out, .in = specs };
	size_t i;

	for (i = 0; i < n_in; i++)
		specs[i] = &in[i];
	return op->infer(&call, out);
}

/* Result 0 as a view of operand 0, copied out; false where it is none. */
static bool
run_view(const weir_kernel *kernel, struct array *out)
{
	const weir_op *op = kernel->call.op;
	struct array view = { .spec = out->spec };
	int64_t offset = 0;

	if (!op->view || !op->view(&kernel->call, kernel->in[0].strides,
				   view.strides, &offset))
		return false;
	view.data = (char *)kernel->in[0].data + offset;
	array_free(out);
	*out = array_copy(&view, CONTIGUOUS);
	return true;
}

static weir_status
run_tiles(const weir_kernel *kernel, int64_t tiles, int64_t cut)
{
	const weir_op *op = kernel->call.op;
	weir_status status = WEIR_OK;
	int64_t tile;

	if (cut == WHOLE && tiles) {
		status = op->kernel(kernel, 0, tiles);
	} else if (cut == ONE_BY_ONE) {
		for (tile = tiles - 1; tile >= 0 && !status; tile--)
			status = op->kernel(kernel, tile, tile + 1);
	} else if (cut > 0) {
		status = op->kernel(kernel, cut, tiles);
		if (!status)
			status = op->kernel(kernel, 0, cut);
	}
	if (!status && op->finish)
		status = op->finish(kernel);
	return status;
}

struct run
run_op(const weir_op *op, const void *attrs, const struct array *in,
       size_t n_in, int64_t cut)
{
	const weir_spec *in_specs[WEIR_OPERANDS_MAX];
	const weir_spec *out_specs[WEIR_RESULTS_MAX];
	weir_view in_views[WEIR_OPERANDS_MAX], out_views[WEIR_RESULTS_MAX];
	weir_spec specs[WEIR_RESULTS_MAX];
	weir_kernel kernel = {
		.call = { .op = op, .attrs = attrs, .n_in = n_in,
			  .n_out = op->n_out, .in = in_specs },
		.in = in_views, .out = out_views,
	};
	struct run run = { 0 };
	size_t i, scratch;

	for (i = 0; i < n_in; i++) {
		in_specs[i] = &in[i].spec;
		in_views[i] = (weir_view){ in[i].data, &in[i].spec,
					   in[i].strides };
	}
	run.status = op->infer(&kernel.call, specs);
	if (run.status)
		return run;
	for (i = 0; i < op->n_out; i++)
		run.out[i] = array_new(&specs[i], CONTIGUOUS);
	for (i = 0; i < op->n_out; i++) {
		out_specs[i] = &run.out[i].spec;
		out_views[i] = (weir_view){ run.out[i].data, &run.out[i].spec,
					    run.out[i].strides };
	}
	kernel.call.out = out_specs;
	if (run_view(&kernel, &run.out[0]) || !op->kernel)
		return run;

	run.tiles = op->tiles ? op->tiles(&kernel.call) : 1;
	scratch = op->scratch ? op->scratch(&kernel.call) : 0;
	if (scratch) {
		kernel.scratch = aligned_alloc(64, (scratch + 63) / 64 * 64);
		memset(kernel.scratch, 0x5a, scratch);
	}
	run.status = run_tiles(&kernel, run.tiles, cut);
	free(kernel.scratch);
	return run;
}

void
run_free(struct run *run, const weir_op *op)
{
	size_t i;

	for (i = 0; i < op->n_out; i++)
		array_free(&run->out[i]);
}

struct array
array_part(const struct array *whole, int axis, int64_t begin, int64_t end,
	   enum layout layout, struct array *copy)
{
	struct array part = *whole, moved;

	part.spec.shape[axis] = end - begin;
	part.data += begin * whole->strides[axis];
	*copy = array_copy(&part, layout);
	moved = *copy;
	moved.spec = whole->spec;
	moved.data = (char *)((uintptr_t)copy->data -
			      (uintptr_t)(begin * copy->strides[axis]));
	return moved;
}
