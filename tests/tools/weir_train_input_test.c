/* What weir-train takes, and what it says of what it does not take. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <weir.h>

#include "weir_train_run.h"

TestSuite(weir_train_input, .init = suite_begin, .fini = suite_end,
	  .timeout = 120);

static void
expect_one_line(const struct outcome *o, const char *arguments)
{
	cr_expect_eq(o->status, 2, "%s: status %d", arguments, o->status);
	cr_expect_str_empty(o->out, "%s", arguments);
	cr_expect_eq(strncmp(o->err, "weir-train: ", 12), 0, "%s: %s",
		     arguments, o->err);
	cr_expect(strchr(o->err, '\n') == o->err + strlen(o->err) - 1,
		  "%s: %s", arguments, o->err);
}

/* -- options --------------------------------------------------------------- */

/* Arguments, and what the sentence must hold. */
static const char *const bad_options[][2] = {
	{ "--frobnicate", "--frobnicate is no option" },
	{ "-x", "-x is no option" },
	{ "table.csv", "table.csv is no option" },
	{ "--epochs", "--epochs needs a value" },
	{ "--epochs 0", "`0' is not a whole number" },
	{ "--epochs 1.5", "`1.5' is not a whole number" },
	{ "--epochs=", "`' is not a whole number" },
	{ "--mo both", "--mo could be one of several" },
	{ "--quiet=yes", "--quiet takes no value" },
	{ "--mode fast", "eager, graph or both" },
	{ "--predict-mode both", "eager, graph or mixed" },
	{ "--predict-mode mixed --layers 1", "needs --layers 2" },
	{ "--dtype i64", "f32 or f64" },
	{ "--batch -3", "`-3' is not" },
	{ "--hidden 99999999999999999999", "is not a whole number" },
	{ "--layers 17", "from 1 to 16" },
	{ "--lr 0", "above 0" },
	{ "--lr nan", "`nan'" },
	{ "--momentum 1", "below 1" },
	{ "--threads 0", "from 1 to" },
	{ "--seed -1", "--seed: `-1'" },
	{ "--test-fraction 1", "below 1" },
	{ "--positive-rate 0", "above 0" },
	{ "--synthetic 10", "--synthetic: `10'" },
	{ "--synthetic 1000x10x2", "--synthetic" },
	{ "--synthetic 3x2", "--synthetic" },
	{ "--label y", "--data FILE, which is missing" },
	{ "--data t.csv --synthetic 10x10", "only one of them" },
	{ "--data t.csv --positive-rate 0.1", "--positive-rate" },
	{ "--predict-row 1000", "there is no row 1000" },
	{ "--json no/such/folder.json", "no/such: No such file" },
	{ "--trace no/such/prefix", "no/such: No such file" },
	{ "--trace no/such/prefix --quiet", "no/such: No such file" },
	{ "--json .", "--json: .: Is a directory" },
	{ "--json ''", "--json: the name is empty" },
	{ "--json=", "--json: the name is empty" },
	{ "--trace ''", "--trace: the name is empty" },
	{ "--data ''", "--data: the name is empty" },
	{ "--data t.csv --label ''", "--label: the name is empty" },
	{ "--synthetic ''", "--synthetic: `'" },
	{ "--mode ''", "--mode: `'" },
	{ "--lr ''", "--lr: `'" },
	{ "--seed ''", "--seed: `'" },
	{ "''", "an empty word is no option" }
};

ParameterizedTestParameters(weir_train_input, refuses_options)
{
	static size_t index[sizeof(bad_options) / sizeof(bad_options[0])];
	size_t i, n = sizeof(index) / sizeof(index[0]);

	for (i = 0; i < n; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, n);
}

ParameterizedTest(size_t *i, weir_train_input, refuses_options)
{
	struct outcome o = run(bad_options[*i][0]);

	expect_one_line(&o, bad_options[*i][0]);
	cr_expect(strstr(o.err, bad_options[*i][1]) != NULL, "%s: %s",
		  bad_options[*i][0], o.err);
}

Test(weir_train_input, looks_at_both_timelines_before_it_begins)
{
	struct outcome o;
	char full[512];

	snprintf(full, sizeof(full), "%s/run-graph.json", folder());
	cr_assert_eq(mkdir(full, 0700), 0);
	o = run("--trace run");
	expect_one_line(&o, "--trace run");
	cr_expect(strstr(o.err, "run-graph.json: Is a directory") != NULL, "%s",
		  o.err);
	o = run("--trace run --mode eager --epochs 1 --quiet");
	cr_expect_eq(o.status, 0, "%s", o.err);
}

