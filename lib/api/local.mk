# lib/api: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/api/libapi.la

lib_api_libapi_la_SOURCES = \
	lib/api/api_autodiff.c \
	lib/api/api_control.c \
	lib/api/api_describe.c \
	lib/api/api_elements.c \
	lib/api/api_function.c \
	lib/api/api_graph.c \
	lib/api/api_io_csv.c \
	lib/api/api_io_npy.c \
	lib/api/api_io_safetensors.c \
	lib/api/api_ops.c \
	lib/api/api_runtime.c \
	lib/api/api_saved.c \
	lib/api/api_scope.c \
	lib/api/api_task.c \
	lib/api/api_tensor.c \
	lib/api/api_trace.c \
	lib/api/api_version.c \
	lib/api/archive.c \
	lib/api/archive.h \
	lib/api/archive_header.c \
	lib/api/caller.c \
	lib/api/csv_scan.c \
	lib/api/csv_scan.h \
	lib/api/csv_table.c \
	lib/api/csv_table.h \
	lib/api/decimal.c \
	lib/api/decimal.h \
	lib/api/file_data.c \
	lib/api/file_data.h \
	lib/api/npy_header.c \
	lib/api/npy_header.h \
	lib/api/runtime.h \
	lib/api/saved_attrs.c \
	lib/api/saved_entry.c \
	lib/api/saved_entry.h \
	lib/api/saved_graph.h \
	lib/api/saved_program.c \
	lib/api/saved_read.c \
	lib/api/saved_replay.c \
	lib/api/saved_replay_control.c \
	lib/api/saved_sources.c \
	lib/api/saved_tell_control.c \
	lib/api/saved_write.c \
	lib/api/saved_write.h \
	lib/api/tensor_argument.c \
	lib/api/tensor_argument.h
