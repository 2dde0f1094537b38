/*
 * The command line. Comes in: argv. Goes out: options in their domains; what
 * depends on the data (rows, columns) is checked where the data are.
 */
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"

enum key {
	KEY_DATA = 256, KEY_LABEL, KEY_SYNTHETIC, KEY_POSITIVE_RATE,
	KEY_TEST_FRACTION, KEY_SEED, KEY_HIDDEN, KEY_LAYERS, KEY_DTYPE,
	KEY_MODE, KEY_EPOCHS, KEY_BATCH, KEY_LR, KEY_MOMENTUM, KEY_THREADS,
	KEY_PREDICT_ROW, KEY_PREDICT_MODE, KEY_TRACE, KEY_JSON, KEY_HELP,
	KEY_VERSION
};

static const struct argp_option table[] = {
	{ NULL, 0, NULL, 0, "Data:", 1 },
	{ "data", KEY_DATA, "FILE", 0,
	  "train on FILE, a .csv or .npy table of numbers", 0 },
	{ "label", KEY_LABEL, "COLUMN", 0,
	  "name or number (from 0, negative from the end) of the column of FILE "
	  "to predict, with two distinct values (default: the last)", 0 },
	{ "synthetic", KEY_SYNTHETIC, "RxC", 0,
	  "make up two noisy classes, R rows of C columns (default: 1000x10)", 0 },
	{ "positive-rate", KEY_POSITIVE_RATE, "R", 0,
	  "share of class 1 in the synthetic data (default: 0.5)", 0 },
	{ "test-fraction", KEY_TEST_FRACTION, "F", 0,
	  "share of the rows kept for evaluation (default: 0.2)", 0 },
	{ "seed", KEY_SEED, "N", 0,
	  "of data, split, batches and weights (default: 1)", 0 },

	{ NULL, 0, NULL, 0, "Model:", 2 },
	{ "layers", KEY_LAYERS, "N", 0,
	  "Dense layers, the last one with a sigmoid, the others with ReLU "
	  "(default: 2)", 0 },
	{ "hidden", KEY_HIDDEN, "N", 0,
	  "width of every layer but the last (default: 64)", 0 },
	{ "dtype", KEY_DTYPE, "TYPE", 0, "f32 or f64 (default: f32)", 0 },

	{ NULL, 0, NULL, 0, "Training:", 3 },
	{ "mode", KEY_MODE, "MODE", 0,
	  "eager, graph, or both and compare every bit (default: both)", 0 },
	{ "epochs", KEY_EPOCHS, "N", 0,
	  "times that each row is seen (default: 5)", 0 },
	{ "batch", KEY_BATCH, "N", 0, "rows of a step (default: 32)", 0 },
	{ "lr", KEY_LR, "X", 0, "learning rate (default: 0.008)", 0 },
	{ "momentum", KEY_MOMENTUM, "X", 0,
	  "of gradient descent, 0 for none (default: 0.9)", 0 },
	{ "threads", KEY_THREADS, "N", 0,
	  "workers of the graph (default: WEIR_NUM_THREADS, else "
	  "OMP_NUM_THREADS, else the processors there are)", 0 },

	{ NULL, 0, NULL, 0, "Prediction:", 4 },
	{ "predict-row", KEY_PREDICT_ROW, "N", 0,
	  "row of the data to predict, from 0 (default: the first test row)",
	  0 },
	{ "predict-mode", KEY_PREDICT_MODE, "MODE", 0,
	  "eager, graph, or mixed: the first layer eagerly, the others as a "
	  "graph (default: as trained)", 0 },

	{ NULL, 0, NULL, 0, "Output:", 5 },
	{ "trace", KEY_TRACE, "PREFIX", 0,
	  "write PREFIX-eager.json and PREFIX-graph.json, timelines in Chrome's "
	  "trace format", 0 },
	{ "json", KEY_JSON, "FILE", 0, "write the figures to FILE", 0 },
	{ "quiet", 'q', NULL, 0, "print warnings and errors only", 0 },
	{ "help", KEY_HELP, NULL, 0, "print this text", 0 },
	{ "version", KEY_VERSION, NULL, 0, "print the version", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

/* -- values ---------------------------------------------------------------- */

static int64_t
whole(const char *option, const char *text, int64_t low, int64_t high)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || value < low ||
	    value > high)
		fail("--%s: `%s' is not a whole number from %lld to %lld",
		     option, text, (long long)low, (long long)high);
	return value;
}

static double
number(const char *option, const char *text, const char *domain)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !isfinite(value))
		fail("--%s: `%s' is not a number %s", option, text, domain);
	return value;
}

static double
share(const char *option, const char *text)
{
	static const char domain[] = "above 0 and below 1";
	double value = number(option, text, domain);

	if (value <= 0 || value >= 1)
		fail("--%s: `%s' is not a number %s", option, text, domain);
	return value;
}

