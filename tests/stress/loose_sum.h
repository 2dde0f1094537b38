/*
 * A sum whose order follows the ranges that it is handed, as a careless
 * reduction would: each range left to right, then the ranges.
 */
#ifndef STRESS_LOOSE_SUM_H
#define STRESS_LOOSE_SUM_H

#include <weir/op.h>

extern const weir_op loose_sum;

#endif
