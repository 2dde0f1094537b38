# bench/: one question a file, public headers only; built, not installed.
#
# To add bench/x.c:
#
#	noinst_PROGRAMS += bench/x
#	bench_x_SOURCES = bench/x.c
#	bench_x_LDADD = $(bench_libs)
#
# bench/peers/ needs other schedulers: its run.sh builds it, make does not.
# bench/frameworks/ compares a program of these with what Python has.

bench_libs = libweir.la $(BLAS_LIBS) $(WEIR_SYSTEM_LIBS)

noinst_PROGRAMS += bench/train_step
bench_train_step_SOURCES = bench/train_step.c bench/figure.h \
	bench/train_floor.c bench/train_floor.h
bench_train_step_LDADD = $(bench_libs)

noinst_PROGRAMS += bench/task_cost
bench_task_cost_SOURCES = bench/task_cost.c bench/figure.h
bench_task_cost_LDADD = $(bench_libs)

noinst_PROGRAMS += bench/makespan
bench_makespan_SOURCES = bench/makespan.c bench/dag_file.c \
	bench/dag_tasks.c bench/figure.h bench/heft.c bench/makespan.h
bench_makespan_CPPFLAGS = $(AM_CPPFLAGS) \
	-DWEIR_SRCDIR='"$(abs_top_srcdir)"'
bench_makespan_LDADD = $(bench_libs)

noinst_PROGRAMS += bench/batch_sizes
bench_batch_sizes_SOURCES = bench/batch_sizes.c bench/figure.h
bench_batch_sizes_LDADD = $(bench_libs)

noinst_PROGRAMS += bench/memory
bench_memory_SOURCES = bench/memory.c bench/graphs.c bench/graphs.h
bench_memory_LDADD = $(bench_libs)

noinst_PROGRAMS += bench/recompute
bench_recompute_SOURCES = bench/recompute.c bench/figure.h bench/graphs.c \
	bench/graphs.h
bench_recompute_LDADD = $(bench_libs)

noinst_PROGRAMS += bench/compile
bench_compile_SOURCES = bench/compile.c bench/figure.h bench/graphs.c \
	bench/graphs.h
bench_compile_LDADD = $(bench_libs)

EXTRA_DIST += \
	bench/frameworks/train_step.py \
	bench/peers/README.md \
	bench/peers/bench.h \
	bench/peers/chol.h \
	bench/peers/chol_blas.c \
	bench/peers/chol_omp.c \
	bench/peers/chol_serial.c \
	bench/peers/chol_starpu.c \
	bench/peers/chol_tbbfg.cpp \
	bench/peers/chol_weir.c \
	bench/peers/dag.h \
	bench/peers/peer_omp.c \
	bench/peers/peer_refcsr.c \
	bench/peers/peer_serial.c \
	bench/peers/peer_starpu.c \
	bench/peers/peer_tbbfg.cpp \
	bench/peers/peer_tbbtg.cpp \
	bench/peers/peer_weir.c \
	bench/peers/report.py \
	bench/peers/run.sh
