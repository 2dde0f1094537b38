# tests/: Criterion programs, by kind:
#
#	tests/unit/<folder>/  one program per folder of lib/, one source file
#	                      per source file; may include lib headers
#	tests/api/            public headers only
#	tests/ops/            loops over the op table, public headers only
#	tests/faults/         every allocation failing in turn
#	tests/model/          every order of threads' steps: what is lock-free
#	tests/stress/         random graphs, runs that fail and that are
#	                      stopped, long runs
#	tests/tools/          the programs and examples, as their users run
#	                      them
#	tests/support/        what several tests share
#
# To add a file to a program, add it to its _SOURCES.  To add a program
# tests/unit/x/x (tests/api/x is the same with api_libs):
#
#	check_PROGRAMS += tests/unit/x/x
#	tests_unit_x_x_SOURCES = tests/unit/x/a_test.c tests/unit/x/b_test.c
#	tests_unit_x_x_CFLAGS = $(test_cflags)
#	tests_unit_x_x_LDADD = $(unit_libs)
#
# Flags that must win over the user's CFLAGS (-O0, say) are added to the
# object: tests/unit/x/x-a_test.$(OBJEXT): CFLAGS += -O0
#
# A test finds in its environment srcdir (the top of the source), WEIR_TOOLS
# (the folder of the programs) and, from `make check-long', WEIR_TEST_LONG=1.

test_cflags = $(AM_CFLAGS) $(CRITERION_CFLAGS) $(JANSSON_CFLAGS) \
	-I$(top_srcdir)/tests
test_libs = $(CRITERION_LIBS) $(JANSSON_LIBS) $(weir_libs)
unit_libs = libweir_internal.la $(test_libs)
api_libs = libweir.la $(test_libs)

# What tests say themselves need not be fast: to compile it with -O3 takes as
# long as the library does. Not the model checker.
tests/api/%.$(OBJEXT) tests/faults/%.$(OBJEXT) tests/ops/%.$(OBJEXT) \
tests/stress/%.$(OBJEXT) tests/tools/%.$(OBJEXT) \
tests/unit/%.$(OBJEXT): CFLAGS += $(TEST_CFLAGS)

if HAVE_CRITERION

# The slowest first, so that none of them is left alone at the end; the others
# where their sources are.
check_PROGRAMS += \
	tests/model/model \
	tests/tools/weir_trace \
	tests/stress/random_graphs \
	tests/api/api \
	tests/ops/ops \
	tests/unit/exec/exec \
	tests/unit/plan/plan \
	tests/tools/weir_train \
	tests/faults/pipeline

check_PROGRAMS += tests/unit/base/base
tests_unit_base_base_SOURCES = \
	tests/unit/base/alloc_test.c \
	tests/unit/base/arena_test.c \
	tests/unit/base/crc32_test.c \
	tests/unit/base/error_test.c \
	tests/unit/base/json_test.c \
	tests/unit/base/json_tree_test.c \
	tests/unit/base/path_test.c \
	tests/unit/base/pointer_map_test.c \
	tests/unit/base/replace_file_test.c \
	tests/unit/base/text_test.c
tests_unit_base_base_CFLAGS = $(test_cflags)
tests_unit_base_base_LDADD = $(unit_libs)

check_PROGRAMS += tests/unit/tensor/tensor
tests_unit_tensor_tensor_SOURCES = \
	tests/unit/tensor/copy_test.c \
	tests/unit/tensor/dtype_test.c \
	tests/unit/tensor/layouts_test.c \
	tests/unit/tensor/shape_test.c \
	tests/unit/tensor/storage_test.c \
	tests/unit/tensor/tensor_test.c \
	tests/unit/tensor/variable_test.c
tests_unit_tensor_tensor_CFLAGS = $(test_cflags)
tests_unit_tensor_tensor_LDADD = $(unit_libs)