Test(weir_train_input, lists_every_option)
{
	static const char *const options[] = {
		"--data", "--label", "--synthetic", "--positive-rate",
		"--test-fraction", "--seed", "--hidden", "--layers", "--dtype",
		"--mode", "--epochs", "--batch", "--lr", "--momentum",
		"--threads", "--predict-row", "--predict-mode", "--trace",
		"--json", "--quiet", "--help", "--version"
	};
	struct outcome o = run("--help");
	size_t i;

	cr_expect_eq(o.status, 0);
	cr_expect_str_empty(o.err);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		cr_expect(strstr(o.out, options[i]) != NULL, "%s", options[i]);
	o = run("--version");
	cr_expect_eq(o.status, 0);
	cr_expect(strstr(o.out, WEIR_VERSION) != NULL);
}

/* -- files ----------------------------------------------------------------- */

/* Name and content of a file, further options, what the sentence must hold. */
static const char *const bad_files[][4] = {
	{ "missing.csv", NULL, "", "missing.csv" },
	{ "table.txt", "1,2\n3,4\n", "", "end in .csv or .npy" },
	{ "empty.csv", "", "", "empty.csv" },
	{ "ragged.csv", "a,b\n1,0\n2,1,3\n", "", "ragged.csv:3:" },
	{ "word.csv", "a,b\n1,0\n2,1\nx,1\n", "", "word.csv:4:1" },
	{ "nan.csv", "a,b\n1,0\nnan,1\n", "", "nan.csv:3:1" },
	{ "short.csv", "a,b\n1,0\n", "", "rows are too few" },
	{ "narrow.csv", "b\n0\n1\n0\n", "", "no column beside the label" },
	{ "three.csv", "a,b\n1,0\n2,1\n3,2\n", "", "two distinct values" },
	{ "one.csv", "a,b\n1,5\n2,5\n3,5\n", "", "nothing to tell apart" },
	{ "good.csv", "a,b\n1,0\n2,1\n", "--label z", "no column `z'" },
	{ "good.csv", "a,b\n1,0\n2,1\n", "--label 2", "no column `2'" },
	{ "not.npy", "not an array at all\n", "", "not.npy" },
	{ "huge.csv", "a,b\n1e300,0\n-1e300,1\n1e300,0\n-1e300,1\n3,0\n", "",
	  "too large to be normalised" }
};

ParameterizedTestParameters(weir_train_input, refuses_files)
{
	static size_t index[sizeof(bad_files) / sizeof(bad_files[0])];
	size_t i, n = sizeof(index) / sizeof(index[0]);

	for (i = 0; i < n; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, n);
}

ParameterizedTest(size_t *i, weir_train_input, refuses_files)
{
	const char *const *c = bad_files[*i];
	char arguments[256];
	struct outcome o;

	if (c[1] != NULL)
		write_text(c[0], c[1]);
	snprintf(arguments, sizeof(arguments), "--quiet --data %s %s", c[0],
		 c[2]);
	o = run(arguments);
	expect_one_line(&o, c[0]);
	cr_expect(strstr(o.err, c[3]) != NULL, "%s: %s", c[0], o.err);
}

Test(weir_train_input, refuses_an_array_that_is_no_table)
{
	int64_t shape[] = { 2, 2, 2 };
	weir_runtime *runtime;
	weir_tensor *cube;
	struct outcome o;
	char full[512];

	snprintf(full, sizeof(full), "%s/cube.npy", folder());
	cr_assert_eq(weir_runtime_create(NULL, &runtime), WEIR_OK);
	cr_assert_eq(weir_tensor_create(runtime, WEIR_F64, 3, shape, &cube),
		     WEIR_OK);
	cr_assert_eq(weir_npy_write(full, cube), WEIR_OK);
	o = run("--data cube.npy");
	expect_one_line(&o, "cube.npy");
	cr_expect(strstr(o.err, "rank 3") != NULL, "%s", o.err);
	weir_tensor_release(cube);
	weir_runtime_release(runtime);
}

/* 40 rows of a, constant, b and a label of which 9 is the larger value. */
static void
make_table(double *values)
{
	int i;

	for (i = 0; i < 40; i++) {
		values[4 * i] = i % 7 + (i % 2) * 3;
		values[4 * i + 1] = 0.1;
		values[4 * i + 2] = i % 5;
		values[4 * i + 3] = i % 2 != 0 ? 9 : -2;
	}
}

static void
write_table(const char *name, const char *header, const char *end)
{
	double values[160];
	char full[512];
	FILE *file;
	int i;

	make_table(values);
	snprintf(full, sizeof(full), "%s/%s", folder(), name);
	file = fopen(full, "w");
	cr_assert_not_null(file);
	fprintf(file, "%s", header);
	for (i = 0; i < 40; i++)
		fprintf(file, "%g,%g,%g,%g%s", values[4 * i],
			values[4 * i + 1], values[4 * i + 2],
			values[4 * i + 3], i == 39 ? "" : end);
	fclose(file);
}

