/*
 * Members of a step that is run band by band: who takes turns with whom, a few
 * rows each, and so how much of what they make has to be there at once.
 */
#include "plan/fuse_band_step.h"

#include <string.h>

#include "ops/invoke.h"
#include "ops/walk.h"

/* -- turns ----------------------------------------------------------------- */

/* Whether what its tiles make is not there before all of them have been done:
 * that is in scratch, which members have one after the other, or the end makes
 * it. */
static bool
is_made_at_the_end(const weir_call *call)
{
	return weir__scratch_bytes(call) ||
	       (call->op->finish &&
		!(call->op->flags & WEIR_OP_FINISHES_SCRATCH));
}

/*
 * So many rows of the first axis, all that belongs to them, are what each tile
 * of a member makes for a band, but for the last one; 0: it is otherwise.
 */
static int64_t
rows_of_tile(const struct weir__banded_member *member, int kind)
{
	const weir_call *call = &member->call[kind];
	const weir_spec *out = call->out[0];
	int64_t n = weir__spec_elements(out), tiles = member->tiles[kind];
	int64_t row, first, last, tile, size;

	if (tiles < 1 || member->axis == 0 || !call->op->reach ||
	    is_made_at_the_end(call))
		return 0;
	row = n / out->shape[0];
	weir__reach(call, call->n_in, 0, 1, &first, &size);
	for (tile = 0; tile < tiles; tile++) {
		weir__reach(call, call->n_in, tile, tile + 1, &first, &last);
		if (first != tile * size ||
		    last != (tile + 1 < tiles ? first + size : n))
			return 0;
	}
	return tiles > 1 && size % row == 0 ? size / row : 0;
}

/* Whether a member needs no more rows of another one than those that it makes
 * itself. */
static bool
follows(const struct weir__band_making *m, uint32_t number, uint32_t other)
{
	const struct weir__banded_member *member = &m->members[number];
	const struct weir__step *step = weir__band_making_step(m, number);
	const struct weir__slot *slot = weir__band_making_slots(m, number);
	uint32_t i;

	for (i = 0; i < member->call[0].n_in; i++)
		if (member->in[i].is_made && member->in[i].index == other &&
		    !(!m->members[other].is_fold && slot[i].is_direct &&
		      weir__is_loop(step) &&
		      weir__spec_same_shape(slot[i].spec, step->call.out[0])))
			return false;
	return true;
}

/* The rows of a turn if a member takes turns with those from `first` on, who
 * have turns of so many rows; 0: it does not. */
static int64_t
turn_with(const struct weir__band_making *m, uint32_t first, uint32_t number,
	  int kind, int64_t turn)
{
	const struct weir__banded_member *a = &m->members[first];
	const struct weir__banded_member *b = &m->members[number];
	int64_t rows = rows_of_tile(b, kind);
	uint32_t i;

	if (!turn || !rows || b->is_kept ||
	    a->call[0].out[0]->shape[0] != b->call[0].out[0]->shape[0])
		return 0;
	for (i = first; i < number; i++)
		if (!follows(m, number, i))
			return 0;
	return weir__least_common_multiple(turn, rows);
}

/* The last band is the longest. */
static const weir_call *
longest(const struct weir__banded_member *member)
{
	return &member->call[WEIR__BAND_KINDS - 1];
}

/* Whether a member goes through the rows of some from `first` on, part by part,
 * and through no others of theirs. */
static bool
goes_through(const struct weir__band_making *m, uint32_t first, uint32_t number)
{
	const struct weir__banded_member *member = &m->members[number];
	const weir_call *call = &member->call[0];
	const struct weir__slot *slot = weir__band_making_slots(m, number);
	int axes[WEIR_OPERANDS_MAX];
	bool is_any = false;
	size_t bytes;
	uint32_t i;

	if (!call->op->folds || !call->op->folds(call, axes, &bytes) ||
	    !call->op->folds(longest(member), axes, &bytes))
		return false;
	for (i = 0; i < call->n_in; i++) {
		if (!member->in[i].is_made || member->in[i].index < first)
			continue;
		if (!slot[i].is_direct || axes[i] != 0 ||
		    m->members[member->in[i].index].is_fold)
			return false;
		is_any = true;
	}
	return is_any;
}

