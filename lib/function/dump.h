/*
 * Dumps: for whoever looks at what the compiler does, files with each graph as
 * it was recorded and after each pass, and with its plan, as text and in DOT.
 *
 * Threads: any.
 */
#ifndef WEIR_FUNCTION_DUMP_H
#define WEIR_FUNCTION_DUMP_H

#include "passes/pass.h"
#include "plan/plan.h"

struct weir__dump;

/*
 * what: "passes", or "passes:FOLDER"; NULL and "": nothing, *dump is NULL then.
 *
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL (nothing that can be dumped)
 */
weir_status
weir__dump_new(struct weir__heap *heap, const char *what,
	       struct weir__dump **dump);

/* NULL is fine. */
void
weir__dump_free(struct weir__dump *dump);

/* Of one graph, on its way to a plan. */
struct weir__dumped {
	struct weir__dump *dump;
	char *folder;			/* of its files */
};

/* Make a folder for the graph, and its first files. WEIR_EIO. */
weir_status
weir__dump_begin(struct weir__dump *dump, const weir_graph *graph,
		 struct weir__dumped *dumped);

/* For weir__passes_run(): arg is a struct weir__dumped. */
weir_status
weir__dump_pass(void *arg, const char *pass, unsigned place,
		const struct weir__rewrite *rewrite);

weir_status
weir__dump_plan(const struct weir__dumped *dumped, const weir_plan *plan);

void
weir__dump_end(struct weir__dumped *dumped);

#endif
