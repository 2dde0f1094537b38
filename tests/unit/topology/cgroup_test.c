#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temporary.h"
#include "topology/cgroup.h"

/* A folder that looks like a system's root. */
static char root[TEMPORARY];

static void
begin(void)
{
	temporary_folder(root);
}

static void
end(void)
{
	remove_folder(root);
}

TestSuite(cgroup, .init = begin, .fini = end);

/* Write a file and the folders above it. */
static void
put(const char *path, const char *text)
{
	char name[512], *slash;
	FILE *file;

	snprintf(name, sizeof name, "%s%s", root, path);
	for (slash = name + strlen(root) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		cr_assert(mkdir(name, 0777) == 0 || errno == EEXIST);
		*slash = '/';
	}
	file = fopen(name, "w");
	cr_assert_not_null(file, "%s", name);
	fputs(text, file);
	fclose(file);
}

static void
mount_v2(const char *from, const char *group)
{
	char text[256];

	snprintf(text, sizeof text,
		 "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		 "30 22 0:26 %s /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 "
		 "cgroup2 rw\n", from);
	put("/proc/self/mountinfo", text);
	snprintf(text, sizeof text, "0::%s\n", group);
	put("/proc/self/cgroup", text);
}

Test(cgroup, limits_nothing_where_there_is_none)
{
	cr_expect_eq(weir__cgroup_quota(root), 0);
	cr_expect_eq(weir__cgroup_quota("/no/such/folder"), 0);
}

Test(cgroup, of_version_2_has_a_quota)
{
	mount_v2("/", "/job");
	put("/sys/fs/cgroup/job/cpu.max", "150000 100000\n");
	cr_expect_float_eq(weir__cgroup_quota(root), 1.5, 1e-9);
}

Test(cgroup, of_version_2_may_have_none)
{
	mount_v2("/", "/job");
	put("/sys/fs/cgroup/job/cpu.max", "max 100000\n");
	cr_expect_eq(weir__cgroup_quota(root), 0);
}

Test(cgroup, is_limited_by_those_above_it)
{
	mount_v2("/", "/slurm/job7/step0");
	put("/sys/fs/cgroup/slurm/job7/step0/cpu.max", "max 100000\n");
	put("/sys/fs/cgroup/slurm/job7/cpu.max", "400000 100000\n");
	put("/sys/fs/cgroup/slurm/cpu.max", "800000 100000\n");
	cr_expect_float_eq(weir__cgroup_quota(root), 4, 1e-9);
	put("/sys/fs/cgroup/slurm/job7/step0/cpu.max", "50000 100000\n");
	cr_expect_float_eq(weir__cgroup_quota(root), 0.5, 1e-9);
}

Test(cgroup, may_be_the_top_of_what_a_container_sees)
{
	mount_v2("/", "/");
	put("/sys/fs/cgroup/cpu.max", "200000 100000");
	cr_expect_float_eq(weir__cgroup_quota(root), 2, 1e-9);
}

Test(cgroup, is_found_below_the_folder_that_is_mounted)
{
	mount_v2("/docker/abc", "/docker/abc/worker");
	put("/sys/fs/cgroup/worker/cpu.max", "300000 100000\n");
	cr_expect_float_eq(weir__cgroup_quota(root), 3, 1e-9);
}

Test(cgroup, that_is_not_mounted_is_taken_for_the_top)
{
	mount_v2("/docker/abc", "/docker/abcdef");
	put("/sys/fs/cgroup/cpu.max", "300000 100000\n");
	cr_expect_float_eq(weir__cgroup_quota(root), 3, 1e-9);
}

Test(cgroup, of_version_1_has_a_quota_and_a_period)
{
	put("/proc/self/mountinfo",
	    "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
	    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup "
	    "rw,cpu,cpuacct\n");
	put("/proc/self/cgroup",
	    "3:cpuset:/\n2:cpu,cpuacct:/user/a\n1:name=systemd:/\n0::/\n");
	put("/sys/fs/cgroup/cpu,cpuacct/user/a/cpu.cfs_quota_us", "-1\n");
	put("/sys/fs/cgroup/cpu,cpuacct/user/a/cpu.cfs_period_us", "50000\n");
	cr_expect_eq(weir__cgroup_quota(root), 0);
	put("/sys/fs/cgroup/cpu,cpuacct/user/cpu.cfs_quota_us", "125000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/user/cpu.cfs_period_us", "50000\n");
	cr_expect_float_eq(weir__cgroup_quota(root), 2.5, 1e-9);
}

Test(cgroup, may_have_blanks_in_its_name)
{
	put("/proc/self/mountinfo",
	    "30 22 0:26 / /sys/fs/c\\040g rw - cgroup2 cgroup2 rw\n");
	put("/proc/self/cgroup", "0::/a b\n");
	put("/sys/fs/c g/a b/cpu.max", "100000 50000\n");
	cr_expect_float_eq(weir__cgroup_quota(root), 2, 1e-9);
}

static const char *const nonsense[] = {
	"", "\n", ":", "::", "0::", "0::/\n", "x", "0:cpu", "1:cpu:/x\n",
	"30 22 0:26 / /sys/fs/cgroup - cgroup2\n", "- - - - - - - - -\n",
	"30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
	"30 22 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw,cpu\n",
	"a b c d e f - cgroup cgroup cpu,\n", "0::/\\",
};

Test(cgroup, files_full_of_nonsense_limit_nothing)
{
	size_t n = sizeof nonsense / sizeof *nonsense, i, k, m;

	for (i = 0; i < n; i++)
		for (k = 0; k < n; k++)
			for (m = 0; m < n; m++) {
				put("/proc/self/cgroup", nonsense[i]);
				put("/proc/self/mountinfo", nonsense[k]);
				put("/sys/fs/cgroup/cpu.max", nonsense[m]);
				cr_assert_geq(weir__cgroup_quota(root), 0);
			}
}

Test(cgroup, lines_may_be_longer_than_any_buffer)
{
	static char text[200000];

	memset(text, 'x', sizeof text - 1);
	mount_v2("/", "/job");
	put("/sys/fs/cgroup/job/cpu.max", "150000 100000\n");
	memcpy(text + sizeof text - 12, "\n0::/job\n", 10);
	put("/proc/self/cgroup", text);
	cr_expect_float_eq(weir__cgroup_quota(root), 1.5, 1e-9);
	put("/sys/fs/cgroup/job/cpu.max", text);
	cr_expect_eq(weir__cgroup_quota(root), 0);
}
