/*
 * The floating-point state kernels run in: round to nearest, no traps, no
 * flush to zero; and the caller's state back afterwards, flags included.
 */
#ifndef WEIR_BASE_FPENV_H
#define WEIR_BASE_FPENV_H

#if defined(__SSE__)
#include <xmmintrin.h>

struct weir__fpenv {
	unsigned csr;
};

static inline void
weir__fpenv_enter(struct weir__fpenv *saved)
{
	saved->csr = _mm_getcsr();
	if ((saved->csr & 0xffc0u) != 0x1f80u)	/* all but the flags */
		_mm_setcsr(0x1f80u);
}

static inline void
weir__fpenv_leave(const struct weir__fpenv *saved)
{
	if (_mm_getcsr() != saved->csr)
		_mm_setcsr(saved->csr);
}
#else
#include <fenv.h>

struct weir__fpenv {
	fenv_t env;
};

static inline void
weir__fpenv_enter(struct weir__fpenv *saved)
{
	fegetenv(&saved->env);
	fesetenv(FE_DFL_ENV);
}

static inline void
weir__fpenv_leave(const struct weir__fpenv *saved)
{
	fesetenv(&saved->env);
}
#endif

#endif
