/*
 * Gradients: each emits further ops into the scope it is handed, see emit.h.
 *
 * A failed emission leaves its sentence in the scope, which keeps the first
 * failure and answers everything after it with NULL; so gradients emit all
 * they want and look once, at the end (weir__grad_done()).
 */
#ifndef WEIR_OPS_GRAD_H
#define WEIR_OPS_GRAD_H

#include "ops/emit.h"
#include "ops/table.h"

/* WEIR_OK where the wanted gradients of operands 0..n-1 are there. */
weir_status
weir__grad_done(const weir_gradient *gradient, size_t n);

/* A number as a tensor of rank 0. */
weir_tensor *
weir__emit_number(weir_scope *scope, weir_dtype dtype, double value);

weir_tensor *
weir__emit_reshape(weir_scope *scope, weir_tensor *x, const weir_spec *like);

/* Undo a broadcast: x, summed to the shape of like. */
weir_tensor *
weir__emit_sum_to(weir_scope *scope, weir_tensor *x, const weir_spec *like);

weir_status weir__grad_add(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_sub(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_mul(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_div(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_maximum(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_where(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_neg(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_square(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_sqrt(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_exp(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_log(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_tanh(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_sigmoid(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_relu(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_cast(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_sum(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_mean(weir_scope *scope, const weir_gradient *g);
weir_status weir__grad_max(weir_scope *scope, const weir_gradient *g);

#endif
