# lib/tensor: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/tensor/libtensor.la

lib_tensor_libtensor_la_SOURCES = \
	lib/tensor/cache.h \
	lib/tensor/copy.c \
	lib/tensor/dtype.c \
	lib/tensor/layouts.c \
	lib/tensor/layouts.h \
	lib/tensor/operands.c \
	lib/tensor/operands.h \
	lib/tensor/shape.c \
	lib/tensor/spin.c \
	lib/tensor/spin.h \
	lib/tensor/storage.c \
	lib/tensor/tensor.c \
	lib/tensor/tensor.h \
	lib/tensor/variable.c
