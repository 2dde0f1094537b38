/* The place of a call through a plain function: which module, how far in. */
#include "api/runtime.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

const char *
weir__caller_site(weir_scope *scope, const void *address)
{
	const struct weir__path *text;
	const char *name = "program", *slash;
	size_t offset = (size_t)address;
	char site[512];
	Dl_info info;

	if (!scope)
		return "";
	if (dladdr(address, &info) && info.dli_fname) {
		slash = strrchr(info.dli_fname, '/');
		name = slash ? slash + 1 : info.dli_fname;
		offset -= (size_t)info.dli_fbase;
	}
	snprintf(site, sizeof site, "%s+0x%zx", name, offset);
	/* Kept for as long as the runtime, once each, like paths. */
	text = weir__path_intern(scope->eager.paths, NULL, site);
	return text ? text->text : "";
}
