#include "train_floor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir.h>

enum { CALLS_MAX = 32, OPERANDS = 4, RESULTS = 2 };

/* -- data ------------------------------------------------------------------------ */

static float
noise(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (float)(*state >> 40) / (float)(1 << 24) - 0.5f;
}

void
train_data_init(struct train_data *d, int64_t batch, int64_t features,
		int64_t hidden)
{
	const int64_t rows[4] = { features, 1, hidden, 1 };
	const int64_t columns[4] = { hidden, hidden, 1, 1 };
	uint64_t state = 1;
	int64_t i, n;
	int p;

	d->batch = batch;
	d->features = features;
	d->hidden = hidden;
	d->x = malloc((size_t)(batch * features) * sizeof *d->x);
	d->y = malloc((size_t)batch * sizeof *d->y);
	for (i = 0; i < batch * features; i++)
		d->x[i] = 2 * noise(&state);
	for (i = 0; i < batch; i++)
		d->y[i] = noise(&state) > 0;
	for (p = 0; p < 4; p++) {
		d->rows[p] = rows[p];
		d->columns[p] = columns[p];
		n = rows[p] * columns[p];
		d->params[p] = malloc((size_t)n * sizeof *d->params[p]);
		for (i = 0; i < n; i++)
			d->params[p][i] = noise(&state) /
					  sqrtf((float)rows[p]);
	}
}

void
train_data_free(struct train_data *d)
{
	int p;

	free(d->x);
	free(d->y);
	for (p = 0; p < 4; p++)
		free(d->params[p]);
}

/* -- buffers and kernel calls ---------------------------------------------------------- */

struct buffer {
	weir_spec spec;
	int64_t strides[WEIR_RANK_MAX];
	void *data;
};

struct kernel_call {
	weir_kernel kernel;
	const weir_spec *in_specs[OPERANDS], *out_specs[RESULTS];
	weir_view in[OPERANDS], out[RESULTS];
	int64_t tiles;
};

struct train_floor {
	struct kernel_call calls[CALLS_MAX];
	int n;
	/* Parameters and velocities: read from one half, written to the
	 * other, which then change places. */
	struct buffer params[4][2], velocities[4][2];
	int half;
	struct {
		void **where, *other;
	} flips[CALLS_MAX];
	int n_flips;
	void *memory[256];
	int n_memory;
};

static void *
memory(struct train_floor *f, size_t bytes)
{
	void *m = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);

	if (!m)
		abort();
	memset(m, 0, bytes);
	return f->memory[f->n_memory++] = m;
}

static struct buffer
buffer(struct train_floor *f, weir_dtype dtype, int rank, int64_t rows,
       int64_t columns)
{
	struct buffer b = { .spec = { .dtype = dtype, .rank = rank } };
	int64_t size = (int64_t)weir_dtype_size(dtype);
	int64_t n = rank == 2 ? rows * columns : rank == 1 ? columns : 1;

	if (rank == 2) {
		b.spec.shape[0] = rows;
		b.spec.shape[1] = columns;
		b.strides[0] = columns * size;
		b.strides[1] = size;
	} else if (rank == 1) {
		b.spec.shape[0] = columns;
		b.strides[0] = size;
	}
	b.data = memory(f, (size_t)(n * size));
	return b;
}

static struct buffer
transposed(const struct buffer *b)
{
	struct buffer t = *b;

	t.spec.shape[0] = b->spec.shape[1];
	t.spec.shape[1] = b->spec.shape[0];
	t.strides[0] = b->strides[1];
	t.strides[1] = b->strides[0];
	return t;
}

static struct buffer
reshaped(const struct buffer *b, int64_t rows, int64_t columns)
{
	struct buffer r = *b;

	r.spec.rank = 2;
	r.spec.shape[0] = rows;
	r.spec.shape[1] = columns;
	r.strides[0] = columns * (int64_t)sizeof(float);
	r.strides[1] = sizeof(float);
	return r;
}

/* The specs of a call live as long as the floor: keep copies. */
static void
set_view(struct train_floor *f, weir_view *view, const weir_spec **spec,
	 const struct buffer *b)
{
	struct buffer *copy = memory(f, sizeof *copy);

	*copy = *b;
	view->data = b->data;
	view->spec = *spec = &copy->spec;
	view->strides = copy->strides;
}