static int
choice(const char *option, const char *text, const char *const *choices,
       const char *all)
{
	int i;

	for (i = 0; choices[i] != NULL; i++) {
		if (strcmp(text, choices[i]) == 0)
			return i;
	}
	fail("--%s: `%s' is not %s", option, text, all);
}

static void
rows_and_columns(const char *text, struct options *options)
{
	char *end, *last;
	long long rows, columns = 0;

	errno = 0;
	rows = strtoll(text, &end, 10);
	last = end;
	if (end != text && *end == 'x')
		columns = strtoll(end + 1, &last, 10);
	if (last == end || *last != '\0' || errno != 0 || rows < 4 ||
	    rows > 1000000000 || columns < 1 || columns > 100000)
		fail("--synthetic: `%s' is not ROWSxCOLUMNS, from 4x1 to "
		     "1000000000x100000", text);
	options->rows = rows;
	options->columns = columns;
}

/* Of a file or a column. */
static const char *
name(const char *option, const char *text)
{
	if (*text == '\0')
		fail("--%s: the name is empty", option);
	return text;
}

static void
seed(const char *text, struct options *options)
{
	char *end;

	errno = 0;
	options->seed = strtoull(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 ||
	    strchr(text, '-') != NULL)
		fail("--seed: `%s' is not a whole number from 0 to %llu", text,
		     (unsigned long long)UINT64_MAX);
}

/* -- argp ------------------------------------------------------------------ */

/* Which options were given, where a combination makes no sense. */
struct given {
	struct options *options;
	bool synthetic, positive_rate;
};

static void
check_combinations(const struct given *given)
{
	const struct options *options = given->options;

	if (options->data != NULL && given->synthetic)
		fail("--data and --synthetic: only one of them can be trained "
		     "on");
	if (options->data != NULL && given->positive_rate)
		fail("--positive-rate is for --synthetic: the rows of --data "
		     "are what they are");
	if (options->data == NULL && options->label != NULL)
		fail("--label names a column of --data FILE, which is missing");
	if (options->predict_mode == PREDICT_MIXED && options->layers < 2)
		fail("--predict-mode mixed: needs --layers 2 or more, one for "
		     "each mode");
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	static const char *const modes[] = { "eager", "graph", "both", NULL };
	static const char *const predict_modes[] = { "eager", "graph", "mixed",
						     NULL };
	static const char *const dtypes[] = { "f32", "f64", NULL };
	struct given *given = state->input;
	struct options *o = given->options;

	switch (key) {
	case KEY_DATA: o->data = name("data", arg); break;
	case KEY_LABEL: o->label = name("label", arg); break;
	case KEY_SYNTHETIC:
		rows_and_columns(arg, o);
		given->synthetic = true;
		break;
	case KEY_POSITIVE_RATE:
		o->positive_rate = share("positive-rate", arg);
		given->positive_rate = true;
		break;
	case KEY_TEST_FRACTION:
		o->test_fraction = share("test-fraction", arg);
		break;
	case KEY_SEED: seed(arg, o); break;
	case KEY_HIDDEN: o->hidden = whole("hidden", arg, 1, 65536); break;
	case KEY_LAYERS:
		o->layers = whole("layers", arg, 1, LAYERS_MAX);
		break;
	case KEY_DTYPE:
		o->dtype = choice("dtype", arg, dtypes, "f32 or f64") == 0 ?
			WEIR_F32 : WEIR_F64;
		break;
	case KEY_MODE:
		o->modes = choice("mode", arg, modes, "eager, graph or both");
		break;
	case KEY_EPOCHS: o->epochs = whole("epochs", arg, 1, 100000); break;
	case KEY_BATCH: o->batch = whole("batch", arg, 1, 1000000000); break;
	case KEY_LR:
		o->lr = number("lr", arg, "above 0");
		if (o->lr <= 0)
			fail("--lr: `%s' is not a number above 0", arg);
		break;
	case KEY_MOMENTUM:
		o->momentum = number("momentum", arg, "from 0 to below 1");
		if (o->momentum < 0 || o->momentum >= 1)
			fail("--momentum: `%s' is not a number from 0 to below "
			     "1", arg);
		break;
	case KEY_THREADS:
		o->threads = (unsigned)whole("threads", arg, 1, 1024);
		break;
	case KEY_PREDICT_ROW:
		o->predict_row = whole("predict-row", arg, 0, 1000000000);
		break;
	case KEY_PREDICT_MODE:
		o->predict_mode = PREDICT_EAGER + choice("predict-mode", arg,
			predict_modes, "eager, graph or mixed");
		break;
	case KEY_TRACE: o->trace = name("trace", arg); break;
	case KEY_JSON: o->json = name("json", arg); break;
	case 'q': o->quiet = true; break;
	case KEY_HELP:
		argp_help(state->root_argp, stdout, ARGP_HELP_STD_HELP,
			  (char *)"weir-train");
		exit(0);
	case KEY_VERSION:
		printf("weir-train %s\n", weir_version());
		exit(0);
	case ARGP_KEY_ARG:
		fail("%s is no option (see weir-train --help)",
		     *arg != '\0' ? arg : "an empty word");
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The option that arg names, in full or by a beginning that no other shares. */
static const struct argp_option *
option_named(const char *arg)
{
	const struct argp_option *option, *found = NULL;
	size_t length = strcspn(arg, "=") - 2;
	int n_found = 0;

	for (option = table; option->name != NULL || option->doc != NULL;
	     option++) {
		if (option->name == NULL ||
		    strncmp(option->name, arg + 2, length) != 0)
			continue;
		if (strlen(option->name) == length)
			return option;
		found = option;
		n_found++;
	}
	if (n_found > 1)
		fail("--%.*s could be one of several options (see weir-train "
		     "--help)", (int)length, arg + 2);
	return found;
}

/* argp would say what it cannot make sense of in two lines, so it is told to
 * be silent, and the first such argument is found here. */
static _Noreturn void
explain(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *arg = argv[i];
		const struct argp_option *option;

		if (strcmp(arg, "-q") == 0)
			continue;
		option = strncmp(arg, "--", 2) == 0 ? option_named(arg) : NULL;
		if (option == NULL)
			fail("%.*s is no option (see weir-train --help)",
			     (int)strcspn(arg, "="), arg);
		if (option->arg == NULL && strchr(arg, '=') != NULL)
			fail("--%s takes no value", option->name);
		if (option->arg != NULL && strchr(arg, '=') == NULL &&
		    ++i == argc)
			fail("--%s needs a value: %s", option->name,
			     option->arg);
	}
	fail("the command line makes no sense (see weir-train --help)");
}

/* Better now than after an hour of training. */
static void
check_can_write(const char *option, const char *path)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	int length = slash != NULL ? (int)(slash - path) : 0;
	struct stat there;

	if (stat(path, &there) == 0) {
		if (S_ISDIR(there.st_mode))
			fail("--%s: %s: %s", option, path, strerror(EISDIR));
		if (access(path, W_OK) != 0)
			fail("--%s: %s: %s", option, path, strerror(errno));
		return;
	}
	if (slash == NULL)
		snprintf(folder, sizeof(folder), ".");
	else
		snprintf(folder, sizeof(folder), "%.*s",
			 length != 0 ? length : 1, path);
	if (access(folder, W_OK | X_OK) != 0)
		fail("--%s: %s: %s", option, folder, strerror(errno));
}

