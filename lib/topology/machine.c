#include "topology/machine.h"

#include <errno.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* An environment variable that says something, or NULL. */
static const char *
setting(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* What is said of a source that hwloc refuses, now or when it loads it. */
static weir_status
refuse(const char *synthetic, const char *file)
{
	if (errno == ENOMEM)
		return weir_fail(WEIR_ENOMEM, "no memory for the topology");
	if (synthetic)
		return weir_fail(WEIR_EINVAL, "`%s' is no synthetic topology "
				 "that hwloc understands", synthetic);
	if (file)
		return weir_fail(WEIR_EINVAL, "hwloc cannot read the topology "
				 "file `%s': %s", file, errno && errno != EINVAL
				 ? strerror(errno) : "it is no hwloc XML");
	return weir_fail(WEIR_EINVAL, "hwloc cannot load the topology: %s",
			 errno ? strerror(errno) : "no reason given");
}

static weir_status
load(hwloc_topology_t machine, const char *synthetic, const char *file)
{
	/* hwloc reads these two itself, but falls back to the running
	 * machine without a word when they are wrong */
	if (!synthetic && !file) {
		file = setting("HWLOC_XMLFILE");
		if (!file)
			synthetic = setting("HWLOC_SYNTHETIC");
	}
	errno = 0;
	if (synthetic && hwloc_topology_set_synthetic(machine, synthetic) < 0)
		return refuse(synthetic, NULL);
	if (file && hwloc_topology_set_xml(machine, file) < 0)
		return refuse(NULL, file);
#if HWLOC_API_VERSION >= 0x00020500
	/* discovery may otherwise move the caller from processor to
	 * processor for a moment */
	hwloc_topology_set_flags(machine,
				 HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING);
#endif
	errno = 0;
	if (hwloc_topology_load(machine) < 0)
		return refuse(synthetic, file);
	return WEIR_OK;
}

weir_status
weir__machine_load(const char *synthetic, const char *file,
		   hwloc_topology_t *machine, bool *is_this)
{
	bool is_planned = synthetic || file;
	hwloc_topology_t m;
	weir_status status;

	if (synthetic && file)
		return weir_fail(WEIR_EINVAL, "both a synthetic topology and "
				 "a topology file are given");
	errno = 0;
	if (hwloc_topology_init(&m) < 0)
		return refuse(NULL, NULL);
	status = load(m, synthetic, file);
	if (status) {
		hwloc_topology_destroy(m);
		return status;
	}
	*is_this = !is_planned && hwloc_topology_is_thissystem(m);
	*machine = m;
	return WEIR_OK;
}

/* Add the processors of OpenMP's places. With OMP_PROC_BIND, the OpenMP
 * runtime has bound this thread to the first of them; its workers may use all
 * others. */
static weir_status
add_places(struct weir__heap *heap, hwloc_bitmap_t set)
{
	int places, i, n, k, *ids;

	if (omp_get_proc_bind() == omp_proc_bind_false)
		return WEIR_OK;
	places = omp_get_num_places();
	for (i = 0; i < places; i++) {
		n = omp_get_place_num_procs(i);
		if (n <= 0)
			continue;
		ids = weir__calloc(heap, (size_t)n, sizeof *ids);
		if (!ids)
			return WEIR_ENOMEM;
		omp_get_place_proc_ids(i, ids);
		for (k = 0; k < n; k++)
			if (ids[k] >= 0)
				hwloc_bitmap_set(set, (unsigned)ids[k]);
		weir__free(heap, ids);
	}
	return WEIR_OK;
}

weir_status
weir__machine_usable(struct weir__heap *heap, hwloc_topology_t machine,
		     bool is_this, hwloc_bitmap_t *usable)
{
	hwloc_const_bitmap_t allowed = hwloc_topology_get_allowed_cpuset(
		machine);
	hwloc_bitmap_t all = hwloc_bitmap_dup(allowed);
	hwloc_bitmap_t bound = hwloc_bitmap_alloc();
	weir_status status = WEIR_OK;

	if (!all || !bound) {
		status = weir_fail(WEIR_ENOMEM, "no memory for the topology");
		goto done;
	}
	if (is_this && hwloc_get_cpubind(machine, bound,
					 HWLOC_CPUBIND_THREAD) == 0) {
		status = add_places(heap, bound);
		if (status)
			goto done;
		/* none in common: an hwloc environment that is not true */
		if (hwloc_bitmap_intersects(all, bound))
			hwloc_bitmap_and(all, all, bound);
	}
	*usable = all;
	all = NULL;
done:
	hwloc_bitmap_free(all);
	hwloc_bitmap_free(bound);
	return status;
}

unsigned
weir__node_number(hwloc_obj_t node)
{
	return node->os_index == HWLOC_UNKNOWN_INDEX ? node->logical_index
						     : node->os_index;
}

hwloc_obj_t
weir__node_numbered(hwloc_topology_t machine, unsigned number)
{
	hwloc_obj_t node = NULL;

	while ((node = hwloc_get_next_obj_by_type(machine, HWLOC_OBJ_NUMANODE,
						  node)))
		if (weir__node_number(node) == number)
			break;
	return node;
}
