#include "ops/fused.h"

#include <stdint.h>

#include "ops/invoke.h"
#include "ops/walk.h"

/* The first unit of a member, a whole grain's, for a chunk. */
static inline int64_t
first_unit(const struct weir__fused *fused,
	   const struct weir__fused_member *member, int64_t chunk)
{
	return weir__most(chunk * fused->chunk - member->before, 0);
}

void
weir__fused_tiles(const struct weir__fused *fused,
		  const struct weir__fused_member *member, int64_t begin,
		  int64_t end, int64_t *first, int64_t *last)
{
	/* A chunk is a whole number of grains. */
	int64_t past = weir__most(end * fused->chunk + member->after, 0);

	*first = weir__least(first_unit(fused, member, begin) /
			     member->grain_units * member->grain_tiles,
			     member->tiles);
	*last = weir__least(past / member->grain_units * member->grain_tiles,
			    member->tiles);
}

static int64_t
fused_tiles(const weir_call *call)
{
	const struct weir__fused *fused = call->attrs;

	return weir__ceil_div(fused->units, fused->chunk);
}

static size_t
fused_scratch(const weir_call *call)
{
	const struct weir__fused *fused = call->attrs;

	return fused->scratch_bytes;
}

/* -- running --------------------------------------------------------------- */

/* The members' kernels, and room for all their operands. */
struct members {
	weir_kernel kernels[WEIR__FUSED_MAX];
	weir_view in[WEIR_OPERANDS_MAX], out[WEIR__FUSED_MAX];
};

/* Where a member finds what another one makes, which need not be the address of
 * anything before the chunk is. */
static void *
view_of(const struct members *m, const struct weir__fused_operand *from)
{
	return weir__plus(m->out[from->index].data, from->offset);
}

static void
set_up(struct members *m, const weir_kernel *kernel)
{
	const struct weir__fused *fused = kernel->call.attrs;
	weir_view *in = m->in;
	uint32_t i;
	size_t j;

	for (i = 0; i < fused->n_members; i++) {
		const struct weir__fused_member *member = &fused->members[i];

		m->kernels[i] = (weir_kernel){ .call = member->call, .in = in,
					       .out = &m->out[i] };
		m->out[i] = (weir_view){ NULL, member->call.out[0],
					 member->strides };
		if (member->is_kept)
			m->out[i].data = kernel->out[member->result].data;
		for (j = 0; j < member->call.n_in; j++, in++) {
			const struct weir__fused_operand *from = &member->in[j];

			*in = from->is_made
				? (weir_view){ view_of(m, from),
					       member->call.in[j],
					       from->strides }
				: kernel->in[from->index];
		}
	}
}

/*
 * Where a member's result would begin for its part in a chunk to be in
 * scratch: kernels think that they have all of it.
 */
static void *
start_of(const struct weir__fused *fused,
	 const struct weir__fused_member *member, const void *scratch,
	 int64_t chunk)
{
	int64_t size = (int64_t)weir__element_size(member->call.out[0]->dtype);
	int64_t before = first_unit(fused, member, chunk) * member->width *
			 size;

	return weir__plus(scratch, member->offset - before);
}

static void
move_to(struct members *m, const struct weir__fused *fused,
	const void *scratch, int64_t chunk)
{
	weir_view *in = m->in;
	uint32_t i;
	size_t j;

	for (i = 0; i < fused->n_members; i++) {
		const struct weir__fused_member *member = &fused->members[i];

		if (!member->is_kept)
			m->out[i].data = start_of(fused, member, scratch,
						  chunk);
		for (j = 0; j < member->call.n_in; j++, in++)
			if (member->in[j].is_made)
				in->data = view_of(m, &member->in[j]);
	}
}

static weir_status
fused_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const struct weir__fused *fused = kernel->call.attrs;
	weir_status status = WEIR_OK;
	struct members m;
	int64_t chunk, first, last;
	uint32_t i;

	set_up(&m, kernel);
	for (chunk = begin; chunk < end && !status; chunk++) {
		move_to(&m, fused, kernel->scratch, chunk);
		for (i = 0; i < fused->n_members && !status; i++) {
			weir__fused_tiles(fused, &fused->members[i], chunk,
					  chunk + 1, &first, &last);
			if (first < last)
				status = weir__invoke_tiles(&m.kernels[i],
							    first, last);
		}
	}
	return status;
}

/* -- what is known about it ------------------------------------------------ */

/* All that members touch of an operand or a result of the whole call. */
static void
fused_reach(const weir_call *call, size_t operand, int64_t begin, int64_t end,
	    int64_t *first, int64_t *last)
{
	const struct weir__fused *fused = call->attrs;
	int64_t tile, tiles_end, from, to;
	uint32_t i;
	size_t j;

	*first = INT64_MAX;
	*last = 0;
	for (i = 0; i < fused->n_members; i++) {
		const struct weir__fused_member *member = &fused->members[i];

		weir__fused_tiles(fused, member, begin, end, &tile,
				  &tiles_end);
		if (tile == tiles_end)
			continue;
		for (j = 0; j <= member->call.n_in; j++) {
			bool is_it = j < member->call.n_in
				? !member->in[j].is_made &&
				  member->in[j].index == operand
				: member->is_kept &&
				  call->n_in + member->result == operand;

			if (!is_it)
				continue;
			weir__reach(&member->call, j, tile, tiles_end, &from,
				    &to);
			*first = weir__least(*first, from);
			*last = weir__most(*last, to);
		}
	}
}

const weir_op weir__op_fused = {
	.size = sizeof(weir_op), .name = "fused",
	.doc = "Several calls, chunk by chunk.",
	.n_in = WEIR_VARIADIC, .n_out = WEIR_RESULTS_MAX,
	.flags = WEIR_OP_PURE, .tiles = fused_tiles, .scratch = fused_scratch,
	.kernel = fused_kernel, .reach = fused_reach,
};
