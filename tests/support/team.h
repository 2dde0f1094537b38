/* Runtimes with either kind of team, for tests that try both. */
#ifndef SUPPORT_TEAM_H
#define SUPPORT_TEAM_H

#include <criterion/criterion.h>
#include <weir.h>

enum { TEAMS = 2 };

static const weir_team teams[TEAMS] __attribute__((unused)) = {
	WEIR_TEAM_BORROWED, WEIR_TEAM_RESIDENT
};
static const char *const team_names[TEAMS] __attribute__((unused)) = {
	"borrowed", "resident"
};

static inline weir_runtime *
must_team(unsigned threads, weir_team team)
{
	weir_runtime_options options = { .size = sizeof options,
					 .threads = threads, .team = team };
	weir_runtime *runtime = NULL;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK, "%s",
		     weir_error_text());
	return runtime;
}

/* The two rows of a test that takes the number of a team. */
#define FOR_BOTH_TEAMS(suite, name)					\
	ParameterizedTestParameters(suite, name)			\
	{								\
		static const int rows_[] = { 0, 1 };			\
									\
		return cr_make_param_array(int, (void *)rows_, TEAMS);	\
	}								\
	struct cr_rows_##suite##_##name

#endif
