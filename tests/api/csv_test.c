#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fenv.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <sys/stat.h>
#include <weir.h>

#include "support/fault.h"
#include "support/files.h"

static weir_runtime *runtime;
static struct fault fault;

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = {
		.size = sizeof options,
		.synthetic_topology = "pu:1",
		.allocator = &allocator,
	};

	begin_file();
	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK);
}

static void
end(void)
{
	weir_runtime_release(runtime);
	cr_expect_eq(fault.alive, 0);
	end_file();
}

TestSuite(csv, .init = begin, .fini = end);

static weir_csv_options
defaults(void)
{
	return (weir_csv_options){ .size = sizeof(weir_csv_options) };
}

static weir_table *
read_text(const char *text, const weir_csv_options *options)
{
	weir_table *table = NULL;

	write_bytes(text, strlen(text));
	cr_assert_eq(weir_csv_read(runtime, file_path, options, &table),
		     WEIR_OK, "%s", weir_error_text());
	return table;
}

static double
at(const weir_table *table, int64_t row, int64_t column)
{
	weir_tensor *values = weir_table_values(table);
	int64_t columns = weir_tensor_shape(values)[1];

	return ((const double *)weir_tensor_data(values))[row * columns +
							  column];
}

static void
expect_shape(const weir_table *table, int64_t rows, int64_t columns)
{
	const weir_spec *spec = weir_tensor_spec(weir_table_values(table));

	cr_assert_eq(spec->rank, 2);
	cr_expect_eq(spec->shape[0], rows, "%d rows", (int)spec->shape[0]);
	cr_expect_eq(spec->shape[1], columns, "%d columns",
		     (int)spec->shape[1]);
}

Test(csv, is_a_table_of_f64_with_the_names_of_its_header)
{
	weir_table *table = read_text("x,y,label\n1,2.5,0\n-3,4e2,1\n", NULL);

	expect_shape(table, 2, 3);
	cr_expect_eq(weir_tensor_dtype(weir_table_values(table)), WEIR_F64);
	cr_expect_eq(at(table, 0, 1), 2.5);
	cr_expect_eq(at(table, 1, 0), -3);
	cr_expect_eq(at(table, 1, 1), 400);
	cr_expect_str_eq(weir_table_column_name(table, 2), "label");
	weir_table_release(table);
}

Test(csv, of_numbers_alone_has_numbered_columns)
{
	weir_table *table = read_text("1,2\n3,4\n", NULL);

	expect_shape(table, 2, 2);
	cr_expect_str_eq(weir_table_column_name(table, 1), "c1");
	weir_table_release(table);
}

Test(csv, has_a_header_or_none_where_that_is_said)
{
	weir_csv_options options = defaults();
	weir_table *table = NULL;

	options.header = WEIR_CSV_HEADER_YES;
	table = read_text("1,2\n3,4\n", &options);
	expect_shape(table, 1, 2);
	cr_expect_str_eq(weir_table_column_name(table, 0), "1");
	weir_table_release(table);
	table = NULL;
	options.header = WEIR_CSV_HEADER_NO;
	write_bytes("x,y\n1,2\n", 8);
	cr_expect_eq(weir_csv_read(runtime, file_path, &options, &table),
		     WEIR_EFORMAT);
	cr_expect_null(table);
}

Test(csv, with_a_header_alone_has_no_rows)
{
	weir_table *table = read_text("x,y", NULL);

	expect_shape(table, 0, 2);
	weir_table_release(table);
}

Test(csv, can_be_of_f32)
{
	weir_csv_options options = defaults();
	weir_table *table;
	float values[2];

	options.dtype = WEIR_F32;
	table = read_text("0.1,16777217\n", &options);
	cr_assert_eq(weir_tensor_read(weir_table_values(table), values,
				      sizeof values), WEIR_OK);
	cr_expect_eq(values[0], 0.1f);
	cr_expect_eq(values[1], 16777216.0f);
	weir_table_release(table);
}

