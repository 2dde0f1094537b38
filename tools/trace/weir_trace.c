/* weir-trace: reads, explains and converts traces. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weir/version.h>

#include "commands.h"

enum { EXIT_USAGE = 1 };

enum long_option {
	OPTION_FROM = 256,
	OPTION_TO,
	OPTION_MIN_DUR,
	OPTION_TOP,
	OPTION_NO_ARGS,
	OPTION_JSON
};

struct arguments {
	const char *file;
	struct convert_options convert;
	struct summary_options summary;
};

const char *argp_program_version = "weir-trace " WEIR_VERSION;

/* "1.5ms", "200us", "30ns", "2s"; a bare number is microseconds, as in the
 * file. */
static int64_t
parse_time(const char *text, struct argp_state *state)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e3 }, { "us", 1e3 }, { "ns", 1 }, { "ms", 1e6 },
		      { "s", 1e9 } };
	char *end;
	double value = strtod(text, &end);
	size_t i;

	if (end != text && value >= 0 && value < 1e15)
		for (i = 0; i < sizeof units / sizeof *units; i++)
			if (strcmp(end, units[i].unit) == 0 &&
			    value * units[i].ns < 9e18)
				return (int64_t)(value * units[i].ns);
	argp_error(state, "\"%s\" is no time: a number and ns, us, ms or s",
		   text);
	return 0;
}

static size_t
parse_count(const char *text, struct argp_state *state)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (end == text || *end || errno || !value || *text == '-' ||
	    value > SIZE_MAX)
		argp_error(state, "\"%s\" is no number from 1", text);
	return (size_t)value;
}

static const char *
parse_name(const char *text, struct argp_state *state)
{
	if (!*text)
		argp_error(state, "a file's name is empty");
	return text;
}

static error_t
parse_file(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (arguments->file)
			argp_error(state, "one file at a time");
		arguments->file = parse_name(argument, state);
		return 0;
	case ARGP_KEY_END:
		if (!arguments->file)
			argp_error(state, "which file?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse_convert(int key, char *argument, struct argp_state *state)
{
	struct convert_options *options =
		&((struct arguments *)state->input)->convert;

	switch (key) {
	case 'o': options->output = parse_name(argument, state); return 0;
	case OPTION_FROM: options->from = parse_time(argument, state); return 0;
	case OPTION_TO: options->to = parse_time(argument, state); return 0;
	case OPTION_MIN_DUR:
		options->min_dur = parse_time(argument, state);
		return 0;
	case OPTION_TOP: options->top = parse_count(argument, state); return 0;
	case OPTION_NO_ARGS: options->no_args = true; return 0;
	default: return parse_file(key, argument, state);
	}
}

static error_t
parse_summary(int key, char *argument, struct argp_state *state)
{
	struct summary_options *options =
		&((struct arguments *)state->input)->summary;

	switch (key) {
	case OPTION_JSON: options->as_json = true; return 0;
	case OPTION_TOP: options->top = parse_count(argument, state); return 0;
	default: return parse_file(key, argument, state);
	}
}

static const struct argp_option convert_options[] = {
	{ "output", 'o', "OUT", 0, "Write to OUT, not standard output", 0 },
	{ "from", OPTION_FROM, "TIME", 0, "Leave out what ends before TIME",
	  1 },
	{ "to", OPTION_TO, "TIME", 0, "Leave out what begins after TIME", 1 },
	{ "min-dur", OPTION_MIN_DUR, "TIME", 0, "Leave out shorter spans",
	  1 },
	{ "top", OPTION_TOP, "N", 0, "Keep the N longest ops only", 1 },
	{ "no-args", OPTION_NO_ARGS, NULL, 0, "Leave out the details of "
	  "spans: speedscope takes them for parts of the name", 1 },
	{ 0 }
};

static const struct argp_option summary_options[] = {
	{ "json", OPTION_JSON, NULL, 0, "Print one JSON object", 0 },
	{ "top", OPTION_TOP, "N", 0, "Show the N ops that took longest", 0 },
	{ 0 }
};

static const struct argp convert_argp = {
	convert_options, parse_convert, "FILE",
	"Write a trace as clean Chrome Trace Event JSON: whole again where it "
	"was torn, in order, and as small as asked for.\v"
	"FILE may be - for standard input. A TIME counts from the beginning "
	"of the trace and has a unit: 1.5ms, 200us, 30ns, 2s; without one it "
	"is microseconds. Viewers: chrome://tracing, Perfetto, speedscope, "
	"the Performance panel of a browser.",
	NULL, NULL, NULL
};

static const struct argp summary_argp = {
	summary_options, parse_summary, "FILE",
	"Print what a trace says: where the time went by op, how busy the "
	"workers were, what was lost.\v"
	"FILE may be - for standard input. Total and self time, least, "
	"median, 99th percentile and most are of one op's spans (an op that "
	"was cut has one for each piece); self time leaves out ops inside. "
	"Parallelism is the time of graph ops over the time in runs.",
	NULL, NULL, NULL
};

static const char help[] =
"Usage: weir-trace COMMAND [OPTION...] FILE\n"
"Read the traces that programs write with WEIR_TRACE=FILE.\n"
"\n"
"  summary FILE     where the time went, how busy the workers were\n"
"  chrome FILE      clean Chrome Trace Event JSON, for viewers\n"
"\n"
"  -h, --help       this text; after a COMMAND, its options\n"
"  -V, --version    the version\n"
"\n"
"Exit status: 0 fine, 1 usage, 2 a file that cannot be read or written.\n";

static const struct command {
	const char *name;
	const struct argp *argp;
} commands[] = {
	{ "weir-trace chrome", &convert_argp },
	{ "weir-trace summary", &summary_argp },
};

static int
run(const struct command *command, int argc, char **argv)
{
	struct arguments arguments = { .convert = { .to = INT64_MAX } };
	struct trace trace;
	int status;

	argp_parse(command->argp, argc, argv, 0, NULL, &arguments);
	status = trace_read(&trace, arguments.file);
	if (!status && trace.torn)
		complain(trace.path, "%s: what came before is used",
			 trace.torn);
	if (!status)
		status = command->argp == &convert_argp
			? convert(&trace, &arguments.convert)
			: summarize(&trace, &arguments.summary);
	trace_free(&trace);
	return status;
}

int
main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	size_t i;

	argp_err_exit_status = EXIT_USAGE;
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		fputs(help, stdout);
		return fflush(stdout) ? 2 : 0;
	}
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		puts(argp_program_version);
		return fflush(stdout) ? 2 : 0;
	}
	for (i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(word, strchr(commands[i].name, ' ') + 1) == 0) {
			/* argp says who speaks by this. */
			argv[1] = (char *)commands[i].name;
			return run(&commands[i], argc - 1, argv + 1);
		}
	if (*word)
		fprintf(stderr, "weir-trace: there is no command \"%s\": try "
			"weir-trace --help\n", word);
	else
		fputs("weir-trace: which command? Try weir-trace --help\n",
		      stderr);
	return EXIT_USAGE;
}
