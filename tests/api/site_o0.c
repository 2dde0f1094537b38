/* Compiled with -O0. */
#define BUILD site_o0
#include "api/site_calls.h"
