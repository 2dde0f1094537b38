/* In place of site_cxx.cpp where there is no C++ compiler. */
#include "api/site.h"

const struct site_build site_cxx = { .file = NULL };
