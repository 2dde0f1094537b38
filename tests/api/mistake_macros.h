/* How the tables of mistakes are written. */
#ifndef TESTS_API_MISTAKE_MACROS_H
#define TESTS_API_MISTAKE_MACROS_H

#include "api/mistakes.h"

/* Note the place of the call that is wrong. */
#define WRONG(call)							\
	(shop->file = __FILE__, shop->line = __LINE__, (call))

/* Not every mistake needs all of what it is given. */
#define GIVEN								\
	__attribute__((__unused__)) struct workshop *shop,		\
	__attribute__((__unused__)) weir_scope *s,			\
	__attribute__((__unused__)) weir_tensor *const *in

/* OP(name): a mistake whose result is that of one call. */
#define OP(name)							\
	static weir_tensor *						\
	call_##name(GIVEN);						\
	static weir_status						\
	name(GIVEN, weir_tensor **out)					\
	{								\
		out[0] = call_##name(shop, s, in);			\
		return weir_scope_status(s);				\
	}								\
	static weir_tensor *						\
	call_##name(GIVEN)

/* MANY(name): any other. */
#define MANY(name)							\
	static weir_status						\
	name(GIVEN, __attribute__((__unused__)) weir_tensor **out)

#define LIST(...) ((const int64_t[]){ __VA_ARGS__ })

/* A row of a table. */
#define DOES(function) .what = #function, .make = function

#endif
