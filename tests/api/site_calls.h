/*
 * The calls whose sites are looked for. This is included by a file for each
 * way of compiling it: BUILD names the way.
 *
 * Each call is in a static helper that ends in `return weir_relu(...)', which
 * an optimizer makes a jump, or no call at all: so a return address would
 * blame another function, and only the macro can know the line.
 */
#include "api/site.h"

#ifdef __cplusplus
#define BEGIN_C extern "C" {
#define END_C }
#else
#define BEGIN_C
#define END_C
#endif

enum { LINE_OF_RELU = __LINE__ + 5, LINE_OF_APPLY = __LINE__ + 13 };

static weir_tensor *
helper(weir_scope *s, weir_tensor *x)
{
	return weir_relu(s, x);
}

static weir_status
apply_helper(weir_scope *s, weir_tensor *x)
{
	weir_tensor *out;

	return weir_apply(s, weir_op_find("relu"), NULL, &x, 1, &out, 1);
}

static weir_tensor *
plain_helper(weir_scope *s, weir_tensor *x)
{
	return (weir_relu)(s, x);
}

static weir_tensor *
call_macro(weir_scope *s, weir_tensor *x)
{
	return helper(s, x);
}

static weir_status
call_apply(weir_scope *s, weir_tensor *x)
{
	return apply_helper(s, x);
}

static weir_tensor *
call_plain(weir_scope *s, weir_tensor *x)
{
	return plain_helper(s, x);
}

/* Not a tail call: the return address is in this function. */
static weir_tensor *
call_plain_and_return(weir_scope *s, weir_tensor *x)
{
	weir_tensor *volatile y = (weir_relu)(s, x);

	return y;
}

BEGIN_C
extern const struct site_build BUILD;
const struct site_build BUILD = {
	__FILE__, LINE_OF_RELU, LINE_OF_APPLY,
	call_macro, call_apply, call_plain, call_plain_and_return,
};
END_C
