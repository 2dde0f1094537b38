/*
 * Two noisy classes whose best possible accuracy is known.
 *
 * Each class is a normal distribution with the identity as its covariance;
 * the means lie SEPARATION apart, in a direction drawn at random. Then each
 * column gets a scale and an offset of its own, as columns in the field have.
 * No classifier beats the one that draws the plane between the two means
 * (moved away from the more frequent class): it is right with probability
 *
 *	p F(d/2 - t) + (1 - p) F(d/2 + t),  t = log((1 - p) / p) / d
 *
 * where F is the normal distribution function, d the separation and p the
 * share of class 1; for p = 1/2 this is F(d/2).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data.h"
#include "fail.h"
#include "random.h"

#define SEPARATION 3.6

static double
normal_distribution(double x)
{
	return 0.5 * erfc(-x / sqrt(2));
}

/* Where that plane is, from the middle between the means. */
static double
threshold(double p)
{
	return log((1 - p) / p) / SEPARATION;
}

static double
best_accuracy(double p)
{
	double d = SEPARATION, t = threshold(p);

	return p * normal_distribution(d / 2 - t) +
	       (1 - p) * normal_distribution(d / 2 + t);
}

/* A random direction of length 1. */
static void
draw_direction(struct random *random, double *direction, int64_t n)
{
	double length = 0;
	int64_t i;

	for (i = 0; i < n; i++) {
		direction[i] = random_normal(random);
		length += direction[i] * direction[i];
	}
	for (i = 0; i < n; i++)
		direction[i] /= sqrt(length);
}

/* The share is met exactly, up to a whole row; both classes are there. */
static void
draw_classes(struct random *random, struct data *data, double positive_rate)
{
	size_t rows = (size_t)data->rows, i;
	int64_t *order = allocate(rows, sizeof(*order));
	double wanted = floor((double)rows * positive_rate + 0.5);
	size_t positives = (size_t)fmin(fmax(wanted, 1), (double)rows - 1);

	for (i = 0; i < rows; i++)
		order[i] = (int64_t)i;
	random_shuffle(random, order, rows);
	for (i = 0; i < positives; i++)
		data->classes[order[i]] = 1;
	free(order);
}

void
data_synthesise(const struct options *options, struct data *data)
{
	struct random random = random_of(options->seed, 1);
	int64_t columns = options->columns, i, j;
	double *direction, *scale, *offset, *to;
	char text[64];

	snprintf(text, sizeof(text), "synthetic %lldx%lld",
		 (long long)options->rows, (long long)columns);
	*data = (struct data){
		.title = copy_text(text), .rows = options->rows,
		.columns = columns, .class_values = { 0, 1 },
		.best_accuracy = best_accuracy(options->positive_rate)
	};
	data->values = allocate((size_t)data->rows,
				(size_t)columns * sizeof(*data->values));
	data->classes = allocate((size_t)data->rows, 1);
	data->best = allocate((size_t)data->rows, 1);
	data->names = allocate((size_t)columns, sizeof(*data->names));
	direction = allocate((size_t)columns, sizeof(*direction));
	scale = allocate((size_t)columns, sizeof(*scale));
	offset = allocate((size_t)columns, sizeof(*offset));

	draw_direction(&random, direction, columns);
	for (j = 0; j < columns; j++) {
		scale[j] = pow(10, 3 * random_uniform(&random) - 1);
		offset[j] = scale[j] * (10 * random_uniform(&random) - 5);
		snprintf(text, sizeof(text), "c%lld", (long long)j);
		data->names[j] = copy_text(text);
	}
	draw_classes(&random, data, options->positive_rate);
	to = data->values;
	for (i = 0; i < data->rows; i++) {
		double side = data->classes[i] ? SEPARATION / 2 :
						 -SEPARATION / 2;
		double along = 0; /* the line through both means */

		for (j = 0; j < columns; j++) {
			double z = random_normal(&random) + side * direction[j];

			along += z * direction[j];
			*to++ = offset[j] + scale[j] * z;
		}
		data->best[i] = along > threshold(options->positive_rate);
	}
	free(direction);
	free(scale);
	free(offset);
}
