#include "stress/random_bodies.h"

static weir_status
body(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct random_bodies *bodies = arg;

	out[0] = bodies->walk(bodies, s, in[0], 0);
	return weir_scope_status(s);
}

static weir_status
other_body(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct random_bodies *bodies = arg;

	out[0] = bodies->walk(bodies, s, in[0], 77);
	return weir_scope_status(s);
}

static weir_status
goes_round(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct random_bodies *bodies = arg;

	out[0] = weir_greater(s, weir_constant(s, WEIR_I64, 0, NULL,
					       bodies->rounds), in[1]);
	return weir_scope_status(s);
}

static weir_status
round_body(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct random_bodies *bodies = arg;

	out[0] = bodies->walk(bodies, s, in[0], 0);
	out[1] = weir_add(s, in[1], weir_constant(s, WEIR_I64, 0, NULL, 1));
	return weir_scope_status(s);
}

static weir_tensor *
branch(weir_scope *s, struct random_bodies *bodies, weir_tensor *x)
{
	weir_tensor *mean = weir_mean(s, x, 0, NULL, false), *is_more;
	weir_tensor *y = NULL;

	is_more = weir_greater(s, mean, weir_constant(s, weir_tensor_dtype(x),
						      0, NULL, 0));
	weir_cond(s, is_more, body, other_body, bodies, &x, 1, &y, 1);
	return y;
}

static weir_tensor *
loop(weir_scope *s, struct random_bodies *bodies, weir_tensor *x, int64_t most)
{
	weir_tensor *states[2] = { x, weir_constant(s, WEIR_I64, 0, NULL, 0) };
	weir_tensor *y[2] = { NULL };

	weir_while(s, goes_round, round_body, bodies, most, states, y, 2);
	return y[0];
}

weir_tensor *
random_bodies_call(weir_scope *s, enum random_bodies_kind kind,
		   struct random_bodies *bodies, weir_tensor *x, int64_t most)
{
	weir_tensor *y = NULL;

	switch (kind) {
	case RANDOM_BRANCH: return branch(s, bodies, x);
	case RANDOM_LOOP: return loop(s, bodies, x, most);
	default: break;
	}
	weir_call(s, "body", body, bodies, &x, 1, &y, 1);
	return y;
}
