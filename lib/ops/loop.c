#include "ops/loop.h"

#include <string.h>

#include "base/error.h"

enum { LONGEST_VECTOR = 64 };	/* floats that a loop does at once, at most:
				   four vectors; no other element tells how it
				   was made */

/* The axes of the result, joined where all operands allow it. */
struct axes {
	int rank;			/* at least 1 */
	int n_in;
	int64_t shape[WEIR_RANK_MAX];
	int64_t step[WEIR_RANK_MAX][WEIR__LOOP_IN];
};

static inline int64_t
broadcast_step(const weir_view *in, int axis)
{
	if (axis < 0 || in->spec->shape[axis] == 1)
		return 0;
	return in->strides[axis];
}

static void
axes_of(const weir_kernel *kernel, struct axes *axes)
{
	const weir_spec *out = kernel->out[0].spec;
	int n_in = (int)kernel->call.n_in, rank = 0, axis, i;

	for (axis = 0; axis < out->rank; axis++) {
		int64_t length = out->shape[axis], *step = axes->step[rank];
		bool joins = rank > 0;

		if (length == 1)
			continue;
		for (i = 0; i < n_in; i++) {
			const weir_view *in = &kernel->in[i];

			step[i] = broadcast_step(in, axis - out->rank +
						 in->spec->rank);
			if (rank && axes->step[rank - 1][i] != step[i] * length)
				joins = false;
		}
		if (joins) {
			axes->shape[rank - 1] *= length;
			/* all of them: so many bytes are no call */
			memcpy(axes->step[rank - 1], step,
			       sizeof axes->step[rank - 1]);
		} else {
			axes->shape[rank++] = length;
		}
	}
	if (!rank) {
		axes->shape[rank++] = 1;
		for (i = 0; i < n_in; i++)
			axes->step[0][i] = (int64_t)weir__element_size(
				kernel->in[i].spec->dtype);
	}
	axes->rank = rank;
	axes->n_in = n_in;
}

/* `count` elements from `first` on where there are several axes: a part of a
 * row, whole rows, a part of a row. */
static int64_t
run_rows(const struct axes *axes, const weir_kernel *kernel,
	 struct weir__lane out, int64_t first, int64_t count,
	 weir__loop_fn fn)
{
	struct weir__lane in[WEIR__LOOP_IN];
	char *at[WEIR__LOOP_IN];
	int64_t index[WEIR_RANK_MAX];
	const int last = axes->rank - 1;
	const int64_t length = axes->shape[last];
	int64_t column = first % length, done = 0, rest = first / length;
	int axis, i;

	for (i = 0; i < axes->n_in; i++) {
		at[i] = kernel->in[i].data;
		in[i].row = axes->step[last - 1][i];
		in[i].step = axes->step[last][i];
	}
	for (axis = last - 1; axis >= 0; axis--) {
		index[axis] = rest % axes->shape[axis];
		rest /= axes->shape[axis];
		for (i = 0; i < axes->n_in; i++)
			at[i] += index[axis] * axes->step[axis][i];
	}
	while (done < count) {
		int64_t rows = 1, n = weir__least(length - column, count - done);
		int64_t bad;

		if (n == length)
			rows = weir__least((count - done) / length,
					   axes->shape[last - 1] -
						   index[last - 1]);
		for (i = 0; i < axes->n_in; i++)
			in[i].at = at[i] + column * in[i].step;
		bad = fn(rows, n, &out, in);
		if (bad >= 0)
			return done + bad;
		out.at += rows * n * out.step;
		done += rows * n;
		if (column + n < length)
			break;		/* the end of the tile */
		column = 0;
		index[last - 1] += rows;
		for (i = 0; i < axes->n_in; i++)
			at[i] += rows * in[i].row;
		for (axis = last - 1; axis > 0; axis--) {
			if (index[axis] < axes->shape[axis])
				break;
			index[axis] = 0;
			index[axis - 1]++;
			for (i = 0; i < axes->n_in; i++)
				at[i] += axes->step[axis - 1][i] -
					 axes->shape[axis] *
						 axes->step[axis][i];
		}
	}
	return -1;
}

