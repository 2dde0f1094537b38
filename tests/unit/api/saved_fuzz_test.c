/*
 * Files of graphs with anything in them: loading ends in a status, a sentence
 * and no leak. Files are damaged as disks do it, which the checksum must
 * notice; and as an enemy does it, who makes the checksum right again.
 */
#include "api/saved_loops.h"
#include "unit/api/saved_fuzz.h"

TestSuite(saved_fuzz, .init = begin, .fini = end);

/* -- files ---------------------------------------------------------------- */

static char file[FILE_MAX];

static size_t
read_bytes(void)
{
	FILE *from = fopen(file_path, "rb");
	size_t n;

	cr_assert_not_null(from);
	n = fread(file, 1, sizeof file, from);
	fclose(from);
	cr_assert_lt(n, sizeof file);
	return n;
}

static char *
text_of_file(void)
{
	weir_graph *g = load();
	char *text;

	cr_assert_not_null(g, "%s", weir_error_text());
	must(weir_graph_describe(g, false, &text));
	weir_graph_release(g);
	return text;
}

/* A little of everything, so that every byte can be tried. */
static void
save_small_graph(void)
{
	static double columns[] = { 1, 2, 3, 4, 5, 6 };
	struct model_attrs attrs = { 0.5, WEIR_F64, true, 1, { 0, { 0 } } };
	weir_tensor *v, *dice, *fixed, *x, *y;
	weir_graph *g;
	weir_scope *s;

	v = must_variable_of(rt, "v", must_tensor_of(rt, WEIR_F64, 0, NULL,
						     columns));
	must(weir_generator_create(rt, "dice", 1, &dice));
	must(weir_tensor_wrap(rt, WEIR_F64, 2, (int64_t[]){ 2, 3 },
			      (int64_t[]){ 8, 16 }, columns, NULL, NULL,
			      &fixed));
	must(weir_graph_create(rt, "g", &g));
	s = weir_graph_scope(g);
	x = weir_graph_input(g, WEIR_F64, 2, (int64_t[]){ 1, 2 }, "x");
	weir_scope_push(s, "p");
	must(weir_apply(s, &model_op, &attrs, &v, 1, &y, 1));
	weir_assign(s, v, y);
	y = weir_add(s, v, weir_slice(s, weir_matmul(s, x, fixed), 2,
				      (int64_t[]){ 0, 1 },
				      (int64_t[]){ 1, 3 }, NULL));
	must(weir_graph_output(g, weir_mul(s, y, weir_uniform(
			s, dice, WEIR_F64, 0, NULL, 0, 1))));
	must(weir_graph_save(g, file_path));
	weir_graph_release(g);
	weir_tensor_release(v);
	weir_tensor_release(dice);
	weir_tensor_release(fixed);
}

static void
save_loops(void)
{
	struct loops loops;
	weir_plan *plan;

	loops_create(rt, &loops);
	plan = loops_plan(&loops);
	must(weir_plan_save(plan, file_path));
	weir_plan_release(plan);
	loops_release(&loops);
}

static void
save_model(void)
{
	struct model model;
	weir_plan *plan;

	model_create(rt, &model);
	plan = model_plan(&model);
	must(weir_plan_save(plan, file_path));
	weir_plan_release(plan);
	model_release(&model);
}

/* -- as disks do it ------------------------------------------------------- */

/* Refused; or, where a blank became another, the same graph. */
static void
expect_noticed(const char *wanted, size_t place)
{
	weir_graph *g = load();
	char *text;

	if (!g)
		return;
	must(weir_graph_describe(g, false, &text));
	cr_expect_str_eq(text, wanted, "a change of byte %zu went unnoticed",
			 place);
	weir_text_release(text);
	weir_graph_release(g);
}

static void
try_prefixes(void (*save)(void))
{
	size_t n, i;

	save();
	n = read_bytes();
	for (i = 0; i < n; i++) {
		write_bytes(file, i);
		cr_assert_null(load(), "the first %zu bytes", i);
	}
}

