/*
 * Files and folders that go with the test: below TMPDIR, or in /tmp.
 * tests/support/run gives each program a TMPDIR of its own and sees to it
 * that nothing stays there.
 */
#ifndef SUPPORT_TEMPORARY_H
#define SUPPORT_TEMPORARY_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPORARY = 256 };	/* bytes of a path */

static inline void
temporary_name(char path[TEMPORARY])
{
	const char *top = getenv("TMPDIR");
	int n = snprintf(path, TEMPORARY, "%s/weir-test-XXXXXX",
			 top && *top ? top : "/tmp");

	cr_assert(n > 0 && n < TEMPORARY, "TMPDIR is too long");
}

/* A new, empty file; unlink() it. */
static inline void
temporary_file(char path[TEMPORARY])
{
	int fd;

	temporary_name(path);
	fd = mkstemp(path);
	cr_assert_geq(fd, 0, "%s", path);
	close(fd);
}

/* A new, empty folder; remove_folder() it. */
static inline void
temporary_folder(char path[TEMPORARY])
{
	temporary_name(path);
	cr_assert_not_null(mkdtemp(path), "%s", path);
}

static inline int
remove_entry(const char *path, const struct stat *info, int type,
	     struct FTW *where)
{
	(void)info;
	(void)type;
	(void)where;
	return remove(path);
}

/* With all that is in it. */
static inline void
remove_folder(const char *path)
{
	cr_expect_eq(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0,
		     "%s", path);
}

#endif
