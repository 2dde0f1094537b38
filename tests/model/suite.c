/*
 * Suites of models, as TAP. `model PATTERN' runs the lines whose names have
 * the pattern in them, and shows what led to each failure that was found.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/explore.h"

#ifdef WEIR_CAN_MODEL

static const struct model_suite *const suites[] = {
	&model_checker_suite, &model_spin_suite, &model_idle_suite,
	&model_stream_suite, &model_ahead_suite, &model_plan_suite,
	&model_resident_suite, &model_nested_suite, &model_variable_suite,
	&model_ring_suite,
};

enum { CONFIGS_MAX = 64 };

/* The configurations of a suite, those first that take the fewest executions
 * without a fault: most faults are found in these. */
static struct {
	const struct model_config *config;
	long executions;
} by_length[CONFIGS_MAX];

static const char *pattern;
static unsigned n_lines, n_wrong;

static bool
is_wanted(const char *name)
{
	return !pattern || strstr(name, pattern);
}

static void
tell(bool is_right, const char *name, const struct explored *e)
{
	n_wrong += !is_right;
	printf("%sok %u - %s\n", is_right ? "" : "not ", ++n_lines, name);
	printf("# %ld executions, %ld cut, %.2f s", e->executions, e->cut,
	       e->seconds);
	printf(e->failure ? ": %s\n" : "\n", e->failure);
	if (e->failure && (pattern || !is_right))
		model_print_trace();
	fflush(stdout);
}

/* Returns how many executions there are, as far as they were tried. */
static long
try_config(const struct model_suite *suite, const struct model_config *c)
{
	struct explored e;
	char name[200];

	snprintf(name, sizeof name, "%s: %s", suite->name, c->name);
	if (c->is_long && !getenv("WEIR_TEST_LONG"))
		return 0;
	if (!is_wanted(name) && !strstr(pattern, "relaxed"))
		return 0;
	model_explore(c, NULL, &e);
	if (is_wanted(name))	/* else its atomics are known now */
		tell(c->fails ? e.failure && strstr(e.failure, c->fails)
			      : !e.failure, name, &e);
	return e.executions + e.cut;
}

static void
try_configs(const struct model_suite *suite)
{
	size_t i, at;
	long n;

	if (suite->n_configs > CONFIGS_MAX)
		abort();
	for (i = 0; i < suite->n_configs; i++) {
		n = try_config(suite, &suite->configs[i]);
		for (at = i; at > 0 && by_length[at - 1].executions > n; at--)
			by_length[at] = by_length[at - 1];
		by_length[at].config = &suite->configs[i];
		by_length[at].executions = n;
	}
}

static void
try_fault(const struct model_suite *suite, const struct model_fault *fault)
{
	struct explored e = { 0 };
	char name[200];
	size_t i;

	snprintf(name, sizeof name, "%s, found: %s", suite->name, fault->name);
	if (!is_wanted(name))
		return;
	for (i = 0; i < suite->n_configs && !e.failure; i++)
		if (!by_length[i].config->is_long && !by_length[i].config->fails)
			model_explore(by_length[i].config, fault, &e);
	tell(e.failure, name, &e);
}

static bool
is_excused(const struct model_suite *suite, const struct ordered *o)
{
	size_t i;

	for (i = 0; i < suite->n_excused; i++)
		if (strcmp(suite->excused[i].function, o->function) == 0 &&
		    strcmp(suite->excused[i].text, o->text) == 0)
			return true;
	return false;
}

static void
try_weaker(const struct model_suite *suite)
{
	struct model_fault weaker = { .kind = MODEL_WEAKER };
	const struct ordered *o;
	char name[160];
	size_t n, i;

	o = model_ordered(&n);
	for (i = 0; i < n; i++) {
		if (is_excused(suite, &o[i]))
			continue;
		snprintf(name, sizeof name, "relaxed, %s: %s", o[i].function,
			 o[i].text);
		weaker.name = name;
		weaker.function = o[i].function;
		weaker.text = o[i].text;
		try_fault(suite, &weaker);
	}
}

static void
try_suite(const struct model_suite *suite)
{
	size_t i;

	model_forget_ordered();
	try_configs(suite);
	for (i = 0; i < suite->n_faults; i++)
		try_fault(suite, &suite->faults[i]);
	if (!suite->is_of_checker)
		try_weaker(suite);
}

int
main(int argc, char **argv)
{
	const char *wanted = getenv("WEIR_TEST_MODELS");
	size_t i;

	/* They know nothing of what libraries the rest is linked with. */
	if (wanted && strcmp(wanted, "0") == 0) {
		puts("1..0 # SKIP WEIR_TEST_MODELS is 0");
		return 0;
	}
	pattern = argc > 1 ? argv[1] : NULL;
	for (i = 0; i < sizeof suites / sizeof *suites; i++)
		try_suite(suites[i]);
	printf("1..%u\n", n_lines);
	return n_wrong != 0;
}

#else

int
main(void)
{
	puts("1..0 # SKIP the compiler's flags leave no room for the model");
	return 0;
}

#endif
