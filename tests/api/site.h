/* Calls, and what the sites of errors in them must name. */
#ifndef TESTS_API_SITE_H
#define TESTS_API_SITE_H

#include <weir.h>

struct site_build {
	const char *file;		/* NULL: it could not be compiled so */
	int line_of_relu, line_of_apply;
	weir_tensor *(*call_macro)(weir_scope *s, weir_tensor *x);
	weir_status (*call_apply)(weir_scope *s, weir_tensor *x);
	weir_tensor *(*call_plain)(weir_scope *s, weir_tensor *x);
	weir_tensor *(*call_plain_and_return)(weir_scope *s, weir_tensor *x);
};

#ifdef __cplusplus
extern "C" {
#endif
extern const struct site_build site_o0, site_o2, site_cxx;
#ifdef __cplusplus
}
#endif

#endif
