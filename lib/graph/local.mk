# lib/graph: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/graph/libgraph.la

lib_graph_libgraph_la_SOURCES = \
	lib/graph/alike.c \
	lib/graph/control_check.c \
	lib/graph/control_node.c \
	lib/graph/control_node.h \
	lib/graph/derive.c \
	lib/graph/derive.h \
	lib/graph/derive_control.c \
	lib/graph/formula.c \
	lib/graph/formula.h \
	lib/graph/graph.c \
	lib/graph/graph.h \
	lib/graph/graph_check.c \
	lib/graph/graph_dot.c \
	lib/graph/graph_dot.h \
	lib/graph/graph_print.c \
	lib/graph/node_fail.c \
	lib/graph/pattern.c \
	lib/graph/pattern.h \
	lib/graph/record.c \
	lib/graph/task_args.c \
	lib/graph/task_args.h \
	lib/graph/task_edges.c \
	lib/graph/task_graphs.c \
	lib/graph/task_graphs.h \
	lib/graph/task_groups.c \
	lib/graph/task_groups.h \
	lib/graph/task_loops.c \
	lib/graph/task_loops.h \
	lib/graph/task_paths.c \
	lib/graph/task_paths.h \
	lib/graph/task_reductions.c \
	lib/graph/task_reductions.h \
	lib/graph/task_regions.c \
	lib/graph/task_regions.h \
	lib/graph/tasks.c \
	lib/graph/tasks.h
