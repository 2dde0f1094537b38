# lib/passes: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/passes/libpasses.la

lib_passes_libpasses_la_SOURCES = \
	lib/passes/algebra.c \
	lib/passes/cse.c \
	lib/passes/dce.c \
	lib/passes/fold.c \
	lib/passes/pass.c \
	lib/passes/pass.h \
	lib/passes/rewrite_print.c
