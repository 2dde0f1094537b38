/*
 * Files whose graphs have bodies, of which something is not as it should be:
 * each is refused in a sentence that says where. And files from before there
 * were bodies in them.
 */
#include "unit/api/saved_fuzz.h"

TestSuite(saved_bodies, .init = begin, .fini = end);

static const struct refusal refusals[] = {
	/* what a call is */
	{ "\"control\",\"while\"", "\"control\",\"until\"", "entry 2 of its "
	  "program: it is control of the unknown kind `until'" },
	{ "\"while\",1,3,true", "\"while\",9,3,true",
	  "entry 2 of its program: of 2 operands 9 were given" },
	{ "\"while\",1,3,true", "\"while\",1,-3,true", "it is malformed" },
	{ "\"while\",1,3,true", "\"while\",1,3,1", "it is malformed" },
	{ "\"while\",1,3,true", "\"while\",1,3,false", "it has 2 results now, "
	  "and had 5 when the file was written" },
	{ "\"while\",1,3,true", "\"while\",1,0,true",
	  "keeps states of any number of iterations" },
	{ "\"while\",1,3,true", "\"while\",1,4,true", "its result 2 is "
	  "f64[4,1] now, and was f64[3,1] when the file was written" },
	{ "\"while\",1,3,true", "\"while\",1,4611686018427387904,true",
	  "entry 2 of its program: " },
	{ "\"call\",1,0,false,[]", "\"call\",1,5,false,[]",
	  "entry 3 of its program: a call has at most 5 iterations" },
	{ "\"call\",1,0,false,[]", "\"call\",1,0,false,[0]",
	  "entry 3 of its program: a call has states" },
	/* its operands */
	{ "3,true,[0,1],", "3,true,[0,7],", "it is fed what is not there" },
	{ "3,true,[0,1],", "3,true,[0],", "it is fed what is not there" },
	{ "3,true,[0,1],", "3,true,[0,1,0],",
	  "there are 3 states, and the body gives 2" },
	{ "[\"input\",\"x\",\"f64\",[],[]]", "[\"input\",\"x\",\"f64\",[1],[]]",
	  "entry 2 of its program: state 0 is f64[1], and the body makes f64[] "
	  "of it" },
	{ "[0,1],[0],[0,-1]", "[0,1],[1],[0,-1]", "it is malformed" },
	{ "[0,1],[0],[0,-1]", "[0,1],[0,0,0],[0,-1]",
	  "3 variables become 2 results" },
	{ "[0,1],[0],[0,-1]", "[0,1],[0],[0,-2]", "it is malformed" },
	{ "false,[],[],[2,0,", "false,[],[0],[2,0,",
	  "entry 4 of body 1: it is malformed" },
	{ "[2,0,[3,\"v\",true]]", "[1,0,[3,\"v\",true]]",
	  "entry 4 of body 1: operand a is no bool with one element" },
	{ "[2,0,[3,\"v\",true]]", "[2,0,[3,\"v\",1]]",
	  "entry 4 of body 1: it is malformed" },
	/* what its bodies give, and are fed */
	{ "]],[2]],[3,", "]],[1]],[3,", "entry 2 of its program: the condition "
	  "gives no bool with one element" },
	{ "]],[2]],[3,", "]],[2,2]],[3,", "the condition gives no bool" },
	{ "]],[2]],[3,", "]],[9]],[3,",
	  "the list of outputs of body 0 is malformed" },
	{ "[1,3]]", "[1]]", "it has 1 results now, and had 2" },
	{ "[4,5]]", "[4,4,5]]", "it has 7 results now, and had 5" },
	{ "\"f64\",[],-1,[]]", "\"f64\",[],-3,[]]",
	  "entry 0 of body 0: it is fed what is not there" },
	{ "\"f64\",[],-1,[]]", "\"f64\",[],-9223372036854775808,[]]",
	  "entry 0 of body 0: it is fed what is not there" },
	{ "\"f64\",[],-1,[]]", "\"f64\",[],4294967295,[]]",
	  "entry 0 of body 0: it is fed what is not there" },
	{ "\"f64\",[],-1,[]]", "\"f64\",[],[0],[]]", "input 0 of body 0, f64[], "
	  "is fed what is no row of a loop" },
	{ "\"f64\",[],-1,[]]", "\"f64\",[],[0,1],[]]",
	  "entry 0 of body 0: it is fed what is not there" },
	{ "\"f64\",[],1,[]]", "\"f64\",[],0,[]]",
	  "entry 0 of body 2: it is fed what has another dtype or shape" },
	{ "\"f64\",[],-1,[]]", "\"i64\",[],-1,[]]", "entry 2 of body 0: " },
	{ "\"f64\",[],-1,[]]", "\"f64\",[],-1]", "entry 0 of body 0" },
	{ "[0,\"while\",", "[-2,\"while\",", "it is malformed" },
	{ "[0,\"while\",", "[0,[\"while\",", "its graph is malformed" },
	{ "[0,\"while\",", "[0,7,", "entry 2 of body 5: it is malformed" },
	/* the gradient of a loop */
	{ "\"f64\",[],[3],", "\"f64\",[],[2],", "is no row of a loop" },
	{ "\"f64\",[],[3],", "\"f64\",[],[0],", "is no row of a loop" },
	{ "\"while_grad\",2,", "\"while_grad\",3,",
	  "operand 3 is not how often a loop has gone round" },
	{ "\"while_grad\",2,", "\"while_grad\",0,",
	  "operand 0 is not how often a loop has gone round" },
	/* the list */
	{ "\"bodies\":[[2,", "\"bodies\":[[99,", "body 0 is malformed" },
	{ "\"bodies\":[[2,", "\"bodies\":[7,[2,", "body 0 is malformed" },
	{ "],\"program\":[", ",[0,[],[]]],\"program\":[",
	  "its program has no call for body 11" },
	{ "],\"outputs\":[12]", ",[\"control\",\"call\",0,0,false,[],[],[],[],0,"
	  "0]],\"outputs\":[12]", "there is no body for it" },
	{ "\"bodies\":[", "\"body\":[", "its graph lacks `bodies'" },
	/* what bodies have not */
	{ "[\"skip\"]", "[\"skip\",1]", "entry 3 of body 2: it is malformed" },
	{ "[\"skip\"]", "[\"assign\",0,0,0,0]",
	  "entry 3 of body 2: it is of the unknown kind `assign'" },
	{ "[\"skip\"]", "[\"variable\",\"v\",\"v\",\"f64\",[],false]",
	  "entry 3 of body 2: it is of the unknown kind `variable'" },
	{ "[\"skip\"]", "[\"constant\",\"v\",\"v\",\"f64\",[],[],true,true]",
	  "entry 3 of body 2: it is of the unknown kind `constant'" },
	{ "\"program\":[", "\"program\":[[\"skip\"],",
	  "entry 0 of its program: it is of the unknown kind `skip'" },
};

