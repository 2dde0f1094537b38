#include "topology/environment.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *
skip_blanks(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* The number at *text, which moves past it; 0 where there is none in range. */
static unsigned
take_number(const char **text)
{
	unsigned long number;
	char *end;

	*text = skip_blanks(*text);
	if (!isdigit((unsigned char)**text))
		return 0;
	errno = 0;
	number = strtoul(*text, &end, 10);
	if (errno || number > WEIR__THREADS_MAX)
		return 0;
	*text = skip_blanks(end);
	return (unsigned)number;
}

/* "4,3,2": threads by nesting level; all must be good. */
static unsigned
first_of_list(const char *text)
{
	unsigned first = take_number(&text);
	unsigned number = first;

	while (number && *text == ',') {
		text++;
		number = take_number(&text);
	}
	return number && *text == '\0' ? first : 0;
}

weir_status
weir__environment_threads(unsigned *threads)
{
	const char *ours = getenv("WEIR_NUM_THREADS"), *rest = ours;
	const char *openmp = getenv("OMP_NUM_THREADS");
	unsigned number;

	if (ours && *ours) {
		number = take_number(&rest);
		if (number == 0 || *rest != '\0')
			return weir_fail(WEIR_EINVAL, "WEIR_NUM_THREADS is "
					 "`%s'; it must be a number from 1 to "
					 "%d", ours, WEIR__THREADS_MAX);
		*threads = number;
		return WEIR_OK;
	}
	*threads = openmp ? first_of_list(openmp) : 0;
	return WEIR_OK;
}

weir_status
weir__environment_pools(weir_pools *pools)
{
	const char *text = getenv("WEIR_POOLS");

	if (!text || !*text || strcmp(text, "numa") == 0)
		*pools = WEIR_POOLS_NUMA;
	else if (strcmp(text, "l3") == 0)
		*pools = WEIR_POOLS_L3;
	else
		return weir_fail(WEIR_EINVAL, "WEIR_POOLS is `%s'; it must be "
				 "numa or l3", text);
	return WEIR_OK;
}

weir_status
weir__environment_huge_pages(weir_huge_pages *huge_pages)
{
	const char *text = getenv("WEIR_HUGE_PAGES");

	if (!text || !*text || strcmp(text, "off") == 0)
		*huge_pages = WEIR_HUGE_PAGES_OFF;
	else if (strcmp(text, "on") == 0)
		*huge_pages = WEIR_HUGE_PAGES_ON;
	else
		return weir_fail(WEIR_EINVAL, "WEIR_HUGE_PAGES is `%s'; it must "
				 "be on or off", text);
	return WEIR_OK;
}
