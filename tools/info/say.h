/* Errors of weir-info: one line each. */
#ifndef SAY_H
#define SAY_H

#include <weir.h>

/** Write "weir-info: ..." to stderr and exit with status 2. */
_Noreturn void
give_up(const char *format, ...) WEIR_PRINTF(1, 2);

#endif /* SAY_H */