check_PROGRAMS += tests/unit/topology/topology
tests_unit_topology_topology_SOURCES = \
	tests/unit/topology/bind_test.c \
	tests/unit/topology/cgroup_test.c \
	tests/unit/topology/distances_test.c \
	tests/unit/topology/environment_test.c \
	tests/unit/topology/l3_test.c \
	tests/unit/topology/machines.h \
	tests/unit/topology/memory_map_test.c \
	tests/unit/topology/topology_test.c
tests_unit_topology_topology_CFLAGS = $(test_cflags)
tests_unit_topology_topology_LDADD = $(unit_libs)

check_PROGRAMS += tests/unit/trace/trace
tests_unit_trace_trace_SOURCES = \
	tests/unit/trace/chrome_test.c \
	tests/unit/trace/clock_test.c \
	tests/unit/trace/exit_test.c \
	tests/unit/trace/ring_test.c \
	tests/unit/trace/rules.c \
	tests/unit/trace/sample.c \
	tests/unit/trace/sample.h
tests_unit_trace_trace_CFLAGS = $(test_cflags)
tests_unit_trace_trace_LDADD = $(unit_libs)

tests_ops_ops_SOURCES = \
	tests/ops/arrays.c \
	tests/ops/arrays.h \
	tests/ops/bands_test.c \
	tests/ops/folds_test.c \
	tests/ops/gradients_test.c \
	tests/ops/parts_test.c \
	tests/ops/reach_test.c \
	tests/ops/reasons_test.c \
	tests/ops/reference.c \
	tests/ops/reference.h \
	tests/ops/reference_spec.c \
	tests/ops/samples.c \
	tests/ops/samples.h \
	tests/ops/table_test.c \
	tests/ops/values_test.c
tests_ops_ops_CFLAGS = $(test_cflags)
tests_ops_ops_LDADD = $(api_libs)

tests_tools_weir_trace_SOURCES = \
	tests/tools/weir_trace_test.c \
	tests/unit/trace/rules.c \
	tests/unit/trace/sample.c \
	tests/unit/trace/sample.h
tests_tools_weir_trace_CFLAGS = $(test_cflags)
tests_tools_weir_trace_LDADD = $(unit_libs)

tests_tools_weir_train_SOURCES = \
	tests/tools/weir_train_input_test.c \
	tests/tools/weir_train_run.c \
	tests/tools/weir_train_run.h \
	tests/tools/weir_train_test.c
tests_tools_weir_train_CFLAGS = $(test_cflags)
tests_tools_weir_train_LDADD = $(api_libs)

check_PROGRAMS += tests/tools/weir_train_parts
tests_tools_weir_train_parts_SOURCES = tests/tools/weir_train_parts_test.c
tests_tools_weir_train_parts_CFLAGS = $(test_cflags)
tests_tools_weir_train_parts_LDADD = tools/libtrain.a $(api_libs)

# Not a test: a CBLAS with faults, which weir-train must notice.
check_LTLIBRARIES += tests/tools/weir_train_noise.la
tests_tools_weir_train_noise_la_SOURCES = tests/tools/weir_train_noise.c
tests_tools_weir_train_noise_la_LDFLAGS = -module -avoid-version \
	-rpath /nowhere

check_PROGRAMS += tests/unit/api/api
tests_unit_api_api_SOURCES = \
	tests/api/saved_loops.c \
	tests/api/saved_loops.h \
	tests/api/saved_model.c \
	tests/api/saved_model.h \
	tests/unit/api/decimal_test.c \
	tests/unit/api/saved_bodies_test.c \
	tests/unit/api/saved_fuzz.h \
	tests/unit/api/saved_fuzz_test.c
tests_unit_api_api_CFLAGS = $(test_cflags)
tests_unit_api_api_LDADD = $(unit_libs)

check_PROGRAMS += tests/tools/weir_info
tests_tools_weir_info_SOURCES = tests/tools/weir_info_test.c
tests_tools_weir_info_CFLAGS = $(test_cflags)
tests_tools_weir_info_LDADD = $(api_libs)

check_PROGRAMS += tests/tools/examples
tests_tools_examples_SOURCES = tests/tools/examples_test.c
tests_tools_examples_CFLAGS = $(test_cflags)
tests_tools_examples_LDADD = $(api_libs)

