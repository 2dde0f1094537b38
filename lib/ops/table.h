/*
 * The table of built-in ops: one family a file, one row an op.
 *
 * table.def lists them; a row is a `const weir_op weir__op_NAME`.
 */
#ifndef WEIR_OPS_TABLE_H
#define WEIR_OPS_TABLE_H

#include <weir/op.h>

#define WEIR__OP(name) extern const weir_op weir__op_##name;
#include "ops/table.def"
#undef WEIR__OP

/* Whether it is none of them: an op of the user, if it has a kernel. */
bool weir__op_is_users(const weir_op *op);

#endif
