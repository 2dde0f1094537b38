/*
 * What the files of tests of damaged graphs begin with: a runtime whose
 * allocator is watched, files that are written byte by byte, and loading, which
 * may end in a status and nothing worse.
 */
#ifndef UNIT_API_SAVED_FUZZ_H
#define UNIT_API_SAVED_FUZZ_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/runtime.h"
#include "api/saved_graph.h"
#include "api/saved_model.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/seeds.h"
#include "support/weir_test.h"

enum { FILE_MAX = 1 << 18, MOST_BYTES = 1 << 22 };

static struct fault fault;
static weir_runtime *rt;
static const weir_op *const ops[] = { &model_op };
static const weir_load_options with_ops = {
	.size = sizeof with_ops, .ops = ops, .n_ops = 1,
};

/* What a graph can ask for here, so that the machine is not in danger. */
static void *
allocate(size_t size, void *arg)
{
	return size > MOST_BYTES ? NULL : fault_allocate(size, arg);
}

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);

	allocator.allocate = allocate;
	begin_file();
	rt = must_runtime_on(1, &allocator);
}

static void
end(void)
{
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
	cr_expect_eq(fault.alive, 0);
	end_file();
}

/* -- a small loop --------------------------------------------------------- */

static weir_status
is_small(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, weir_constant(s, WEIR_F64, 0, NULL, 9),
			      in[0]);
	return weir_scope_status(s);
}

static weir_status
add_to(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *v = arg;

	weir_assign(s, v, weir_add(s, v, in[0]));
	out[0] = weir_mul(s, in[0], v);
	return weir_scope_status(s);
}

static weir_status
take_power(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		void *arg)
{
	(void)arg;
	out[0] = weir_exp(s, in[0]);
	return weir_scope_status(s);
}

static weir_status
branches(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *is_more;

	is_more = weir_greater(s, in[0], weir_constant(s, WEIR_F64, 0, NULL,
						       1));
	return weir_cond(s, is_more, add_to, take_power, arg, in, 1, out,
			 1);
}

/* A loop, branches in it, a call, and the loop's gradient. */
static void
save_small_loop(void)
{
	weir_tensor *v = must_variable_of(rt, "v", must_tensor_of(
			rt, WEIR_F64, 0, NULL, NULL)), *x, *y, *gradient;
	weir_graph *g;
	weir_scope *s;
	weir_tape *tape;

	must(weir_graph_create(rt, "g", &g));
	s = weir_graph_scope(g);
	x = weir_graph_input(g, WEIR_F64, 0, NULL, "x");
	tape = weir_tape_begin(s);
	weir_while(s, is_small, branches, v, 3, &x, &y, 1);
	weir_call(s, "add", add_to, v, &y, 1, &y, 1);
	must(weir_tape_gradients(tape, y, &x, 1, &gradient));
	must(weir_graph_output(g, gradient));
	must(weir_graph_save(g, file_path));
	weir_graph_release(g);
	weir_tensor_release(v);
}

static weir_status
squared_sum(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	    void *arg)
{
	out[0] = weir_mul(s, in[0], weir_add(s, in[0], arg));
	return weir_scope_status(s);
}

/* A loop, its gradient, and the gradient of that. */
static void
save_small_loop_twice(void)
{
	weir_tensor *v = must_variable_of(rt, "v", must_tensor_of(
			rt, WEIR_F64, 0, NULL, NULL)), *x, *y, *gradient;
	weir_tape *outer, *tape;
	weir_graph *g;
	weir_scope *s;

	must(weir_graph_create(rt, "g", &g));
	s = weir_graph_scope(g);
	x = weir_graph_input(g, WEIR_F64, 0, NULL, "x");
	outer = weir_tape_begin(s);
	tape = weir_tape_begin(s);
	weir_while(s, is_small, squared_sum, v, 3, &x, &y, 1);
	must(weir_tape_gradients(tape, y, &x, 1, &gradient));
	must(weir_tape_gradients(outer, gradient, &x, 1, &gradient));
	must(weir_graph_output(g, gradient));
	must(weir_graph_save(g, file_path));
	weir_graph_release(g);
	weir_tensor_release(v);
}

/* -- what loading comes to ------------------------------------------------ */

static weir_graph *
load(void)
{
	weir_graph *g = NULL;
	weir_status status = weir_graph_load(rt, file_path, &with_ops, &g);

	cr_assert_eq(status == WEIR_OK, g != NULL);
	cr_assert(!status || strstr(weir_error_text(), file_path), "%s: %s",
		  weir_status_name(status), weir_error_text());
	cr_assert(status != WEIR_EIO && status != WEIR_ESTATE, "%s",
		  weir_error_text());
	return g;
}

/* What is loaded is a graph like any other. */
static void
use(weir_graph *g)
{
	weir_plan *plan = NULL;
	weir_status status;
	char *text;

	must(weir__graph_check(g));
	must(weir_graph_describe(g, false, &text));
	weir_text_release(text);
	status = weir_graph_compile(g, &plan);
	cr_assert(status == WEIR_OK || status == WEIR_ENOMEM, "%s",
		  weir_error_text());
	weir_plan_release(plan);
	weir_graph_release(g);
}

/* -- another graph in a file ---------------------------------------------- */

/* The archive with another graph in it, and all as it should be. */
static void
write_version(const weir_archive *a, const char *version, const char *graph)
{
	static struct weir__crc32 sum;
	char digits[16];
	const struct weir__archive_note notes[] = {
		{ "format", WEIR__SAVED_FORMAT },
		{ "version", version },
		{ "crc32", digits },
		{ "graph", graph },
	};

	weir__crc32_init(&sum);
	must(weir__archive_sum(a, &sum));
	weir__crc32_add(&sum, graph, strlen(graph));
	snprintf(digits, sizeof digits, "%08" PRIx32, sum.value);
	must(weir__archive_write(a, notes, 4, file_path));
}

static void
write_graph(const weir_archive *a, const char *graph)
{
	write_version(a, weir__json_get(a->metadata, "version")->text, graph);
}

static weir_archive *
read_archive(char *graph)
{
	weir_archive *a = NULL;

	must(weir__archive_read(weir__runtime_heap(rt), file_path, NULL, &a));
	cr_assert_lt(strlen(weir__json_get(a->metadata, "graph")->text),
		     FILE_MAX / 2);
	strcpy(graph, weir__json_get(a->metadata, "graph")->text);
	return a;
}

static void
expect_refused(const char *says)
{
	weir_graph *g = load();

	cr_expect_null(g, "%s", says);
	expect_text(weir_error_text(), says);
	weir_graph_release(g);
}

static void
replace(char *text, const char *old, const char *new)
{
	static char rest[FILE_MAX];
	char *at = strstr(text, old);

	cr_assert_not_null(at, "%s in %s", old, text);
	strcpy(rest, at + strlen(old));
	strcpy(at, new);
	strcat(at, rest);
}

struct refusal {
	const char *old, *new, *says;
};

/* The file that is there, with one thing changed in its graph at a time. */
static void
expect_refusals(const struct refusal *refusals, size_t n)
{
	static char original[FILE_MAX], graph[FILE_MAX];
	weir_archive *a = read_archive(original);
	size_t i;

	for (i = 0; i < n; i++) {
		const struct refusal *c = &refusals[i];

		strcpy(graph, original);
		replace(graph, c->old, c->new);
		write_graph(a, graph);
		expect_refused(c->says);
	}
	weir_archive_release(a);
}

#endif
