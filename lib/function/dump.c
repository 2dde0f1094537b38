#include "function/dump.h"

#include <ctype.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/replace_file.h"
#include "base/text.h"

struct weir__dump {
	struct weir__heap *heap;	/* borrowed */
	char *folder;
	atomic_uint graphs;		/* dumped so far */
};

enum { PATH_SIZE = 4096, NAME_LENGTH = 64 };

weir_status
weir__dump_new(struct weir__heap *heap, const char *what,
	       struct weir__dump **dump)
{
	static const char passes[] = "passes";
	const size_t length = sizeof passes - 1;
	const char *folder = "weir-dump";
	struct weir__dump *d;

	*dump = NULL;
	if (!what || !*what)
		return WEIR_OK;
	if (strncmp(what, passes, length) != 0 ||
	    (what[length] && what[length] != ':'))
		return weir_fail(WEIR_EINVAL, "\"%.40s\" cannot be dumped: it "
				 "must be passes, or passes:FOLDER", what);
	if (what[length] && what[length + 1])
		folder = what + length + 1;
	d = weir__calloc(heap, 1, sizeof *d);
	if (!d)
		return WEIR_ENOMEM;
	d->heap = heap;
	d->folder = weir__strdup(heap, folder);
	if (!d->folder) {
		weir__free(heap, d);
		return WEIR_ENOMEM;
	}
	*dump = d;
	return WEIR_OK;
}

void
weir__dump_free(struct weir__dump *dump)
{
	if (!dump)
		return;
	weir__free(dump->heap, dump->folder);
	weir__free(dump->heap, dump);
}

/* -- folders and files --------------------------------------------------------- */

static weir_status
make_folder(const char *path)
{
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return WEIR_OK;
	return weir_fail(WEIR_EIO, "cannot make the folder %s for dumps: %s",
			 path, strerror(errno));
}

/* FOLDER/NAME-N, whatever the graph's name has in it. */
static weir_status
name_folder(struct weir__dump *dump, const weir_graph *graph, char **folder)
{
	unsigned number = atomic_fetch_add_explicit(&dump->graphs, 1,
						    memory_order_relaxed) + 1;
	char path[PATH_SIZE], name[NAME_LENGTH + 1];
	struct weir__text text;
	size_t i;

	weir__text_init(&text, name, sizeof name);
	weir__text_add(&text, "%.*s", NAME_LENGTH, graph->path->text);
	for (i = 0; name[i]; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			name[i] = '-';
	weir__text_init(&text, path, sizeof path);
	weir__text_add(&text, "%s/%s-%u", dump->folder, name, number);
	if (text.length >= sizeof path)
		return weir_fail(WEIR_EIO, "the name of the folder for dumps "
				 "has %zu characters, the most are %d",
				 text.length, PATH_SIZE - 1);
	*folder = weir__strdup(dump->heap, path);
	return *folder ? WEIR_OK : WEIR_ENOMEM;
}

/* Writes the string, which it releases. */
static weir_status
write_file(const struct weir__dumped *d, unsigned place, const char *stage,
	   const char *suffix, char *string)
{
	char path[PATH_SIZE + 64];
	struct weir__replace_file *file;
	struct weir__text text;
	weir_status status;

	weir__text_init(&text, path, sizeof path);
	weir__text_add(&text, "%s/%u-%s.%s", d->folder, place, stage, suffix);
	status = weir__replace_file_open(d->dump->heap, path, &file);
	if (!status) {
		weir__replace_file_write(file, string, strlen(string));
		status = weir__replace_file_close(file);
	}
	weir_text_release(string);
	return status;
}

/* -- stages --------------------------------------------------------------------- */

weir_status
weir__dump_begin(struct weir__dump *dump, const weir_graph *graph,
		 struct weir__dumped *d)
{
	weir_status status;
	char *string;

	*d = (struct weir__dumped){ .dump = dump };
	status = name_folder(dump, graph, &d->folder);
	if (!status)
		status = make_folder(dump->folder);
	if (!status)
		status = make_folder(d->folder);
	if (!status)
		status = weir__graph_print(graph, false, &string);
	if (!status)
		status = write_file(d, 0, "recorded", "txt", string);
	if (!status)
		status = weir__graph_print(graph, true, &string);
	if (!status)
		status = write_file(d, 0, "recorded", "dot", string);
	return status;
}

weir_status
weir__dump_pass(void *arg, const char *pass, unsigned place,
		const struct weir__rewrite *rewrite)
{
	const struct weir__dumped *d = arg;
	weir_status status;
	char *string;

	status = weir__rewrite_print(rewrite, false, &string);
	if (!status)
		status = write_file(d, place, pass, "txt", string);
	if (!status)
		status = weir__rewrite_print(rewrite, true, &string);
	if (!status)
		status = write_file(d, place, pass, "dot", string);
	return status;
}

weir_status
weir__dump_plan(const struct weir__dumped *d, const weir_plan *plan)
{
	const unsigned place = weir__passes_number();
	weir_status status;
	char *string;

	status = weir__plan_print(plan, &string);
	if (!status)
		status = write_file(d, place, "plan", "txt", string);
	if (!status)
		status = weir__plan_dot(plan, &string);
	if (!status)
		status = write_file(d, place, "plan", "dot", string);
	return status;
}

void
weir__dump_end(struct weir__dumped *d)
{
	if (d->dump)
		weir__free(d->dump->heap, d->folder);
}
