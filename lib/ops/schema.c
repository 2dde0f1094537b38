#include "ops/schema.h"

#include "ops/infer.h"
#include "ops/walk.h"

static size_t
attr_size(weir_attr_type type)
{
	switch (type) {
	case WEIR_ATTR_I64: return sizeof(int64_t);
	case WEIR_ATTR_F64: return sizeof(double);
	case WEIR_ATTR_BOOL: return sizeof(bool);
	case WEIR_ATTR_DTYPE: return sizeof(weir_dtype);
	case WEIR_ATTR_INTS: return sizeof(weir_ints);
	}
	return 0;
}

static weir_status
check_attrs(const weir_op *op)
{
	const weir_attr *attr;

	if (op->attrs_size > WEIR_ATTRS_MAX)
		return weir_fail(WEIR_EINVAL, "op %s: attrs_size %zu is more "
				 "than %d bytes", op->name, op->attrs_size,
				 WEIR_ATTRS_MAX);
	if (!op->attrs)
		return op->attrs_size ? weir_fail(WEIR_EINVAL, "op %s: it has "
						  "an attrs_size but no attrs",
						  op->name)
				      : WEIR_OK;
	for (attr = op->attrs; attr->name; attr++) {
		size_t size = attr_size(attr->type);

		if (!size)
			return weir_fail(WEIR_EINVAL, "op %s: attribute %s has "
					 "the unknown type %d", op->name,
					 attr->name, (int)attr->type);
		if (attr->offset + size > op->attrs_size ||
		    attr->offset + size < size)
			return weir_fail(WEIR_EINVAL, "op %s: attribute %s "
					 "ends after the attrs_size of %zu "
					 "bytes", op->name, attr->name,
					 op->attrs_size);
	}
	return WEIR_OK;
}

weir_status
weir__op_check(const weir_op *op)
{
	const unsigned flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE |
			       WEIR_OP_BLAS_OPERANDS | WEIR_OP_ASSIGN |
			       WEIR_OP_IN_PLACE | WEIR_OP_FINISHES_SCRATCH;

	if (!op)
		return weir_fail(WEIR_ENULL, "the op is NULL");
	if (op->size != sizeof *op)
		return weir_fail(WEIR_EINVAL, "the size of the op is %zu, not "
				 "sizeof(struct weir_op), which is %zu",
				 op->size, sizeof *op);
	if (!op->name || !op->name[0])
		return weir_fail(WEIR_EINVAL, "the op has no name");
	if (op->n_in != WEIR_VARIADIC && op->n_in > WEIR_OPERANDS_MAX)
		return weir_fail(WEIR_EINVAL, "op %s: n_in %d is more than %d",
				 op->name, op->n_in, WEIR_OPERANDS_MAX);
	if (op->n_out > WEIR_RESULTS_MAX)
		return weir_fail(WEIR_EINVAL, "op %s: n_out %d is more than "
				 "%d", op->name, op->n_out, WEIR_RESULTS_MAX);
	if (op->flags & ~flags)
		return weir_fail(WEIR_EINVAL, "op %s: unknown flags 0x%x",
				 op->name, op->flags & ~flags);
	if (!op->infer)
		return weir_fail(WEIR_EINVAL, "op %s has no infer function",
				 op->name);
	if (!op->kernel && !op->view && !(op->flags & WEIR_OP_ASSIGN))
		return weir_fail(WEIR_EINVAL, "op %s has no kernel", op->name);
	if (op->folds && !op->fold)
		return weir_fail(WEIR_EINVAL, "op %s has folds and no fold "
				 "function", op->name);
	if (op->parts && (!op->part || !op->join))
		return weir_fail(WEIR_EINVAL, "op %s has parts and no %s "
				 "function", op->name,
				 op->part ? "join" : "part");
	return check_attrs(op);
}

