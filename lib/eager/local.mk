# lib/eager: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/eager/libeager.la

lib_eager_libeager_la_SOURCES = \
	lib/eager/eager.c \
	lib/eager/eager.h \
	lib/eager/eager_trace.c \
	lib/eager/eager_trace.h
