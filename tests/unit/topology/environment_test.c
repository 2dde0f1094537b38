#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "topology/environment.h"

static const struct setting {
	const char *weir, *openmp;
	int threads;		/* -1: refused */
} settings[] = {
	{ NULL, NULL, 0 },
	{ "4", NULL, 4 },
	{ "4", "8", 4 },
	{ " 4 ", NULL, 4 },
	{ "", "8", 8 },
	{ "1024", NULL, 1024 },
	{ "1025", NULL, -1 },
	{ "0", "8", -1 },
	{ "-1", NULL, -1 },
	{ "+2", NULL, -1 },
	{ "four", NULL, -1 },
	{ "4x", NULL, -1 },
	{ "4,2", NULL, -1 },
	{ "4 2", NULL, -1 },
	{ " ", NULL, -1 },
	{ "99999999999999999999999", NULL, -1 },
	{ NULL, "8", 8 },
	{ NULL, "8,2", 8 },
	{ NULL, " 8 , 2 ", 8 },
	{ NULL, "", 0 },
	{ NULL, "0", 0 },
	{ NULL, "-3", 0 },
	{ NULL, "many", 0 },
	{ NULL, "8,", 0 },
	{ NULL, "8,x", 0 },
	{ NULL, ",8", 0 },
	{ NULL, "8 2", 0 },
};

ParameterizedTestParameters(environment, decides_the_threads)
{
	static size_t index[sizeof settings / sizeof *settings];
	size_t i, n = sizeof settings / sizeof *settings;

	for (i = 0; i < n; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, n);
}

static void
set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

ParameterizedTest(size_t *i, environment, decides_the_threads)
{
	const struct setting *c = &settings[*i];
	unsigned threads = 12345;
	weir_status status;

	set("WEIR_NUM_THREADS", c->weir);
	set("OMP_NUM_THREADS", c->openmp);
	status = weir__environment_threads(&threads);
	if (c->threads < 0) {
		cr_expect_eq(status, WEIR_EINVAL, "%s", c->weir);
		cr_expect_not_null(strstr(weir_error_text(), c->weir));
		cr_expect_eq(threads, 12345);
		return;
	}
	cr_expect_eq(status, WEIR_OK);
	cr_expect_eq(threads, (unsigned)c->threads, "%s, %s: %u",
		     c->weir ? c->weir : "(none)",
		     c->openmp ? c->openmp : "(none)", threads);
}
