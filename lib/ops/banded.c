#include "ops/banded.h"

#include <stdint.h>

#include "ops/invoke.h"
#include "ops/walk.h"

static int64_t
banded_tiles(const weir_call *call)
{
	const struct weir__banded *banded = call->attrs;

	return banded->extent / banded->width;
}

static size_t
banded_scratch(const weir_call *call)
{
	const struct weir__banded *banded = call->attrs;

	return banded->scratch_bytes;
}

/* -- running --------------------------------------------------------------- */

/* A band, and where its members' operands and results are. */
struct band {
	const struct weir__banded *banded;
	const weir_kernel *kernel;	/* of the whole call */
	int kind;
	int64_t first;			/* entry of the axis */
	weir_kernel kernels[WEIR__FUSED_MAX];
	weir_view *operands[WEIR__FUSED_MAX];	/* of each member, in `in` */
	weir_view in[WEIR_OPERANDS_MAX], out[WEIR__FUSED_MAX];
};

static weir_view
operand_of(const struct band *b, const struct weir__banded_operand *in,
	   const weir_spec *spec)
{
	weir_view view = { NULL, spec, in->strides[b->kind] };

	if (in->is_made) {
		view.data = weir__plus(b->out[in->index].data,
				       in->offset[b->kind]);
		return view;
	}
	view = b->kernel->in[in->index];
	view.spec = spec;
	if (in->axis >= 0)
		view.data = weir__plus(view.data,
				       b->first * view.strides[in->axis]);
	return view;
}

/* Bytes of one entry of a member's axis. */
static int64_t
bytes_of_entry(const struct weir__banded_member *member)
{
	const weir_spec *spec = member->call[0].out[0];
	int64_t bytes = (int64_t)weir__element_size(spec->dtype);
	int axis;

	for (axis = member->axis + 1; axis < spec->rank; axis++)
		bytes *= spec->shape[axis];
	return bytes;
}

static weir_view
result_of(const struct band *b, const struct weir__banded_member *member)
{
	void *data = member->is_direct
		? weir__plus(b->kernel->out[member->result].data,
		       b->first * bytes_of_entry(member))
		: weir__plus(b->kernel->scratch, member->offset);

	return (weir_view){ data, member->call[b->kind].out[0],
			    member->strides[b->kind] };
}

/* From scratch to where it belongs in the whole result. */
static void
keep(const struct band *b, const struct weir__banded_member *member,
     const weir_view *made)
{
	const weir_spec *spec = made->spec;
	int64_t entry = bytes_of_entry(member);
	int64_t length = spec->shape[member->axis] * entry, rows = 1;
	const char *from = made->data;
	char *to = weir__plus(b->kernel->out[member->result].data,
			      b->first * entry);
	int axis;

	for (axis = 0; axis < member->axis; axis++)
		rows *= spec->shape[axis];
	for (; rows > 0; rows--) {
		weir__copy_bytes(to, from, (size_t)length);
		from += length;
		to += b->banded->extent * entry;
	}
}

static void
set_up(struct band *b, uint32_t number, weir_view *in)
{
	const struct weir__banded_member *member = &b->banded->members[number];
	weir_kernel *kernel = &b->kernels[number];
	size_t i;

	*kernel = (weir_kernel){
		.call = member->call[b->kind], .in = in, .out = &b->out[number],
		.scratch = weir__plus(b->kernel->scratch,
				      member->is_fold ? member->state
					      : b->banded->own_scratch)
	};
	b->operands[number] = in;
	for (i = 0; i < kernel->call.n_in; i++)
		in[i] = operand_of(b, &member->in[i], kernel->call.in[i]);
	b->out[number] = result_of(b, member);
}

/* Where a turn's rows are in scratch the next one's are to be: each member
 * thinks that it has all of them. */
static void
go_on(struct band *b, uint32_t first, uint32_t n)
{
	uint32_t i, made;
	size_t j;

	for (i = first; i < first + n; i++) {
		const struct weir__banded_member *member =
			&b->banded->members[i];

		b->out[i].data = weir__plus(b->out[i].data,
					    -member->turn_bytes[b->kind]);
		for (j = 0; j < b->kernels[i].call.n_in; j++) {
			made = member->in[j].index;
			if (!member->in[j].is_made || made < first)
				continue;
			b->operands[i][j].data = weir__plus(
				b->operands[i][j].data,
				-b->banded->members[made].turn_bytes[b->kind]);
		}
	}
}

/* Some tiles of a member, or of a product and those that are done with it:
 * returns how many members that are. */
