/*
 * A stand-in for the part of Criterion that the tests use, for builds with
 * ThreadSanitizer only: Criterion 2.4 cannot start under it ("Could not
 * initialize inheritable arena").  Put the folder above before the real one.
 *
 * Each test runs in a process of its own, forked before any thread exists;
 * an assertion, a signal or the sanitizer's exit status fails it.  Writes
 * TAP.  The first argument, if any, picks the tests whose "suite/name"
 * contains it.  One program may have many source files.
 */
#ifndef CR_STANDIN_H
#define CR_STANDIN_H

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct cr_options_ {
	int signal, exit_code;
	bool disabled;
	double timeout;
	void (*init)(void), (*fini)(void);
	const char *description;
};

struct criterion_test_params {
	size_t size;
	void *params;
	size_t length;
	void (*cleanup)(struct criterion_test_params *params);
};

struct cr_test_ {
	const char *suite, *name;
	void (*run)(void);
	void (*run_with)(void *param);
	struct criterion_test_params (*params)(void);
	struct cr_options_ options;
	struct cr_test_ *next;
};

struct cr_suite_ {
	const char *name;
	struct cr_options_ options;
	struct cr_suite_ *next;
};

enum { CR_FAILED_ = 101, CR_SKIPPED_ = 100 };

/* Weak: one of each for all the files of a program. */
struct cr_test_ *cr_tests_ __attribute__((weak));
struct cr_suite_ *cr_suites_ __attribute__((weak));
int cr_bad_ __attribute__((weak));

__attribute__((unused, format(printf, 5, 6))) static void
cr_fail_(bool is_fatal, const char *file, int line, const char *what,
	 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "# %s:%d: %s ", file, line, what);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	cr_bad_ = 1;
	if (is_fatal)
		_exit(CR_FAILED_);
}

/* -- writing tests -------------------------------------------------------- */

#define CR_REGISTER_(s, n, r, rw, p, ...) \
	static struct cr_test_ cr_test_##s##_##n = { \
		#s, #n, r, rw, p, { .description = NULL, ##__VA_ARGS__ }, NULL \
	}; \
	__attribute__((constructor)) static void \
	cr_register_##s##_##n(void) \
	{ \
		cr_test_##s##_##n.next = cr_tests_; \
		cr_tests_ = &cr_test_##s##_##n; \
	}

#define Test(s, n, ...) \
	static void s##_##n##_impl(void); \
	CR_REGISTER_(s, n, s##_##n##_impl, NULL, NULL, ##__VA_ARGS__) \
	static void s##_##n##_impl(void)

#define TestSuite(s, ...) \
	static struct cr_suite_ cr_suite_##s = { \
		#s, { .description = NULL, ##__VA_ARGS__ }, NULL \
	}; \
	__attribute__((constructor)) static void \
	cr_register_suite_##s(void) \
	{ \
		cr_suite_##s.next = cr_suites_; \
		cr_suites_ = &cr_suite_##s; \
	} \
	struct cr_suite_

#define ParameterizedTestParameters(s, n) \
	static struct criterion_test_params s##_##n##_params(void)
