#include "base/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

weir_status
weir__read_file_open(const char *path, struct weir__read_file *file)
{
	struct stat info;

	file->path = path;
	file->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0)
		return weir_fail(WEIR_EIO, "cannot open `%s': %s", path,
				 strerror(errno));
	file->length = fstat(file->fd, &info) == 0 && S_ISREG(info.st_mode)
		? (int64_t)info.st_size : -1;
	return WEIR_OK;
}

weir_status
weir__read_file_some(const struct weir__read_file *file, void *data,
		     size_t size, size_t *got)
{
	char *at = data;
	ssize_t n;

	*got = 0;
	while (*got < size) {
		n = read(file->fd, at + *got, size - *got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return weir_fail(WEIR_EIO, "cannot read `%s': %s",
					 file->path, strerror(errno));
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return WEIR_OK;
}

weir_status
weir__read_file_all(const struct weir__read_file *file, void *data,
		    size_t size, const char *what)
{
	size_t got;
	weir_status status = weir__read_file_some(file, data, size, &got);

	if (!status && got < size)
		return weir_fail(WEIR_EFORMAT, "%s: it ends within its %s",
				 file->path, what);
	return status;
}

weir_status
weir__read_file_end(const struct weir__read_file *file)
{
	unsigned char more;
	size_t got;
	weir_status status = weir__read_file_some(file, &more, 1, &got);

	if (!status && got)
		return weir_fail(WEIR_EFORMAT, "%s: more follows its data",
				 file->path);
	return status;
}

weir_status
weir__read_file_refuse(const struct weir__read_file *file, weir_status status)
{
	return weir_fail(status, "%s: %s", file->path, weir_error_text());
}

void
weir__read_file_close(struct weir__read_file *file)
{
	close(file->fd);
}
