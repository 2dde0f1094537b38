/*
 * What ops say of the elements that tiles touch is the truth: what is outside
 * is neither written nor does it matter. And those that may write over their
 * operands compute the same then.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ops/arrays.h"
#include "ops/samples.h"

static const weir_dtype dtypes[] = { WEIR_F32, WEIR_F64, WEIR_I64, WEIR_BOOL };

enum { POISON = 0x5a };

/* A sample's call, all its arrays contiguous. */
struct call {
	const weir_op *op;
	size_t n_in;
	struct array in[SAMPLE_OPERANDS], out[WEIR_RESULTS_MAX];
	const weir_spec *specs[SAMPLE_OPERANDS + WEIR_RESULTS_MAX];
	weir_view views[SAMPLE_OPERANDS + WEIR_RESULTS_MAX];
	weir_kernel kernel;
	struct array scratch;
};

static weir_view
view_of(struct array *array)
{
	return (weir_view){ array->data, &array->spec, array->strides };
}

static void
call_init(struct call *c, const struct sample *sample, weir_dtype dtype)
{
	weir_spec specs[WEIR_RESULTS_MAX];
	size_t i;

	memset(c, 0, sizeof *c);
	c->op = weir_op_find(sample->op);
	c->n_in = sample->n_in;
	sample_operands(sample, dtype, c->in);
	for (i = 0; i < c->n_in; i++) {
		c->specs[i] = &c->in[i].spec;
		c->views[i] = view_of(&c->in[i]);
	}
	c->kernel.call = (weir_call){ c->op, sample->attrs, c->n_in,
				      c->op->n_out, c->specs, NULL };
	cr_assert_eq(c->op->infer(&c->kernel.call, specs), WEIR_OK);
	for (i = 0; i < c->op->n_out; i++) {
		c->out[i] = array_new(&specs[i], CONTIGUOUS);
		c->specs[c->n_in + i] = &c->out[i].spec;
		c->views[c->n_in + i] = view_of(&c->out[i]);
	}
	c->kernel.call.out = &c->specs[c->n_in];
	c->kernel.in = c->views;
	c->kernel.out = &c->views[c->n_in];
	if (c->op->scratch) {
		weir_spec bytes = { WEIR_BOOL, 1, {
			(int64_t)c->op->scratch(&c->kernel.call) + 64 } };

		c->scratch = array_new(&bytes, CONTIGUOUS);
		c->kernel.scratch = c->scratch.data;
	}
}

static void
call_free(struct call *c)
{
	size_t i;

	for (i = 0; i < c->n_in; i++)
		array_free(&c->in[i]);
	for (i = 0; i < c->op->n_out; i++)
		array_free(&c->out[i]);
	if (c->op->scratch)
		array_free(&c->scratch);
}

static size_t
bytes_of(const weir_spec *spec)
{
	return (size_t)spec_count(spec) * weir_dtype_size(spec->dtype);
}

static void
run_tile(struct call *c, int64_t tile)
{
	size_t i;

	for (i = 0; i < c->op->n_out; i++)
		memset(c->out[i].data, POISON, bytes_of(&c->out[i].spec));
	if (c->op->scratch)
		memset(c->scratch.data, POISON, bytes_of(&c->scratch.spec));
	cr_assert_eq(c->op->kernel(&c->kernel, tile, tile + 1), WEIR_OK);
}

static void
reach_of(const struct call *c, size_t operand, int64_t tile, int64_t *first,
	 int64_t *last)
{
	*first = 0;
	*last = spec_count(c->specs[operand]);
	c->op->reach(&c->kernel.call, operand, tile, tile + 1, first, last);
}

static void
expect_poison_outside(const struct call *c, size_t result, int64_t tile,
		      const char *name)
{
	const struct array *out = &c->out[result];
	int64_t size = (int64_t)weir_dtype_size(out->spec.dtype), i;
	int64_t first, last, all = spec_count(&out->spec);

	reach_of(c, c->n_in + result, tile, &first, &last);
	for (i = 0; i < all * size; i++)
		if (i / size < first || i / size >= last)
			cr_assert_eq((unsigned char)out->data[i], POISON,
				     "%s: tile %d writes element %d", name,
				     (int)tile, (int)(i / size));
}