Test(saved_fuzz, every_prefix_is_refused)
{
	try_prefixes(save_small_graph);
	try_prefixes(save_small_loop);
	try_prefixes(save_small_loop_twice);
}

static void
try_changed_bytes(void (*save)(void))
{
	const size_t most = is_long() ? 8 : 1;
	char *wanted;
	size_t n, i, k;

	save();
	n = read_bytes();
	wanted = text_of_file();
	for (i = 0; i < n; i++)
		for (k = 0; k < most; k++) {
			file[i] ^= (char)(1 << (i + k) % 8);
			write_bytes(file, n);
			expect_noticed(wanted, i);
			file[i] ^= (char)(1 << (i + k) % 8);
		}
	weir_text_release(wanted);
}

Test(saved_fuzz, every_changed_byte_is_noticed)
{
	try_changed_bytes(save_small_graph);
	try_changed_bytes(save_small_loop);
	try_changed_bytes(save_small_loop_twice);
}

/* -- as an enemy does it -------------------------------------------------- */

static void
try_changed_graphs(void (*save)(void))
{
	static const char bytes[] = "9-[]\",a";
	const size_t most = is_long() ? sizeof bytes - 1 : 2;
	static char graph[FILE_MAX];
	weir_archive *a;
	weir_graph *g;
	size_t i, k, loaded = 0;

	save();
	a = read_archive(graph);
	for (i = 0; graph[i]; i++)
		for (k = 0; k < most; k++) {
			char before = graph[i];

			graph[i] = bytes[(i + k) % (sizeof bytes - 1)];
			write_graph(a, graph);
			graph[i] = before;
			g = load();
			loaded += g != NULL;
			if (g)
				use(g);
		}
	cr_expect_gt(loaded, 50, "names can be changed: %zu", loaded);
	weir_archive_release(a);
}

Test(saved_fuzz, every_changed_byte_of_the_graph_ends_in_a_status)
{
	try_changed_graphs(save_small_graph);
	try_changed_graphs(save_small_loop);
	try_changed_graphs(save_small_loop_twice);
}

static uint64_t state;

static size_t
below(size_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(state >> 33) % n;
}

/* Copy, move or drop some bytes, or put a number in the place of another. */
static void
mutate(char *graph)
{
	static const char *const numbers[] = {
		"0", "1", "-1", "2", "3", "7", "64", "4294967295", "-2",
		"9223372036854775807", "-9223372036854775808",
		"4611686018427387904", "3037000500", "[]", "[0]", "[1,1]",
		"\"\"", "null", "true", "\"f32\"", "\"bool\"",
	};
	static char copy[FILE_MAX];
	size_t length = strlen(graph), at = below(length), span, from;
	const char *number;

	strcpy(copy, graph);
	switch (below(4)) {
	case 0:			/* a number, or the like */
		at += strcspn(graph + at, "-0123456789");
		span = strspn(graph + at, "-0123456789");
		number = numbers[below(sizeof numbers / sizeof *numbers)];
		snprintf(graph + at, FILE_MAX - at, "%s%s", number,
			 copy + at + span);
		break;
	case 1:			/* drop */
		span = below(24);
		if (at + span < length)
			strcpy(graph + at, copy + at + span);
		break;
	case 2:			/* copy an entry to where another begins */
		from = below(length);
		from += strcspn(graph + from, ",");
		at += strcspn(graph + at, ",");
		span = graph[from] ? 1 + strcspn(graph + from + 1, ",") : 0;
		snprintf(graph + at, FILE_MAX - at, "%.*s%s", (int)span,
			 copy + from, copy + at);
		break;
	default:		/* exchange bytes */
		from = below(length);
		graph[at] = copy[from];
		graph[from] = copy[at];
		break;
	}
}

static void
try_random_graphs(void (*save)(void), struct seeds seeds)
{
	static char original[FILE_MAX], graph[FILE_MAX];
	weir_archive *a;
	weir_graph *g;
	uint64_t seed;
	size_t n;

	save();
	a = read_archive(original);
	for (seed = seeds.first; seed <= seeds.last; seed++) {
		state = seed * 0x9e3779b97f4a7c15u;
		strcpy(graph, original);
		for (n = 1 + below(2); n; n--)
			mutate(graph);
		write_graph(a, graph);
		g = load();
		if (g)
			use(g);
	}
	weir_archive_release(a);
}

