# lib/function: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/function/libfunction.la

lib_function_libfunction_la_SOURCES = \
	lib/function/batches.c \
	lib/function/compare.c \
	lib/function/dump.c \
	lib/function/dump.h \
	lib/function/function.c \
	lib/function/function.h \
	lib/function/measured.c \
	lib/function/recording.c
