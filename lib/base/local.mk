# lib/base: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/base/libbase.la

lib_base_libbase_la_SOURCES = \
	lib/base/alloc.c \
	lib/base/alloc.h \
	lib/base/arena.c \
	lib/base/arena.h \
	lib/base/crc32.c \
	lib/base/crc32.h \
	lib/base/error.c \
	lib/base/error.h \
	lib/base/fence.c \
	lib/base/fence.h \
	lib/base/fpenv.h \
	lib/base/futex.c \
	lib/base/futex.h \
	lib/base/idle.c \
	lib/base/idle.h \
	lib/base/json.c \
	lib/base/json.h \
	lib/base/json_tree.c \
	lib/base/json_tree.h \
	lib/base/now.h \
	lib/base/options.c \
	lib/base/options.h \
	lib/base/path.c \
	lib/base/path.h \
	lib/base/pause.h \
	lib/base/pointer_map.c \
	lib/base/pointer_map.h \
	lib/base/read_file.c \
	lib/base/read_file.h \
	lib/base/replace_file.c \
	lib/base/replace_file.h \
	lib/base/text.c \
	lib/base/text.h \
	lib/base/thread.h
