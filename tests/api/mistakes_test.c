/*
 * Every mistake of the table, made in a scope, in a function that runs
 * eagerly and in one that is recorded: one sentence, and nothing else has
 * happened.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "api/mistakes.h"
#include "support/fault.h"
#include "support/silence.h"
#include "support/weir_test.h"

enum how { SCOPE, EAGER, GRAPH, N_HOW };
static const char *const how_names[N_HOW] = { "scope", "eager", "graph" };

static struct fault fault;
static struct workshop shop;
static weir_runtime *other_runtime;
static char variable_bits[16], counter_bits[24], generator_bits[16];

static weir_tensor *const sentinel = (weir_tensor *)&shop;

/* -- the workshop ------------------------------------------------------------------ */

static void
make_operands(void)
{
	static const float floats[24] = { 1, -2, 3, -4, 5, -6, 7, -8, 9 };
	static const int64_t ints[12] = { 7, 1, 2, 5, 4, 0, 9, 8, 6 };

	shop.in[X] = must_tensor(shop.rt, WEIR_F32, floats, 4, 3);
	must(weir_tensor_set_name(shop.in[X], "x"));
	shop.in[W] = must_tensor(shop.rt, WEIR_F32, floats, 5, 2);
	shop.in[INTS] = must_tensor(shop.rt, WEIR_I64, ints, 4, 3);
	shop.in[ZEROS] = must_tensor(shop.rt, WEIR_I64, NULL, 1, 3);
	shop.in[FLAGS] = must_tensor(shop.rt, WEIR_BOOL, NULL, 4, 3);
	shop.in[WIDE] = must_tensor(shop.rt, WEIR_F64, NULL, 3, 6);
	shop.in[CUBE] = must_tensor(shop.rt, WEIR_F32, floats, 2, 3, 4);
}

static void
open_shop(void)
{
	static const int64_t shape[] = { 4, 3 };
	static const float start[4] = { 1, 2, 3, 4 };
	weir_allocator allocator = fault_allocator(&fault);

	shop.rt = must_runtime_on(2, &allocator);
	other_runtime = must_runtime(1);
	make_operands();
	shop.variable = must_variable(shop.rt, "v", WEIR_F32, start, 2, 2);
	shop.counter = must_variable(shop.rt, "counter", WEIR_I64, NULL, 3);
	must(weir_generator_create(shop.rt, "dice", 42, &shop.generator));
	must(weir_sgd_create(shop.rt, &shop.variable, 1, 0.5, 0, &shop.sgd));
	shop.foreign = must_tensor(other_runtime, WEIR_F32, NULL, 4, 3);
	must(weir_tensor_read(shop.variable, variable_bits, 16));
	must(weir_tensor_read(shop.counter, counter_bits, 24));
	must(weir_tensor_read(shop.generator, generator_bits, 16));
	must(weir_graph_create(shop.rt, "mistakes", &shop.other));
	shop.symbol = weir_graph_input(shop.other, WEIR_F32, 2, shape, NULL);
	cr_assert(shop.symbol);
	weir_scope_push(weir_graph_scope(shop.other), "layer");
}

static void
close_shop(void)
{
	size_t i;

	weir_graph_release(shop.other);
	weir_tensor_release(shop.foreign);
	weir_sgd_release(shop.sgd);
	weir_tensor_release(shop.generator);
	weir_tensor_release(shop.counter);
	weir_tensor_release(shop.variable);
	for (i = 0; i < N_OPERANDS; i++)
		weir_tensor_release(shop.in[i]);
	weir_runtime_release(other_runtime);
	weir_runtime_release(shop.rt);
	cr_expect_eq(fault.alive, 0, "%ld blocks are left", (long)fault.alive);
}

/* -- making a mistake ----------------------------------------------------------------- */

struct outcome {
	weir_status status;
	char text[2048];
};

static void
note(struct outcome *got, weir_status status, const char *text)
{
	got->status = status;
	snprintf(got->text, sizeof got->text, "%s",
		 shop.mistake->flags & ELSEWHERE ? shop.said : text);
}

/* The scope is of use again once it is cleared. */
static void
expect_scope_works(weir_scope *s)
{
	weir_tensor *y;

	weir_scope_clear(s);
	y = weir_neg(s, shop.in[X]);
	cr_assert(y, "%s: %s", shop.mistake->what, weir_scope_error(s));
	cr_expect_eq(*(float *)weir_tensor_data(y), -1);
}

static void
make_in_scope(struct outcome *got)
{
	weir_scope *s = must_scope(shop.rt, "mistakes");
	weir_tensor *out[1] = { NULL };
	weir_status status = make_mistake(s, shop.in, out, &shop);

	note(got, status, weir_scope_error(s));
	cr_expect(shop.mistake->flags & ELSEWHERE ||
		  weir_scope_status(s) == status);
	expect_scope_works(s);
	weir_scope_release(s);
}

static void
make_in_function(const weir_run_options *mode, struct outcome *got)
{
	weir_function *f = must_function(shop.rt, "mistakes", make_mistake,
					 &shop);
	weir_tensor *out[1] = { sentinel };
	weir_status status;

	status = weir_function_call(f, mode, shop.in, N_OPERANDS, out, 1);
	note(got, status, weir_error_text());
	cr_expect_eq(out[0], sentinel, "%s: out was written",
		     shop.mistake->what);
	weir_function_release(f);
}

static weir_status
good(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_neg(s, in[X]);
	return weir_scope_status(s);
}

