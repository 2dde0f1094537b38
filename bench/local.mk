# bench/: one question a file, public headers only; built, not installed.
#
# To add bench/x.c:
#
#	noinst_PROGRAMS += bench/x
#	bench_x_SOURCES = bench/x.c
#	bench_x_LDADD = $(bench_libs)

bench_libs = libweir.la $(BLAS_LIBS) $(WEIR_SYSTEM_LIBS)

noinst_PROGRAMS += bench/train_step
bench_train_step_SOURCES = bench/train_step.c bench/train_floor.c \
	bench/train_floor.h
bench_train_step_LDADD = $(bench_libs)

noinst_PROGRAMS += bench/task_cost
bench_task_cost_SOURCES = bench/task_cost.c
bench_task_cost_LDADD = $(bench_libs)