Test(saved_bodies, what_is_not_as_it_should_be_is_named)
{
	save_small_loop();
	expect_refusals(refusals, sizeof refusals / sizeof *refusals);
}

static const struct refusal refusals_of_rows[] = {
	{ "false,true,1,[0]", "false,true,0,[0]", "there are 1 states, and the "
	  "body gives 2" },
	{ "false,true,1,[0]", "false,1,1,[0]", "it is malformed" },
	{ "false,true,1,[0]", "false,true,-1,[0]", "it is malformed" },
	{ "false,true,1,[0]", "false,true,9,[0]", "it is malformed" },
	{ "false,true,1,[0]", "true,true,1,[0]", "it has 3 results now, and "
	  "had 2 when the file was written" },
	{ "1,3,false,true,1", "1,0,false,true,1", "entry 6 of its program: " },
	{ "1,3,false,true,1", "1,4,false,true,1", "it has rows for 4 "
	  "iterations, and the loop for 3" },
	/* rows of something else */
	{ "[8,4,3,7,-1]", "[8,4,4,7,-1]", "is no row of a loop" },
	{ "[8,4,3,7,-1]", "[8,4,3,6,-1]", "is no row of a loop" },
	{ "[8,4,3,7,-1]", "[8,3,3,7,-1]",
	  "operand 1 is not how often a loop has gone round" },
	{ "[11,4,3,10,-1]", "[11,4,3,9,-1]", "is no row of a loop" },
	{ "[8,4,3,7,-1]", "[8,4,3,5,-1]", "is no row of a loop" },
};

