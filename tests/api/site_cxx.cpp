// Compiled as C++17.
#define BUILD site_cxx
#include "api/site_calls.h"