static uint32_t
do_member(struct band *b, uint32_t number, int64_t turn, bool *is_any,
	  weir_status *status)
{
	const struct weir__banded_member *member = &b->banded->members[number];
	const weir_kernel *kernel = &b->kernels[number];
	int64_t begin = turn * member->chunk[b->kind];
	int64_t end = weir__least(begin + member->chunk[b->kind],
				  member->tiles[b->kind]);

	if (begin >= end)
		return 1;
	*is_any = true;
	if (member->finished.n &&
	    weir__finished_run(kernel, &member->finished, begin, end))
		return member->finished.n;
	*status = (member->is_fold ? weir__invoke_fold : weir__invoke_tiles)(
		kernel, begin, end);
	return 1;
}

/* All tiles of members that take turns; or of one. */
static weir_status
do_tiles(struct band *b, uint32_t first, uint32_t n)
{
	weir_status status = WEIR_OK;
	bool is_any = true;
	int64_t turn;
	uint32_t i;

	for (turn = 0; is_any && !status; turn++) {
		is_any = false;
		if (turn && n > 1)
			go_on(b, first, n);
		for (i = 0; i < n && !status;)
			i += do_member(b, first + i, turn, &is_any, &status);
	}
	return status;
}

static weir_status
do_band(struct band *b)
{
	const struct weir__banded *banded = b->banded;
	weir_status status = WEIR_OK;
	weir_view *in = b->in;
	uint32_t i, first;

	for (i = 0; i < banded->n_members; i++) {
		set_up(b, i, in);
		in += b->kernels[i].call.n_in;
	}
	for (first = 0; first < banded->n_members && !status; first = i) {
		i = first + banded->members[first].together;
		status = do_tiles(b, first, i - first);
		for (; first < i && !status; first++) {
			const struct weir__banded_member *member =
				&banded->members[first];

			if (!member->is_fold)
				status = weir__invoke_finish(
					&b->kernels[first]);
			if (!status && member->is_kept && !member->is_direct)
				keep(b, member, &b->out[first]);
		}
	}
	return status;
}

static weir_status
banded_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	struct band b = { .banded = kernel->call.attrs, .kernel = kernel };
	int64_t bands = banded_tiles(&kernel->call), band;
	weir_status status = WEIR_OK;

	for (band = begin; band < end && !status; band++) {
		b.kind = band == bands - 1;
		b.first = band * b.banded->width;
		status = do_band(&b);
	}
	return status;
}

/* -- what is known about it ------------------------------------------------ */

/* Add the elements among which entries from..to of an axis are: from the first
 * of them to the last. */
static void
add_span(const weir_spec *spec, int axis, int64_t from, int64_t to,
	 int64_t *first, int64_t *last)
{
	int64_t inner = 1, all;
	int i;

	for (i = axis + 1; i < spec->rank; i++)
		inner *= spec->shape[i];
	all = weir__elements(spec);
	if (axis < 0 || spec->shape[axis] * inner != all) {
		*first = 0;
		*last = all;
		return;
	}
	*first = weir__least(*first, from * inner);
	*last = weir__most(*last, to * inner);
}

static void
banded_reach(const weir_call *call, size_t operand, int64_t begin, int64_t end,
	     int64_t *first, int64_t *last)
{
	const struct weir__banded *banded = call->attrs;
	int64_t from = begin * banded->width;
	int64_t to = end < banded_tiles(call) ? end * banded->width
					      : banded->extent;
	uint32_t i;
	size_t j;

	*first = INT64_MAX;
	*last = 0;
	for (i = 0; i < banded->n_members; i++) {
		const struct weir__banded_member *member = &banded->members[i];

		if (member->is_kept && call->n_in + member->result == operand)
			add_span(call->out[member->result], member->axis, from,
				 to, first, last);
		for (j = 0; j < member->call[0].n_in; j++)
			if (!member->in[j].is_made &&
			    member->in[j].index == operand)
				add_span(call->in[operand], member->in[j].axis,
					 from, to, first, last);
	}
}

const weir_op weir__op_banded = {
	.size = sizeof(weir_op), .name = "banded",
	.doc = "Several calls, band by band.",
	.n_in = WEIR_VARIADIC, .n_out = WEIR_RESULTS_MAX,
	.flags = WEIR_OP_PURE, .tiles = banded_tiles, .scratch = banded_scratch,
	.kernel = banded_kernel, .reach = banded_reach,
};

uint32_t
weir__calls_within(const weir_call *call)
{
	const struct weir__fused *fused = call->attrs;
	const struct weir__banded *banded = call->attrs;

	if (call->op->kernel == weir__op_fused.kernel)
		return fused->n_members;
	return call->op->kernel == banded_kernel ? banded->n_members : 1;
}
