/* Running weir-train from a test. */
#include "weir_train_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/temporary.h"

static char path[TEMPORARY];

/* What the runs of one test left behind, to be released at its end. */
static struct outcome outcomes[16];
static size_t n_outcomes;

const char *
folder(void)
{
	return path;
}

void
suite_begin(void)
{
	temporary_folder(path);
}

void
suite_end(void)
{
	while (n_outcomes != 0) {
		struct outcome *outcome = &outcomes[--n_outcomes];

		free(outcome->out);
		free(outcome->err);
		json_decref(outcome->json);
	}
	remove_folder(path);
}

static char *
read_text(const char *name)
{
	char full[512], *text = NULL;
	size_t size = 0;
	FILE *file, *into;
	int c;

	snprintf(full, sizeof(full), "%s/%s", path, name);
	file = fopen(full, "r");
	if (file == NULL)
		return NULL;
	into = open_memstream(&text, &size);
	while ((c = fgetc(file)) != EOF)
		fputc(c, into);
	fclose(into);
	fclose(file);
	return text;
}

void
write_text(const char *name, const char *text)
{
	char full[512];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", path, name);
	file = fopen(full, "w");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

struct outcome
run_with(const char *environment, const char *arguments)
{
	const char *tools = getenv("WEIR_TOOLS");
	struct outcome outcome = { .status = -1 };
	char command[4096], *json;
	int status;

	cr_assert_not_null(tools, "WEIR_TOOLS must name the programs' folder");
	snprintf(command, sizeof(command),
		 "cd '%s' && rm -f figures.json && %s '%s/weir-train' %s %s "
		 ">out 2>err </dev/null", path, environment, tools,
		 strstr(arguments, "--json") ? "" : "--json figures.json",
		 arguments);
	status = system(command);
	cr_assert(WIFEXITED(status), "%s", command);
	outcome.status = WEXITSTATUS(status);
	outcome.out = read_text("out");
	outcome.err = read_text("err");
	json = read_text("figures.json");
	if (json != NULL)
		outcome.json = json_loads(json, 0, NULL);
	free(json);
	cr_assert_lt(n_outcomes, sizeof(outcomes) / sizeof(outcomes[0]));
	outcomes[n_outcomes++] = outcome;
	return outcome;
}

struct outcome
run(const char *arguments)
{
	return run_with("", arguments);
}

struct outcome
must_run(const char *arguments)
{
	struct outcome outcome = run(arguments);

	cr_assert_eq(outcome.status, 0, "%s: status %d\n%s", arguments,
		     outcome.status, outcome.err);
	cr_assert_not_null(outcome.json, "%s: no figures", arguments);
	return outcome;
}

json_t *
value(const struct outcome *outcome, const char *where)
{
	char parts[128], *part, *rest = parts;
	json_t *json = outcome->json;

	snprintf(parts, sizeof(parts), "%s", where);
	while ((part = strsep(&rest, ".")) != NULL && json != NULL)
		json = json_is_array(json) ?
			json_array_get(json, (size_t)atoi(part)) :
			json_object_get(json, part);
	cr_assert_not_null(json, "the figures have no %s", where);
	return json;
}

double
figure(const struct outcome *outcome, const char *where)
{
	json_t *json = value(outcome, where);

	return json_is_null(json) ? NAN : json_number_value(json);
}
