#include <criterion/criterion.h>
#include <unistd.h>

#include "plan/plan.h"
#include "support/spans.h"
#include "support/tasks.h"
#include "support/temporary.h"

static struct spans
traced(struct made *m, weir_plan *plan, size_t n_out)
{
	char path[TEMPORARY];
	struct spans spans;
	weir_tensor *out[4];

	temporary_file(path);
	cr_assert_eq(weir_trace_start(m->runtime, NULL), WEIR_OK);
	cr_assert_eq(weir_plan_run(plan, &m->zero, 1, out, n_out), WEIR_OK);
	while (n_out > 0)
		weir_tensor_release(out[--n_out]);
	weir_trace_stop(m->runtime);
	cr_assert_eq(weir_trace_write(m->runtime, path), WEIR_OK);
	spans_read(&spans, path);
	unlink(path);
	return spans;
}

static const struct note *
note_of(const struct spans *spans, int64_t ordinal)
{
	size_t i;

	for (i = 0; i < spans->n_notes; i++)
		if (spans->notes[i].ordinal == ordinal)
			return &spans->notes[i];
	return NULL;
}

static void
expect_note(const struct spans *spans, int64_t ordinal, const char *op,
	    const char *fate, int64_t into)
{
	const struct note *note = note_of(spans, ordinal);

	cr_assert(note, "%s", op);
	cr_expect_str_eq(note->op, op);
	cr_expect_str_eq(note->fate, fate, "%s", op);
	cr_expect_eq(note->into, into, "%s into %d", op, (int)note->into);
}

Test(exec_trace, says_what_became_of_calls_that_do_not_run)
{
	struct made m = must_make(1);
	weir_tensor *v, *a, *b, *y;
	struct spans spans;
	weir_plan *plan;
	size_t i, ops = 0;

	cr_assert_eq(weir_variable_create(m.runtime, "v", m.zero, &v),
		     WEIR_OK);
	a = weir_exp(m.scope, m.x);				/* 1 runs */
	b = weir_exp(m.scope, m.x);				/* 2 */
	weir_neg(m.scope, m.x);					/* 3 */
	y = weir_constant(m.scope, WEIR_F64, 0, NULL, 2);	/* 4 */
	y = weir_add(m.scope, weir_mul(m.scope, a, b), y);	/* 5, 6 run */
	weir_assign(m.scope, v, y);				/* 7 */
	y = weir_reshape(m.scope, y, 1, (int64_t[]){ 1 });	/* 8 */
	cr_assert_eq(weir_graph_output(m.graph, y), WEIR_OK);
	plan = must_compile(&m);
	spans = traced(&m, plan, 1);
	for (i = 0; i < spans.n; i++)
		ops += strcmp(spans.all[i].category, "graph") == 0;
	cr_expect_eq(ops, 3);
	expect_note(&spans, 2, "exp", "merged", 1);
	expect_note(&spans, 3, "neg", "dropped", 0);
	expect_note(&spans, 4, "constant", "folded", 0);
	expect_note(&spans, 7, "assign", "merged", 6);
	expect_note(&spans, 8, "reshape", "view", 6);
	cr_expect_eq(spans.n_notes, 5);
	cr_expect_eq(spans.lost, 0);
	spans_free(&spans);
	weir_plan_release(plan);
	weir_tensor_release(v);
	made_free(&m);
}

Test(exec_trace, covers_all_tiles_of_a_cut_node_once)
{
	struct made m = must_make(2);
	struct task_attrs cut = { .ns = 1e6, .id = 1, .tiles = 32 };
	struct spans spans;
	weir_plan *plan;
	size_t i, pieces = 0;

	add_task(&m, &cut, NULL, 0);
	plan = must_compile(&m);
	spans = traced(&m, plan, 0);
	for (i = 0; i < spans.n; i++) {
		if (strcmp(spans.all[i].category, "graph") != 0)
			continue;
		cr_expect_eq(spans.all[i].ordinal, 1);
		cr_expect_eq(spans.all[i].tiles, 32);
		pieces++;
	}
	cr_expect_eq(pieces, plan->dag.n);
	spans_free(&spans);
	weir_plan_release(plan);
	made_free(&m);
}

Test(exec_trace, leaves_nothing_while_the_tracer_is_off)
{
	struct made m = must_make(1);
	weir_plan *plan;

	task_after(&m, 1, 10, NULL);
	plan = must_compile(&m);
	cr_assert_eq(weir_plan_run(plan, &m.zero, 1, NULL, 0), WEIR_OK);
	cr_expect_eq(weir_trace_write(m.runtime, "/nowhere/x.json"),
		     WEIR_ESTATE);
	weir_plan_release(plan);
	made_free(&m);
}
