/* What errors, traces and dumps say of a call: one line. */
#include "ops/infer.h"
#include "ops/schema.h"

enum { SPEC_SIZE = WEIR__SHAPE_SIZE + 8 };

/* "train/layer1/matmul" */
static void
add_path(struct weir__text *text, const struct weir__path *scope,
	 const char *op)
{
	weir__text_add(text, "%s%s%s", scope ? scope->text : "",
		       scope && op ? "/" : "", op ? op : "");
}

static void
add_operand(struct weir__text *text, const struct weir__operand *operand)
{
	const struct weir__origin *from = &operand->origin;
	const char *name = operand->name ? operand->name : "";
	bool has_site = from->site && from->site[0];
	char spec[SPEC_SIZE];

	if (!operand->spec) {
		weir__text_add(text, "NULL");
		return;
	}
	weir__spec_text(operand->spec, spec, sizeof spec);
	weir__text_add(text, "%s", spec);
	if (operand->is_variable)
		weir__text_add(text, ", variable %s", name[0] ? name : "?");
	else if (name[0])
		weir__text_add(text, ", named %s", name);
	if (from->path || from->op) {
		weir__text_add(text, " from ");
		add_path(text, from->path, from->op);
		if (has_site)
			weir__text_add(text, " (%s)", from->site);
	} else if (has_site) {
		weir__text_add(text, " from %s", from->site);
	}
}

void
weir__call_text(const weir_op *op, const void *attrs, const char *why,
		const struct weir__path *path, const char *site,
		const struct weir__operand *operands, size_t n,
		struct weir__text *text)
{
	char label[WEIR__LABEL_SIZE];
	bool has_site = site && site[0];
	size_t i;

	weir__text_add(text, "%s: %s", op->name, why);
	if (path) {
		weir__text_add(text, "; in ");
		add_path(text, path, op->name);
	}
	if (has_site)
		weir__text_add(text, "%s called at %s", path ? "," : ";", site);
	for (i = 0; i < n; i++) {
		weir__text_add(text, "%s%s = ", i ? ", " : ", with ",
			       weir__operand_label(i, label));
		add_operand(text, &operands[i]);
	}
	if (op->attrs && op->attrs->name && attrs) {
		weir__text_add(text, n ? ", " : ", with ");
		weir__attrs_text(op, attrs, text);
	}
}

static void
add_specs(struct weir__text *text, const weir_spec *const *specs, size_t n)
{
	char spec[SPEC_SIZE];
	size_t i;

	for (i = 0; i < n; i++) {
		weir__spec_text(specs[i], spec, sizeof spec);
		weir__text_add(text, "%s%s", i ? " " : "", spec);
	}
}

void
weir__shapes_text(const weir_call *call, struct weir__text *text)
{
	add_specs(text, call->in, call->n_in);
	weir__text_add(text, call->n_in ? " -> " : "-> ");
	if (call->out)
		add_specs(text, call->out, call->n_out);
}