/* A prefix is no file itself, but names some in its folder. */
static void
check_can_write_traces(const char *prefix, enum which_modes modes)
{
	static const char *const suffixes[] = { [EAGER_ONLY] = "eager",
						[GRAPH_ONLY] = "graph" };
	int which;

	for (which = EAGER_ONLY; which <= GRAPH_ONLY; which++) {
		char path[4096];

		if (modes != BOTH_MODES && (int)modes != which)
			continue;
		if (snprintf(path, sizeof(path), "%s-%s.json", prefix,
			     suffixes[which]) >= (int)sizeof(path))
			fail("--trace: the prefix is too long");
		check_can_write("trace", path);
	}
}

void
options_parse(int argc, char **argv, struct options *options)
{
	static const char doc[] =
		"Train a small neural network in seven stages, eagerly and as "
		"a compiled graph, and compare the two bit for bit."
		"\v"
		"Exit status: 0 if all went well, 1 if eager and graph differ "
		"in a bit, 2 for bad options, bad files or no memory.";
	static const struct argp argp = { table, parse, NULL, doc, NULL, NULL,
					  NULL };
	struct given given = { .options = options };

	*options = (struct options){
		.rows = 1000, .columns = 10, .positive_rate = 0.5,
		.test_fraction = 0.2, .hidden = 64, .layers = 2,
		.dtype = WEIR_F32, .modes = BOTH_MODES, .epochs = 5,
		.batch = 32, .lr = 0.008, .momentum = 0.9, .seed = 1,
		.predict_row = -1
	};
	/* without ARGP_NO_HELP, ARGP_NO_ERRS would silence --help as well */
	if (argp_parse(&argp, argc, argv,
		       ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_IN_ORDER, NULL,
		       &given) != 0)
		explain(argc, argv);
	check_combinations(&given);
	if (options->json != NULL)
		check_can_write("json", options->json);
	if (options->trace != NULL)
		check_can_write_traces(options->trace, options->modes);
}