check_PROGRAMS += tests/unit/ops/ops
tests_unit_ops_ops_SOURCES = \
	tests/unit/ops/blas_test.c \
	tests/unit/ops/chain_test.c \
	tests/unit/ops/epilogue_test.c \
	tests/unit/ops/gemm_test.c \
	tests/unit/ops/gemv_test.c \
	tests/unit/ops/invoke_test.c \
	tests/unit/ops/loop_test.c \
	tests/unit/ops/philox_test.c \
	tests/unit/ops/schema_test.c \
	tests/unit/ops/tree_test.c \
	tests/unit/ops/vector_math_test.c
tests_unit_ops_ops_CFLAGS = $(test_cflags)
tests_unit_ops_ops_LDADD = $(unit_libs)

tests_api_api_SOURCES = \
	tests/api/aliasing_test.c \
	tests/api/batches_test.c \
	tests/api/budget_test.c \
	tests/api/compare_test.c \
	tests/api/control_grad_test.c \
	tests/api/control_stop_test.c \
	tests/api/control_team_test.c \
	tests/api/control_test.c \
	tests/api/control_twice_test.c \
	tests/api/copied_variable_test.c \
	tests/api/csv_test.c \
	tests/api/describe_test.c \
	tests/api/dimensions_control_test.c \
	tests/api/dimensions_plan_test.c \
	tests/api/dimensions_suite.h \
	tests/api/dimensions_test.c \
	tests/api/dimensions_train_test.c \
	tests/api/dump_test.c \
	tests/api/eager_call_test.c \
	tests/api/function_test.c \
	tests/api/graph_test.c \
	tests/api/guest_test.c \
	tests/api/huge_pages_test.c \
	tests/api/measure_test.c \
	tests/api/measured_plan_test.c \
	tests/api/mistake_macros.h \
	tests/api/mistakes.c \
	tests/api/mistakes.h \
	tests/api/mistakes_of_kernels.c \
	tests/api/mistakes_of_operands.c \
	tests/api/mistakes_of_state.c \
	tests/api/mistakes_test.c \
	tests/api/nested_stop_test.c \
	tests/api/nested_test.c \
	tests/api/no_memory_test.c \
	tests/api/npy_test.c \
	tests/api/overlap_test.c \
	tests/api/places_test.c \
	tests/api/plan_places_test.c \
	tests/api/recompute_model_test.c \
	tests/api/recompute_test.c \
	tests/api/repeat_test.c \
	tests/api/safetensors_test.c \
	tests/api/saved_child.h \
	tests/api/saved_control_test.c \
	tests/api/saved_loops.c \
	tests/api/saved_loops.h \
	tests/api/saved_model.c \
	tests/api/saved_model.h \
	tests/api/saved_options_test.c \
	tests/api/saved_suite.h \
	tests/api/saved_test.c \
	tests/api/scope_test.c \
	tests/api/site.h \
	tests/api/site_calls.h \
	tests/api/site_no_cxx.c \
	tests/api/site_o0.c \
	tests/api/site_o2.c \
	tests/api/site_test.c \
	tests/api/simulate_test.c \
	tests/api/symbol_test.c \
	tests/api/start_plan_test.c \
	tests/api/start_test.c \
	tests/api/tape_test.c \
	tests/api/task_commute_test.c \
	tests/api/task_for_test.c \
	tests/api/task_graphs_test.c \
	tests/api/task_names_test.c \
	tests/api/task_group_test.c \
	tests/api/task_priority_test.c \
	tests/api/task_reduce_test.c \
	tests/api/task_test.c \
	tests/api/task_trace_test.c \
	tests/api/tensor_test.c \
	tests/api/threads_test.c \
	tests/api/trace_worker_test.c \
	tests/api/user_op_test.c \
	tests/api/variable_test.c \
	tests/api/wait_inside_test.c
tests_api_api_CFLAGS = $(test_cflags)
tests_api_api_LDADD = $(api_libs)

