# tests/: Criterion programs, by kind:
#
#	tests/unit/<folder>/  one program per folder of lib/, one source file
#	                      per source file; may include lib headers
#	tests/api/            public headers only
#	tests/ops/            loops over the op table, public headers only
#	tests/faults/         every allocation failing in turn
#	tests/stress/         random graphs, long runs
#	tests/timing/         tests that measure: each runs with no other
#	                      program of the suite beside it
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

if HAVE_CRITERION

endif HAVE_CRITERION

# -- running them

TESTS += $(check_PROGRAMS)
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER_FLAGS = --merge
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/support/run
AM_TESTS_ENVIRONMENT = \
	CRITERION_OUTPUTS=tap:-; export CRITERION_OUTPUTS; \
	WEIR_TOOLS=$(abs_top_builddir)/tools; export WEIR_TOOLS;
EXTRA_DIST += \
	tests/support/count \
	tests/support/criterion-tsan/criterion/criterion.h \
	tests/support/criterion-tsan/criterion/parameterized.h \
	tests/support/lsan.supp \
	tests/support/run

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

# -- the installed library

installcheck-local:
	CC='$(CC)' CXX='$(CXX)' PKG_CONFIG='$(PKG_CONFIG)' \
	DESTDIR='$(DESTDIR)' prefix='$(prefix)' libdir='$(libdir)' \
	  $(SHELL) $(top_srcdir)/tests/install/check $(top_srcdir)/tests/install

EXTRA_DIST += \
	tests/install/check \
	tests/install/program.c
