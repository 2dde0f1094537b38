# lib/scope: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/scope/libscope.la

lib_scope_libscope_la_SOURCES = \
	lib/scope/apply.c \
	lib/scope/body.c \
	lib/scope/body.h \
	lib/scope/control.c \
	lib/scope/control.h \
	lib/scope/control_eager.c \
	lib/scope/control_own.c \
	lib/scope/control_record.c \
	lib/scope/controlling.h \
	lib/scope/enter.c \
	lib/scope/memo.c \
	lib/scope/memo.h \
	lib/scope/operand.c \
	lib/scope/repeat.c \
	lib/scope/rows.c \
	lib/scope/rows.h \
	lib/scope/scope.c \
	lib/scope/scope.h \
	lib/scope/undo.c