/* Other elements outside. */
static void
disturb(struct call *c, size_t operand, int64_t tile)
{
	struct array *in = &c->in[operand];
	int64_t first, last, all = spec_count(&in->spec), i;

	reach_of(c, operand, tile, &first, &last);
	for (i = 0; i < all; i++)
		if (i < first || i >= last)
			array_set(in, i, 1 - array_get(in, i));
}

static void
check_tile(const struct sample *sample, weir_dtype dtype, int64_t tile)
{
	const char *name = sample_name(sample, dtype);
	struct call plain, disturbed;
	size_t i;

	call_init(&plain, sample, dtype);
	call_init(&disturbed, sample, dtype);
	run_tile(&plain, tile);
	for (i = 0; i < plain.n_in; i++)
		disturb(&disturbed, i, tile);
	run_tile(&disturbed, tile);
	for (i = 0; i < plain.op->n_out; i++) {
		expect_poison_outside(&plain, i, tile, name);
		cr_expect_eq(memcmp(plain.out[i].data, disturbed.out[i].data,
				    bytes_of(&plain.out[i].spec)), 0,
			     "%s: tile %d reads more than it says", name,
			     (int)tile);
	}
	if (plain.op->scratch)
		cr_expect_eq(memcmp(plain.scratch.data, disturbed.scratch.data,
				    bytes_of(&plain.scratch.spec)), 0,
			     "%s: tile %d leaves more than it says in scratch",
			     name, (int)tile);
	call_free(&plain);
	call_free(&disturbed);
}

static int64_t
tiles_of(const struct sample *sample, weir_dtype dtype)
{
	struct call c;
	int64_t tiles;

	call_init(&c, sample, dtype);
	tiles = c.op->tiles ? c.op->tiles(&c.kernel.call) : 1;
	call_free(&c);
	return tiles;
}

Test(reach, holds_all_that_a_tile_touches)
{
	unsigned cut = 0;
	size_t i, k;
	int64_t t;

	for (i = 0; i < n_samples; i++)
		for (k = 0; k < sizeof dtypes / sizeof *dtypes; k++) {
			const struct sample *sample = &samples[i];
			const weir_op *op = weir_op_find(sample->op);
			int64_t tiles;

			if (!op->reach || !op->kernel ||
			    !sample_takes(sample, dtypes[k]))
				continue;
			tiles = tiles_of(sample, dtypes[k]);
			cut += tiles > 1;
			for (t = 0; t < tiles; t += 1 + tiles / 4)
				check_tile(sample, dtypes[k], t);
			if (tiles > 1)
				check_tile(sample, dtypes[k], tiles - 1);
		}
	cr_expect_gt(cut, 20, "%u", cut);
}

/* Result 0 in the place of an operand. */
static void
check_in_place(const struct sample *sample, weir_dtype dtype, size_t operand,
	       int64_t tiles)
{
	struct call apart, over;
	size_t bytes;

	call_init(&apart, sample, dtype);
	call_init(&over, sample, dtype);
	bytes = bytes_of(&apart.out[0].spec);
	cr_assert_eq(apart.op->kernel(&apart.kernel, 0, tiles), WEIR_OK);
	over.views[over.n_in].data = over.in[operand].data;
	cr_assert_eq(over.op->kernel(&over.kernel, 0, tiles), WEIR_OK);
	cr_expect_eq(memcmp(apart.out[0].data, over.in[operand].data, bytes),
		     0, "%s over operand %d", sample_name(sample, dtype),
		     (int)operand);
	call_free(&apart);
	call_free(&over);
}

static bool
is_alike(const weir_spec *a, const weir_spec *b)
{
	return a->dtype == b->dtype && a->rank == b->rank &&
	       !memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape);
}

Test(reach, ops_in_place_compute_the_same)
{
	unsigned tried = 0;
	size_t i, k, j;

	for (i = 0; i < n_samples; i++)
		for (k = 0; k < sizeof dtypes / sizeof *dtypes; k++) {
			const struct sample *sample = &samples[i];
			const weir_op *op = weir_op_find(sample->op);
			struct call c;

			if (!(op->flags & WEIR_OP_IN_PLACE) ||
			    !sample_takes(sample, dtypes[k]))
				continue;
			call_init(&c, sample, dtypes[k]);
			for (j = 0; j < c.n_in; j++)
				if (is_alike(c.specs[j], &c.out[0].spec)) {
					check_in_place(sample, dtypes[k], j,
						       tiles_of(sample,
								dtypes[k]));
					tried++;
				}
			call_free(&c);
		}
	cr_expect_gt(tried, 60, "%u", tried);
}