Test(saved_fuzz, random_graphs_end_in_a_status)
{
	try_random_graphs(save_model, seeds_to_try(1000, 20000));
}

Test(saved_fuzz, random_graphs_with_bodies_end_in_a_status)
{
	try_random_graphs(save_loops, seeds_to_try(600, 20000));
	try_random_graphs(save_small_loop_twice, seeds_to_try(600, 20000));
}

/* -- what is refused in so many words ------------------------------------- */

static const struct refusal refusals[] = {
	{ "\"ops\"", "\"ops2\"", "its graph lacks `ops'" },
	{ "{\"ops\"", "{\"x\":1,\"ops\"", "an unknown entry `x'" },
	{ "[\"add\",false", "[\"adds\",false", "this weir has no op `adds'" },
	{ "[\"add\",false", "[\"add\",true", "the op `add' of its user" },
	{ "[\"add\",false,[", "[\"add\",false,[[\"scale\",\"f64\"]",
	  "op add had the attribute `scale' of type f64 when the file was "
	  "written, and has none in its place now" },
	{ "[\"starts\",\"ints\"],", "", "and has starts of type ints now" },
	{ "[\"input\"", "[\"loop\"", "entry 0 of its program: it is of the "
	  "unknown kind `loop'" },
	{ "[[\"f64\",[1,2]]]", "[[\"f64\",[3]]]", "its result 0 is f64[1,2] "
	  "now, and was f64[3]" },
	{ "\"constant\",\"\",\"constant.", "\"constant\",\"\",\"x.",
	  "there is no tensor `x." },
	{ "\"f64\",[2,3],[8,16],", "\"f64\",[2,3],[8,24],",
	  "it is malformed" },
	{ "\"f64\",[2,3],[8,16],false", "\"f64\",[2,3],[8,16],0",
	  "it is malformed" },
	{ "\"f64\",[2,3],[8,16],", "\"f64\",[3,2],[8,16],",
	  "has another dtype or shape" },
	{ "\"f64\",[1,2],[]", "\"f64\",[1,2],[8,4611686018427387904]",
	  "span 2^62 bytes" },
	{ "\"f64\",[1,2],[]", "\"f64\",[1,2],[8,4]",
	  "no multiple of the 8 bytes" },
	{ "\"f64\",[1,2],[]", "\"f64\",[1,5],[]", "entry " },
	{ "\"outputs\":[", "\"outputs\":[99,", "list of outputs" },
	{ "\"scopes\":[[-1", "\"scopes\":[[0", "list of scopes" },
	{ "\"scopes\":[[-1", "\"scopes\":[[-2", "list of scopes" },
	{ "[\"variable\",\"dice\",\"dice\",\"i64\",[2],true]", "[]",
	  "it is malformed" },
	{ "{\"ops\"", "[{\"ops\"", "its graph is malformed" },
};

Test(saved_fuzz, what_is_not_known_is_named)
{
	save_small_graph();
	expect_refusals(refusals, sizeof refusals / sizeof *refusals);
}

Test(saved_fuzz, other_versions_are_named)
{
	static const struct weir__archive_note notes[] = {
		{ "format", WEIR__SAVED_FORMAT }, { "version", "4" },
		{ "stranger", "x" },
	};
	static char graph[FILE_MAX];
	weir_archive *a;

	save_small_graph();
	a = read_archive(graph);
	must(weir__archive_write(a, notes, 3, file_path));
	expect_refused("its graph is of version 4, this weir reads "
		       "versions 1 to 3");
	must(weir__archive_write(a, notes, 1, file_path));
	expect_refused("of version unknown");
	must(weir__archive_write(a, NULL, 0, file_path));
	expect_refused("it has tensors and no graph");
	weir_archive_release(a);
}
