# lib/topology: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/topology/libtopology.la

lib_topology_libtopology_la_SOURCES = \
	lib/topology/bind.c \
	lib/topology/cgroup.c \
	lib/topology/cgroup.h \
	lib/topology/distances.c \
	lib/topology/distances.h \
	lib/topology/environment.c \
	lib/topology/environment.h \
	lib/topology/far.c \
	lib/topology/huge_pages.c \
	lib/topology/latency.c \
	lib/topology/latency.h \
	lib/topology/machine.c \
	lib/topology/machine.h \
	lib/topology/memory_map.c \
	lib/topology/memory_map.h \
	lib/topology/picture.h \
	lib/topology/topology.c \
	lib/topology/topology.h \
	lib/topology/topology_print.c
