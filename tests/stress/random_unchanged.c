/* Steps of random programs that leave a value as it is, or nearly: some of
 * them a compiler may leave out, some it must not. */
#include "stress/random_program.h"

static weir_tensor *
nearly(struct walk *w, weir_tensor *x)
{
	const weir_dtype dtype = weir_tensor_dtype(x);
	const weir_dtype other = dtype == WEIR_F32 ? WEIR_F64 : WEIR_F32;
	weir_scope *s = w->scope;

	switch (random_below(&w->random, 9)) {
	case 0:
		return weir_mul(s, x, walk_number(w, dtype, 1));
	case 1:
		return weir_mul(s, walk_number(w, dtype, 1), x);
	case 2:
		return weir_div(s, x, walk_number(w, dtype, 1));
	case 3:
		return weir_sub(s, x, walk_number(w, dtype, 0));
	case 4:
		return weir_add(s, x, walk_number(w, dtype, -0.0));
	case 5:
		return weir_add(s, x, walk_number(w, dtype, 0));
	case 6:
		return weir_neg(s, weir_neg(s, x));
	case 7:
		return weir_cast(s, weir_cast(s, x, other), dtype);
	default:
		return weir_transpose(s, weir_transpose(s, x, 0, NULL), 0,
				      NULL);
	}
}

void
random_move_unchanged(struct walk *w)
{
	const struct pool_value *x;

	x = walk_pick_float(w, random_chance(&w->random, 50) ? WEIR_F32
							     : WEIR_F64);
	if (x)
		walk_add(w, nearly(w, x->tensor), x->size, false);
}