check_PROGRAMS += tests/api/makespan
tests_api_makespan_SOURCES = \
	bench/dag_file.c \
	bench/dag_tasks.c \
	bench/heft.c \
	bench/makespan.h \
	tests/api/makespan_test.c
tests_api_makespan_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
tests_api_makespan_CFLAGS = $(test_cflags)
tests_api_makespan_LDADD = $(api_libs)

check_PROGRAMS += tests/api/memory
tests_api_memory_SOURCES = \
	bench/graphs.c \
	bench/graphs.h \
	tests/api/memory_test.c
tests_api_memory_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
tests_api_memory_CFLAGS = $(test_cflags)
tests_api_memory_LDADD = $(api_libs)

tests_stress_random_graphs_SOURCES = \
	tests/stress/loose_sum.c \
	tests/stress/loose_sum.h \
	tests/stress/random_bodies.c \
	tests/stress/random_bodies.h \
	tests/stress/random_control.c \
	tests/stress/random_control.h \
	tests/stress/random_dimensions_test.c \
	tests/stress/random_formed.c \
	tests/stress/random_formed.h \
	tests/stress/random_formed_control.c \
	tests/stress/random_graphs_test.c \
	tests/stress/random_layer.c \
	tests/stress/random_layout.c \
	tests/stress/random_moves.c \
	tests/stress/random_program.c \
	tests/stress/random_program.h \
	tests/stress/random_saved_test.c \
	tests/stress/random_tasks_test.c \
	tests/stress/random_unchanged.c
tests_stress_random_graphs_CFLAGS = $(test_cflags)
tests_stress_random_graphs_LDADD = $(api_libs)

check_PROGRAMS += tests/stress/schedules
tests_stress_schedules_SOURCES = \
	tests/stress/cancel_test.c \
	tests/stress/failures_test.c \
	tests/stress/ordered.c \
	tests/stress/ordered.h \
	tests/stress/random_program.h \
	tests/stress/random_nested_test.c \
	tests/stress/random_schedules_test.c
tests_stress_schedules_CFLAGS = $(test_cflags)
tests_stress_schedules_LDADD = $(api_libs)

check_PROGRAMS += tests/stress/soak
tests_stress_soak_SOURCES = \
	tests/stress/cycles_test.c \
	tests/stress/ordered.c \
	tests/stress/ordered.h \
	tests/stress/random_layer.c \
	tests/stress/random_layout.c \
	tests/stress/random_moves.c \
	tests/stress/random_program.c \
	tests/stress/random_program.h \
	tests/stress/random_unchanged.c \
	tests/stress/soak_test.c
tests_stress_soak_CFLAGS = $(test_cflags)
tests_stress_soak_LDADD = $(api_libs)

check_PROGRAMS += tests/unit/graph/graph
tests_unit_graph_graph_SOURCES = \
	tests/unit/graph/formula_test.c \
	tests/unit/graph/graph_check_test.c \
	tests/unit/graph/graph_print_test.c \
	tests/unit/graph/record_test.c
tests_unit_graph_graph_CFLAGS = $(test_cflags)
tests_unit_graph_graph_LDADD = $(unit_libs)

check_PROGRAMS += tests/unit/passes/passes
tests_unit_passes_passes_SOURCES = \
	tests/unit/passes/algebra_test.c \
	tests/unit/passes/cse_test.c \
	tests/unit/passes/dce_test.c \
	tests/unit/passes/fold_test.c \
	tests/unit/passes/pass_test.c \
	tests/unit/passes/rewrite.h
tests_unit_passes_passes_CFLAGS = $(test_cflags)
tests_unit_passes_passes_LDADD = $(unit_libs)

