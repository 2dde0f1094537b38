/* Running weir-train from a test, and what came of it. */
#ifndef WEIR_TRAIN_RUN_H
#define WEIR_TRAIN_RUN_H

#include <jansson.h>

/** A run that has ended. Strings and JSON live until the test ends. */
struct outcome {
	int status;		/* exit status */
	char *out, *err;	/* what it wrote */
	json_t *json;		/* what it wrote to --json DIR/figures.json */
};

/** The test's own folder, which goes with it; see suite_begin(). */
const char *
folder(void);

void
suite_begin(void);

void
suite_end(void);

/** cr_skip_test(), after which a suite has no end. */
#define skip_test(...)					\
	do {						\
		suite_end();				\
		cr_skip_test(__VA_ARGS__);		\
	} while (0)

/**
 * Run the tool in folder() with these arguments, as a shell takes them, and
 * --json figures.json unless they hold one.
 *
 * @param environment  assignments before the command, or ""
 */
struct outcome
run_with(const char *environment, const char *arguments);

struct outcome
run(const char *arguments);

/** Run and expect exit status 0. */
struct outcome
must_run(const char *arguments);

/** Write a file into folder(). */
void
write_text(const char *name, const char *text);

/** A number in the figures, by a path such as "eager.loss"; NaN if null. */
double
figure(const struct outcome *outcome, const char *path);

/** A value in the figures; the test fails if there is none. */
json_t *
value(const struct outcome *outcome, const char *path);

#endif /* WEIR_TRAIN_RUN_H */
