/* How the program gives up or warns: one line on stderr each. */
#ifndef FAIL_H
#define FAIL_H

#include <weir.h>

enum {
	STATUS_DIFFERENT = 1,	/* eager and graph differ in a bit */
	STATUS_USELESS = 2	/* bad options, bad files, no memory */
};

/** Write "weir-train: ..." and exit with STATUS_USELESS. */
_Noreturn void
fail(const char *format, ...) WEIR_PRINTF(1, 2);

/** Give up unless status is WEIR_OK: what was being done, and why not. */
void
check(weir_status status, const char *doing);

/** Write "weir-train: warning: ..." and remember the text. */
void
warn(const char *format, ...) WEIR_PRINTF(1, 2);

/** The warnings so far: how many, and the i-th. */
size_t
warning_count(void);
const char *
warning_text(size_t i);

/** n zeroed objects of size bytes, for free(); gives up where there is no
 * memory. n = 0 gives a pointer too. */
void *
allocate(size_t n, size_t size);

/** A copy of text, for free(). */
char *
copy_text(const char *text);

#endif /* FAIL_H */
