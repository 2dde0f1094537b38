#include "ops/fused.h"

#include <limits.h>
#include <stdint.h>

#include "ops/chain.h"
#include "ops/invoke.h"
#include "ops/loop.h"

/* The first unit of a member, a whole grain's, for a chunk. */
static inline int64_t
first_unit(const struct weir__fused *fused,
	   const struct weir__fused_member *member, int64_t chunk)
{
	return weir__most(chunk * fused->chunk - member->before, 0);
}

/* Its tiles for units from..to of the whole call, whole grains. */
static inline void
tiles_for(const struct weir__fused_member *member, int64_t from, int64_t to,
	  int64_t *first, int64_t *last)
{
	from = weir__most(from - member->before, 0);
	to = weir__most(to + member->after, 0);
	*first = weir__least(from / member->grain_units * member->grain_tiles,
			     member->tiles);
	*last = weir__least(to / member->grain_units * member->grain_tiles,
			    member->tiles);
}

void
weir__fused_tiles(const struct weir__fused *fused,
		  const struct weir__fused_member *member, int64_t begin,
		  int64_t end, int64_t *first, int64_t *last)
{
	tiles_for(member, begin * fused->chunk, end * fused->chunk, first,
		  last);
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
		if (member->is_in_parts)
			m->kernels[i].scratch = weir__plus(kernel->shared,
							   member->offset);
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

/* -- chains ---------------------------------------------------------------- */

/* Where a member's elements from the first one on are. */
static void *
elements_of(const weir_view *view, int64_t first)
{
	return weir__plus(view->data, first * (int64_t)weir__element_size(
							view->spec->dtype));
}

/* The links of a chain; false: its result begins where an operand does. */
static bool
set_links(const struct weir__fused_member *member, const weir_kernel *kernel,
	  int64_t first, struct weir__link *links)
{
	const uint32_t n = member->chain;
	const void *to = kernel[n - 1].out->data;
	bool is_apart = kernel->in[member->through].data != to;
	uint32_t i;

	for (i = 0; i < n; i++, member++, kernel++) {
		const weir_view *other;

		links[i] = (struct weir__link){ .code = member->link,
						.by_row = member->has_row };
		if (member->call.n_in < 2)
			continue;
		other = &kernel->in[1 - member->through];
		links[i].other =
			member->link < WEIR__LINK_ONE && !member->has_row
			? elements_of(other, first) : other->data;
		is_apart &= other->data != to;
	}
	return is_apart;
}

/* The tiles of a chain's members as one. False: they must be run one by one,
 * and nothing has happened. */
static bool
run_chain(const struct weir__fused *fused,
	  const struct weir__fused_member *member, const weir_kernel *kernel,
	  char *scratch, int64_t begin, int64_t end)
{
	const struct weir__fused_member *last_member =
		member + member->chain - 1;
	const weir_view *result = kernel[member->chain - 1].out;
	const weir_spec *spec = result->spec;
	struct weir__link links[WEIR__LINKS_MAX];
	int64_t first, last, rows = 1;
	void *to, *made;

	weir__loop_range(spec, begin, end, &first, &last);
	if (member->is_by_rows)
		rows = (last - first) / spec->shape[spec->rank - 1];
	to = made = elements_of(result, first);
	/* In scratch it has a place of its own. */
	if (!set_links(member, kernel, first, links) && last_member->is_kept)
		made = scratch + fused->chain_offset;
	if (!weir__chain_run(spec->dtype, links, member->chain,
			     elements_of(&kernel->in[member->through], first),
			     made, rows, (last - first) / rows,
			     made == to && last_member->is_past))
		return false;
	if (made != to)
		weir__copy_bytes(to, made, (size_t)(last - first) *
					   weir__element_size(spec->dtype));
	return true;
}

/*
 * A member's part in units from..to, or that of a chain, or of a product that is
 * finished: returns how many members that are. Those in `done` have been run,
 * with one that came before.
 */
static uint32_t
run_member(const struct weir__fused *fused, const struct members *m,
	   uint32_t number, char *scratch, int64_t from, int64_t to,
	   unsigned *done, weir_status *status)
{
	const struct weir__fused_member *member = &fused->members[number];
	const weir_kernel *kernel = &m->kernels[number];
	int64_t first, last;

	if (*done >> number & 1)
		return 1;

	tiles_for(member, from, to, &first, &last);
	if (first == last)
		return 1;
	if (member->finished.n &&
	    weir__finished_run(kernel, &member->finished, first, last)) {
		if (member->finished.greater)
			*done |= 1u << (number + member->finished.greater);
		return member->finished.n;
	}
	if (member->chain &&
	    run_chain(fused, member, kernel, scratch, first, last))
		return member->chain;
	*status = member->is_in_parts
		? weir__invoke_parts(kernel, first, last)
		: weir__invoke_tiles(kernel, first, last);
	return 1;
}

/* The members that take turns from one on, in units from..to. */
static weir_status
run_turns(const struct weir__fused *fused, const struct members *m,
	  uint32_t number, char *scratch, int64_t from, int64_t to,
	  unsigned *done)
{
	const uint32_t end = number + fused->members[number].together;
	const int64_t turn = fused->members[number].turn;
	unsigned in_all = UINT_MAX, in_this;
	weir_status status = WEIR_OK;
	uint32_t i;

	for (; from < weir__least(to, fused->units) && !status; from += turn) {
		in_this = *done;
		for (i = number; i < end && !status;)
			i += run_member(fused, m, i, scratch, from,
					weir__least(from + turn, to),
					&in_this, &status);
		in_all &= in_this;
	}
	*done = in_all;
	return status;
}

static weir_status
fused_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const struct weir__fused *fused = kernel->call.attrs;
	weir_status status = WEIR_OK;
	struct members m;
	unsigned done;
	int64_t chunk;
	uint32_t i;

	set_up(&m, kernel);
	for (chunk = begin; chunk < end && !status; chunk++) {
		move_to(&m, fused, kernel->scratch, chunk);
		done = 0;
		for (i = 0; i < fused->n_members && !status;
		     i += fused->members[i].together)
			status = run_turns(fused, &m, i, kernel->scratch,
					   chunk * fused->chunk,
					   (chunk + 1) * fused->chunk, &done);
	}
	if (fused->has_past)
		weir__chain_fence();
	return status;
}