static const struct accepted {
	const char *label, *text;
	int64_t rows, columns;
	double last;		/* of the numbers */
} accepted[] = {
	{ "one number", "7", 1, 1, 7 },
	{ "no last newline", "1,2\n3,4", 2, 2, 4 },
	{ "CRLF", "1,2\r\n3,4\r\n", 2, 2, 4 },
	{ "CRLF, no last newline", "a,b\r\n3,4", 1, 2, 4 },
	{ "blank lines at the end", "1,2\n3,4\n\n\r\n  \n\n", 2, 2, 4 },
	{ "blanks around numbers", " 1 ,\t2\n3,  4  \n", 2, 2, 4 },
	{ "quoted numbers", "\"1\",\"2\"\n3,\"4\"\n", 2, 2, 4 },
	{ "blanks around quotes", " \"1\" , \"2\" \n3,4\n", 2, 2, 4 },
	{ "blanks within quotes", "a,b\n3,\"4\"\n", 1, 2, 4 },
	{ "a separator within quotes", "\"a,b\",c\n3,4\n", 1, 2, 4 },
	{ "a newline within quotes", "\"a\nb\",c\n3,4\n", 1, 2, 4 },
	{ "a quote within quotes", "\"a\"\"b\",c\n3,4\n", 1, 2, 4 },
	{ "a UTF-8 mark", "\xef\xbb\xbf" "1,2\n3,4\n", 2, 2, 4 },
	{ "a UTF-8 mark and names", "\xef\xbb\xbf" "x,y\n3,4\n", 1, 2, 4 },
	{ "an unnamed column", ",y\n3,4\n", 1, 2, 4 },
	{ "names like numbers", "1e,2\n3,4\n", 1, 2, 4 },
	{ "signs and points", "+.5,-1.\n1e+2,4E0\n", 2, 2, 4 },
	{ "not ASCII", "gr\xc3\xb6\xc3\x9f" "e,\xff\n3,4\n", 1, 2, 4 },
};

ParameterizedTestParameters(csv, accepts)
{
	static size_t index[sizeof accepted / sizeof *accepted];
	size_t i, n = sizeof accepted / sizeof *accepted;

	for (i = 0; i < n; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, n);
}

ParameterizedTest(size_t *i, csv, accepts)
{
	const struct accepted *c = &accepted[*i];
	weir_table *table = read_text(c->text, NULL);

	expect_shape(table, c->rows, c->columns);
	cr_expect_eq(at(table, c->rows - 1, c->columns - 1), c->last, "%s",
		     c->label);
	weir_table_release(table);
}

static const struct faulty {
	const char *label, *text, *place, *says;
} faulty[] = {
	{ "an empty file", "", ":1:1:", "empty" },
	{ "blank lines alone", "\n\n \n", ":1:1:", "empty" },
	{ "a mark alone", "\xef\xbb\xbf", ":1:1:", "empty" },
	{ "a short row", "1,2\n3\n", ":2:1:", "ends after 1 field," },
	{ "a long row", "1,2\n3,4,5\n", ":2:5:", "field 3" },
	{ "an overlong row", "1\n1,1,1,1,1,1,1,1,1\n", ":2:3:", "field 2" },
	{ "a row longer than the header", "x\n1,2\n", ":2:3:", "field 2" },
	{ "no number", "1,2\n3,4\n5,six\n", ":3:3:", "`six' is no number" },
	{ "blanks before it", "1,2\n3,  x\n", ":2:3:", "`x' is no number" },
	{ "an empty field", "1,2\n3,\n", ":2:3:", "empty" },
	{ "an empty field in the first row", "1,,2\n", ":1:3:", "empty" },
	{ "an empty quoted field", "1,2\n3,\"\"\n", ":2:3:", "empty" },
	{ "nan", "1,2\nnan,4\n", ":2:1:", "`nan' is not finite" },
	{ "inf in the first row", "1,-inf\n", ":1:3:", "`-inf' is not" },
	{ "a blank line within", "1,2\n\n3,4\n", ":2:1:", "line is empty" },
	{ "a blank line in front", "\n1,2\n", ":1:1:", "line is empty" },
	{ "two header lines", "x,y\nm,s\n1,2\n", ":2:1:", "`m'" },
	{ "a decimal comma", "1;2,5\n", ":1:1:", "" },
	{ "too large", "1,2\n1e999,4\n", ":2:1:", "too large for f64" },
	{ "hexadecimal", "1\n0x10\n", ":2:1:", "`0x10'" },
	{ "an open quote", "1,2\n3,\"4\n5,6\n", ":2:3:", "not closed" },
	{ "text behind a quote", "1,2\n3,\"4\"x\n", ":2:6:", "text after" },
	{ "a quote within", "1,2\n3,4\"\n", ":2:4:", "a quote within" },
	{ "a lone return", "1,2\r3,4\n", ":1:4:", "carriage return" },
	{ "after a quoted newline", "\"a\nb\",c\n1,2\nx,4\n", ":4:1:",
	  "`x'" },
	{ "after CRLF", "a,b\r\n1,2\r\n3,x\r\n", ":3:3:", "`x'" },
};