/* Turns of so many rows, or some more if they are short. */
static int64_t
turn_of(const struct weir__band_making *m, uint32_t first, uint32_t end,
	int kind, int64_t rows)
{
	double bytes, most = 0;
	uint32_t i;

	for (i = first; i < end; i++) {
		const weir_spec *out = m->members[i].call[kind].out[0];

		if (m->members[i].is_fold)
			continue;
		bytes = (double)weir__spec_bytes(out) / (double)out->shape[0];
		most = bytes > most ? bytes : most;
	}
	return rows * most > WEIR__TURN_BYTES / 2
		? rows : rows * (int64_t)(WEIR__TURN_BYTES / (rows * most));
}

/* The members first..end take turns of so many rows; or it is only one. */
static void
set_turns(struct weir__band_making *m, uint32_t first, uint32_t end, int kind,
	  int64_t rows)
{
	uint32_t i;

	if (end - first > 1)
		rows = turn_of(m, first, end, kind, rows);
	for (i = first; i < end; i++) {
		struct weir__banded_member *member = &m->members[i];

		if (member->is_fold)
			member->tiles[kind] =
				m->members[first].call[kind].out[0]->shape[0];
		member->chunk[kind] = member->is_fold ? rows
			: end - first > 1 ? rows / rows_of_tile(member, kind)
					  : member->tiles[kind];
		m->turn[i][kind] = rows;
	}
}

/* Those whose results are kept take no turns, unless they go through rows of
 * others. */
void
weir__band_turns(struct weir__band_making *m)
{
	int64_t turn[WEIR__BAND_KINDS], longer[WEIR__BAND_KINDS];
	uint32_t first, end, i;
	bool is_turn, is_fold;
	int kind;

	for (first = 0; first < m->all.n; first = end) {
		for (kind = 0; kind < WEIR__BAND_KINDS; kind++)
			turn[kind] = turn_with(m, first, first, kind, 1);
		for (end = first + 1, is_turn = true; end < m->all.n; end++) {
			is_fold = goes_through(m, first, end);
			for (kind = 0; kind < WEIR__BAND_KINDS; kind++) {
				longer[kind] = is_fold ? turn[kind]
					: turn_with(m, first, end, kind,
						    turn[kind]);
				is_turn &= longer[kind] > 0;
			}
			if (!is_turn)
				break;
			m->members[end].is_fold = is_fold;
			memcpy(turn, longer, sizeof turn);
		}
		m->members[first].together = end - first;
		for (i = first; i < end; i++)
			m->first[i] = first;
		for (kind = 0; kind < WEIR__BAND_KINDS; kind++)
			set_turns(m, first, end, kind, turn[kind]);
	}
}

/* -- products that are finished -------------------------------------------- */

void
weir__band_finished(struct weir__band_making *m)
{
	uint32_t i;

	for (i = 0; i < m->all.n; i++) {
		struct weir__finished found;

		weir__find_finished(m->f, &m->all, m->last_user, i, &found);
		found.greater = 0;	/* what is kept has its own turn */
		if (!found.n || m->first[i + found.n - 1] != m->first[i])
			continue;
		m->members[i].finished = found;
		weir__count_finished(m->f, &m->all, i, &found);
	}
}

/* -- scratch --------------------------------------------------------------- */

/* Whether a member may make its result over what it reads of another one. */
static bool
may_be_over(const struct weir__band_making *m, uint32_t number, uint32_t other)
{
	const weir_call *a = longest(&m->members[number]);
	const weir_call *b = longest(&m->members[other]);

	return a->op->flags & WEIR_OP_IN_PLACE && !m->is_viewed[other] &&
	       weir__spec_equal(a->out[0], b->out[0]);
}