#define ParameterizedTest(P, s, n, ...) \
	static void s##_##n##_impl(P); \
	static void s##_##n##_call(void *p) \
	{ \
		s##_##n##_impl(p); \
	} \
	CR_REGISTER_(s, n, NULL, s##_##n##_call, s##_##n##_params, \
		     ##__VA_ARGS__) \
	static void s##_##n##_impl(P)
#define cr_make_param_array(T, a, n, ...) \
	((struct criterion_test_params){ sizeof(T), (void *)(a), (n), NULL })

#define cr_malloc malloc
#define cr_calloc calloc
#define cr_realloc realloc
#define cr_free free
#define cr_log_info(...) \
	(fputs("# ", stderr), fprintf(stderr, __VA_ARGS__), fputc('\n', stderr))
#define cr_log_warn cr_log_info
#define cr_log_error cr_log_info
#define cr_log cr_log_info
#define cr_skip_test(...) _exit(CR_SKIPPED_)
#define cr_skip cr_skip_test

/* -- assertions ----------------------------------------------------------- */

#define CR_CHECK_(fatal, claim, what, ...) \
	do { \
		if (!(claim)) \
			cr_fail_(fatal, __FILE__, __LINE__, what, \
				 " " __VA_ARGS__); \
	} while (0)
#define CR_OP_(fatal, a, op, b, ...) \
	CR_CHECK_(fatal, (a)op(b), #a " " #op " " #b, ##__VA_ARGS__)
#define CR_NEAR_(a, b, e) \
	(fabs((double)(a) - (double)(b)) <= (double)(e))
#define CR_STR_(fatal, a, op, b, ...) \
	CR_CHECK_(fatal, strcmp((a), (b)) op 0, #a " " #op " " #b, \
		  ##__VA_ARGS__)
#define CR_ARR_(fatal, a, op, b, n, ...) \
	CR_CHECK_(fatal, memcmp((a), (b), (n)) op 0, #a " " #op " " #b, \
		  ##__VA_ARGS__)

#define cr_fail(...) CR_CHECK_(false, 0, "failed", ##__VA_ARGS__)
#define cr_fatal(...) CR_CHECK_(true, 0, "failed", ##__VA_ARGS__)

#define cr_assert(c, ...) CR_CHECK_(true, c, #c, ##__VA_ARGS__)
#define cr_assert_fail(...) CR_CHECK_(true, 0, "failed", ##__VA_ARGS__)
#define cr_assert_not(c, ...) CR_CHECK_(true, !(c), "not " #c, ##__VA_ARGS__)
#define cr_assert_eq(a, b, ...) CR_OP_(true, a, ==, b, ##__VA_ARGS__)
#define cr_assert_neq(a, b, ...) CR_OP_(true, a, !=, b, ##__VA_ARGS__)
#define cr_assert_lt(a, b, ...) CR_OP_(true, a, <, b, ##__VA_ARGS__)
#define cr_assert_leq(a, b, ...) CR_OP_(true, a, <=, b, ##__VA_ARGS__)
#define cr_assert_gt(a, b, ...) CR_OP_(true, a, >, b, ##__VA_ARGS__)
#define cr_assert_geq(a, b, ...) CR_OP_(true, a, >=, b, ##__VA_ARGS__)
#define cr_assert_null(a, ...) \
	CR_CHECK_(true, (a) == NULL, #a " is NULL", ##__VA_ARGS__)
#define cr_assert_not_null(a, ...) \
	CR_CHECK_(true, (a) != NULL, #a " is not NULL", ##__VA_ARGS__)
#define cr_assert_float_eq(a, b, e, ...) \
	CR_CHECK_(true, CR_NEAR_(a, b, e), #a " is near " #b, ##__VA_ARGS__)
#define cr_assert_float_neq(a, b, e, ...) \
	CR_CHECK_(true, !CR_NEAR_(a, b, e), #a " is far from " #b, ##__VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) CR_STR_(true, a, ==, b, ##__VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) CR_STR_(true, a, !=, b, ##__VA_ARGS__)
#define cr_assert_str_empty(a, ...) \
	CR_CHECK_(true, !*(a), #a " is empty", ##__VA_ARGS__)
#define cr_assert_str_not_empty(a, ...) \
	CR_CHECK_(true, *(a), #a " is not empty", ##__VA_ARGS__)
#define cr_assert_arr_eq(a, b, n, ...) CR_ARR_(true, a, ==, b, n, ##__VA_ARGS__)
#define cr_assert_arr_neq(a, b, n, ...) CR_ARR_(true, a, !=, b, n, ##__VA_ARGS__)

#define cr_expect(c, ...) CR_CHECK_(false, c, #c, ##__VA_ARGS__)
#define cr_expect_fail(...) CR_CHECK_(false, 0, "failed", ##__VA_ARGS__)
#define cr_expect_not(c, ...) CR_CHECK_(false, !(c), "not " #c, ##__VA_ARGS__)
#define cr_expect_eq(a, b, ...) CR_OP_(false, a, ==, b, ##__VA_ARGS__)
#define cr_expect_neq(a, b, ...) CR_OP_(false, a, !=, b, ##__VA_ARGS__)
#define cr_expect_lt(a, b, ...) CR_OP_(false, a, <, b, ##__VA_ARGS__)
#define cr_expect_leq(a, b, ...) CR_OP_(false, a, <=, b, ##__VA_ARGS__)
#define cr_expect_gt(a, b, ...) CR_OP_(false, a, >, b, ##__VA_ARGS__)
#define cr_expect_geq(a, b, ...) CR_OP_(false, a, >=, b, ##__VA_ARGS__)
#define cr_expect_null(a, ...) \
	CR_CHECK_(false, (a) == NULL, #a " is NULL", ##__VA_ARGS__)
#define cr_expect_not_null(a, ...) \
	CR_CHECK_(false, (a) != NULL, #a " is not NULL", ##__VA_ARGS__)
#define cr_expect_float_eq(a, b, e, ...) \
	CR_CHECK_(false, CR_NEAR_(a, b, e), #a " is near " #b, ##__VA_ARGS__)
#define cr_expect_float_neq(a, b, e, ...) \
	CR_CHECK_(false, !CR_NEAR_(a, b, e), #a " is far from " #b, ##__VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) CR_STR_(false, a, ==, b, ##__VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) CR_STR_(false, a, !=, b, ##__VA_ARGS__)
#define cr_expect_str_empty(a, ...) \
	CR_CHECK_(false, !*(a), #a " is empty", ##__VA_ARGS__)
#define cr_expect_str_not_empty(a, ...) \
	CR_CHECK_(false, *(a), #a " is not empty", ##__VA_ARGS__)
#define cr_expect_arr_eq(a, b, n, ...) \
	CR_ARR_(false, a, ==, b, n, ##__VA_ARGS__)
#define cr_expect_arr_neq(a, b, n, ...) \
	CR_ARR_(false, a, !=, b, n, ##__VA_ARGS__)

/* -- running them --------------------------------------------------------- */

int cr_main_(int argc, char **argv) __attribute__((weak));
int main(int argc, char **argv) __attribute__((weak));

static const struct cr_options_ *
cr_suite_options_(const char *name)
{
	static const struct cr_options_ none;
	const struct cr_suite_ *suite = cr_suites_;

	while (suite && strcmp(suite->name, name) != 0)
		suite = suite->next;
	return suite ? &suite->options : &none;
}

static const char *
cr_run_(const struct cr_test_ *test, void *param)
{
	const struct cr_options_ *suite = cr_suite_options_(test->suite);
	const struct cr_options_ *own = &test->options;
	double timeout = own->timeout > 0 ? own->timeout : suite->timeout;
	int want_signal = own->signal ? own->signal : suite->signal;
	int want_exit = own->exit_code ? own->exit_code : suite->exit_code;
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child < 0)
		return "not ok";
	if (child == 0) {
		/* The sanitizer makes everything slower. */
		alarm((unsigned)ceil(timeout > 0 ? timeout * 20 : 600));
		if (suite->init)
			suite->init();
		if (own->init)
			own->init();
		if (test->run_with)
			test->run_with(param);
		else
			test->run();
		if (own->fini)
			own->fini();
		if (suite->fini)
			suite->fini();
		exit(cr_bad_ ? CR_FAILED_ : 0);
	}
	if (waitpid(child, &status, 0) < 0)
		return "not ok";
	if (WIFEXITED(status) && WEXITSTATUS(status) == CR_SKIPPED_)
		return "skip";
	if (WIFSIGNALED(status)) {
		if (WTERMSIG(status) == want_signal)
			return "ok";
		fprintf(stderr, "# %s/%s: %s\n", test->suite, test->name,
			WTERMSIG(status) == SIGALRM ?
				"timed out" :
				strsignal(WTERMSIG(status)));
		return "not ok";
	}
	if (want_signal || WEXITSTATUS(status) != want_exit) {
		fprintf(stderr, "# %s/%s: exit status %d\n", test->suite,
			test->name, WEXITSTATUS(status));
		return "not ok";
	}
	return "ok";
}

int
cr_main_(int argc, char **argv)
{
	int n = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct cr_test_ *test = cr_tests_; test; test = test->next) {
		struct criterion_test_params all = { 0, NULL, 1, NULL };
		char id[256];

		snprintf(id, sizeof id, "%s/%s", test->suite, test->name);
		if (test->options.disabled ||
		    cr_suite_options_(test->suite)->disabled ||
		    (argc > 1 && !strstr(id, argv[1])))
			continue;
		if (test->params)
			all = test->params();
		for (size_t i = 0; i < all.length; i++) {
			const char *verdict =
				cr_run_(test, (char *)all.params + i * all.size);

			n++;
			failed += *verdict == 'n';
			printf("%s %d %s%s\n",
			       *verdict == 's' ? "ok" : verdict, n, id,
			       *verdict == 's' ? " # SKIP" : "");
		}
	}
	printf("1..%d\n", n);
	return failed || !n;
}

int
main(int argc, char **argv)
{
	return cr_main_(argc, argv);
}

#endif /* CR_STANDIN_H */
