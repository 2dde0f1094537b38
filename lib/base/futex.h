/*
 * Sleeping until a number changes, as with Linux's futex(2); where that is not
 * there, the processor is given away instead.
 */
#ifndef WEIR_BASE_FUTEX_H
#define WEIR_BASE_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

/* Sleep if the number is this one, until somebody wakes it: the look and the
 * falling asleep are one step for who wakes. May return for no reason. */
void
weir__futex_wait(_Atomic uint32_t *number, uint32_t value);

/* Wake so many at most of those that sleep on it; to be called after it was
 * changed. */
void
weir__futex_wake(_Atomic uint32_t *number, uint32_t most);

#endif
