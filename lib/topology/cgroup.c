/*
 * In: /proc/self/cgroup says which group of each hierarchy the process is in,
 * /proc/self/mountinfo where the hierarchies are mounted, and from which of
 * their folders on. Out: the smallest quota from the group up to the top of
 * what is mounted, version 2 (cpu.max) and version 1 (cpu.cfs_*) alike.
 *
 * What cannot be read limits nothing: a system without control groups, or one
 * that hides them, is no error.
 */
#include "topology/cgroup.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 8192, PATH = 4096 };

/* One line without its newline; the rest of a longer one is dropped. */
static bool
next_line(FILE *file, char *line, int size)
{
	size_t length;
	int c;

	if (!fgets(line, size, file))
		return false;
	length = strcspn(line, "\n");
	if (line[length] == '\0')
		while ((c = getc(file)) != EOF && c != '\n')
			;
	line[length] = '\0';
	return true;
}

static FILE *
open_under(const char *root, const char *path)
{
	char name[PATH];

	if (snprintf(name, sizeof name, "%s%s", root, path) >=
	    (int)sizeof name)
		return NULL;
	return fopen(name, "re");
}

/* Whether word is one of the list "cpu,cpuacct". */
static bool
lists(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (list && *list) {
		if (strncmp(list, word, length) == 0 &&
		    (list[length] == ',' || list[length] == '\0'))
			return true;
		list = strchr(list, ',');
		list += list != NULL;
	}
	return false;
}

/* The process's group in the hierarchy of version 1's cpu controller, or in
 * that of version 2. */
static bool
find_group(const char *root, int version, char *group)
{
	FILE *file = open_under(root, "/proc/self/cgroup");
	char line[LINE], *controllers, *path;
	bool is_found = false;

	if (!file)
		return false;
	while (!is_found && next_line(file, line, sizeof line)) {
		controllers = strchr(line, ':');
		path = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!path || strlen(path + 1) >= PATH)
			continue;
		*controllers++ = *path++ = '\0';
		is_found = version == 2 ? strcmp(line, "0") == 0 &&
					  *controllers == '\0'
					: lists(controllers, "cpu");
		if (is_found)
			strcpy(group, path);
	}
	fclose(file);
	return is_found;
}

/* mountinfo writes blanks and backslashes as \040. */
static void
unescape(char *text)
{
	char *out = text;

	for (; *text; out++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' &&
		    text[2] >= '0' && text[2] <= '7' && text[3] >= '0' &&
		    text[3] <= '7') {
			*out = (char)((text[1] - '0') * 64 +
				      (text[2] - '0') * 8 + text[3] - '0');
			text += 4;
		} else {
			*out = *text++;
		}
	}
	*out = '\0';
}

struct mount {
	char from[PATH];	/* the folder of the hierarchy that is shown */
	char at[PATH];
};

/* "31 23 0:28 FROM AT OPTIONS [FIELD...] - TYPE SOURCE SUPER-OPTIONS" */
static bool
parse_mount(char *line, int version, struct mount *mount)
{
	char *words[64], *save = NULL, *word;
	int n = 0, dash;

	for (word = strtok_r(line, " ", &save); word && n < 64;
	     word = strtok_r(NULL, " ", &save))
		words[n++] = word;
	for (dash = 6; dash < n && strcmp(words[dash], "-") != 0; dash++)
		;
	if (dash + 3 >= n)
		return false;
	if (version == 2 ? strcmp(words[dash + 1], "cgroup2") != 0
			 : strcmp(words[dash + 1], "cgroup") != 0 ||
			   !lists(words[dash + 3], "cpu"))
		return false;
	if (strlen(words[3]) >= PATH || strlen(words[4]) >= PATH)
		return false;
	strcpy(mount->from, words[3]);
	strcpy(mount->at, words[4]);
	unescape(mount->from);
	unescape(mount->at);
	return true;
}

static bool
find_mount(const char *root, int version, struct mount *mount)
{
	FILE *file = open_under(root, "/proc/self/mountinfo");
	bool is_found = false;
	char line[LINE];

	if (!file)
		return false;
	while (!is_found && next_line(file, line, sizeof line))
		is_found = parse_mount(line, version, mount);
	fclose(file);
	return is_found;
}

static bool
read_first_line(const char *root, const char *folder, const char *name,
		char *line, int size)
{
	char path[2 * PATH];
	bool is_read;
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = open_under(root, path);
	if (!file)
		return false;
	is_read = next_line(file, line, size);
	fclose(file);
	return is_read;
}

/* The quota of one group, 0 where it has none. */
static double
quota_of(const char *root, const char *folder, int version)
{
	char line[128], period_line[128];
	long long quota, period = 100000;

	if (version == 2) {
		if (!read_first_line(root, folder, "cpu.max", line,
				     sizeof line) ||
		    sscanf(line, "%lld %lld", &quota, &period) < 1)
			return 0;	/* "max 100000" is no number */
	} else {
		if (!read_first_line(root, folder, "cpu.cfs_quota_us", line,
				     sizeof line) ||
		    !read_first_line(root, folder, "cpu.cfs_period_us",
				     period_line, sizeof period_line) ||
		    sscanf(line, "%lld", &quota) != 1 ||
		    sscanf(period_line, "%lld", &period) != 1)
			return 0;
	}
	return quota > 0 && period > 0 ? (double)quota / (double)period : 0;
}

/* Where the group is below the mount; "" if that is not to be seen, as in a
 * container that shows its own group as the top. */
static const char *
below_mount(const char *group, const struct mount *mount)
{
	size_t length = strlen(mount->from);

	if (strcmp(mount->from, "/") == 0)
		return group;
	if (strncmp(group, mount->from, length) == 0 &&
	    (group[length] == '/' || group[length] == '\0'))
		return group + length;
	return "";
}

static double
quota_of_version(const char *root, int version)
{
	char group[PATH], folder[2 * PATH];
	struct mount mount;
	double least = 0, quota;
	size_t top, length;

	if (!find_group(root, version, group) ||
	    !find_mount(root, version, &mount))
		return 0;
	top = strlen(mount.at);
	length = (size_t)snprintf(folder, sizeof folder, "%s%s", mount.at,
				  below_mount(group, &mount));
	/* a group above may allow less than its members ask for */
	for (;;) {
		quota = quota_of(root, folder, version);
		if (quota > 0 && (least == 0 || quota < least))
			least = quota;
		if (length <= top)
			return least;
		while (length > top && folder[length - 1] != '/')
			length--;
		while (length > top && folder[length - 1] == '/')
			length--;
		folder[length] = '\0';
	}
}

double
weir__cgroup_quota(const char *root)
{
	double v1 = quota_of_version(root, 1);
	double v2 = quota_of_version(root, 2);

	return v1 > 0 && (v2 == 0 || v1 < v2) ? v1 : v2;
}
