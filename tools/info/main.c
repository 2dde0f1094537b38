/* weir-info: what this build of weir is, what it makes of a machine, and
 * which ops it has. */
#include <argp.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir.h>

#include "ops.h"
#include "plan.h"
#include "say.h"

enum { STATUS_USELESS = 2 };

enum key {
	KEY_JSON = 256, KEY_SYNTHETIC, KEY_TOPOLOGY, KEY_THREADS, KEY_POOLS,
	KEY_DISTANCES, KEY_OPERANDS, KEY_HELP, KEY_VERSION
};

static const struct argp_option table[] = {
	{ "json", KEY_JSON, NULL, 0, "print JSON", 0 },
	{ "synthetic", KEY_SYNTHETIC, "TEXT", 0,
	  "describe a machine such as \"pack:2 numa:2 core:8 pu:2\" (hwloc's "
	  "synthetic topologies) instead of this one", 0 },
	{ "topology", KEY_TOPOLOGY, "FILE", 0,
	  "describe the machine in FILE, which lstopo wrote as XML", 0 },
	{ "threads", KEY_THREADS, "N", 0,
	  "deal N workers to the pools (default: WEIR_NUM_THREADS, else "
	  "OMP_NUM_THREADS, else the processors there are)", 0 },
	{ "pools", KEY_POOLS, "KIND", 0,
	  "a pool is that of a NUMA node (numa) or of an L3 cache in it (l3) "
	  "(default: WEIR_POOLS, else numa)", 0 },
	{ "distances", KEY_DISTANCES, "FIGURES", 0,
	  "how far pools are from each other, such as \"60 110; 110 60\", or "
	  "\"measure\" (default: WEIR_DISTANCES, else by the machine)", 0 },
	{ "operands", KEY_OPERANDS, "NODES", 0,
	  "plan: the operands are in these NUMA nodes, such as \"0 1\", each "
	  "in as many equal parts (default: nothing is known of them)", 0 },
	{ "help", KEY_HELP, NULL, 0, "print this text", -1 },
	{ "version", KEY_VERSION, NULL, 0, "print the version", -1 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

struct request {
	bool as_json, is_ops, is_plan;
	const char *what;	/* of ops or plan; NULL: nothing said */
	const char *operands;	/* NUMA nodes, likewise */
	weir_runtime_options options;
};

void
give_up(const char *format, ...)
{
	char text[2048], *c;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	/* a name with a line break in it must not look like two messages */
	for (c = text; *c; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	fprintf(stderr, "weir-info: %s\n", text);
	exit(STATUS_USELESS);
}

static unsigned
thread_count(const char *text)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n < 1 || n > 65536)
		give_up("--threads: `%s' is not a number from 1 to 65536",
			text);
	return (unsigned)n;
}

static weir_pools
kind_of_pools(const char *text)
{
	if (strcmp(text, "numa") == 0)
		return WEIR_POOLS_NUMA;
	if (strcmp(text, "l3") != 0)
		give_up("--pools: `%s' is not numa or l3", text);
	return WEIR_POOLS_L3;
}

/* What an option is given: an empty text would be taken for none at all. */
static const char *
given(const char *option, const char *text)
{
	if (!*text)
		give_up("--%s: nothing is given", option);
	return text;
}

static void
take_word(struct request *request, const char *word)
{
	bool is_first = !request->is_ops && !request->is_plan;

	if (is_first && strcmp(word, "ops") == 0)
		request->is_ops = true;
	else if (is_first && strcmp(word, "plan") == 0)
		request->is_plan = true;
	else if (!is_first && !request->what)
		request->what = word;
	else
		give_up("`%s' makes no sense here (see weir-info --help)",
			word);
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case KEY_JSON: request->as_json = true; break;
	case KEY_SYNTHETIC:
		request->options.synthetic_topology = given("synthetic", arg);
		break;
	case KEY_TOPOLOGY:
		request->options.topology_file = given("topology", arg);
		break;
	case KEY_THREADS:
		request->options.threads = thread_count(arg);
		break;
	case KEY_POOLS:
		request->options.pools = kind_of_pools(arg);
		break;
	case KEY_DISTANCES:
		request->options.distances = given("distances", arg);
		break;
	case KEY_OPERANDS:
		request->operands = given("operands", arg);
		break;
	case KEY_HELP:
		argp_help(state->root_argp, stdout, ARGP_HELP_STD_HELP,
			  (char *)"weir-info");
		exit(EXIT_SUCCESS);
	case KEY_VERSION:
		printf("weir-info %s\n", weir_version());
		exit(EXIT_SUCCESS);
	case ARGP_KEY_ARG: take_word(request, arg); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void
describe(const struct request *request)
{
	weir_runtime *runtime;
	char *text;

	if (weir_runtime_create(&request->options, &runtime) ||
	    weir_runtime_describe(runtime, request->as_json, &text))
		give_up("%s", weir_error_text());
	fputs(text, stdout);
	if (request->as_json)
		putchar('\n');
	weir_text_release(text);
	weir_runtime_release(runtime);
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = table,
		.parser = parse,
		.args_doc = "\nops [NAME]\nplan [ROWSxHIDDEN]",
		.doc = "Print what this build of weir is and what it makes "
		       "of the machine; or the manual of its ops; or how a "
		       "training step (of a layer of hidden units) is planned "
		       "for the machine: which worker of which pool does "
		       "what, and what it waits for.",
	};
	struct request request = { .options.size = sizeof request.options };
	int at = 0;

	/* argp would need two lines for an option that does not exist */
	if (argp_parse(&argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_EXIT |
		       ARGP_NO_HELP, &at, &request))
		give_up("`%s' is no option, or lacks its value (see weir-info "
			"--help)", argv[at > 1 ? at - 1 : argc - 1]);
	if (request.is_plan && request.as_json)
		give_up("a plan cannot be had as JSON");
	if (request.operands && !request.is_plan)
		give_up("--operands are those of a plan");
	if (request.is_ops)
		print_ops(request.what, request.as_json);
	else if (request.is_plan)
		print_plan(&request.options, request.what, request.operands);
	else
		describe(&request);
	if (fflush(stdout) != 0 || ferror(stdout))
		give_up("cannot write to standard output: %s",
			strerror(errno));
	return EXIT_SUCCESS;
}
