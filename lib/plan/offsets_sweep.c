#include "plan/offsets.h"

#include "plan/free_space.h"

struct sweep {
	const struct weir__buffers *b;
	uint32_t steps;
	bool is_backward;
	/* By CSR: the buffers that begin, and that end, at each step, as seen
	 * in the direction of the sweep. */
	uint32_t *first_start, *starts, *first_end, *ends;
	struct weir__free_space space;
	size_t *offset, peak;
};

static uint32_t
start_of(const struct sweep *s, uint32_t i)
{
	return s->is_backward ? s->steps - 1 - s->b->list[i].last
				   : s->b->list[i].first;
}

static uint32_t
end_of(const struct sweep *s, uint32_t i)
{
	return s->is_backward ? s->steps - 1 - s->b->list[i].first
				   : s->b->list[i].last;
}

/* Counted two places on, summed, then filled one place on: what is left is
 * where each list begins. */
static void
sort_by(const struct sweep *s, uint32_t (*step)(const struct sweep *s,
						uint32_t i),
	uint32_t *first, uint32_t *list)
{
	uint32_t i;

	for (i = 0; i < s->b->n; i++)
		first[step(s, i) + 2]++;
	for (i = 2; i <= s->steps + 1; i++)
		first[i] += first[i - 1];
	for (i = 0; i < s->b->n; i++)
		list[first[step(s, i) + 1]++] = i;
}

static void
put(struct sweep *s, uint32_t i)
{
	size_t bytes = s->b->list[i].bytes;

	s->offset[i] = weir__free_space_take(&s->space, bytes);
	if (s->peak < s->offset[i] + bytes)
		s->peak = s->offset[i] + bytes;
}

static void
put_all(struct sweep *s)
{
	uint32_t step, q;

	for (step = 0; step < s->steps; step++) {
		for (q = s->first_start[step]; q < s->first_start[step + 1];
		     q++)
			put(s, s->starts[q]);
		for (q = s->first_end[step]; q < s->first_end[step + 1]; q++)
			weir__free_space_give(&s->space,
					      s->offset[s->ends[q]],
					      s->b->list[s->ends[q]].bytes);
	}
}

weir_status
weir__offsets_sweep(const struct weir__buffers *buffers, uint32_t steps,
		    bool is_backward, size_t *offset, size_t *peak)
{
	struct weir__heap *heap = buffers->heap;
	struct sweep s = { .b = buffers, .steps = steps,
			   .is_backward = is_backward, .offset = offset };
	size_t n = (size_t)buffers->n + 1, lists = (size_t)steps + 2;
	weir_status status;

	status = weir__free_space_init(&s.space, heap, buffers->n);
	s.first_start = weir__calloc(heap, lists, sizeof *s.first_start);
	s.first_end = weir__calloc(heap, lists, sizeof *s.first_end);
	s.starts = weir__alloc(heap, n * sizeof *s.starts);
	s.ends = weir__alloc(heap, n * sizeof *s.ends);
	if (!s.first_start || !s.first_end || !s.starts || !s.ends)
		status = WEIR_ENOMEM;
	if (!status) {
		sort_by(&s, start_of, s.first_start, s.starts);
		sort_by(&s, end_of, s.first_end, s.ends);
		put_all(&s);
		*peak = s.peak;
	}
	weir__free_space_free(&s.space);
	weir__free(heap, s.first_start);
	weir__free(heap, s.first_end);
	weir__free(heap, s.starts);
	weir__free(heap, s.ends);
	return status;
}
