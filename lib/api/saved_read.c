/*
 * A graph from a file: what the file says of itself, then its lists, then its
 * program. Nothing is recorded before the checksum is right.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/runtime.h"
#include "api/saved_graph.h"

/* -- what the file says of itself ----------------------------------------- */

static weir_status
check_version(const weir_archive *a)
{
	const struct weir__json *format, *version;

	format = weir__json_get(a->metadata, "format");
	version = weir__json_get(a->metadata, "version");
	if (!format || strcmp(format->text, WEIR__SAVED_FORMAT))
		return weir_fail(WEIR_EFORMAT, "it has tensors and no graph");
	if (version && (!strcmp(version->text, WEIR__SAVED_VERSION) ||
			!strcmp(version->text, WEIR__SAVED_WITH_BODIES) ||
			!strcmp(version->text, WEIR__SAVED_WITH_ROWS)))
		return WEIR_OK;
	return weir_fail(WEIR_EFORMAT, "its graph is of version %.40s, this "
			 "weir reads versions " WEIR__SAVED_VERSION " to "
			 WEIR__SAVED_WITH_ROWS,
			 version ? version->text : "unknown");
}

static weir_status
check_entries(const struct weir__json *object, const char *const *keys,
	      size_t n, enum weir__json_type type)
{
	const struct weir__json *entry;
	size_t i;

	for (i = 0; i < n; i++)
		if (!weir__json_is(weir__json_get(object, keys[i]), type))
			return weir_fail(WEIR_EFORMAT, "its graph lacks `%s'",
					 keys[i]);
	for (entry = object->first; entry; entry = entry->next) {
		for (i = 0; i < n && strcmp(entry->key, keys[i]); i++)
			;
		if (i == n)
			return weir_fail(WEIR_EFORMAT, "its graph has an "
					 "unknown entry `%.100s'", entry->key);
	}
	return WEIR_OK;
}

static weir_status
check_sum(const weir_archive *a, const struct weir__json *graph)
{
	char digits[16];

	weir__crc32_add(a->sum, graph->text, graph->length);
	snprintf(digits, sizeof digits, "%08" PRIx32, a->sum->value);
	if (strcmp(weir__json_get(a->metadata, "crc32")->text, digits))
		return weir_fail(WEIR_EFORMAT, "its checksum is wrong: it is "
				 "not as it was written");
	return WEIR_OK;
}

static weir_status
take_graph(weir_archive *a, struct weir__json **tree)
{
	static const char *const notes[] = { "format", "version", "crc32",
					     "graph" };
	static const char *const parts[] = { "ops", "scopes", "sites",
					     "program", "outputs", "bodies" };
	struct weir__json *graph;
	weir_status status;
	bool has_bodies;

	status = check_version(a);
	if (!status)
		status = check_entries(a->metadata, notes, 4,
				       WEIR__JSON_STRING);
	if (status)
		return status;
	graph = weir__json_get(a->metadata, "graph");
	status = check_sum(a, graph);
	if (status)
		return status;
	status = weir__json_parse(&a->arena, graph->text, graph->length, tree);
	if (status == WEIR_EFORMAT)
		return weir_fail(status, "its graph is malformed: %s",
				 weir_error_text());
	if (!status && (*tree)->type != WEIR__JSON_OBJECT)
		return weir_fail(WEIR_EFORMAT, "its graph is no object");
	has_bodies = strcmp(weir__json_get(a->metadata, "version")->text,
			    WEIR__SAVED_VERSION) != 0;
	return status ? status : check_entries(*tree, parts, has_bodies ? 6 : 5,
					       WEIR__JSON_ARRAY);
}

/* -- its lists ------------------------------------------------------------ */

static weir_status
malformed(const char *list)
{
	return weir_fail(WEIR_EFORMAT, "its list of %s is malformed", list);
}

static weir_status
find_op(const struct weir__saved_parts *parts, const char *name,
	bool is_users, const weir_op **op)
{
	size_t i;

	if (!is_users) {
		*op = weir_op_find(name);
		return *op ? WEIR_OK
			   : weir_fail(WEIR_EFORMAT, "this weir has no op "
				       "`%.100s'", name);
	}
	for (i = 0; i < parts->n_ops; i++)
		if (!strcmp(parts->ops[i]->name, name)) {
			*op = parts->ops[i];
			return WEIR_OK;
		}
	return weir_fail(WEIR_EFORMAT, "it calls the op `%.100s' of its "
			 "user, which is not among the %zu ops given", name,
			 parts->n_ops);
}

static weir_status
take_ops(const struct weir__saved_parts *parts, const struct weir__json *list,
	 struct weir__saved_lists *lists)
{
	const struct weir__json *entry, *name, *is_users;
	weir_status status = WEIR_OK;

