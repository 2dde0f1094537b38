/* Algebra: what is left out, what must not be, and that no bit tells. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "unit/passes/rewrite.h"

static struct weir__rewrite *
after_algebra(const struct made *m)
{
	struct weir__rewrite *r = must_rewrite(m);

	cr_assert_eq(weir__pass_algebra(r), WEIR_OK);
	cr_expect_eq(weir__rewrite_check(r), WEIR_OK, "%s", weir_error_text());
	return r;
}

static weir_tensor *
number(weir_scope *s, double value)
{
	return weir_constant(s, WEIR_F64, 0, NULL, value);
}

static weir_tensor *
there_and_back(weir_scope *s, weir_tensor *x, weir_dtype there, weir_dtype back)
{
	return weir_cast(s, weir_cast(s, x, there), back);
}

/* -- one rule each ----------------------------------------------------------- */

/* What is done to y, which has been computed in f64 from an input x, and
 * whether it is y. */
static const struct rule {
	const char *name;
	weir_tensor *(*of)(weir_scope *s, weir_tensor *y, weir_tensor *x);
	bool is_same;
} rules[];

#define RULE(name, expr)						\
static weir_tensor *							\
name(weir_scope *s, weir_tensor *y, weir_tensor *x)			\
{									\
	(void)x;							\
	(void)y;							\
	return expr;							\
}

RULE(times_one, weir_mul(s, y, number(s, 1)))
RULE(one_times, weir_mul(s, number(s, 1), y))
RULE(over_one, weir_div(s, y, number(s, 1)))
RULE(minus_zero, weir_sub(s, y, number(s, 0)))
RULE(plus_negative_zero, weir_add(s, y, number(s, -0.0)))
RULE(negative_zero_plus, weir_add(s, number(s, -0.0), y))
RULE(twice_negative, weir_neg(s, weir_neg(s, y)))
RULE(to_its_own_dtype, weir_cast(s, y, WEIR_F64))
RULE(four_times_negative,
     weir_neg(s, weir_neg(s, weir_neg(s, weir_neg(s, y)))))

RULE(plus_zero, weir_add(s, y, number(s, 0)))
RULE(minus_negative_zero, weir_sub(s, y, number(s, -0.0)))
RULE(zero_minus, weir_sub(s, number(s, 0), y))
RULE(one_over, weir_div(s, number(s, 1), y))
RULE(times_two, weir_mul(s, y, number(s, 2)))
RULE(times_minus_one, weir_mul(s, y, number(s, -1)))
RULE(thrice_negative, weir_neg(s, weir_neg(s, weir_neg(s, y))))
RULE(by_f32, there_and_back(s, y, WEIR_F32, WEIR_F64))
RULE(by_i64, there_and_back(s, y, WEIR_I64, WEIR_F64))
RULE(ones_times, weir_mul(s, y, weir_constant(s, WEIR_F64, 1,
					      (int64_t[]){ 3 }, 1)))
RULE(input_times_one, weir_mul(s, x, number(s, 1)))
RULE(chosen_times_one, weir_mul(s, weir_relu(s, y), number(s, 1)))
RULE(less_than_rounding, weir_sub(s, y, number(s, 1e-310)))

static const struct rule rules[] = {
	{ "y * 1", times_one, true },
	{ "1 * y", one_times, true },
	{ "y / 1", over_one, true },
	{ "y - 0", minus_zero, true },
	{ "y + -0", plus_negative_zero, true },
	{ "-0 + y", negative_zero_plus, true },
	{ "--y", twice_negative, true },
	{ "----y", four_times_negative, true },
	{ "f64(y)", to_its_own_dtype, true },
	{ "y + 0", plus_zero, false },
	{ "y - -0", minus_negative_zero, false },
	{ "0 - y", zero_minus, false },
	{ "1 / y", one_over, false },
	{ "y * 2", times_two, false },
	{ "y * -1", times_minus_one, false },
	{ "---y", thrice_negative, false },
	{ "f64(f32(y))", by_f32, false },
	{ "f64(i64(y))", by_i64, false },
	{ "y * [1 1 1]", ones_times, false },
	{ "x * 1, of an input", input_times_one, false },
	{ "relu(y) * 1, which may be a signalling NaN", chosen_times_one,
	  false },
	{ "y - 1e-310", less_than_rounding, false },
};