ParameterizedTestParameters(csv, tells_where_and_what_is_wrong)
{
	static size_t index[sizeof faulty / sizeof *faulty];
	size_t i, n = sizeof faulty / sizeof *faulty;

	for (i = 0; i < n; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, n);
}

ParameterizedTest(size_t *i, csv, tells_where_and_what_is_wrong)
{
	const struct faulty *c = &faulty[*i];
	weir_csv_options options = defaults();
	weir_table *table = NULL;
	char place[TEMPORARY + 64];

	/* this one is a header otherwise */
	if (strcmp(c->label, "a decimal comma") == 0)
		options.header = WEIR_CSV_HEADER_NO;
	write_bytes(c->text, strlen(c->text));
	cr_expect_eq(weir_csv_read(runtime, file_path, &options, &table),
		     WEIR_EFORMAT, "%s", c->label);
	cr_expect_null(table);
	snprintf(place, sizeof place, "%s%s", file_path, c->place);
	cr_expect_eq(strncmp(weir_error_text(), place, strlen(place)), 0,
		     "%s: %s", c->label, weir_error_text());
	cr_expect_not_null(strstr(weir_error_text(), c->says), "%s: %s",
			   c->label, weir_error_text());
}

Test(csv, refuses_a_nul_byte_anywhere)
{
	static const char text[] = "x,\"y\"\n12,\"34\"\n";
	char bytes[sizeof text - 1];
	weir_table *table = NULL;
	size_t i;

	for (i = 0; i < sizeof bytes; i++) {
		memcpy(bytes, text, sizeof bytes);
		bytes[i] = '\0';
		write_bytes(bytes, sizeof bytes);
		cr_expect_eq(weir_csv_read(runtime, file_path, NULL, &table),
			     WEIR_EFORMAT, "byte %zu", i);
	}
	cr_expect_null(table);
}

Test(csv, takes_nan_and_inf_where_that_is_allowed)
{
	weir_csv_options options = defaults();
	weir_table *table;

	options.allow_nonfinite = true;
	table = read_text("1,NaN\n-inf,Infinity\n", &options);
	expect_shape(table, 2, 2);
	cr_expect(isnan(at(table, 0, 1)));
	cr_expect_eq(at(table, 1, 0), -INFINITY);
	cr_expect_eq(at(table, 1, 1), INFINITY);
	weir_table_release(table);
}

Test(csv, can_have_another_separator)
{
	weir_csv_options options = defaults();
	weir_table *table;

	options.separator = ';';
	table = read_text("a;b\n1;2\n", &options);
	expect_shape(table, 1, 2);
	weir_table_release(table);
	options.separator = '\t';
	table = read_text("a b\tc\n 1\t2 \n", &options);
	expect_shape(table, 1, 2);
	cr_expect_str_eq(weir_table_column_name(table, 0), "a b");
	weir_table_release(table);
	options.separator = ' ';
	table = read_text("1 2\n3 4\n", &options);
	expect_shape(table, 2, 2);
	weir_table_release(table);
}

Test(csv, finds_columns_by_name_then_by_number)
{
	weir_table *table = read_text("x,1,y,x\n1,2,3,4\n", NULL);

	cr_expect_eq(weir_table_find_column(table, "x"), 0);
	cr_expect_eq(weir_table_find_column(table, "y"), 2);
	cr_expect_eq(weir_table_find_column(table, "1"), 1, "a name");
	cr_expect_eq(weir_table_find_column(table, "3"), 3);
	cr_expect_eq(weir_table_find_column(table, "-1"), 3);
	cr_expect_eq(weir_table_find_column(table, "-4"), 0);
	cr_expect_eq(weir_table_find_column(table, "4"), -1);
	cr_expect_eq(weir_table_find_column(table, "-5"), -1);
	cr_expect_eq(weir_table_find_column(table, ""), -1);
	cr_expect_eq(weir_table_find_column(table, " 2"), -1);
	cr_expect_eq(weir_table_find_column(table, "2x"), -1);
	cr_expect_not_null(strstr(weir_error_text(), "`2x'"));
	cr_expect_null(weir_table_column_name(table, 4));
	weir_table_release(table);
}

