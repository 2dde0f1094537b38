# tools/: programs that are installed.  They include public headers only and
# link the public library.
#
# To add a program weir-x, whose sources live in tools/x/ (a program and a
# folder cannot share a name):
#
#	bin_PROGRAMS += tools/weir-x
#	tools_weir_x_SOURCES = tools/x/main.c ...
#	tools_weir_x_CFLAGS = $(tool_cflags)
#	tools_weir_x_LDADD = $(tool_libs)

tool_cflags = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tool_libs = libweir.la $(JANSSON_LIBS) $(WEIR_SYSTEM_LIBS)

# All of weir-train but its main(), for its tests too.
noinst_LIBRARIES += tools/libtrain.a
tools_libtrain_a_SOURCES = \
	tools/train/batches.c \
	tools/train/batches.h \
	tools/train/compare.c \
	tools/train/compare.h \
	tools/train/curve.c \
	tools/train/curve.h \
	tools/train/data.c \
	tools/train/data.h \
	tools/train/evaluate.c \
	tools/train/evaluate.h \
	tools/train/fail.c \
	tools/train/fail.h \
	tools/train/history.c \
	tools/train/history.h \
	tools/train/metrics.c \
	tools/train/metrics.h \
	tools/train/mistakes.c \
	tools/train/mistakes.h \
	tools/train/model.c \
	tools/train/model.h \
	tools/train/model_input.c \
	tools/train/model_input.h \
	tools/train/observe.c \
	tools/train/observe.h \
	tools/train/options.c \
	tools/train/options.h \
	tools/train/predict.c \
	tools/train/predict.h \
	tools/train/random.c \
	tools/train/random.h \
	tools/train/replay.c \
	tools/train/replay.h \
	tools/train/report.h \
	tools/train/report_json.c \
	tools/train/report_stages.c \
	tools/train/report_table.c \
	tools/train/report_training.c \
	tools/train/screen.c \
	tools/train/screen.h \
	tools/train/split.c \
	tools/train/synthetic.c \
	tools/train/train.c \
	tools/train/train.h
tools_libtrain_a_CFLAGS = $(tool_cflags)

bin_PROGRAMS += tools/weir-train
tools_weir_train_SOURCES = tools/train/main.c
tools_weir_train_CFLAGS = $(tool_cflags)
tools_weir_train_LDADD = tools/libtrain.a $(tool_libs)

bin_PROGRAMS += tools/weir-info
tools_weir_info_SOURCES = \
	tools/info/main.c \
	tools/info/ops.c \
	tools/info/ops.h \
	tools/info/plan.c \
	tools/info/plan.h \
	tools/info/say.h
tools_weir_info_CFLAGS = $(tool_cflags)
tools_weir_info_LDADD = $(tool_libs)

bin_PROGRAMS += tools/weir-trace
tools_weir_trace_SOURCES = \
	tools/trace/commands.h \
	tools/trace/convert.c \
	tools/trace/nest.c \
	tools/trace/statistics.c \
	tools/trace/statistics.h \
	tools/trace/summary.c \
	tools/trace/trace_event.c \
	tools/trace/trace_file.c \
	tools/trace/trace_file.h \
	tools/trace/weir_trace.c
tools_weir_trace_CFLAGS = $(tool_cflags)
tools_weir_trace_LDADD = $(tool_libs)

# -- their manual pages, and the examples

dist_man_MANS = \
	docs/weir-info.1 \
	docs/weir-trace.1 \
	docs/weir-train.1
EXTRA_DIST += docs/compiler.md docs/performance.md docs/tracing.md \
	docs/weir-train.md

# tests/tools/examples_test.c runs them.
noinst_PROGRAMS += examples/cholesky examples/first examples/jacobi \
	examples/task_bench
examples_cholesky_SOURCES = examples/cholesky.c
examples_cholesky_LDADD = libweir.la $(WEIR_SYSTEM_LIBS)
examples_first_SOURCES = examples/first.c
examples_first_LDADD = libweir.la
examples_jacobi_SOURCES = examples/jacobi.c
examples_jacobi_LDADD = libweir.la
examples_task_bench_SOURCES = examples/task_bench.c
examples_task_bench_LDADD = libweir.la