static weir_status
wrong_count(const weir_call *call)
{
	const weir_op *op = call->op;

	if (op->n_in == WEIR_VARIADIC)
		return weir_fail(WEIR_EINVAL, "it takes 1 to %d operands, not "
				 "%zu", WEIR_OPERANDS_MAX, call->n_in);
	return weir_fail(WEIR_EINVAL, "it takes %d operand%s, not %zu",
			 op->n_in, op->n_in == 1 ? "" : "s", call->n_in);
}

static weir_status
wrong_dtype(const weir_call *call)
{
	static const weir_dtype dtypes[] = { WEIR_F32, WEIR_F64, WEIR_I64,
					     WEIR_BOOL };
	char list[64];
	struct weir__text text;
	unsigned rest = call->op->dtypes & WEIR_ANY_DTYPE;
	size_t i;

	weir__text_init(&text, list, sizeof list);
	for (i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
		unsigned bit = WEIR_DTYPE_BIT(dtypes[i]);

		if (!(rest & bit))
			continue;
		rest &= ~bit;
		weir__text_add(&text, "%s%s",
			       !text.length ? "" : rest ? ", " : " or ",
			       weir_dtype_name(dtypes[i]));
	}
	return weir_fail(WEIR_EDTYPE, "a is %s; it must be %s",
			 weir_dtype_name(call->in[0]->dtype), list);
}

/* A user's infer function may fill in anything, or leave something out. */
static weir_status
check_result(size_t i, weir_spec *spec)
{
	const weir_spec given = *spec;
	char why[WEIR__ERROR_SIZE];
	struct weir__text text;
	weir_status status;

	status = weir__spec_init(spec, given.dtype,
				 given.rank < 0 ? SIZE_MAX
						: (size_t)given.rank,
				 given.shape);
	if (!status)
		return WEIR_OK;
	weir__text_init(&text, why, sizeof why);
	weir__text_add(&text, "%s", weir_error_text());
	return weir_fail(WEIR_EOP, "its infer function made result %zu "
			 "wrong: %s", i, why);
}

weir_status
weir__call_infer(const weir_call *call, weir_spec *out)
{
	const weir_op *op = call->op;
	char label[WEIR__LABEL_SIZE];
	weir_status status = WEIR_OK;
	size_t i;

	if (op->n_in == WEIR_VARIADIC
	    ? call->n_in < 1 || call->n_in > WEIR_OPERANDS_MAX
	    : call->n_in != op->n_in)
		return wrong_count(call);
	for (i = 0; i < call->n_in; i++)
		if (!call->in[i])
			return weir_fail(WEIR_ENULL, "operand %s is NULL",
					 weir__operand_label(i, label));
	if (op->attrs && !call->attrs)
		return weir_fail(WEIR_ENULL, "its attributes are NULL");
	if (call->n_in && op->dtypes &&
	    !(op->dtypes & WEIR_DTYPE_BIT(call->in[0]->dtype)))
		return wrong_dtype(call);

	weir__error_clear();
	status = op->infer(call, out);
	if (!status) {
		for (i = 0; i < op->n_out && !status; i++)
			status = check_result(i, &out[i]);
		return status;
	}
	if (!weir__status_is_known(status)) {
		weir_fail(WEIR_EOP, "its infer function returned %d",
			  (int)status);
		status = WEIR_EOP;
	}
	if (!weir_error_text()[0])
		weir_fail(status, "its infer function failed (%s) and said "
			  "not why", weir_status_name(status));
	return status;
}

weir_cost
weir__call_cost(const weir_call *call)
{
	weir_cost cost = { 0, 0, 100e3 };	/* unknown: taken as heavy */

	if (!call->op->cost)
		return cost;
	cost = call->op->cost(call);
	if (!(cost.nanoseconds > 0))
		cost.nanoseconds = cost.flops / 4 + cost.bytes / 8 + 20;
	if (!(cost.nanoseconds > 0))	/* a user's negative or NaN figures */
		cost.nanoseconds = 20;
	return cost;
}