Test(csv, keeps_names_as_they_were_quoted)
{
	weir_table *table = read_text(" plain ,\" kept \",\"a\"\"b,\nc\"\n"
				      "1,2,3\n", NULL);

	cr_expect_str_eq(weir_table_column_name(table, 0), "plain");
	cr_expect_str_eq(weir_table_column_name(table, 1), " kept ");
	cr_expect_str_eq(weir_table_column_name(table, 2), "a\"b,\nc");
	weir_table_release(table);
}

Test(csv, reads_the_same_in_every_locale_and_rounding_mode)
{
	weir_table *table;

	/* a locale may not be installed: then this tries the others */
	if (!setlocale(LC_ALL, "de_DE.UTF-8"))
		setlocale(LC_ALL, "");
	fesetround(FE_UPWARD);
	table = read_text("0.1,1.00000000000000000000001\n", NULL);
	cr_expect_eq(fegetround(), FE_UPWARD, "the caller's");
	fesetround(FE_TONEAREST);
	cr_expect_eq(at(table, 0, 0), 0.1);
	cr_expect_eq(at(table, 0, 1), 1);
	weir_table_release(table);
}

Test(csv, may_be_longer_than_any_buffer)
{
	enum { ROWS = 100000 };
	static char text[ROWS * 24];
	weir_table *table;
	size_t n = 0;
	int i;

	for (i = 0; i < ROWS; i++)
		n += (size_t)sprintf(text + n, "%d,-%d.25,\"%d\"\n", i, i,
				     i % 10);
	table = read_text(text, NULL);
	expect_shape(table, ROWS, 3);
	for (i = 0; i < ROWS; i++) {
		cr_assert_eq(at(table, i, 0), i);
		cr_assert_eq(at(table, i, 1), -(i + 0.25));
		cr_assert_eq(at(table, i, 2), i % 10);
	}
	weir_table_release(table);
}

Test(csv, may_have_fields_longer_than_any_buffer)
{
	static char text[2000000];
	weir_table *table;

	memset(text, '0', sizeof text - 1);
	text[0] = '"';
	memcpy(text + 1000000, "\",x\n", 4);
	memcpy(text + sizeof text - 4, "1,2", 3);
	table = read_text(text, NULL);
	expect_shape(table, 1, 2);
	cr_expect_eq(strlen(weir_table_column_name(table, 0)), 999999);
	cr_expect_eq(at(table, 0, 0), 1);
	weir_table_release(table);
}

static void *
feed(void *path)
{
	FILE *pipe = fopen(path, "w");
	int i;

	for (i = 0; pipe && i < 1000; i++) {
		fprintf(pipe, "%d,", i);
		fflush(pipe);
		fprintf(pipe, "2\n");
	}
	if (pipe)
		fclose(pipe);
	return NULL;
}

Test(csv, can_come_from_a_pipe)
{
	weir_table *table = NULL;
	pthread_t thread;

	unlink(file_path);
	cr_assert_eq(mkfifo(file_path, 0600), 0);
	cr_assert_eq(pthread_create(&thread, NULL, feed, file_path), 0);
	cr_assert_eq(weir_csv_read(runtime, file_path, NULL, &table),
		     WEIR_OK);
	pthread_join(thread, NULL);
	expect_shape(table, 1000, 2);
	weir_table_release(table);
}

Test(csv, names_the_file_that_cannot_be_read)
{
	weir_table *table = NULL;

	cr_expect_eq(weir_csv_read(runtime, "/no/such.csv", NULL, &table),
		     WEIR_EIO);
	cr_expect_not_null(strstr(weir_error_text(), "/no/such.csv"));
	cr_expect_eq(weir_csv_read(runtime, "/tmp", NULL, &table), WEIR_EIO);
	cr_expect_null(table);
}

