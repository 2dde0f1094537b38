/* What every public header needs: symbol visibility and call sites. */
#ifndef WEIR_EXPORT_H
#define WEIR_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define WEIR_BEGIN_DECLS extern "C" {
#define WEIR_END_DECLS }
#else
#define WEIR_BEGIN_DECLS
#define WEIR_END_DECLS
#endif

#if defined(__GNUC__)
#define WEIR_API __attribute__((__visibility__("default")))
#define WEIR_MUST_CHECK __attribute__((__warn_unused_result__))
#define WEIR_PRINTF(text, first) \
	__attribute__((__format__(__printf__, text, first)))
/* Seldom called: what leads there is moved out of the way. */
#define WEIR_COLD __attribute__((__cold__))
#else
#define WEIR_API
#define WEIR_MUST_CHECK
#define WEIR_PRINTF(text, first)
#define WEIR_COLD
#endif

#define WEIR_STRINGIFY_(x) #x
#define WEIR_STRINGIFY(x) WEIR_STRINGIFY_(x)

/** The place of a call, "file:line": a literal, so it is never freed. */
#define WEIR_SITE __FILE__ ":" WEIR_STRINGIFY(__LINE__)

#endif /* WEIR_EXPORT_H */