/* All parts are there. */
static weir_status
fused_finish(const weir_kernel *kernel)
{
	const struct weir__fused *fused = kernel->call.attrs;
	weir_status status = WEIR_OK;
	uint32_t i;

	for (i = 0; i < fused->n_members && !status; i++) {
		const struct weir__fused_member *member = &fused->members[i];

		if (!member->is_in_parts || !member->is_kept)
			continue;
		status = weir__invoke_join(&(weir_kernel){
			.call = member->call,
			.out = &kernel->out[member->result],
			.scratch = weir__plus(kernel->shared, member->offset)
		});
	}
	return status;
}

bool
weir__fused_finishes(const weir_call *call, uint32_t number)
{
	const struct weir__fused *fused = call->attrs;
	uint32_t i = 0;

	if (call->op->finish != fused_finish)
		return true;
	while (!fused->members[i].is_kept || fused->members[i].result != number)
		i++;
	return fused->members[i].is_in_parts;
}

/* -- what is known about it ------------------------------------------------ */

/* What a member's tiles touch of an operand or its result; of which, if it has
 * parts, only the end makes any, and of an operand they may be anywhere. */
static void
reach_of_member(const struct weir__fused_member *member, size_t operand,
		int64_t begin, int64_t end, int64_t *first, int64_t *last)
{
	const weir_call *call = &member->call;

	if (!member->is_in_parts) {
		weir__reach(call, operand, begin, end, first, last);
		return;
	}
	*first = 0;
	*last = weir__elements(operand < call->n_in
			? call->in[operand]
			: call->out[operand - call->n_in]);
}

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
			reach_of_member(member, j, tile, tiles_end, &from,
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

const weir_op weir__op_fused_in_parts = {
	.size = sizeof(weir_op), .name = "fused",
	.doc = "Several calls, chunk by chunk, and the end of some.",
	.n_in = WEIR_VARIADIC, .n_out = WEIR_RESULTS_MAX,
	.flags = WEIR_OP_PURE, .tiles = fused_tiles, .scratch = fused_scratch,
	.kernel = fused_kernel, .finish = fused_finish, .reach = fused_reach,
};