tests_unit_plan_plan_SOURCES = \
	tests/stress/random_layer.c \
	tests/stress/random_layout.c \
	tests/stress/random_moves.c \
	tests/stress/random_program.c \
	tests/stress/random_program.h \
	tests/stress/random_unchanged.c \
	tests/unit/plan/blocks.h \
	tests/unit/plan/deal_edges_test.c \
	tests/unit/plan/free_space_test.c \
	tests/unit/plan/fuse_bands_test.c \
	tests/unit/plan/fuse_chain_test.c \
	tests/unit/plan/fuse_finished_test.c \
	tests/unit/plan/fuse_finish_test.c \
	tests/unit/plan/fuse_parts_test.c \
	tests/unit/plan/fuse_reductions_test.c \
	tests/unit/plan/fuse_suite.h \
	tests/unit/plan/fuse_test.c \
	tests/unit/plan/fuse_views_test.c \
	tests/unit/plan/grow_test.c \
	tests/unit/plan/item_queue_test.c \
	tests/unit/plan/lifetime_test.c \
	tests/unit/plan/near_test.c \
	tests/unit/plan/offsets_test.c \
	tests/unit/plan/partition_test.c \
	tests/unit/plan/reach_test.c \
	tests/unit/plan/placement_test.c \
	tests/unit/plan/plan_check_test.c \
	tests/unit/plan/plan_info_test.c \
	tests/unit/plan/plan_test.c \
	tests/unit/plan/pools_test.c \
	tests/unit/plan/random_bands_test.c \
	tests/unit/plan/random_dag.h \
	tests/unit/plan/recompute_test.c \
	tests/unit/plan/schedule_test.c \
	tests/unit/plan/simulate_test.c \
	tests/unit/plan/tournament_test.c
tests_unit_plan_plan_CFLAGS = $(test_cflags)
tests_unit_plan_plan_LDADD = $(unit_libs)

check_PROGRAMS += tests/unit/eager/eager
tests_unit_eager_eager_SOURCES = \
	tests/unit/eager/eager_test.c
tests_unit_eager_eager_CFLAGS = $(test_cflags)
tests_unit_eager_eager_LDADD = $(unit_libs)

tests_unit_exec_exec_SOURCES = \
	tests/stress/ordered.c \
	tests/stress/ordered.h \
	tests/stress/random_program.h \
	tests/unit/exec/exec_trace_test.c \
	tests/unit/exec/late_test.c \
	tests/unit/exec/plan_block_test.c \
	tests/unit/exec/poison_fill_test.c \
	tests/unit/exec/removed_wait_test.c \
	tests/unit/exec/resident_test.c \
	tests/unit/exec/run_test.c \
	tests/unit/exec/sleep_test.c \
	tests/unit/exec/spread_test.c \
	tests/unit/exec/stream_loop_test.c \
	tests/unit/exec/visits_test.c
tests_unit_exec_exec_CFLAGS = $(test_cflags)
tests_unit_exec_exec_LDADD = $(unit_libs)

check_PROGRAMS += tests/unit/scope/scope
tests_unit_scope_scope_SOURCES = \
	tests/unit/scope/apply_and_assign_test.c \
	tests/unit/scope/apply_test.c \
	tests/unit/scope/memo_test.c \
	tests/unit/scope/scope_test.c \
	tests/unit/scope/undo_test.c
tests_unit_scope_scope_CFLAGS = $(test_cflags)
tests_unit_scope_scope_LDADD = $(unit_libs)

check_PROGRAMS += tests/unit/autodiff/autodiff
tests_unit_autodiff_autodiff_SOURCES = \
	tests/unit/autodiff/sgd_test.c \
	tests/unit/autodiff/tape_test.c
tests_unit_autodiff_autodiff_CFLAGS = $(test_cflags)
tests_unit_autodiff_autodiff_LDADD = $(unit_libs)

check_PROGRAMS += tests/unit/function/function
tests_unit_function_function_SOURCES = \
	tests/unit/function/batches_test.c \
	tests/unit/function/compare_test.c \
	tests/unit/function/function_test.c
tests_unit_function_function_CFLAGS = $(test_cflags)
tests_unit_function_function_LDADD = $(unit_libs)

tests_faults_pipeline_SOURCES = \
	tests/api/saved_loops.c \
	tests/api/saved_loops.h \
	tests/api/saved_model.c \
	tests/api/saved_model.h \
	tests/faults/control_test.c \
	tests/faults/dimensions_test.c \
	tests/faults/pipeline_test.c \
	tests/faults/saved_test.c \
	tests/support/fault.h
