# lib/exec: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/exec/libexec.la

lib_exec_libexec_la_SOURCES = \
	lib/exec/exec_trace.c \
	lib/exec/handle.c \
	lib/exec/handle.h \
	lib/exec/late.c \
	lib/exec/late.h \
	lib/exec/nested.c \
	lib/exec/nested.h \
	lib/exec/places.c \
	lib/exec/places.h \
	lib/exec/plan_block.c \
	lib/exec/poison_fill.c \
	lib/exec/resident.c \
	lib/exec/resident.h \
	lib/exec/run.c \
	lib/exec/run.h \
	lib/exec/run_control.c \
	lib/exec/run_control.h \
	lib/exec/run_measure.c \
	lib/exec/run_memory.c \
	lib/exec/run_start.c \
	lib/exec/run_state.c \
	lib/exec/run_variables.c \
	lib/exec/stream.c \
	lib/exec/stream.h \
	lib/exec/stream_block.c \
	lib/exec/stream_claimed.c \
	lib/exec/stream_claimed.h \
	lib/exec/stream_loop.c \
	lib/exec/stream_loop.h \
	lib/exec/stream_print.c \
	lib/exec/stream_run.c \
	lib/exec/stream_trace.c \
	lib/exec/stream_trace.h \
	lib/exec/stream_turns.c \
	lib/exec/team.c \
	lib/exec/team.h \
	lib/exec/trial.c \
	lib/exec/trial.h \
	lib/exec/visits.c \
	lib/exec/visits.h \
	lib/exec/waits.c \
	lib/exec/waits.h
