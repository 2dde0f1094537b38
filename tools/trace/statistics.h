/* What a trace says about its ops, workers and runs, as numbers. */
#ifndef WEIR_TRACE_STATISTICS_H
#define WEIR_TRACE_STATISTICS_H

#include "trace_file.h"

struct op_statistics {
	const char *name;
	bool is_eager;
	uint64_t count;		/* executions */
	size_t n_events;	/* those, or their tiles */
	int64_t *durations;	/* sorted */
	int64_t total, self;	/* ns; self: without ops inside */
	double bytes, flops;
};

struct worker_statistics {
	const struct track *track;
	int64_t busy;		/* ns in ops */
	size_t n_events;
};

struct statistics {
	struct op_statistics *ops;	/* longest total first */
	size_t n_ops;
	struct worker_statistics *workers;
	size_t n_workers;
	int64_t wall;			/* from the first span to the last */
	int64_t eager, graph;		/* ns of ops, not counting inside */
	int64_t in_runs;		/* ns during which a run was on */
	uint64_t runs, eager_calls, graph_calls;
	uint64_t arrows;
	uint64_t merged, folded, dropped, views, fused;
};

int
statistics_gather(struct trace *trace, struct statistics *statistics);

void
statistics_free(struct statistics *statistics);

/* The duration that a share of the events do not pass. */
int64_t
quantile(const struct op_statistics *op, double share);

/* A number of otherData.weir; -1 where it says nothing. */
int64_t
said_number(const struct trace *trace, const char *key);

const char *
said_text(const struct trace *trace, const char *key);

#endif
