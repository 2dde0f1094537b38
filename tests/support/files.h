/* Files of a test: one name, removed in the end. */
#ifndef SUPPORT_FILES_H
#define SUPPORT_FILES_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/temporary.h"

static char file_path[TEMPORARY];

static inline void
begin_file(void)
{
	temporary_file(file_path);
}

static inline void
end_file(void)
{
	unlink(file_path);
}

static inline void
write_bytes(const void *bytes, size_t size)
{
	FILE *file = fopen(file_path, "wb");

	cr_assert_not_null(file);
	cr_assert_eq(fwrite(bytes, 1, size, file), size);
	cr_assert_eq(fclose(file), 0);
}

#endif
