/* Compiled with -O2 and without debugging information. */
#define BUILD site_o2
#include "api/site_calls.h"