tests_faults_pipeline_CFLAGS = $(test_cflags)
tests_faults_pipeline_LDADD = $(api_libs)

# Sources of lib/ with atomics that a model checker watches; it does not watch
# itself. WEIR_MODEL_FLAGS are not for the linker, which would put
# ThreadSanitizer's library in: so they are CPPFLAGS.
check_LIBRARIES += tests/model/libmodel.a
tests_model_libmodel_a_SOURCES = \
	tests/model/explore.c \
	tests/model/explore.h \
	tests/model/faults.c \
	tests/model/machine.h \
	tests/model/memory.c \
	tests/model/model.h \
	tests/model/races.c \
	tests/model/suite.c \
	tests/model/waiting.c
tests_model_libmodel_a_CFLAGS = $(test_cflags)

tests_model_model_SOURCES = \
	tests/model/ahead_model.c \
	tests/model/checker_model.c \
	tests/model/idle_model.c \
	tests/model/nested.h \
	tests/model/nested_model.c \
	tests/model/plan_model.c \
	tests/model/resident_model.c \
	tests/model/ring_model.c \
	tests/model/shadow/base/fence.h \
	tests/model/shadow/base/futex.h \
	tests/model/shadow/base/pause.h \
	tests/model/shadow/pthread.h \
	tests/model/shadow/sched.h \
	tests/model/shadow/stdatomic.h \
	tests/model/spin_model.c \
	tests/model/stream_model.c \
	tests/model/variable_model.c
tests_model_model_CPPFLAGS = -I$(top_srcdir)/tests/model/shadow \
	$(AM_CPPFLAGS) $(WEIR_MODEL_FLAGS)
tests_model_model_CFLAGS = $(test_cflags)
tests_model_model_LDADD = tests/model/libmodel.a $(unit_libs)

# Call sites, from callers compiled in several ways: the flags of these files
# win over the user's.
site_sources = \
	tests/api/site.h \
	tests/api/site_calls.h \
	tests/api/site_o0.c \
	tests/api/site_o2.c \
	tests/api/site_test.c
site_libs = tests/api/site_cxx.$(OBJEXT) $(api_libs)

check_PROGRAMS += tests/api/site
tests_api_site_SOURCES = $(site_sources)
tests_api_site_CFLAGS = $(test_cflags)
tests_api_site_LDADD = $(site_libs)
tests/api/site-site_o0.$(OBJEXT): CFLAGS += -O0
tests/api/site-site_o2.$(OBJEXT): CFLAGS += -O2 -g0

# The same with link-time optimization, where there is one; not of the tests,
# which Criterion would no longer find.
lto = `$(SHELL) $(top_srcdir)/tests/support/lto $(CC)`

check_PROGRAMS += tests/api/site_lto
tests_api_site_lto_SOURCES = $(site_sources)
tests_api_site_lto_CFLAGS = $(test_cflags)
tests_api_site_lto_LDFLAGS = -O2 $(lto)
tests_api_site_lto_LDADD = $(site_libs)
tests/api/site_lto-site_o0.$(OBJEXT): CFLAGS += -O2 $(lto)
tests/api/site_lto-site_o2.$(OBJEXT): CFLAGS += -O2 -g0 $(lto)

# By hand: the C++ compiler is optional, and Automake has no such thing.
tests/api/site_cxx.$(OBJEXT): tests/api/site_cxx.cpp tests/api/site_no_cxx.c \
		tests/api/site.h tests/api/site_calls.h
	$(AM_V_GEN)$(MKDIR_P) tests/api; \
	flags='$(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS)'; \
	flags="$$flags -I$(top_srcdir)/tests -O2 -Wall -Wextra"; \
	if test '$(CXX)' = no; then \
	  $(CC) $$flags -c -o $@ $(srcdir)/tests/api/site_no_cxx.c; \
	else \
	  $(CXX) -std=c++17 $$flags -c -o $@ $(srcdir)/tests/api/site_cxx.cpp; \
	fi

endif HAVE_CRITERION

# -- running them