Test(weir_train_input, names_constant_columns_and_what_class_1_is)
{
	struct outcome o;

	write_table("t.csv", "a,flat,b,y\n", "\n");
	o = must_run("--data t.csv --label y");
	cr_expect(strstr(o.err, "warning: column `flat' is constant") != NULL,
		  "%s", o.err);
	cr_expect(strstr(o.out, "class 0 is -2 and class 1 is 9") != NULL);
	cr_expect_str_eq(json_string_value(value(&o,
		"data.constant_columns.0")), "flat");
	cr_expect_eq(figure(&o, "data.columns"), 3);
}

Test(weir_train_input, takes_the_label_by_number_or_as_the_last_column)
{
	struct outcome by_name, by_number, last, windows;

	write_table("t.csv", "a,flat,b,y\n", "\n");
	write_table("w.csv", "\"a\",\"flat\",\"b\",\"y\"\r\n", "\r\n");
	by_name = must_run("--data t.csv --label y --epochs 2");
	by_number = must_run("--data t.csv --label 3 --epochs 2");
	last = must_run("--data t.csv --label=-1 --epochs 2");
	windows = must_run("--data w.csv --epochs 2");
	cr_expect_eq(figure(&by_name, "graph.loss"),
		     figure(&by_number, "graph.loss"));
	cr_expect_eq(figure(&by_name, "graph.loss"),
		     figure(&last, "graph.loss"));
	cr_expect_eq(figure(&by_name, "graph.loss"),
		     figure(&windows, "graph.loss"));
}

Test(weir_train_input, learns_the_same_from_an_array)
{
	static const int64_t shape[] = { 40, 4 };
	struct outcome csv, npy;
	weir_runtime *runtime;
	weir_tensor *table;
	double values[160];
	char full[512];

	make_table(values);
	snprintf(full, sizeof(full), "%s/t.npy", folder());
	cr_assert_eq(weir_runtime_create(NULL, &runtime), WEIR_OK);
	cr_assert_eq(weir_tensor_copy_of(runtime, WEIR_F64, 2, shape, values,
					 &table), WEIR_OK);
	cr_assert_eq(weir_npy_write(full, table), WEIR_OK);
	write_table("t.csv", "", "\n");
	csv = must_run("--data t.csv --label 3 --epochs 2");
	npy = must_run("--data t.npy --label 3 --epochs 2");
	cr_expect_eq(figure(&csv, "graph.loss"), figure(&npy, "graph.loss"));
	weir_tensor_release(table);
	weir_runtime_release(runtime);
}

Test(weir_train_input, meets_the_positive_rate)
{
	struct outcome o = must_run("--positive-rate 0.02 --epochs 1");

	cr_expect(strstr(o.out, "20 of 1,000 rows are of class 1") != NULL);
	/* always answering 0 gives 0.98, and knowing more helps */
	cr_expect_gt(figure(&o, "data.best_accuracy"), 0.98);
	cr_expect_eq(figure(&o, "evaluation.confusion.1.0") +
		     figure(&o, "evaluation.confusion.1.1"), 4);
}

/* -- tables of others, where they are -------------------------------------- */

static const struct {
	const char *name;
	double accuracy;	/* that a small network is known to exceed */
} tables[] = {
	{ "banknote.csv", 0.97 }, { "banknote_1000.csv", 0.97 },
	{ "wine_white.csv", 0.72 }, { "wine_white_1000.csv", 0.68 }
};

ParameterizedTestParameters(weir_train_input, learns_from_real_tables)
{
	static size_t index[sizeof(tables) / sizeof(tables[0])];
	size_t i, n = sizeof(index) / sizeof(index[0]);

	for (i = 0; i < n; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, n);
}

ParameterizedTest(size_t *i, weir_train_input, learns_from_real_tables)
{
	const char *srcdir = getenv("srcdir");
	char path[1024], arguments[2048], *full;
	struct outcome o;

	snprintf(path, sizeof(path), "%s/../shared/cases/tabular/%s",
		 srcdir != NULL ? srcdir : ".", tables[*i].name);
	full = realpath(path, NULL);
	if (full == NULL)
		skip_test("%s is not there", tables[*i].name);
	snprintf(arguments, sizeof(arguments),
		 "--data '%s' --label label --epochs 10", full);
	o = must_run(arguments);
	cr_expect(json_is_true(value(&o, "bitwise_equal")));
	cr_expect_gt(figure(&o, "graph.accuracy"), tables[*i].accuracy, "%s",
		     tables[*i].name);
	free(full);
}