static struct kernel_call *
call(struct train_floor *f, const char *op, const void *attrs,
     const struct buffer *const *in, const struct buffer *const *out)
{
	struct kernel_call *c = &f->calls[f->n++];
	weir_kernel *k = &c->kernel;

	k->call.op = weir_op_find(op);
	k->call.attrs = attrs;
	for (; in[k->call.n_in]; k->call.n_in++)
		set_view(f, &c->in[k->call.n_in],
			 &c->in_specs[k->call.n_in], in[k->call.n_in]);
	for (; out[k->call.n_out]; k->call.n_out++)
		set_view(f, &c->out[k->call.n_out],
			 &c->out_specs[k->call.n_out], out[k->call.n_out]);
	k->call.in = c->in_specs;
	k->call.out = c->out_specs;
	k->in = c->in;
	k->out = c->out;
	c->tiles = k->call.op->tiles ? k->call.op->tiles(&k->call) : 1;
	if (k->call.op->scratch) {
		size_t bytes = k->call.op->scratch(&k->call);

		k->scratch = bytes ? memory(f, bytes) : NULL;
	}
	return c;
}

#define LIST(...) (const struct buffer *const[]){ __VA_ARGS__, NULL }

static struct buffer
f32(struct train_floor *f, int64_t rows, int64_t columns)
{
	return buffer(f, WEIR_F32, 2, rows, columns);
}

static struct buffer
scalar(struct train_floor *f, float value)
{
	struct buffer b = buffer(f, WEIR_F32, 0, 0, 0);

	*(float *)b.data = value;
	return b;
}

static void
init_params(struct train_floor *f, const struct train_data *d)
{
	int p, half;

	for (p = 0; p < 4; p++)
		for (half = 0; half < 2; half++) {
			f->params[p][half] = f32(f, d->rows[p], d->columns[p]);
			f->velocities[p][half] = f32(f, d->rows[p],
						     d->columns[p]);
			memcpy(f->params[p][half].data, d->params[p],
			       (size_t)(d->rows[p] * d->columns[p]) *
			       sizeof(float));
		}
}

/* A view of a parameter or velocity, which points to either half. */
static void
note_flip(struct train_floor *f, void **where)
{
	int p, which;

	for (p = 0; p < 4; p++)
		for (which = 0; which < 2; which++) {
			struct buffer *b = which ? f->velocities[p]
						 : f->params[p];

			if (*where != b[0].data && *where != b[1].data)
				continue;
			f->flips[f->n_flips].where = where;
			f->flips[f->n_flips++].other =
				*where == b[0].data ? b[1].data : b[0].data;
		}
}

static void
note_flips(struct train_floor *f)
{
	size_t j;
	int i;

	for (i = 0; i < f->n; i++) {
		struct kernel_call *c = &f->calls[i];

		for (j = 0; j < c->kernel.call.n_in; j++)
			note_flip(f, &c->in[j].data);
		for (j = 0; j < c->kernel.call.n_out; j++)
			note_flip(f, &c->out[j].data);
	}
}

/* -- the step --------------------------------------------------------------------------- */

