/* What goes to stdout: text, padded cells, units, and a progress bar. */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/export.h>

/** Learn what stdout is. quiet: nothing will be written to it. */
void
screen_open(bool quiet);

/** Whether stdout takes UTF-8. */
bool
screen_is_utf8(void);

/** Choose by what stdout takes. */
const char *
either(const char *utf8, const char *ascii);

/** printf() to stdout, unless quiet. */
void
say(const char *format, ...) WEIR_PRINTF(1, 2);

/** Text padded to columns (not bytes): right-aligned, or left where width is
 * negative. */
void
say_cell(const char *text, int width);

/** Move the progress bar: on a terminal only, some twenty times a second.
 * now is the time by seconds_now(), which callers have at hand. */
void
screen_progress(const char *what, size_t done, size_t of, double now);

/** Remove the progress bar and push out what was said, so that something
 * else can be written. */
void
screen_pause(void);

/** The monotonic clock, in seconds. */
double
seconds_now(void);

/* -- units: a short text by value, so that as_time(x).s can be an argument */

struct text {
	char s[48];
};

/** 0.0000481 -> "48.1 us". */
struct text
as_time(double seconds);

/** 1234567 -> "1.2 MiB". */
struct text
as_bytes(double bytes);

/** 1234567 -> "1,234,567". */
struct text
as_count(double count);

/** 0.977 -> "97.7 %"; "-" for NaN. */
struct text
as_percent(double share);

/** "1000x10". */
struct text
as_shape(int64_t rows, int64_t columns);

#endif /* SCREEN_H */