static void
expect_runtime_works(void)
{
	weir_function *f = must_function(shop.rt, "good", good, NULL);
	weir_tensor *out[1];

	must(weir_function_call(f, NULL, shop.in, 1, out, 1));
	cr_expect_eq(*(float *)weir_tensor_data(out[0]), -1);
	weir_tensor_release(out[0]);
	weir_function_release(f);
}

static void
make(enum how how, struct outcome *got)
{
	memset(got, 0, sizeof *got);
	shop.said[0] = '\0';
	switch (how) {
	case SCOPE:
		make_in_scope(got);
		break;
	case EAGER:
		make_in_function(&in_eager_mode, got);
		break;
	default:
		make_in_function(&in_graph_mode, got);
	}
	expect_runtime_works();
}

/* -- what must hold --------------------------------------------------------------------- */

static void
expect_sentence(const struct outcome *got, const char *how)
{
	const struct mistake *m = shop.mistake;
	bool is_op = m->words[0][strcspn(m->words[0], ":")] == ':' &&
		     strncmp(m->words[0], "weir_", 5) != 0;
	char site[512], path[512];
	size_t i;

	cr_expect_eq(got->status, m->expected, "%s (%s): %s: %s", m->what, how,
		     weir_status_name(got->status), got->text);
	for (i = 0; i < 5 && m->words[i]; i++)
		cr_expect(strstr(got->text, m->words[i]),
			  "%s (%s): `%s' is not in `%s'", m->what, how,
			  m->words[i], got->text);
	if (m->flags & NO_CALL)
		return;
	snprintf(site, sizeof site, "called at %s:%d", shop.file,
		 shop.line);
	cr_expect(strstr(got->text, site), "%s (%s): `%s' is not in `%s'",
		  m->what, how, site, got->text);
	/* "matmul: ": an op, so its path ends in its name */
	snprintf(path, sizeof path, "in mistakes%s%s%.*s",
		 m->flags & IN_NO_LAYER ? ", " : "/layer",
		 is_op ? "/" : "",
		 is_op ? (int)strcspn(m->words[0], ":") : 0, m->words[0]);
	cr_expect(strstr(got->text, path), "%s (%s): `%s' is not in `%s'",
		  m->what, how, path, got->text);
}

static void
expect_bits(weir_tensor *t, const void *bits, size_t bytes)
{
	char now[64];

	must(weir_tensor_read(t, now, bytes));
	cr_expect_eq(memcmp(now, bits, bytes), 0, "%s: %s has changed",
		     shop.mistake->what, weir_tensor_name(t));
}

static void
expect_nothing_changed(void)
{
	size_t i;

	expect_bits(shop.variable, variable_bits, sizeof variable_bits);
	expect_bits(shop.counter, counter_bits, sizeof counter_bits);
	expect_bits(shop.generator, generator_bits, sizeof generator_bits);
	for (i = 0; i < N_RESULTS; i++)
		cr_expect_eq(shop.results[i], sentinel,
			     "%s: result %zu was written", shop.mistake->what,
			     i);
}

static long
alive(void)
{
	weir_runtime_trim(shop.rt);
	return atomic_load(&fault.alive);
}

static bool
cannot_be_made(enum how how)
{
	return how == SCOPE && shop.mistake->flags & IN_A_FUNCTION;
}

#define FOR_EACH_HOW(how)						\
	for (enum how how = SCOPE; how < N_HOW; how++)			\
		if (!cannot_be_made(how))

static void
choose(size_t i)
{
	size_t j;

	shop.mistake = mistake_at(i);
	for (j = 0; j < N_RESULTS; j++)
		shop.results[j] = sentinel;
}

enum { MANY = 200 };
static size_t numbers[MANY];

static struct criterion_test_params
each_mistake(void)
{
	size_t n;

	for (n = 0; mistake_at(n) && n < MANY; n++)
		numbers[n] = n;
	return cr_make_param_array(size_t, numbers, n);
}

#define MISTAKE_TEST(name)						\
	ParameterizedTestParameters(mistakes, name)			\
	{								\
		return each_mistake();					\
	}								\
	ParameterizedTest(size_t *i, mistakes, name, .init = open_shop,	\
			  .fini = close_shop)

MISTAKE_TEST(has_the_same_sentence_in_both_modes)
{
	struct outcome first = { 0 }, got;

	choose(*i);
	FOR_EACH_HOW(how) {
		make(how, &got);
		expect_sentence(&got, how_names[how]);
		if (!first.text[0])
			first = got;
		cr_expect_str_eq(got.text, first.text, "%s: %s",
				 shop.mistake->what, how_names[how]);
	}
}

MISTAKE_TEST(changes_nothing_and_prints_nothing)
{
	struct silence silence;
	struct outcome got;

	choose(*i);
	FOR_EACH_HOW(how) {
		silence_begin(&silence);
		make(how, &got);
		cr_expect_eq(silence_end(&silence), 0, "%s: %s printed",
			     shop.mistake->what, how_names[how]);
		expect_nothing_changed();
	}
}

MISTAKE_TEST(leaks_nothing)
{
	struct outcome got;
	size_t in_use;
	long before;

	choose(*i);
	FOR_EACH_HOW(how) {
		make(how, &got);	/* names are kept as long as the runtime */
		in_use = weir_runtime_memory(shop.rt).in_use;
		before = alive();
		make(how, &got);
		cr_expect_eq(weir_runtime_memory(shop.rt).in_use, in_use,
			     "%s: %s", shop.mistake->what, how_names[how]);
		cr_expect_eq(alive(), before, "%s: %s", shop.mistake->what,
			     how_names[how]);
	}
}

Test(mistakes, are_more_than_twenty_five)
{
	cr_expect(mistake_at(25));
	cr_expect_null(mistake_at(MANY));
}