static weir_status
failed_at(const weir_spec *spec, int64_t element, const char *failure)
{
	struct weir__text text;
	char place[256];
	int64_t index[WEIR_RANK_MAX];
	int axis;

	if (!spec->rank)
		return weir_fail(WEIR_ERANGE, "%s", failure);
	for (axis = spec->rank - 1; axis >= 0; axis--) {
		index[axis] = element % spec->shape[axis];
		element /= spec->shape[axis];
	}
	weir__text_init(&text, place, sizeof place);
	for (axis = 0; axis < spec->rank; axis++)
		weir__text_add(&text, "%s%lld", axis ? "," : "",
			       (long long)index[axis]);
	return weir_fail(WEIR_ERANGE, "%s at element [%s]", failure, place);
}

/*
 * How many elements are walked at once without its making a difference that
 * they are: tiles of whole rows, as the axes are walked, or, of a single axis,
 * of what has no remainder in any vector loop.
 */
static int64_t
stretch_of(const struct axes *axes, int64_t tile)
{
	bool has_rest = axes->rank == 1	/* known here: no division */
		? tile % LONGEST_VECTOR : tile % axes->shape[axes->rank - 1];

	return has_rest ? tile : INT64_MAX;
}

weir_status
weir__loop(const weir_kernel *kernel, int64_t begin, int64_t end,
	   weir__loop_fn fn, const char *failure)
{
	const weir_spec *spec = kernel->out[0].spec;
	struct weir__lane out = { 0 }, in[WEIR__LOOP_IN];
	int64_t first, last, stretch, count, bad;
	struct axes axes;
	int i;

	weir__loop_range(spec, begin, end, &first, &last);
	axes_of(kernel, &axes);
	stretch = stretch_of(&axes, weir__loop_tile(spec));
	out.step = (int64_t)weir__element_size(spec->dtype);
	for (; first < last; first += count) {
		count = weir__least(stretch, last - first);
		out.at = (char *)kernel->out[0].data + first * out.step;
		if (axes.rank == 1) {
			for (i = 0; i < axes.n_in; i++) {
				in[i].step = axes.step[0][i];
				in[i].row = 0;
				in[i].at = (char *)kernel->in[i].data +
					   first * in[i].step;
			}
			bad = fn(1, count, &out, in);
		} else {
			bad = run_rows(&axes, kernel, out, first, count, fn);
		}
		if (bad >= 0)
			return failed_at(spec, first + bad, failure);
	}
	return WEIR_OK;
}

int64_t
weir__loop_tiles(const weir_call *call)
{
	return weir__ceil_div(weir__elements(call->out[0]),
			      weir__loop_tile(call->out[0]));
}

static bool
have_one_shape(const weir_spec *a, const weir_spec *b)
{
	return a->rank == b->rank &&
	       memcmp(a->shape, b->shape,
		      (size_t)a->rank * sizeof *a->shape) == 0;
}

void
weir__loop_reach(const weir_call *call, size_t operand, int64_t begin,
		 int64_t end, int64_t *first, int64_t *last)
{
	if (operand < call->n_in &&
	    !have_one_shape(call->in[operand], call->out[0]))
		return;
	weir__loop_range(call->out[0], begin, end, first, last);
}

bool
weir__loop_band(const weir_call *call, int axis, int *axes)
{
	const weir_spec *out = call->out[0];
	size_t i;

	if (axis != out->rank - 1)
		return false;
	for (i = 0; i < call->n_in; i++) {
		const weir_spec *in = call->in[i];
		int last = in->rank - 1;

		axes[i] = last >= 0 && in->shape[last] == out->shape[axis]
			? last : -1;
	}
	return true;
}

bool
weir__loop_band_of_vectors(const weir_call *call, int axis, int *axes)
{
	return weir__loop_band(call, axis, axes) &&
	       call->out[0]->shape[axis] % WEIR_BAND == 0;
}