enum { RULES = sizeof rules / sizeof *rules };

ParameterizedTestParameters(algebra, leaves_out_what_changes_no_bit)
{
	static size_t numbers[RULES];
	size_t i;

	for (i = 0; i < RULES; i++)
		numbers[i] = i;
	return cr_make_param_array(size_t, numbers, RULES);
}

ParameterizedTest(size_t *i, algebra, leaves_out_what_changes_no_bit)
{
	const struct rule *rule = &rules[*i];
	struct made m = must_make(1);
	weir_tensor *y = weir_exp(m.scope, m.x);
	weir_tensor *z = rule->of(m.scope, y, m.x);
	struct weir__rewrite *r = after_algebra(&m);

	cr_expect_eq(r->same_as[z->value],
		     rule->is_same ? y->value : z->value, "%s", rule->name);
	cr_expect_eq(fate_of(&m, r, z),
		     rule->is_same ? WEIR__FATE_MERGED : WEIR__LIVE, "%s",
		     rule->name);
	if (rule->is_same)
		cr_expect_eq(r->into[node_of(&m, z)], node_of(&m, y));
	weir__rewrite_free(r);
	made_free(&m);
}

/* -- dtypes, views, other passes ---------------------------------------------- */

Test(algebra, casts_back_only_what_the_wider_dtype_holds)
{
	struct made m = must_make(1);
	weir_scope *s = m.scope;
	weir_tensor *f = weir_cast(s, weir_exp(s, m.x), WEIR_F32);
	weir_tensor *y = weir_exp(s, f), *i = weir_cast(s, y, WEIR_I64);
	weir_tensor *b = weir_greater(s, y, f);
	weir_tensor *by_f64 = there_and_back(s, y, WEIR_F64, WEIR_F32);
	weir_tensor *chosen = there_and_back(s, weir_relu(s, y), WEIR_F64,
					     WEIR_F32);
	weir_tensor *long_way = there_and_back(s, i, WEIR_F64, WEIR_I64);
	weir_tensor *truth = there_and_back(s, b, WEIR_I64, WEIR_BOOL);
	struct weir__rewrite *r = after_algebra(&m);

	cr_expect_eq(r->same_as[by_f64->value], y->value);
	cr_expect_eq(r->same_as[chosen->value], chosen->value);
	cr_expect_eq(r->same_as[long_way->value], long_way->value);
	cr_expect_eq(r->same_as[truth->value], b->value);
	weir__rewrite_free(r);
	made_free(&m);
}

Test(algebra, knows_integers)
{
	struct made m = must_make(1);
	weir_scope *s = m.scope;
	weir_tensor *i = weir_cast(s, m.x, WEIR_I64);
	weir_tensor *zero = weir_constant(s, WEIR_I64, 0, NULL, 0);
	weir_tensor *sum = weir_add(s, i, zero);
	struct weir__rewrite *r = after_algebra(&m);

	cr_expect_eq(r->same_as[sum->value], i->value);
	weir__rewrite_free(r);
	made_free(&m);
}

Test(algebra, finds_views_that_show_what_was_there)
{
	struct made m = must_make(1);
	weir_scope *s = m.scope;
	const int64_t shape[] = { 2, 3 }, flat[] = { 6 };
	weir_tensor *in = weir_graph_input(m.graph, WEIR_F64, 2, shape, "in");
	weir_tensor *y = weir_exp(s, in), *t = weir_transpose(s, y, 0, NULL);
	weir_tensor *again = weir_transpose(s, t, 0, NULL);
	weir_tensor *back = weir_reshape(s, weir_reshape(s, y, 1, flat), 2,
					 shape);
	weir_tensor *of_input = weir_transpose(s, weir_transpose(s, in, 0,
								 NULL), 0,
					       NULL);
	struct weir__rewrite *r = after_algebra(&m);

	cr_expect_eq(r->same_as[again->value], y->value);
	cr_expect_eq(r->same_as[back->value], y->value);
	cr_expect_eq(r->same_as[of_input->value], in->value);
	cr_expect_eq(r->same_as[t->value], t->value);
	cr_expect_eq(fate_of(&m, r, again), WEIR__FATE_VIEW);
	weir__rewrite_free(r);
	made_free(&m);
}