TESTS += $(check_PROGRAMS)
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER_FLAGS = --merge
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/support/run
AM_TESTS_ENVIRONMENT = \
	CRITERION_OUTPUTS=tap:-; export CRITERION_OUTPUTS; \
	WEIR_TOOLS=$(abs_top_builddir)/tools; export WEIR_TOOLS; \
	WEIR_TRAIN_NOISE=$(abs_top_builddir)/tests/tools/.libs/weir_train_noise.so; \
	export WEIR_TRAIN_NOISE;
EXTRA_DIST += \
	tests/api/site_cxx.cpp \
	tests/api/site_no_cxx.c \
	tests/support/count \
	tests/support/criterion-tsan/criterion/criterion.h \
	tests/support/criterion-tsan/criterion/parameterized.h \
	tests/support/lsan.supp \
	tests/support/lto \
	tests/support/run \
	tests/support/tsan.supp
noinst_HEADERS += \
	tests/support/child.h \
	tests/support/eager.h \
	tests/support/fault.h \
	tests/support/files.h \
	tests/support/heap.h \
	tests/support/machine.h \
	tests/support/process.h \
	tests/support/sanitizer.h \
	tests/support/scope.h \
	tests/support/seeds.h \
	tests/support/silence.h \
	tests/support/sleeper.h \
	tests/support/spans.h \
	tests/support/tasks.h \
	tests/support/team.h \
	tests/support/temporary.h \
	tests/support/traced.h \
	tests/support/visits.h \
	tests/support/weir_test.h

# In place of Automake's own rule, which says how many programs failed: go on
# to say how many tests passed and failed.
check-TESTS: $(check_PROGRAMS)
if HAVE_CRITERION
	@rm -f $(TEST_LOGS) $(TEST_LOGS:.log=.trs) $(TEST_SUITE_LOG)
	@status=0; \
	$(MAKE) $(AM_MAKEFLAGS) $(TEST_SUITE_LOG) || status=1; \
	$(SHELL) $(top_srcdir)/tests/support/count $(TESTS) || status=1; \
	exit $$status
else !HAVE_CRITERION
	@echo "make check needs Criterion 2.3 or newer: install" \
	  "libcriterion-dev (Debian, Ubuntu) or criterion-devel (Fedora)," \
	  "or its own sources (Spack has no package of it), and configure" \
	  "again." >&2; exit 1
endif !HAVE_CRITERION

check-long:
	WEIR_TEST_LONG=1 $(MAKE) $(AM_MAKEFLAGS) check

.PHONY: check-long

# Workers in their NUMA nodes, in virtual machines: see tests/numa/check.
EXTRA_PROGRAMS += tests/numa/workers
tests_numa_workers_SOURCES = tests/numa/workers.c
tests_numa_workers_LDADD = libweir.la $(WEIR_SYSTEM_LIBS)
EXTRA_PROGRAMS += tests/numa/pages
tests_numa_pages_SOURCES = tests/numa/pages.c
tests_numa_pages_LDADD = libweir_internal.la $(weir_libs)
EXTRA_PROGRAMS += tests/numa/homes
tests_numa_homes_SOURCES = tests/numa/homes.c
tests_numa_homes_LDADD = libweir.la $(WEIR_SYSTEM_LIBS)
numa_programs = \
	tests/numa/homes$(EXEEXT) \
	tests/numa/pages$(EXEEXT) \
	tests/numa/workers$(EXEEXT)
CLEANFILES += $(numa_programs)

check-numa: $(numa_programs)
	bash $(top_srcdir)/tests/numa/check .
.PHONY: check-numa

EXTRA_DIST += \
	tests/numa/check \
	tests/numa/numa-vm

# -- the installed library

installcheck-local:
	CC='$(CC)' CXX='$(CXX)' PKG_CONFIG='$(PKG_CONFIG)' \
	DESTDIR='$(DESTDIR)' prefix='$(prefix)' libdir='$(libdir)' \
	  $(SHELL) $(top_srcdir)/tests/install/check $(top_srcdir)/tests/install

EXTRA_DIST += \
	tests/install/check \
	tests/install/program.c
