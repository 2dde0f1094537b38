# lib/ops: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/ops/libops.la

lib_ops_libops_la_SOURCES = \
	lib/ops/applied.h \
	lib/ops/argmax.c \
	lib/ops/attrs.c \
	lib/ops/banded.c \
	lib/ops/banded.h \
	lib/ops/blas.c \
	lib/ops/blas.h \
	lib/ops/call_text.c \
	lib/ops/cast.c \
	lib/ops/chain.c \
	lib/ops/chain.h \
	lib/ops/chain_typed.h \
	lib/ops/comparison.c \
	lib/ops/constant.c \
	lib/ops/derived.c \
	lib/ops/derived.h \
	lib/ops/elementary.c \
	lib/ops/elementwise.c \
	lib/ops/emit.h \
	lib/ops/epilogue.h \
	lib/ops/finished.c \
	lib/ops/finished.h \
	lib/ops/fused.c \
	lib/ops/fused.h \
	lib/ops/gemm.c \
	lib/ops/gemm.h \
	lib/ops/gemm_fma.c \
	lib/ops/gemm_fma.h \
	lib/ops/gemm_fma_typed.h \
	lib/ops/gemv.c \
	lib/ops/gemv.h \
	lib/ops/gemv_typed.h \
	lib/ops/grad.c \
	lib/ops/grad.h \
	lib/ops/grad_elementwise.c \
	lib/ops/grad_reduce.c \
	lib/ops/infer.c \
	lib/ops/infer.h \
	lib/ops/invoke.c \
	lib/ops/invoke.h \
	lib/ops/join.c \
	lib/ops/layout.c \
	lib/ops/linalg.c \
	lib/ops/loop.c \
	lib/ops/loop.h \
	lib/ops/loss.c \
	lib/ops/loss_typed.h \
	lib/ops/op_cost.h \
	lib/ops/optimizer.c \
	lib/ops/philox.h \
	lib/ops/random.c \
	lib/ops/reduce.c \
	lib/ops/reduce.h \
	lib/ops/reduce_typed.h \
	lib/ops/registry.c \
	lib/ops/schema.c \
	lib/ops/schema.h \
	lib/ops/table.def \
	lib/ops/table.h \
	lib/ops/tree.h \
	lib/ops/tree_typed.h \
	lib/ops/vector_math.c \
	lib/ops/vector_math.h \
	lib/ops/walk.c \
	lib/ops/walk.h \
	lib/ops/x86_vectors.h
