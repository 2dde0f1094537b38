#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/replace_file.h"
#include "support/fault.h"
#include "support/temporary.h"

static struct fault fault;
static struct weir__heap *heap;
static char folder[TEMPORARY];
static char path[TEMPORARY + 64];

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);

	cr_assert_eq(weir__heap_create(&allocator, &heap), WEIR_OK);
	temporary_folder(folder);
	snprintf(path, sizeof path, "%s/file", folder);
}

/* How many files there are, all of which are removed. */
static int
sweep(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char name[512];
	int n = 0;

	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
		unlink(name);
		n++;
	}
	closedir(dir);
	return n;
}

static void
end(void)
{
	remove_folder(folder);
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(replace_file, .init = begin, .fini = end);

static void
put(const char *text)
{
	struct weir__replace_file *file;

	cr_assert_eq(weir__replace_file_open(heap, path, &file), WEIR_OK);
	weir__replace_file_write(file, text, strlen(text));
	cr_assert_eq(weir__replace_file_close(file), WEIR_OK);
}

static const char *
content(void)
{
	static char text[64];
	FILE *file = fopen(path, "r");

	text[file ? fread(text, 1, sizeof text - 1, file) : 0] = '\0';
	if (file)
		fclose(file);
	return text;
}

Test(replace_file, replaces_a_file_when_it_is_complete)
{
	struct weir__replace_file *file;

	put("old");
	cr_assert_eq(weir__replace_file_open(heap, path, &file), WEIR_OK);
	weir__replace_file_write(file, "new", 3);
	cr_expect_str_eq(content(), "old");
	cr_expect_eq(weir__replace_file_close(file), WEIR_OK);
	cr_expect_str_eq(content(), "new");
	cr_expect_eq(sweep(), 1);
}

Test(replace_file, follows_a_link_and_leaves_it)
{
	char link[TEMPORARY + 64];
	struct stat info;

	put("old");
	snprintf(link, sizeof link, "%s/link", folder);
	cr_assert_eq(symlink("file", link), 0);
	strcpy(path, link);
	put("new");
	cr_assert_eq(lstat(link, &info), 0);
	cr_expect(S_ISLNK(info.st_mode));
	snprintf(path, sizeof path, "%s/file", folder);
	cr_expect_str_eq(content(), "new");
}

Test(replace_file, writes_to_a_device_directly)
{
	strcpy(path, "/dev/null");
	put("gone");
	cr_expect_eq(access("/dev/null", F_OK), 0);
}

Test(replace_file, tells_of_a_full_disk_and_leaves_nothing)
{
	struct weir__replace_file *file;

	cr_assert_eq(weir__replace_file_open(heap, "/dev/full", &file),
		     WEIR_OK);
	weir__replace_file_write(file, "text", 4);
	cr_expect_eq(weir__replace_file_close(file), WEIR_EIO);
	cr_expect_not_null(strstr(weir_error_text(), "/dev/full"));
}

Test(replace_file, names_the_file_that_cannot_be_written)
{
	struct weir__replace_file *file = NULL;

	cr_expect_eq(weir__replace_file_open(heap, "/no/such/folder/x",
					     &file), WEIR_EIO);
	cr_expect_null(file);
	cr_expect_not_null(strstr(weir_error_text(), "/no/such/folder/x"));
}

Test(replace_file, leaks_nothing_without_memory)
{
	struct weir__replace_file *file;
	int n;

	for (n = 1;; n++) {
		fault_arm(&fault, n);
		if (!weir__replace_file_open(heap, path, &file))
			break;
		cr_assert_eq(fault.alive, 1);
		cr_assert_eq(sweep(), 0);
	}
	cr_expect_gt(n, 3);
	cr_expect_eq(weir__replace_file_close(file), WEIR_OK);
}
