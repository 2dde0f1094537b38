/* Memory in pages of 2 MB, where the system has them and lets it. */
#include <sys/mman.h>

#include "base/error.h"
#include "topology/environment.h"
#include "topology/picture.h"

weir_status
weir__huge_pages_find(struct weir__topology *t, weir_huge_pages asked)
{
	if ((unsigned)asked > WEIR_HUGE_PAGES_ON)
		return weir_fail(WEIR_EINVAL, "huge_pages is %d; it must be "
				 "default, off or on", (int)asked);
	if (!asked) {
		weir_status status = weir__environment_huge_pages(&asked);

		if (status)
			return status;
	}
	t->wants_huge_pages = asked == WEIR_HUGE_PAGES_ON;
	return WEIR_OK;
}

size_t
weir__topology_huge_page(const struct weir__topology *t, size_t bytes)
{
	return t->wants_huge_pages && bytes >= WEIR__HUGE_PAGE
		? WEIR__HUGE_PAGE : 0;
}

void
weir__topology_make_huge(void *memory, size_t bytes)
{
	/* Refused: they stay small, which is slower. */
	(void)madvise(memory, bytes / WEIR__PAGE * WEIR__PAGE, MADV_HUGEPAGE);
}