	for (entry = list->first; entry && !status; entry = entry->next) {
		const weir_op **op = &lists->ops[lists->n_ops];

		if (entry->type != WEIR__JSON_ARRAY || entry->n != 3)
			return malformed("ops");
		name = entry->first;
		is_users = name->next;
		if (name->type != WEIR__JSON_STRING ||
		    is_users->type != WEIR__JSON_BOOL)
			return malformed("ops");
		status = find_op(parts, name->text, is_users->integer, op);
		if (!status)
			status = weir__saved_attrs_list_check(*op,
							      is_users->next);
		lists->n_ops++;
	}
	return status;
}

static weir_status
take_scopes(struct weir__paths *paths, const struct weir__json *list,
	    struct weir__saved_lists *lists)
{
	const struct weir__json *entry, *name;

	for (entry = list->first; entry; entry = entry->next) {
		const struct weir__path *parent = NULL;
		int64_t outer;

		if (entry->type != WEIR__JSON_ARRAY || entry->n != 2 ||
		    entry->first->type != WEIR__JSON_INTEGER)
			return malformed("scopes");
		outer = entry->first->integer;
		name = entry->first->next;
		if (name->type != WEIR__JSON_STRING || outer < -1 ||
		    outer >= (int64_t)lists->n_scopes)
			return malformed("scopes");
		if (outer >= 0)
			parent = lists->scopes[outer];
		parent = weir__path_intern(paths, parent, name->text);
		if (!parent)
			return WEIR_ENOMEM;
		lists->scopes[lists->n_scopes++] = parent;
	}
	if (!lists->n_scopes || lists->scopes[0]->parent ||
	    !*lists->scopes[0]->name)
		return malformed("scopes");
	return WEIR_OK;
}

/* They are kept for as long as the runtime, once each, like paths. */
static weir_status
take_sites(struct weir__paths *paths, const struct weir__json *list,
	   struct weir__saved_lists *lists)
{
	const struct weir__json *entry;

	for (entry = list->first; entry; entry = entry->next) {
		const struct weir__path *kept;

		if (entry->type != WEIR__JSON_STRING)
			return malformed("sites");
		kept = weir__path_intern(paths, NULL, entry->text);
		if (!kept)
			return WEIR_ENOMEM;
		lists->sites[lists->n_sites++] = kept->text;
	}
	return WEIR_OK;
}

static weir_status
take_lists(const struct weir__saved_parts *parts, weir_archive *a,
	   const struct weir__json *tree, struct weir__saved_lists *lists)
{
	struct weir__paths *paths =
		weir__runtime_scope_parts(parts->runtime).paths;
	const struct weir__json *ops = weir__json_get(tree, "ops");
	const struct weir__json *scopes = weir__json_get(tree, "scopes");
	const struct weir__json *sites = weir__json_get(tree, "sites");
	weir_status status;

	lists->ops = weir__arena_alloc(&a->arena, ops->n * sizeof *lists->ops);
	lists->scopes = weir__arena_alloc(&a->arena, scopes->n *
					  sizeof *lists->scopes);
	lists->sites = weir__arena_alloc(&a->arena, sites->n *
					 sizeof *lists->sites);
	if (!lists->ops || !lists->scopes || !lists->sites)
		return WEIR_ENOMEM;
	status = take_ops(parts, ops, lists);
	if (!status)
		status = take_scopes(paths, scopes, lists);
	return status ? status : take_sites(paths, sites, lists);
}

/* -- the whole ------------------------------------------------------------ */

static weir_status
load(const struct weir__saved_parts *parts, weir_archive *a,
     weir_graph **graph)
{
	struct weir__saved_lists lists = { .n_ops = 0 };
	struct weir__json *tree;
	weir_graph *made;
	weir_status status;

	status = take_graph(a, &tree);
	if (!status)
		status = take_lists(parts, a, tree, &lists);
	lists.has_rows = !status && !strcmp(
		weir__json_get(a->metadata, "version")->text,
		WEIR__SAVED_WITH_ROWS);
	if (!status)
		status = weir_graph_create(parts->runtime,
					   lists.scopes[0]->name, &made);
	if (status)
		return status;
	status = weir__saved_replay(parts, &lists, a, tree, made);
	if (status) {
		weir_graph_release(made);
		return status;
	}
	*graph = made;
	return WEIR_OK;
}

weir_status
weir__saved_graph_read(const struct weir__saved_parts *parts,
		       const char *path, weir_graph **graph)
{
	struct weir__crc32 sum;
	weir_archive *a;
	weir_status status;

	weir__crc32_init(&sum);
	status = weir__archive_read(weir__runtime_heap(parts->runtime), path,
				    &sum, &a);
	if (status)
		return status;
	status = load(parts, a, graph);
	if (status)
		weir_fail(status, "%s: %s", path, weir_error_text());
	weir_archive_release(a);
	return status;
}
