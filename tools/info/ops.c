#include "ops.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include <weir.h>

#include "say.h"

static const char *const dtype_names[] = {
	[WEIR_F32] = "f32", [WEIR_F64] = "f64", [WEIR_I64] = "i64",
	[WEIR_BOOL] = "bool",
};
enum { DTYPES_END = WEIR_BOOL + 1 };

static const char *const attr_types[] = {
	[WEIR_ATTR_I64] = "integer",
	[WEIR_ATTR_F64] = "number",
	[WEIR_ATTR_BOOL] = "bool",
	[WEIR_ATTR_DTYPE] = "dtype",
	[WEIR_ATTR_INTS] = "integers",
};

static bool
takes(const weir_op *op, int dtype)
{
	return op->dtypes == 0 || op->dtypes & WEIR_DTYPE_BIT(dtype);
}

static bool
has(const weir_op *op, unsigned flag)
{
	return op->flags & flag;
}

/* -- for people ----------------------------------------------------------- */

/* "f32 f64", or "any" */
static void
write_dtypes(const weir_op *op, char *text, size_t size)
{
	size_t length = 0;
	bool takes_all = true;
	int i;

	text[0] = '\0';
	for (i = WEIR_F32; i < DTYPES_END; i++) {
		if (!takes(op, i)) {
			takes_all = false;
			continue;
		}
		length += (size_t)snprintf(text + length, size - length,
					   "%s%s", length ? " " : "",
					   dtype_names[i]);
	}
	if (takes_all)
		snprintf(text, size, "any");
}

static void
write_arity(const weir_op *op, char *text, size_t size)
{
	if (op->n_in == WEIR_VARIADIC)
		snprintf(text, size, "n -> %d", op->n_out);
	else
		snprintf(text, size, "%d -> %d", op->n_in, op->n_out);
}

static void
print_line(const weir_op *op)
{
	char dtypes[64], arity[16];

	write_dtypes(op, dtypes, sizeof dtypes);
	write_arity(op, arity, sizeof arity);
	printf("%-16s %-7s %-12s %s\n", op->name, arity, dtypes, op->doc);
}

static void
print_op(const weir_op *op)
{
	const weir_attr *attr;
	char dtypes[64];

	write_dtypes(op, dtypes, sizeof dtypes);
	printf("%s: %s\n", op->name, op->doc);
	if (op->n_in == WEIR_VARIADIC)
		printf("  operands:    one or more\n");
	else
		printf("  operands:    %d\n", op->n_in);
	printf("  results:     %d\n", op->n_out);
	printf("  dtypes:      %s\n", dtypes);
	printf("  gradient:    %s\n", op->grad ? "yes" : "no");
	printf("  can fail:    %s\n", op->fallible
	       ? "yes, on values that it refuses"
	       : "no, once shapes and dtypes are accepted");
	printf("  pure:        %s\n", has(op, WEIR_OP_PURE)
	       ? "yes: equal calls may become one" : "no");
	printf("  elementwise: %s\n", has(op, WEIR_OP_ELEMENTWISE)
	       ? "yes" : "no");
	if (!op->attrs || !op->attrs->name) {
		printf("  attributes:  none\n");
		return;
	}
	printf("  attributes:\n");
	for (attr = op->attrs; attr->name; attr++)
		printf("    %-10s %-8s %s\n", attr->name,
		       attr_types[attr->type], attr->doc ? attr->doc : "");
}

/* -- for programs --------------------------------------------------------- */

static json_t *
needed(json_t *value)
{
	if (!value)
		give_up("no memory");
	return value;
}

static void
set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, needed(value)) != 0)
		give_up("no memory");
}

static void
append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, needed(value)) != 0)
		give_up("no memory");
}

static json_t *
attr_as_json(const weir_attr *attr)
{
	json_t *object = needed(json_object());

	set(object, "name", json_string(attr->name));
	set(object, "type", json_string(attr_types[attr->type]));
	set(object, "doc", json_string(attr->doc ? attr->doc : ""));
	return object;
}

static json_t *
op_as_json(const weir_op *op)
{
	json_t *object = needed(json_object());
	json_t *dtypes = needed(json_array());
	json_t *attrs = needed(json_array());
	const weir_attr *attr;
	int i;

	for (i = WEIR_F32; i < DTYPES_END; i++)
		if (takes(op, i))
			append(dtypes, json_string(dtype_names[i]));
	for (attr = op->attrs; attr && attr->name; attr++)
		append(attrs, attr_as_json(attr));
	set(object, "name", json_string(op->name));
	set(object, "doc", json_string(op->doc));
	set(object, "operands", op->n_in == WEIR_VARIADIC
	    ? json_null() : json_integer(op->n_in));
	set(object, "results", json_integer(op->n_out));
	set(object, "dtypes", dtypes);
	set(object, "gradient", json_boolean(op->grad != NULL));
	set(object, "fallible", json_boolean(op->fallible != 0));
	set(object, "pure", json_boolean(has(op, WEIR_OP_PURE)));
	set(object, "elementwise",
	    json_boolean(has(op, WEIR_OP_ELEMENTWISE)));
	set(object, "attributes", attrs);
	return object;
}

static void
print_json(json_t *value)
{
	if (json_dumpf(value, stdout, JSON_INDENT(2)) != 0)
		give_up("cannot write to standard output");
	putchar('\n');
	json_decref(value);
}

static void
print_all_as_json(void)
{
	json_t *array = needed(json_array());
	size_t i;

	for (i = 0; i < weir_op_count(); i++)
		append(array, op_as_json(weir_op_at(i)));
	print_json(array);
}

void
print_ops(const char *name, bool as_json)
{
	const weir_op *op;
	size_t i;

	if (name) {
		op = weir_op_find(name);
		if (!op)
			give_up("there is no op `%s' (weir-info ops lists "
				"them)", name);
		if (as_json)
			print_json(op_as_json(op));
		else
			print_op(op);
	} else if (as_json) {
		print_all_as_json();
	} else {
		for (i = 0; i < weir_op_count(); i++)
			print_line(weir_op_at(i));
	}
}