Test(saved_bodies, rows_that_are_not_as_they_should_be_are_named)
{
	save_small_loop_twice();
	expect_refusals(refusals_of_rows, sizeof refusals_of_rows /
					  sizeof *refusals_of_rows);
}

/* -- files that were never written ---------------------------------------- */

static weir_archive *
without_tensors(void)
{
	weir_archive *a = NULL;

	must(weir__archive_of(weir__runtime_heap(rt), NULL, NULL, 0, &a));
	must(weir__archive_arrange(a));
	return a;
}

#define LISTS "{\"ops\":[[\"exp\",false,[]],[\"greater\",false,[]]],"	\
	"\"scopes\":[[-1,\"g\"]],\"sites\":[\"a.c:1\"],"

/* From the columns of a matrix: states are copied as they lie. */
Test(saved_bodies, states_have_no_gaps)
{
	weir_archive *a = without_tensors();

	write_version(a, WEIR__SAVED_WITH_BODIES, LISTS "\"bodies\":["
		      "[0,[[\"input\",\"\",\"bool\",[],1,[]]],[0]],"
		      "[0,[[\"input\",\"\",\"f64\",[2,3],-1,[]],[\"call\",0,[],"
		      "[0],[[\"f64\",[2,3]]],0,0]],[1]]],\"program\":["
		      "[\"input\",\"x\",\"f64\",[2,3],[8,16]],"
		      "[\"input\",\"p\",\"bool\",[],[]],"
		      "[\"control\",\"while\",1,0,false,[0],[],[0,1],"
		      "[[\"f64\",[2,3]]],0,0]],\"outputs\":[2]}");
	expect_refused("entry 2 of its program: state 0 begins with gaps");
	weir_archive_release(a);
}

/* A body of a body of a body ...: the numbers of calls, not of bytes, count. */
Test(saved_bodies, depth_has_an_end)
{
	static const char begin_list[] = LISTS "\"bodies\":[", body[] =
		"[0,[[\"control\",\"call\",0,0,false,[],[],[],[],0,0]],[]],",
		last[] = "[0,[],[]]],\"program\":[[\"control\",\"call\",0,0,"
		"false,[],[],[],[],0,0]],\"outputs\":[]}";
	static char graph[FILE_MAX];
	weir_archive *a = without_tensors();
	weir_graph *g;
	int depth, i;

	for (depth = 64; depth < 1000; depth += 900) {
		strcpy(graph, begin_list);
		for (i = 1; i < depth; i++)
			strcat(graph, body);
		strcat(graph, last);
		write_version(a, WEIR__SAVED_WITH_BODIES, graph);
		if (depth > 64) {
			expect_refused("bodies are in bodies more than 64 "
				       "deep");
			continue;
		}
		g = load();
		cr_assert_not_null(g, "%s", weir_error_text());
		use(g);
	}
	weir_archive_release(a);
}

/* As they were written before: no list of bodies, and none may be there. */
Test(saved_bodies, files_from_before_are_loaded)
{
	static const char old[] = LISTS "\"program\":["
		"[\"input\",\"x\",\"f64\",[2],[]],"
		"[\"call\",0,[],[0],[[\"f64\",[2]]],0,0],"
		"[\"call\",1,[],[1,[0,\"y\"]],[[\"bool\",[2]]],0,0]],"
		"\"outputs\":[1,2]";
	weir_archive *a = without_tensors();
	char graph[2048], *text;
	weir_graph *g;

	snprintf(graph, sizeof graph, "%s}", old);
	write_version(a, "1", graph);
	g = load();
	cr_assert_not_null(g, "%s", weir_error_text());
	must(weir_graph_describe(g, false, &text));
	expect_text(text, "    2  g/greater(%1:f64[2], input0=x:f64[2]) -> "
		    "%2:bool[2]  a.c:1\n");
	weir_text_release(text);
	use(g);
	snprintf(graph, sizeof graph, "%s,\"bodies\":[]}", old);
	write_version(a, "1", graph);
	expect_refused("its graph has an unknown entry `bodies'");
	write_version(a, WEIR__SAVED_WITH_BODIES, graph);
	g = load();
	cr_assert_not_null(g, "%s", weir_error_text());
	use(g);
	weir_archive_release(a);
}
