/* The place of a call in errors, however the caller was compiled. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dlfcn.h>

#include "api/site.h"
#include "support/weir_test.h"

static const struct site_build *const builds[] = { &site_o0, &site_o2,
						   &site_cxx };
static const char *const names[] = { "C, -O0", "C, -O2 -g0", "C++17" };

static weir_runtime *rt;
static weir_graph *g;
static weir_tensor *flags;	/* relu takes none */

static void
begin(void)
{
	rt = must_runtime(1);
	must(weir_graph_create(rt, "graph", &g));
	flags = must_tensor(rt, WEIR_BOOL, NULL, 2, 3);
}

static void
end(void)
{
	weir_tensor_release(flags);
	weir_graph_release(g);
	weir_runtime_release(rt);
}

#define BUILD_TEST(name)						\
	ParameterizedTestParameters(site, name)				\
	{								\
		static size_t numbers[] = { 0, 1, 2 };			\
									\
		return cr_make_param_array(size_t, numbers, 3);		\
	}								\
	ParameterizedTest(size_t *i, site, name, .init = begin,		\
			  .fini = end)

/* Eager first, then recording. */
static weir_scope *
scope_of(int mode)
{
	weir_scope *s = NULL;

	if (mode == 1)
		return weir_graph_scope(g);
	must(weir_scope_create(rt, "eager", &s));
	return s;
}

static void
done(int mode, weir_scope *s)
{
	if (mode == 0)
		weir_scope_release(s);
}

static void
expect_line(weir_scope *s, const struct site_build *b, int line,
	    const char *name)
{
	char site[512];

	snprintf(site, sizeof site, ", called at %s:%d, with ", b->file, line);
	cr_expect(strstr(weir_scope_error(s), site), "%s: `%s' is not in `%s'",
		  name, site, weir_scope_error(s));
}

BUILD_TEST(of_a_macro_is_its_file_and_line)
{
	const struct site_build *b = builds[*i];
	int mode;

	for (mode = 0; b->file && mode < 2; mode++) {
		weir_scope *s = scope_of(mode);

		cr_expect_null(b->call_macro(s, flags));
		expect_line(s, b, b->line_of_relu, names[*i]);
		done(mode, s);
	}
}

BUILD_TEST(of_a_call_by_descriptor_is_its_file_and_line)
{
	const struct site_build *b = builds[*i];
	int mode;

	for (mode = 0; b->file && mode < 2; mode++) {
		weir_scope *s = scope_of(mode);

		cr_expect_eq(b->call_apply(s, flags), WEIR_EDTYPE);
		expect_line(s, b, b->line_of_apply, names[*i]);
		done(mode, s);
	}
}

/* The address that the sentence names as "module+0x1234". */
static char *
address_in(const char *text, const char *name)
{
	const char *at = strstr(text, "called at "), *file, *slash;
	char module[512];
	size_t offset = 0;
	Dl_info here;

	cr_assert(dladdr((void *)(intptr_t)address_in, &here));
	slash = strrchr(here.dli_fname, '/');
	file = slash ? slash + 1 : here.dli_fname;
	snprintf(module, sizeof module, "called at %s+0x", file);
	cr_assert(at && strncmp(at, module, strlen(module)) == 0,
		  "%s: `%s' is not in `%s'", name, module, text);
	cr_assert_eq(sscanf(at + strlen(module), "%zx", &offset), 1);
	return (char *)here.dli_fbase + offset;
}

static void
expect_in_program(const char *address, const char *name)
{
	Dl_info here, there;

	cr_assert(dladdr((void *)(intptr_t)expect_in_program, &here));
	cr_assert(dladdr(address, &there), "%s", name);
	cr_expect_eq(there.dli_fbase, here.dli_fbase, "%s", name);
}

BUILD_TEST(of_a_plain_function_is_module_and_offset)
{
	const struct site_build *b = builds[*i];
	int mode;

	for (mode = 0; b->file && mode < 2; mode++) {
		weir_scope *s = scope_of(mode);

		cr_expect_null(b->call_plain(s, flags));
		expect_in_program(address_in(weir_scope_error(s), names[*i]),
				  names[*i]);
		done(mode, s);
	}
}

BUILD_TEST(of_a_plain_function_is_in_the_function_that_it_returns_to)
{
	const struct site_build *b = builds[*i];
	char *start = (char *)(intptr_t)b->call_plain_and_return;
	int mode;

	for (mode = 0; b->file && mode < 2; mode++) {
		weir_scope *s = scope_of(mode);
		char *address;

		cr_expect_null(b->call_plain_and_return(s, flags));
		address = address_in(weir_scope_error(s), names[*i]);
		cr_expect(address > start && address < start + 1024,
			  "%s: %p is %td bytes from %p", names[*i],
			  (void *)address, address - start, (void *)start);
		done(mode, s);
	}
}
