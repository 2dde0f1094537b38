/* What it takes to get a cache line from one processor to another. */
#ifndef WEIR_TOPOLOGY_LATENCY_H
#define WEIR_TOPOLOGY_LATENCY_H

#include <weir/status.h>

/*
 * Whole nanoseconds, at least 1, until a thread on one of two processors (the
 * system's numbers) sees what one on the other has written: the least of some
 * tries. Only its own threads are bound.
 *
 * @return WEIR_OK, or WEIR_ENOMEM (no threads to be had)
 *
 * Cost: less than a millisecond where both processors are free.
 */
weir_status
weir__latency_measure(unsigned a, unsigned b, unsigned *nanoseconds);

#endif