/* Whether only those that take turns with a member read what it makes. */
static bool
is_read_in_turns(const struct weir__band_making *m, uint32_t number)
{
	const struct weir__banded_member *member = &m->members[number];

	return !member->is_kept && !member->is_fold &&
	       m->members[m->first[number]].together > 1 &&
	       m->first[m->last_user[number]] == m->first[number];
}

/*
 * Whether a member may take another one's scratch: that has been read for the
 * last time, or it is by the member itself, in place. Those that take turns
 * have read some rows of it by then; unless it is one of them, nobody knows
 * which. Nor has what is to be there when all turns are over a place in common
 * with what is made anew in each.
 */
static bool
may_take(const void *making, uint32_t number, uint32_t other)
{
	const struct weir__band_making *m = making;
	uint32_t last = m->last_user[other], first = m->first[number], i;

	for (i = 0; i < number; i++)
		if (!weir__finished_may_take(&m->members[i].finished, i, number,
					     other, last))
			return false;
	if (m->members[first].together > 1 && other < first && last >= first)
		return false;
	if (m->members[first].together > 1 && m->first[other] == first &&
	    !(is_read_in_turns(m, other) && is_read_in_turns(m, number)))
		return false;
	return last < number || (last == number && may_be_over(m, number,
							       other));
}

/* Of a member's result, if that has a place in scratch. */
static size_t
bytes_in_scratch(struct weir__band_making *m, uint32_t number)
{
	struct weir__banded_member *member = &m->members[number];
	size_t most = 0, bytes;
	int kind;

	if (member->is_direct)
		return 0;
	for (kind = 0; kind < WEIR__BAND_KINDS; kind++) {
		const weir_spec *out = member->call[kind].out[0];

		bytes = (size_t)weir__spec_bytes(out);
		if (is_read_in_turns(m, number)) {
			bytes = bytes / (size_t)out->shape[0] *
				(size_t)weir__least(m->turn[number][kind],
						    out->shape[0]);
			member->turn_bytes[kind] = (int64_t)bytes;
		}
		most = most < bytes ? bytes : most;
	}
	return most;
}

/* What a member hands on from part to part, or from its tiles to their end. */
static size_t
own_bytes(const struct weir__banded_member *member)
{
	size_t most = 0, bytes;
	int axes[WEIR_OPERANDS_MAX], kind;

	for (kind = 0; kind < WEIR__BAND_KINDS; kind++) {
		const weir_call *call = &member->call[kind];

		if (!member->is_fold)
			bytes = weir__scratch_bytes(call);
		else if (!call->op->folds(call, axes, &bytes))
			continue;
		most = most < bytes ? bytes : most;
	}
	return most;
}

void
weir__band_scratch(struct weir__band_making *m)
{
	struct weir__banded *banded = m->banded;
	size_t bytes[WEIR__FUSED_MAX], own = 0, most;
	int64_t offsets[WEIR__FUSED_MAX] = { 0 };
	uint32_t i;

	for (i = 0; i < m->all.n; i++)
		bytes[i] = bytes_in_scratch(m, i);
	banded->scratch_bytes = weir__making_scratch(m->all.n, bytes, may_take,
						     m, offsets);
	for (i = 0; i < m->all.n; i++) {
		m->members[i].offset = offsets[i];
		most = own_bytes(&m->members[i]);
		if (m->members[i].is_fold) {
			m->members[i].state = (int64_t)banded->scratch_bytes;
			banded->scratch_bytes += weir__scratch_aligned(most);
		} else {
			own = own < most ? most : own;
		}
	}
	banded->own_scratch = (int64_t)banded->scratch_bytes;
	banded->scratch_bytes += weir__scratch_aligned(own);
}
