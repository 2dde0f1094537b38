# lib/autodiff: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/autodiff/libautodiff.la

lib_autodiff_libautodiff_la_SOURCES = \
	lib/autodiff/control_grad.c \
	lib/autodiff/control_grad.h \
	lib/autodiff/entry.h \
	lib/autodiff/gradient.c \
	lib/autodiff/loop_grad.c \
	lib/autodiff/sgd.c \
	lib/autodiff/tape.c \
	lib/autodiff/tape.h \
	lib/autodiff/tape_control.c
