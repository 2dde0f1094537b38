/*
 * Sample calls of every built-in op, by name: an op is tested by being in the
 * table, with the operands that it has here.
 */
#ifndef TESTS_OPS_SAMPLES_H
#define TESTS_OPS_SAMPLES_H

#include "ops/arrays.h"

enum { SAMPLE_OPERANDS = 4 };

struct sample_operand {
	int rank;
	int64_t shape[WEIR_RANK_MAX];
	enum fill fill;
	weir_dtype dtype;	/* 0: the one that is tried */
};

struct sample {
	const char *op;
	size_t n_in;
	struct sample_operand in[SAMPLE_OPERANDS];
	const void *attrs;
	/* Too large for finite differences or for many layouts. */
	bool is_large;
	bool has_ties;		/* where no derivative exists */
};

extern const struct sample samples[];
extern const size_t n_samples;

/* Whether the sample can have this dtype where its operands leave it open;
 * those with none open have f64 alone. */
bool sample_takes(const struct sample *sample, weir_dtype dtype);

/* Its operands, contiguous. */
void sample_operands(const struct sample *sample, weir_dtype dtype,
		     struct array *in);

/* "add f32[3,4] f32[4]" */
const char *sample_name(const struct sample *sample, weir_dtype dtype);

#endif
