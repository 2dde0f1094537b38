# lib/trace: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/trace/libtrace.la

lib_trace_libtrace_la_SOURCES = \
	lib/trace/arrows.c \
	lib/trace/arrows.h \
	lib/trace/chrome.c \
	lib/trace/chrome.h \
	lib/trace/chrome_tracks.c \
	lib/trace/clock.c \
	lib/trace/clock.h \
	lib/trace/event.c \
	lib/trace/event.h \
	lib/trace/exit.c \
	lib/trace/info.c \
	lib/trace/info.h \
	lib/trace/out.c \
	lib/trace/out.h \
	lib/trace/overhead.c \
	lib/trace/ring.c \
	lib/trace/ring.h \
	lib/trace/timeline.c \
	lib/trace/timeline.h \
	lib/trace/tracer.h
