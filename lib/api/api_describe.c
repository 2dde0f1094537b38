/* weir_runtime_describe(): everything needed to tell one build, on one
 * machine, from another. */
#include "config.h"

#include <weir/op.h>
#include <weir/version.h>

#include "api/runtime.h"
#include "api/tensor_argument.h"
#include "base/json.h"
#include "base/text.h"
#include "ops/blas.h"
#include "ops/gemm.h"
#include "ops/vector_math.h"
#include "topology/topology.h"

#ifdef WEIR_DEBUG
enum { HAS_SELF_CHECKS = true };
#else
enum { HAS_SELF_CHECKS = false };
#endif

struct subject {
	const weir_runtime *runtime;
	bool as_json;
};

/* -- the OpenMP runtime: no function names it, but each has functions of its
 * own; they are declared weak, and so NULL where the other is linked. */

void __kmpc_end(void *location);
void GOMP_parallel_end(void);
#pragma weak __kmpc_end
#pragma weak GOMP_parallel_end

static const char *
openmp_runtime(void)
{
	/* LLVM's has GNU's entry points too, so it is asked for first */
	if (__kmpc_end)
		return "LLVM libomp";
	if (GOMP_parallel_end)
		return "GNU libgomp";
	return "unknown";
}

static const char *
openmp_version(void)
{
	switch (_OPENMP) {
	case 201307: return "4.0";
	case 201511: return "4.5";
	case 201811: return "5.0";
	case 202011: return "5.1";
	case 202111: return "5.2";
	case 202411: return "6.0";
	default: return "unknown";
	}
}

/* -- printing ------------------------------------------------------------- */

static const char *
or_default(const char *text, const char *otherwise)
{
	return *text ? text : otherwise;
}

/* Whose threads run plans; see weir_team. */
static const char *
team(const weir_runtime *runtime)
{
	if (weir__team_is_forked(runtime->team))
		return "none: this process was forked, see "
		       "weir_runtime_revive()";
	if (!weir__team_is_resident(runtime->team))
		return "borrowed, unbound";
	return weir__team_is_bound(runtime->team)
		? "resident, bound to pools" : "resident, unbound";
}

static void
print_text(const weir_runtime *runtime, struct weir__text *text)
{
	char products[80];

	weir__text_add(text, "weir %s\n", weir_version());
	weir__text_add(text, "compiler: %s\n", WEIR_BUILD_CC);
	weir__text_add(text, "  flags: %s\n", WEIR_BUILD_CFLAGS);
	weir__text_add(text, "  configured with: %s\n",
		       or_default(WEIR_BUILD_CONFIGURE, "no options"));
	weir__text_add(text, "  self-checks: %s\n",
		       HAS_SELF_CHECKS ? "on" : "off");
	weir__text_add(text, "BLAS: %s\n", weir__blas_describe());
	weir__text_add(text, "  linked by: %s\n", WEIR_BUILD_BLAS);
	weir__gemm_describe(products, sizeof products);
	weir__text_add(text, "products of matrices: %s\n", products);
	weir__text_add(text, "elementary functions: %s\n",
		       weir__vector_math()->name);
	weir__text_add(text, "OpenMP: %s, compiled for version %s\n",
		       openmp_runtime(), openmp_version());
	weir__topology_print(runtime->topology, false, text);
	weir__text_add(text, "team: %s\n", team(runtime));
	weir__text_add(text, "ops: %zu (weir-info ops)\n", weir_op_count());
}

static void
add_member(struct weir__text *text, const char *name, const char *value)
{
	weir__text_add(text, "\"%s\": ", name);
	weir__json_add_string(text, value);
	weir__text_add(text, ", ");
}

static void
print_json(const weir_runtime *runtime, struct weir__text *text)
{
	char products[80];

	weir__text_add(text, "{");
	add_member(text, "version", weir_version());
	weir__text_add(text, "\"build\": {");
	add_member(text, "compiler", WEIR_BUILD_CC);
	add_member(text, "flags", WEIR_BUILD_CFLAGS);
	add_member(text, "configure", WEIR_BUILD_CONFIGURE);
	weir__text_add(text, "\"self_checks\": %s}, \"blas\": {",
		       HAS_SELF_CHECKS ? "true" : "false");
	add_member(text, "library", weir__blas_describe());
	weir__gemm_describe(products, sizeof products);
	add_member(text, "products", products);
	weir__text_add(text, "\"linked\": ");
	weir__json_add_string(text, WEIR_BUILD_BLAS);
	weir__text_add(text, "}, ");
	add_member(text, "elementary_functions", weir__vector_math()->name);
	weir__text_add(text, "\"openmp\": {");
	add_member(text, "runtime", openmp_runtime());
	weir__text_add(text, "\"version\": \"%s\"}, \"topology\": {",
		       openmp_version());
	weir__topology_print(runtime->topology, true, text);
	weir__text_add(text, "}, ");
	add_member(text, "team", team(runtime));
	weir__text_add(text, "\"ops\": %zu}", weir_op_count());
}

static void
print(const void *arg, struct weir__text *text)
{
	const struct subject *subject = arg;

	if (subject->as_json)
		print_json(subject->runtime, text);
	else
		print_text(subject->runtime, text);
}

weir_status
weir_runtime_describe(const weir_runtime *runtime, bool as_json, char **text)
{
	struct subject subject = { runtime, as_json };

	if (!runtime)
		return weir__no_argument("weir_runtime_describe",
					 "the runtime");
	if (!text)
		return weir__no_argument("weir_runtime_describe",
					 "the place for the result");
	return weir__text_make(weir__runtime_heap(runtime), print, &subject,
			       text);
}