Test(csv, refuses_bad_arguments_with_a_sentence)
{
	weir_csv_options options = defaults();
	weir_table *table = NULL;
	static const char bad[] = "\"\n\r+-.5ae\x7f";
	size_t i;

	cr_expect_eq(weir_csv_read(NULL, file_path, NULL, &table),
		     WEIR_EINVAL);
	cr_expect_eq(weir_csv_read(runtime, NULL, NULL, &table), WEIR_EINVAL);
	cr_expect_eq(weir_csv_read(runtime, file_path, NULL, NULL),
		     WEIR_EINVAL);
	options.size = 0;
	cr_expect_eq(weir_csv_read(runtime, file_path, &options, &table),
		     WEIR_EINVAL);
	options = defaults();
	options.dtype = WEIR_I64;
	cr_expect_eq(weir_csv_read(runtime, file_path, &options, &table),
		     WEIR_EINVAL);
	cr_expect_not_null(strstr(weir_error_text(), "i64"));
	options = defaults();
	options.header = (weir_csv_header)7;
	cr_expect_eq(weir_csv_read(runtime, file_path, &options, &table),
		     WEIR_EINVAL);
	options = defaults();
	for (i = 0; i < sizeof bad - 1; i++) {
		options.separator = bad[i];
		cr_expect_eq(weir_csv_read(runtime, file_path, &options,
					   &table), WEIR_EINVAL, "%d",
			     bad[i]);
	}
	cr_expect_null(weir_table_values(NULL));
	cr_expect_null(weir_table_column_name(NULL, 0));
	cr_expect_eq(weir_table_find_column(NULL, "x"), -1);
	weir_table_release(NULL);
}

Test(csv, may_outlive_its_runtime)
{
	weir_table *table = read_text("x\n1\n", NULL);

	weir_runtime_release(runtime);
	runtime = NULL;
	cr_expect_eq(at(table, 0, 0), 1);
	weir_table_release(table);
}

/* -- hostile files -------------------------------------------------------- */

static const char *const samples[] = {
	"\xef\xbb\xbfname,\"second, \"\"one\"\"\"\r\n1.5,-2e3\r\n"
	" 7 , \"8\" \r\n\r\n",
	"1,2,3\n4,5,6\n7,8,9",
	"nan,inf,1e400\n\"a\nb\",,\n",
};

static void
try_bytes(const char *bytes, size_t size)
{
	weir_table *table = NULL;
	weir_status status;

	write_bytes(bytes, size);
	status = weir_csv_read(runtime, file_path, NULL, &table);
	cr_assert(status == WEIR_OK || status == WEIR_EFORMAT, "%s",
		  weir_status_name(status));
	cr_assert_eq(status == WEIR_OK, table != NULL);
	weir_table_release(table);
}

Test(csv, survives_every_prefix_and_every_changed_byte)
{
	char bytes[256];
	size_t s, i, n;
	int bit;

	for (s = 0; s < sizeof samples / sizeof *samples; s++) {
		n = strlen(samples[s]);
		for (i = 0; i <= n; i++)
			try_bytes(samples[s], i);
		for (i = 0; i < n; i++)
			for (bit = 0; bit < 8; bit++) {
				memcpy(bytes, samples[s], n);
				bytes[i] ^= (char)(1 << bit);
				try_bytes(bytes, n);
			}
	}
}

Test(csv, leaks_nothing_without_memory)
{
	static const char text[] = "x,y\n1,2\n3,4\n";
	weir_table *table = NULL;
	long before;
	int n;

	write_bytes(text, sizeof text - 1);
	for (n = 1;; n++) {
		weir_status status;

		weir_runtime_trim(runtime);
		before = fault.alive;
		fault_arm(&fault, n);
		status = weir_csv_read(runtime, file_path, NULL, &table);
		fault_arm(&fault, 0);
		if (!status)
			break;
		cr_assert_eq(status, WEIR_ENOMEM);
		cr_assert_null(table);
		weir_runtime_trim(runtime);
		cr_assert_eq(fault.alive, before, "call %d", n);
	}
	cr_expect_gt(n, 6);
	weir_table_release(table);
}
