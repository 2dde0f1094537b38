/*
 * What goes to stdout.
 *
 * Only LC_CTYPE is taken from the environment: numbers keep their point in
 * every locale, on the way in and on the way out.
 */
#include "screen.h"

#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 32
#define BAR_SECONDS 0.05

static bool is_quiet, is_utf8, is_terminal;
static bool bar_is_shown;
static double bar_time;

void
screen_open(bool quiet)
{
	setlocale(LC_CTYPE, "");
	is_quiet = quiet;
	is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	is_terminal = isatty(STDOUT_FILENO) == 1;
}

bool
screen_is_utf8(void)
{
	return is_utf8;
}

const char *
either(const char *utf8, const char *ascii)
{
	return is_utf8 ? utf8 : ascii;
}

static void
remove_bar(void)
{
	if (bar_is_shown)
		fputs("\r\033[K", stdout);
	bar_is_shown = false;
}

void
say(const char *format, ...)
{
	va_list ap;

	if (is_quiet)
		return;
	remove_bar();
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
}

/* Code points: all that is written here is one column wide. */
static int
columns_of(const char *text)
{
	int columns = 0;

	for (; *text != '\0'; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

void
say_cell(const char *text, int width)
{
	int pad = (width < 0 ? -width : width) - columns_of(text);

	if (pad < 0)
		pad = 0;
	if (width < 0)
		say("%s%*s", text, pad, "");
	else
		say("%*s%s", pad, "", text);
}

void
screen_progress(const char *what, size_t done, size_t of, double now)
{
	size_t full = of != 0 ? done * BAR_WIDTH / of : BAR_WIDTH, i;

	if (!is_terminal || is_quiet || now - bar_time < BAR_SECONDS)
		return;
	bar_time = now;
	printf("\r\033[K  %-18s ", what);
	for (i = 0; i < BAR_WIDTH; i++)
		fputs(i < full ? either("█", "#") : either("░", "."), stdout);
	printf(" %3zu %%", of != 0 ? done * 100 / of : 100);
	fflush(stdout);
	bar_is_shown = true;
}

void
screen_pause(void)
{
	remove_bar();
	fflush(stdout);
}

double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct text
as_time(double seconds)
{
	struct text text;

	if (!isfinite(seconds))
		snprintf(text.s, sizeof(text.s), "-");
	else if (seconds < 0.9995e-3)
		snprintf(text.s, sizeof(text.s), "%.1f %s", seconds * 1e6,
			 either("µs", "us"));
	else if (seconds < 0.9995)
		snprintf(text.s, sizeof(text.s), "%.2f ms", seconds * 1e3);
	else
		snprintf(text.s, sizeof(text.s), "%.2f s", seconds);
	return text;
}

struct text
as_bytes(double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	struct text text;
	int unit = 0;

	while (bytes >= 1024 && unit < 4) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text.s, sizeof(text.s), unit == 0 ? "%.0f %s" : "%.1f %s",
		 bytes, units[unit]);
	return text;
}

struct text
as_count(double count)
{
	char digits[40];
	struct text text;
	size_t n, i, at = 0;

	if (!isfinite(count) || count < 0 || count > 1e18) {
		snprintf(text.s, sizeof(text.s), "-");
		return text;
	}
	n = (size_t)snprintf(digits, sizeof(digits), "%.0f", count);
	for (i = 0; i < n; i++) {
		if (i != 0 && (n - i) % 3 == 0)
			text.s[at++] = ',';
		text.s[at++] = digits[i];
	}
	text.s[at] = '\0';
	return text;
}

struct text
as_percent(double share)
{
	struct text text;

	if (!isfinite(share))
		snprintf(text.s, sizeof(text.s), "-");
	else
		snprintf(text.s, sizeof(text.s), "%.1f %%", 100 * share);
	return text;
}

struct text
as_shape(int64_t rows, int64_t columns)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%lldx%lld", (long long)rows,
		 (long long)columns);
	return text;
}