/* Whatever is equal by algebra is one call then. */
Test(algebra, lets_equal_calls_be_found)
{
	struct made m = must_make(1);
	weir_scope *s = m.scope;
	weir_tensor *y = weir_exp(s, m.x), *again = weir_exp(s, m.x);
	weir_tensor *a, *b, *c;
	struct weir__rewrite *r;

	a = weir_tanh(s, weir_mul(s, y, number(s, 1)));
	b = weir_tanh(s, weir_mul(s, again, number(s, 1)));
	c = weir_tanh(s, again);
	r = after_algebra(&m);
	cr_assert_eq(weir__pass_cse(r), WEIR_OK);
	cr_expect_eq(weir__rewrite_check(r), WEIR_OK, "%s", weir_error_text());
	cr_expect_eq(r->same_as[b->value], a->value);
	cr_expect_eq(r->same_as[c->value], a->value);
	weir__rewrite_free(r);
	made_free(&m);
}

Test(algebra, copes_with_ten_thousand_views_of_views)
{
	struct made m = must_make(1);
	weir_scope *s = m.scope;
	const int64_t shapes[2][2] = { { 2, 3 }, { 3, 2 } };
	weir_tensor *in = weir_graph_input(m.graph, WEIR_F64, 2, shapes[0],
					   "in"), *y = weir_exp(s, in);
	struct weir__rewrite *r;
	int i;

	for (i = 1; i <= 10000; i++)
		y = weir_reshape(s, y, 2, shapes[i % 2]);
	r = after_algebra(&m);
	cr_expect_lt(r->same_as[y->value], y->value);
	weir__rewrite_free(r);
	made_free(&m);
}

/* -- bits ----------------------------------------------------------------------- */

/* Among them what arithmetic makes of itself only by rounding or quieting. */
static weir_tensor *
special_values(weir_runtime *rt)
{
	static const uint64_t bits[] = {
		0x0000000000000000, 0x8000000000000000,	/* 0 -0 */
		0x3ff0000000000000, 0xbff8000000000001,	/* 1 -1.5... */
		0x0000000000000001, 0x800fffffffffffff,	/* subnormal */
		0x7ff0000000000000, 0xfff0000000000000,	/* infinite */
		0x7ff8000000000001, 0xfff80000000abcde,	/* quiet NaN */
		0x7ff0000000000001, 0xfff4000000000000,	/* signalling NaN */
	};
	const int64_t n = sizeof bits / sizeof *bits;
	weir_tensor *t;

	cr_assert_eq(weir_tensor_copy_of(rt, WEIR_F64, 1, &n, bits, &t),
		     WEIR_OK);
	return t;
}

/* All rules, on computed values and on what the caller gave. */
static weir_status
all_rules(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *y = weir_sqrt(s, in[0]);
	size_t i;

	(void)arg;
	for (i = 0; i < RULES; i++) {
		if (rules[i].of == ones_times)
			out[2 * i] = out[2 * i + 1] = y;
		else
			for (size_t k = 0; k < 2; k++)
				out[2 * i + k] = rules[i].of(
					s, k ? in[0] : y, in[0]);
	}
	return weir_scope_status(s);
}

Test(algebra, changes_no_bit_of_any_value)
{
	weir_runtime *rt = must_runtime(1);
	weir_tensor *x = special_values(rt);
	weir_tensor *graph[2 * RULES], *eager[2 * RULES];
	weir_function *f;
	weir_scope *s;
	size_t i;

	cr_assert_eq(weir_function_create(rt, "rules", all_rules, NULL, &f),
		     WEIR_OK);
	cr_assert_eq(weir_function_call(f, NULL, &x, 1, graph, 2 * RULES),
		     WEIR_OK, "%s", weir_error_text());
	cr_assert_eq(weir_scope_create(rt, "e", &s), WEIR_OK);
	cr_assert_eq(all_rules(s, &x, eager, NULL), WEIR_OK);
	for (i = 0; i < 2 * RULES; i++) {
		cr_expect(weir_tensor_equal_bits(graph[i], eager[i], NULL),
			  "%s of %s", rules[i / 2].name,
			  i % 2 ? "the input" : "a result");
		weir_tensor_release(graph[i]);
	}
	weir_scope_release(s);
	weir_function_release(f);
	weir_tensor_release(x);
	weir_runtime_release(rt);
}
