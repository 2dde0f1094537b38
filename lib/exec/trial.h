/*
 * Whether threads can be had, found out before OpenMP asks: libgomp ends the
 * process where one is refused.
 */
#ifndef WEIR_EXEC_TRIAL_H
#define WEIR_EXEC_TRIAL_H

/* Of `want` threads beside this one, how many could be made at once just now.
 * Cost: some 20 microseconds a thread. */
unsigned
weir__threads_to_be_had(unsigned want);

#endif
