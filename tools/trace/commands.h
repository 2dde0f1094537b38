/* What each command of weir-trace does, once its options are read. */
#ifndef WEIR_TRACE_COMMANDS_H
#define WEIR_TRACE_COMMANDS_H

#include "trace_file.h"

struct convert_options {
	const char *output;	/* NULL: standard output */
	int64_t from, to;	/* ns */
	int64_t min_dur;	/* ns */
	size_t top;		/* 0: all */
	bool no_args;
};

int
convert(struct trace *trace, const struct convert_options *options);

struct summary_options {
	bool as_json;
	size_t top;		/* 0: all */
};

int
summarize(struct trace *trace, const struct summary_options *options);

#endif
