/*
 * What is left in a run's memory is spoilt, if its plan says so.
 *
 * Who does the last piece of work that uses a value fills its bytes, as a part
 * of that piece: all others have been done by then, and who is to write
 * something else there waits for all of them. So it is as early as can be, and
 * whatever reads the value after that, without having been waited for, gets
 * what cannot be mistaken for it.
 */
#include "exec/run.h"

#include <string.h>

#include "plan/poison.h"

/* Signalling NaNs; as integers, far below what an index or a count can be; and
 * bytes that are no booleans. */
static uint64_t
pattern_of(weir_dtype dtype)
{
	switch (dtype) {
	case WEIR_F32:
		return 0x7fa4dead7fa4dead;
	case WEIR_I64:
		return 0xdeadfeeddeadfeed;
	case WEIR_BOOL:
		return UINT64_MAX;
	default:
		return 0x7ff4dead7ff4dead;
	}
}

static void
fill(char *at, size_t bytes, weir_dtype dtype)
{
	uint64_t pattern = pattern_of(dtype);
	size_t i;

	for (i = 0; i + sizeof pattern <= bytes; i += sizeof pattern)
		memcpy(at + i, &pattern, sizeof pattern);
	memcpy(at + i, &pattern, bytes - i);
}

weir_status
weir__run_poison_init(struct weir__run *run)
{
	const struct weir__poison *poison = run->plan->poison;

	if (!poison)
		return WEIR_OK;
	run->uses_left = weir__calloc(run->plan->heap, (size_t)poison->n + 1,
				      sizeof *run->uses_left);
	if (!run->uses_left)
		return WEIR_ENOMEM;
	if (run->plan->arena_bytes)
		fill(run->arena, run->plan->arena_bytes, WEIR_F64);
	return WEIR_OK;
}

void
weir__run_poison_begin(struct weir__run *run)
{
	const struct weir__poison *poison = run->plan->poison;
	uint32_t i;

	for (i = 0; poison && i < poison->n; i++)
		atomic_store_explicit(&run->uses_left[i],
				      poison->remains[i].uses,
				      memory_order_relaxed);
}

void
weir__run_poison_work(struct weir__run *run, const struct weir__work *work)
{
	const struct weir__poison *p = run->plan->poison;
	uint32_t i;

	for (i = p->first_use[work->step]; i < p->first_use[work->step + 1];
	     i++) {
		const struct weir__remains *r = &p->remains[p->uses[i]];

		/* What all others have read is read. */
		if (atomic_fetch_sub_explicit(&run->uses_left[p->uses[i]], 1,
					      memory_order_acq_rel) == 1 &&
		    !r->is_written_over)
			fill(run->arena + r->offset, r->bytes, r->dtype);
	}
}
