# lib/function: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/function/libfunction.la

lib_function_libfunction_la_SOURCES = \
	lib/function/batches.c \
	lib/function/cache.c \
	lib/function/compare.c \
	lib/function/dimensions.c \
	lib/function/dimensions.h \
	lib/function/dump.c \
	lib/function/dump.h \
	lib/function/family.c \
	lib/function/family.h \
	lib/function/function.c \
	lib/function/function.h \
	lib/function/last_call.c \
	lib/function/last_call.h \
	lib/function/learn.c \
	lib/function/measured.c \
	lib/function/recording.c \
	lib/function/signature.c \
	lib/function/signature.h