struct train_floor *
train_floor_create(const struct train_data *d)
{
	static const weir_reduce_attrs rows = { .axes = { 1, { 0 } } };
	static const weir_sgd_attrs sgd = { TRAIN_MOMENTUM };
	struct train_floor *f = calloc(1, sizeof *f);
	int64_t n = d->batch, h = d->hidden;
	struct buffer x, y, a1, s1, h1, a2, z, loss, sig, dif, dz, db2, dw2,
		dh, mask, ds, db1, dw1, w2t, h1t, xt, db1m, db2m, zero, rate,
		share;
	const struct buffer *grads[4];
	int p;

	if (!f)
		abort();
	init_params(f, d);
	x = f32(f, n, d->features);
	memcpy(x.data, d->x, (size_t)(n * d->features) * sizeof(float));
	y = f32(f, n, 1);
	memcpy(y.data, d->y, (size_t)n * sizeof(float));
	a1 = f32(f, n, h);
	s1 = f32(f, n, h);
	h1 = f32(f, n, h);
	a2 = f32(f, n, 1);
	z = f32(f, n, 1);
	sig = f32(f, n, 1);
	dif = f32(f, n, 1);
	dz = f32(f, n, 1);
	dh = f32(f, n, h);
	ds = f32(f, n, h);
	dw1 = f32(f, d->features, h);
	dw2 = f32(f, h, 1);
	db1 = buffer(f, WEIR_F32, 1, 1, h);
	db2 = buffer(f, WEIR_F32, 1, 1, 1);
	mask = buffer(f, WEIR_BOOL, 2, n, h);
	loss = scalar(f, 0);
	zero = scalar(f, 0);
	rate = scalar(f, (float)TRAIN_RATE);
	share = scalar(f, 1.0f / (float)n);

	call(f, "matmul", NULL, LIST(&x, &f->params[0][0]), LIST(&a1));
	call(f, "add", NULL, LIST(&a1, &f->params[1][0]), LIST(&s1));
	call(f, "relu", NULL, LIST(&s1), LIST(&h1));
	call(f, "matmul", NULL, LIST(&h1, &f->params[2][0]), LIST(&a2));
	call(f, "add", NULL, LIST(&a2, &f->params[3][0]), LIST(&z));
	call(f, "bce_with_logits", NULL, LIST(&z, &y), LIST(&loss));
	call(f, "sigmoid", NULL, LIST(&z), LIST(&sig));
	call(f, "sub", NULL, LIST(&sig, &y), LIST(&dif));
	call(f, "mul", NULL, LIST(&dif, &share), LIST(&dz));
	call(f, "sum", &rows, LIST(&dz), LIST(&db2));
	w2t = transposed(&f->params[2][0]);
	call(f, "matmul", NULL, LIST(&dz, &w2t), LIST(&dh));
	h1t = transposed(&h1);
	call(f, "matmul", NULL, LIST(&h1t, &dz), LIST(&dw2));
	call(f, "greater", NULL, LIST(&s1, &zero), LIST(&mask));
	call(f, "where", NULL, LIST(&mask, &dh, &zero), LIST(&ds));
	call(f, "sum", &rows, LIST(&ds), LIST(&db1));
	xt = transposed(&x);
	call(f, "matmul", NULL, LIST(&xt, &ds), LIST(&dw1));
	db1m = reshaped(&db1, 1, h);
	db2m = reshaped(&db2, 1, 1);
	grads[0] = &dw1;
	grads[1] = &db1m;
	grads[2] = &dw2;
	grads[3] = &db2m;
	for (p = 0; p < 4; p++)
		call(f, "sgd_momentum", &sgd,
		     LIST(&f->params[p][0], grads[p], &f->velocities[p][0],
			  &rate),
		     LIST(&f->params[p][1], &f->velocities[p][1]));
	note_flips(f);
	return f;
}

void
train_floor_release(struct train_floor *f)
{
	while (f->n_memory > 0)
		free(f->memory[--f->n_memory]);
	free(f);
}

/* What was written becomes what is read. */
static void
swap_halves(struct train_floor *f)
{
	int i;

	f->half = !f->half;
	for (i = 0; i < f->n_flips; i++) {
		void *now = *f->flips[i].where;

		*f->flips[i].where = f->flips[i].other;
		f->flips[i].other = now;
	}
}

void
train_floor_step(struct train_floor *f)
{
	int i;

	for (i = 0; i < f->n; i++) {
		const struct kernel_call *c = &f->calls[i];
		const weir_op *op = c->kernel.call.op;

		if (op->kernel(&c->kernel, 0, c->tiles) ||
		    (op->finish && op->finish(&c->kernel)))
			abort();
	}
	swap_halves(f);
}

void
train_floor_restart(struct train_floor *f, const struct train_data *d)
{
	int p;

	for (p = 0; p < 4; p++)
		memcpy(f->params[p][f->half].data, d->params[p],
		       (size_t)(d->rows[p] * d->columns[p]) * sizeof(float));
}

const float *
train_floor_param(const struct train_floor *f, int i)
{
	return f->params[i][f->half].data;
}
