/*
 * The training step written by hand: the ops' own kernels, one call after the
 * other, on buffers allocated once. No graph, no tensors, no checks.
 */
#ifndef BENCH_TRAIN_FLOOR_H
#define BENCH_TRAIN_FLOOR_H

#include <stdint.h>

/* So small that no unit dies within a round, see restart() in train_step.c. */
#define TRAIN_RATE 1e-4
#define TRAIN_MOMENTUM 0.9

struct train_data {		/* inputs and first parameters, row-major */
	int64_t batch, features, hidden;
	float *x, *y;
	float *params[4];	/* w1 b1 w2 b2 */
	int64_t rows[4], columns[4];
};

void
train_data_init(struct train_data *data, int64_t batch, int64_t features,
		int64_t hidden);

void
train_data_free(struct train_data *data);

struct train_floor;

struct train_floor *
train_floor_create(const struct train_data *data);

void
train_floor_release(struct train_floor *floor);

void
train_floor_step(struct train_floor *floor);

/* The parameters are the first ones again; the velocities stay. */
void
train_floor_restart(struct train_floor *floor, const struct train_data *data);

const float *
train_floor_param(const struct train_floor *floor, int i);

#endif
