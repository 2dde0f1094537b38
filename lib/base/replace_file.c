#include "base/replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

struct weir__replace_file {
	struct weir__heap *heap;
	char *path;		/* as the caller said it */
	char *target;		/* where links lead: they stay links */
	char *temporary;	/* NULL: target itself is written to */
	int fd, error;		/* of errno */
};

/* Names differ between threads, too. */
static atomic_uint last_temporary;

static void
free_file(struct weir__replace_file *file)
{
	weir__free(file->heap, file->path);
	weir__free(file->heap, file->target);
	weir__free(file->heap, file->temporary);
	weir__free(file->heap, file);
}

static char *
follow_links(struct weir__heap *heap, const char *path)
{
	char *real = realpath(path, NULL);
	char *copy = weir__strdup(heap, real ? real : path);

	free(real);
	return copy;
}

static char *
temporary_name(struct weir__heap *heap, const char *target)
{
	size_t size = strlen(target) + 48;
	char *name = weir__alloc(heap, size);

	if (name)
		snprintf(name, size, "%s.%ld-%u.tmp", target, (long)getpid(),
			 atomic_fetch_add_explicit(&last_temporary, 1,
						   memory_order_relaxed));
	return name;
}

static weir_status
choose_names(struct weir__replace_file *file, const char *path)
{
	struct stat info;

	file->path = weir__strdup(file->heap, path);
	if (!file->path)
		return WEIR_ENOMEM;
	file->target = follow_links(file->heap, path);
	if (!file->target)
		return WEIR_ENOMEM;
	if (stat(file->target, &info) == 0 && !S_ISREG(info.st_mode))
		return WEIR_OK;
	file->temporary = temporary_name(file->heap, file->target);
	return file->temporary ? WEIR_OK : WEIR_ENOMEM;
}

weir_status
weir__replace_file_open(struct weir__heap *heap, const char *path,
			struct weir__replace_file **result)
{
	struct weir__replace_file *file = weir__calloc(heap, 1, sizeof *file);
	weir_status status;

	if (!file)
		return WEIR_ENOMEM;
	file->heap = heap;
	status = choose_names(file, path);
	if (status) {
		free_file(file);
		return status;
	}
	if (file->temporary)
		file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL |
				O_CLOEXEC, 0666);
	else
		file->fd = open(file->target, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (file->fd < 0) {
		status = weir_fail(WEIR_EIO, "cannot write `%s': %s", path,
				   strerror(errno));
		free_file(file);
		return status;
	}
	*result = file;
	return WEIR_OK;
}

void
weir__replace_file_write(struct weir__replace_file *file, const void *data,
			 size_t size)
{
	const char *at = data;
	ssize_t n;

	while (size && !file->error) {
		n = write(file->fd, at, size);
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			file->error = n == 0 ? EIO : errno;
		}
	}
}

weir_status
weir__replace_file_close(struct weir__replace_file *file)
{
	weir_status status = WEIR_OK;

	/* some file systems tell of a full disk only now */
	if (close(file->fd) != 0 && !file->error && errno != EINTR)
		file->error = errno;
	if (!file->error && file->temporary &&
	    rename(file->temporary, file->target) != 0)
		file->error = errno;
	if (file->error) {
		if (file->temporary)
			unlink(file->temporary);
		status = weir_fail(WEIR_EIO, "cannot write `%s': %s",
				   file->path, strerror(file->error));
	}
	free_file(file);
	return status;
}

void
weir__replace_file_abandon(struct weir__replace_file *file)
{
	close(file->fd);
	if (file->temporary)
		unlink(file->temporary);
	free_file(file);
}
