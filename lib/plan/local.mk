# lib/plan: one convenience library.  To add a file, add its name below,
# one a line, .c and .h alike, in alphabetical order; nothing else to do.

noinst_LTLIBRARIES += lib/plan/libplan.la

lib_plan_libplan_la_SOURCES = \
	lib/plan/budget.c \
	lib/plan/buffers.c \
	lib/plan/buffers.h \
	lib/plan/clocks.c \
	lib/plan/cluster.c \
	lib/plan/compile.c \
	lib/plan/control_plan.c \
	lib/plan/control_plan.h \
	lib/plan/dag_builder.c \
	lib/plan/dag_builder.h \
	lib/plan/deal.c \
	lib/plan/deal_best.c \
	lib/plan/deal_edges.c \
	lib/plan/eager_peak.c \
	lib/plan/free_space.c \
	lib/plan/free_space.h \
	lib/plan/fuse.c \
	lib/plan/fuse.h \
	lib/plan/fuse_absorb.c \
	lib/plan/fuse_groups.c \
	lib/plan/fuse_step.c \
	lib/plan/fuse_units.c \
	lib/plan/grow.c \
	lib/plan/hoist.c \
	lib/plan/insert.c \
	lib/plan/item_queue.c \
	lib/plan/item_queue.h \
	lib/plan/item_set.c \
	lib/plan/item_set.h \
	lib/plan/keys.c \
	lib/plan/lay_out.c \
	lib/plan/lay_out_as.c \
	lib/plan/lifetime.c \
	lib/plan/memory_alone.c \
	lib/plan/near.c \
	lib/plan/near.h \
	lib/plan/offsets.c \
	lib/plan/offsets.h \
	lib/plan/offsets_greedy.c \
	lib/plan/offsets_sweep.c \
	lib/plan/order.c \
	lib/plan/order.h \
	lib/plan/outside.c \
	lib/plan/outside.h \
	lib/plan/partition.c \
	lib/plan/placement.c \
	lib/plan/placement.h \
	lib/plan/plan.c \
	lib/plan/plan.h \
	lib/plan/plan_check.c \
	lib/plan/plan_dot.c \
	lib/plan/plan_info.c \
	lib/plan/plan_print.c \
	lib/plan/poison.c \
	lib/plan/poison.h \
	lib/plan/reach.c \
	lib/plan/recompute.c \
	lib/plan/recompute.h \
	lib/plan/recompute_search.c \
	lib/plan/reorder.c \
	lib/plan/reorder.h \
	lib/plan/schedule.c \
	lib/plan/schedule.h \
	lib/plan/schedule_check.c \
	lib/plan/simulate.c \
	lib/plan/sooner.c \
	lib/plan/streams.c \
	lib/plan/streams.h \
	lib/plan/streams_place.c \
	lib/plan/timetable.h \
	lib/plan/tournament.c \
	lib/plan/tournament.h
