#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <sys/stat.h>

#include "support/fault.h"
#include "support/files.h"
#include "support/weir_test.h"

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
	must(weir_runtime_create(&options, &runtime));
}

static void
end(void)
{
	weir_runtime_release(runtime);
	cr_expect_eq(fault.alive, 0);
	end_file();
}

TestSuite(safetensors, .init = begin, .fini = end);

/* -- files made by hand --------------------------------------------------- */

enum { FILE_MAX = 8192 };

/* The length of the header, the header and data; the size of all. */
static size_t
make_file(char *file, const char *header, const void *data, size_t bytes)
{
	size_t length = strlen(header), i;

	for (i = 0; i < 8; i++)
		file[i] = (char)(length >> 8 * i);
	memcpy(file + 8, header, length);
	memcpy(file + 8 + length, data, bytes);
	return 8 + length + bytes;
}

static weir_archive *
must_read(void)
{
	weir_archive *archive = NULL;

	must(weir_safetensors_read(runtime, file_path, &archive));
	return archive;
}

static weir_archive *
read_file(const char *header, const void *data, size_t bytes)
{
	static char file[FILE_MAX];

	write_bytes(file, make_file(file, header, data, bytes));
	return must_read();
}

static void
expect_refused(const void *bytes, size_t size, weir_status status,
	       const char *says)
{
	weir_archive *archive = NULL;

	write_bytes(bytes, size);
	cr_expect_eq(weir_safetensors_read(runtime, file_path, &archive),
		     status, "%s: %s", says, weir_error_text());
	expect_text(weir_error_text(), says);
	expect_text(weir_error_text(), file_path);
	cr_expect_null(archive);
}

static const int64_t numbers[] = { 1, 2, 3, 4, 5, 6 };

#define ENTRY(name, dtype, shape, begin, end) \
	"\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":[" shape \
	"],\"data_offsets\":[" begin "," end "]}"

Test(safetensors, tensors_are_read_with_their_names)
{
	weir_archive *a = read_file("{\"__metadata__\":{\"format\":\"pt\"},"
				    ENTRY("b", "I64", "2,2", "0", "32") ","
				    ENTRY("a", "I64", "2", "32", "48")
				    "}   ", numbers, 48);

	cr_expect_eq(weir_archive_size(a), 2);
	cr_expect_str_eq(weir_archive_name(a, 0), "b");
	cr_expect_str_eq(weir_archive_name(a, 1), "a");
	cr_expect_null(weir_archive_name(a, 2));
	cr_expect_null(weir_archive_tensor(a, 2));
	cr_expect_eq(weir_archive_find(a, "a"), weir_archive_tensor(a, 1));
	cr_expect_null(weir_archive_find(a, "c"));
	cr_expect_null(weir_archive_find(a, NULL));
	cr_expect_eq(weir_tensor_rank(weir_archive_tensor(a, 0)), 2);
	cr_expect_str_eq(weir_tensor_name(weir_archive_tensor(a, 0)), "b");
	cr_expect_arr_eq(weir_tensor_data(weir_archive_tensor(a, 0)), numbers,
			 32);
	cr_expect_arr_eq(weir_tensor_data(weir_archive_find(a, "a")),
			 numbers + 4, 16);
	weir_archive_release(a);
	weir_archive_release(NULL);
	cr_expect_eq(weir_archive_size(NULL), 0);
}

Test(safetensors, order_and_spacing_are_the_writers_choice)
{
	weir_archive *a = read_file(
		"{ \"b\" : { \"data_offsets\" : [ 8 , 16 ] ,\n"
		"\"shape\" : [ ] , \"dtype\" : \"I64\" } ,\t"
		ENTRY("\\u0061/\\u00e9", "I64", "1", "0", "8") "\r\n}",
		numbers, 16);

	cr_expect_str_eq(weir_archive_name(a, 0), "a/\xc3\xa9");
	cr_expect_eq(weir_item_f64(weir_archive_tensor(a, 1)), 2);
	weir_archive_release(a);
}

Test(safetensors, tensors_without_elements_and_no_tensors_are_read)
{
	weir_archive *a = read_file("{" ENTRY("b", "F32", "0", "8", "8") ","
				    ENTRY("a", "I64", "1", "0", "8") ","
				    ENTRY("c", "F64", "3,0", "0", "0") "}",
				    numbers, 8);

	cr_expect_eq(weir_archive_size(a), 3);
	cr_expect_str_eq(weir_archive_name(a, 0), "c");
	cr_expect_eq(weir_tensor_elements(weir_archive_find(a, "b")), 0);
	weir_archive_release(a);
	a = read_file("{}", "", 0);
	cr_expect_eq(weir_archive_size(a), 0);
	weir_archive_release(a);
}

Test(safetensors, tensors_outlive_their_archive)
{
	weir_archive *a = read_file("{" ENTRY("a", "I64", "", "0", "8") "}",
				    numbers, 8);
	weir_tensor *t = weir_tensor_retain(weir_archive_find(a, "a"));

	weir_archive_release(a);
	cr_expect_eq(weir_item_f64(t), 1);
	cr_expect_str_eq(weir_tensor_name(t), "a");
	weir_tensor_release(t);
}

static const struct refused {
	const char *header;
	weir_status status;
	const char *says;
} refused[] = {
	{ "", WEIR_EFORMAT, "does not begin as safetensors files do" },
	{ "[]", WEIR_EFORMAT, "does not begin" },
	{ " {}", WEIR_EFORMAT, "does not begin" },
	{ "{", WEIR_EFORMAT, "header is malformed: a key is missing" },
	{ "{}{}", WEIR_EFORMAT, "more follows" },
	{ "{\"a\":1}", WEIR_EFORMAT, "tensor `a': it is no object" },
	{ "{\"a\":{}}", WEIR_EFORMAT, "it lacks `dtype'" },
	{ "{\"a\":{\"dtype\":\"I64\"}}", WEIR_EFORMAT, "it lacks `shape'" },
	{ "{\"a\":{\"dtype\":\"I64\",\"shape\":[6]}}", WEIR_EFORMAT,
	  "it lacks `data_offsets'" },
	{ "{\"a\":{\"dtype\":\"I64\",\"shape\":[6],\"data_offsets\":[0,48],"
	  "\"x\":1}}", WEIR_EFORMAT, "more than dtype, shape" },
	{ "{" ENTRY("a", "BF16", "24", "0", "48") "}", WEIR_EDTYPE,
	  "tensor `a': its elements are `BF16'; they must be F32" },
	{ "{" ENTRY("a", "i64", "6", "0", "48") "}", WEIR_EDTYPE, "`i64'" },
	{ "{\"a\":{\"dtype\":8,\"shape\":[6],\"data_offsets\":[0,48]}}",
	  WEIR_EFORMAT, "its dtype is no string" },
	{ "{\"a\":{\"dtype\":\"I64\",\"shape\":6,\"data_offsets\":[0,48]}}",
	  WEIR_EFORMAT, "its shape is no list" },
	{ "{\"a\":{\"dtype\":\"I64\",\"shape\":[6],\"data_offsets\":[0]}}",
	  WEIR_EFORMAT, "no two integers" },
	{ "{" ENTRY("a", "I64", "\\\"6\\\"", "0", "48") "}", WEIR_EFORMAT,
	  "malformed" },
	{ "{" ENTRY("a", "I64", "null", "0", "48") "}", WEIR_EFORMAT,
	  "no integer" },
	{ "{" ENTRY("a", "I64", "6.0", "0", "48") "}", WEIR_EFORMAT,
	  "no integer" },
	{ "{" ENTRY("a", "I64", "-6", "0", "48") "}", WEIR_EFORMAT,
	  "negative length -6" },
	{ "{" ENTRY("a", "I64", "1,1,1,1,1,1,1,1,6", "0", "48") "}",
	  WEIR_EFORMAT, "more than 8 axes" },
	{ "{" ENTRY("a", "I64", "99999999999999999999", "0", "48") "}",
	  WEIR_EFORMAT, "no integer of 64 bits" },
	{ "{" ENTRY("a", "I64", "4611686018427387904", "0", "48") "}",
	  WEIR_EFORMAT, "2^62" },
	{ "{" ENTRY("a", "I64", "3037000500,3037000500", "0", "48") "}",
	  WEIR_EFORMAT, "2^62" },
	{ "{" ENTRY("a", "I64", "0,9000000000000000000", "0", "48") "}",
	  WEIR_EFORMAT, "2^62" },
	{ "{" ENTRY("a", "I64", "5", "0", "48") "}", WEIR_EFORMAT,
	  "i64[5] needs 40 bytes, and it has 48" },
	{ "{" ENTRY("a", "I64", "6", "48", "0") "}", WEIR_EFORMAT,
	  "its bytes are 48 to 0" },
	{ "{" ENTRY("a", "I64", "6", "-8", "40") "}", WEIR_EFORMAT,
	  "its bytes are -8 to 40" },
	{ "{" ENTRY("a", "I64", "6", "-9223372036854775808",
		    "9223372036854775807") "}", WEIR_EFORMAT, "its bytes" },
	{ "{" ENTRY("a", "I64", "3", "0", "24") ","
	  ENTRY("a", "I64", "3", "24", "48") "}", WEIR_EFORMAT,
	  "two entries `a'" },
	{ "{" ENTRY("a", "I64", "3", "0", "24") ","
	  ENTRY("b", "I64", "3", "16", "40") "}", WEIR_EFORMAT,
	  "tensor `b' begins at byte 16 of the data: others go on to 24" },
	{ "{" ENTRY("a", "I64", "2", "0", "16") ","
	  ENTRY("b", "I64", "3", "24", "48") "}", WEIR_EFORMAT,
	  "nothing is there from 16" },
	{ "{" ENTRY("a", "I64", "5", "8", "48") "}", WEIR_EFORMAT,
	  "nothing is there from 0" },
	{ "{" ENTRY("a", "I64", "5", "0", "40") "}", WEIR_EFORMAT,
	  "need 40 bytes of data, and the file has 48" },
	{ "{" ENTRY("a", "I64", "7", "0", "56") "}", WEIR_EFORMAT,
	  "need 56 bytes of data, and the file has 48" },
	{ "{" ENTRY("a", "I64", "1000000000000", "0", "8000000000000") "}",
	  WEIR_EFORMAT, "need 8000000000000 bytes" },
	{ "{" ENTRY("\xff", "I64", "6", "0", "48") "}", WEIR_EFORMAT,
	  "not UTF-8" },
	{ "{" ENTRY("a\\u0000b", "I64", "6", "0", "48") "}", WEIR_EFORMAT,
	  "or 0," },
	{ "{\"__metadata__\":[]," ENTRY("a", "I64", "6", "0", "48") "}",
	  WEIR_EFORMAT, "`__metadata__' is no object" },
	{ "{\"__metadata__\":{\"x\":1},"
	  ENTRY("a", "I64", "6", "0", "48") "}", WEIR_EFORMAT,
	  "`x' of `__metadata__' is no string" },
};
enum { REFUSED = sizeof refused / sizeof *refused };

ParameterizedTestParameters(safetensors, header_is_refused)
{
	static size_t index[REFUSED];
	size_t i;

	for (i = 0; i < REFUSED; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, REFUSED);
}

ParameterizedTest(size_t *i, safetensors, header_is_refused)
{
	const struct refused *c = &refused[*i];
	static char file[FILE_MAX];

	expect_refused(file, make_file(file, c->header, numbers,
				       sizeof numbers), c->status, c->says);
}

Test(safetensors, file_that_is_none_is_refused)
{
	static const char header[] = "{" ENTRY("a", "I64", "6", "0", "48") "}";
	static char file[FILE_MAX];
	size_t size = make_file(file, header, numbers, sizeof numbers);

	expect_refused("", 0, WEIR_EFORMAT, "ends within its header");
	expect_refused(file, 7, WEIR_EFORMAT, "ends within its header");
	expect_refused(file, 8, WEIR_EFORMAT, "and the file has 8");
	expect_refused(file, size - 1, WEIR_EFORMAT, "and the file has 47");
	file[7] = (char)0x80;
	expect_refused(file, size, WEIR_EFORMAT, "would have 92233720368547");
	file[7] = 0;
	file[3] = 100;
	expect_refused(file, size, WEIR_EFORMAT, "the most are 100000000");
}

Test(safetensors, bool_other_than_0_and_1_is_refused)
{
	static const char header[] = "{" ENTRY("a", "BOOL", "3", "0", "3") "}";
	static char file[FILE_MAX];

	weir_archive_release(read_file(header, "\1\0\1", 3));
	expect_refused(file, make_file(file, header, "\1\0\2", 3),
		       WEIR_EFORMAT, "tensor `a': element 2 is 2");
}

static void *
feed(void *more)
{
	static char file[FILE_MAX];
	size_t size = make_file(file, "{" ENTRY("a", "I64", "6", "0", "48")
				"}", numbers, sizeof numbers);
	FILE *pipe = fopen(file_path, "wb");
	size_t i;

	for (i = 0; pipe && i < size + (more != NULL); i++) {
		fputc(file[i], pipe);
		fflush(pipe);
	}
	if (pipe)
		fclose(pipe);
	return NULL;
}

Test(safetensors, file_can_be_a_pipe)
{
	weir_archive *archive = NULL;
	pthread_t thread;

	unlink(file_path);
	cr_assert_eq(mkfifo(file_path, 0600), 0);
	cr_assert_eq(pthread_create(&thread, NULL, feed, NULL), 0);
	must(weir_safetensors_read(runtime, file_path, &archive));
	pthread_join(thread, NULL);
	weir_archive_release(archive);
	archive = NULL;
	cr_assert_eq(pthread_create(&thread, NULL, feed, file_path), 0);
	cr_expect_eq(weir_safetensors_read(runtime, file_path, &archive),
		     WEIR_EFORMAT);
	expect_text(weir_error_text(), "more follows");
	pthread_join(thread, NULL);
	cr_expect_null(archive);
}

/* -- hostile files -------------------------------------------------------- */

static void
try_bytes(const char *bytes, size_t size)
{
	weir_archive *archive = NULL;
	weir_status status;

	write_bytes(bytes, size);
	status = weir_safetensors_read(runtime, file_path, &archive);
	cr_assert(status == WEIR_OK || status == WEIR_EFORMAT ||
		  status == WEIR_EDTYPE, "%s: %s", weir_status_name(status),
		  weir_error_text());
	cr_assert_eq(status == WEIR_OK, archive != NULL);
	weir_archive_release(archive);
}

Test(safetensors, file_survives_every_prefix_and_every_changed_byte)
{
	static const char bytes[] = "{}[]\",:\\u0d19-.e tfn\x80\xff\xc3";
	char file[512], changed[512];
	size_t i, k, n;

	n = make_file(file, "{\"__metadata__\":{\"x\":\"\"},"
		      ENTRY("a", "I64", "2", "0", "16") ","
		      ENTRY("b", "BOOL", "1,3", "16", "19") "}", "\1\0\1",
		      3);
	memset(file + n, 0, 16);
	n += 16;
	for (i = 0; i <= n; i++)
		try_bytes(file, i);
	for (i = 0; i < n; i++)
		for (k = 0; k < sizeof bytes; k++) {
			memcpy(changed, file, n);
			changed[i] = k < 8 ? file[i] ^ (char)(1 << k)
					   : bytes[k];
			try_bytes(changed, n);
		}
}

/* -- writing -------------------------------------------------------------- */

Test(safetensors, file_is_what_the_formats_own_library_writes)
{
	/* save({"b": f32[2], "a": bool[1], "c": f32[1], "d": i64[]}) */
	static const char wanted[] =
		"\xe0\0\0\0\0\0\0\0"
		"{\"d\":{\"dtype\":\"I64\",\"shape\":[],"
		"\"data_offsets\":[0,8]},"
		"\"b\":{\"dtype\":\"F32\",\"shape\":[2],"
		"\"data_offsets\":[8,16]},"
		"\"c\":{\"dtype\":\"F32\",\"shape\":[1],"
		"\"data_offsets\":[16,20]},"
		"\"a\":{\"dtype\":\"BOOL\",\"shape\":[1],"
		"\"data_offsets\":[20,21]}}      "
		"\7\0\0\0\0\0\0\0" "\0\0\x80\x3f" "\0\0\0\x40" "\0\0\0\xc0"
		"\1";
	static const char *const names[] = { "b", "a", "c", "d" };
	weir_tensor *t[4] = {
		must_tensor(runtime, WEIR_F32, ((float[]){ 1, 2 }), 2),
		must_tensor(runtime, WEIR_BOOL, "\1", 1),
		must_tensor(runtime, WEIR_F32, ((float[]){ -2 }), 1),
		must_tensor_of(runtime, WEIR_I64, 0, NULL,
			       (int64_t[]){ 7 }),
	};
	char got[512];
	size_t size;
	FILE *file;
	int i;

	must(weir_safetensors_write(runtime, file_path, names, t, 4));
	file = fopen(file_path, "rb");
	size = fread(got, 1, sizeof got, file);
	fclose(file);
	cr_expect_eq(size, sizeof wanted - 1);
	cr_expect_arr_eq(got, wanted, sizeof wanted - 1, "%s", got + 8);
	for (i = 0; i < 4; i++)
		weir_tensor_release(t[i]);
}

/* Every dtype and rank, with bits that arithmetic would not keep. */
Test(safetensors, file_gives_back_every_bit)
{
	static const uint32_t f32s[] = { 0x80000000, 0x7fc00001, 0xff800001,
					 0x7f800000, 1, 0x3f800001 };
	static const uint64_t f64s[] = { 0x8000000000000000,
					 0x7ff8000000000001,
					 0xfff0000000000001,
					 0x7ff0000000000000, 1,
					 0x3ff0000000000001 };
	static const struct {
		weir_dtype dtype;
		const void *data;
		size_t bytes;
	} kinds[] = {
		{ WEIR_F32, f32s, sizeof f32s },
		{ WEIR_F64, f64s, sizeof f64s },
		{ WEIR_I64, f64s, sizeof f64s },
		{ WEIR_BOOL, "\0\1\1\0\1\0", 6 },
	};
	static const int64_t shape[WEIR_RANK_MAX] = { 3, 1, 2, 1, 1, 1, 1, 1 };
	enum { KINDS = 4, RANKS = WEIR_RANK_MAX - 2, N = KINDS * RANKS };
	weir_tensor *t[N];
	char names[N][16];
	const char *list[N];
	weir_archive *a;
	int i;

	for (i = 0; i < N; i++) {
		t[i] = must_tensor_of(runtime, kinds[i % KINDS].dtype,
				      (size_t)(i / KINDS + 3), shape,
				      kinds[i % KINDS].data);
		snprintf(names[i], sizeof names[i], "t/%d \"\xc3\xa9\"\n", i);
		list[i] = names[i];
	}
	must(weir_safetensors_write(runtime, file_path, list, t, N));
	a = must_read();
	cr_expect_eq(weir_archive_size(a), N);
	for (i = 0; i < N; i++) {
		weir_tensor *back = weir_archive_find(a, names[i]);

		cr_assert_not_null(back);
		expect_same_bits(t[i], back);
		cr_expect_arr_eq(weir_tensor_data(back),
				 kinds[i % KINDS].data,
				 kinds[i % KINDS].bytes);
		weir_tensor_release(t[i]);
	}
	weir_archive_release(a);
}

Test(safetensors, variables_are_written_by_their_names)
{
	weir_tensor *t[2], *rows;
	weir_archive *a;
	int64_t got[6];
	static const int64_t columns[] = { 1, 3, 5, 2, 4, 6 };

	must(weir_tensor_wrap(runtime, WEIR_I64, 2, (int64_t[]){ 2, 3 },
			      (int64_t[]){ 8, 16 }, (void *)numbers, NULL,
			      NULL, &rows));
	must(weir_tensor_set_name(rows, "rows"));
	must(weir_generator_create(runtime, "dice", 77, &t[0]));
	t[1] = rows;
	must(weir_safetensors_write(runtime, file_path, NULL, t, 2));
	a = must_read();
	cr_expect_eq(((int64_t *)weir_tensor_data(weir_archive_find(
			a, "dice")))[0], 77);
	must(weir_tensor_read(weir_archive_find(a, "rows"), got, sizeof got));
	cr_expect_arr_eq(got, columns, sizeof got, "row-major");
	weir_archive_release(a);
	weir_tensor_release(t[0]);
	weir_tensor_release(rows);
	must(weir_safetensors_write(runtime, file_path, NULL, NULL, 0));
	a = must_read();
	cr_expect_eq(weir_archive_size(a), 0);
	weir_archive_release(a);
}

static void
expect_not_written(const char *path, const char *const *names,
		   weir_tensor *const *tensors, size_t n, weir_status status,
		   const char *says)
{
	cr_expect_eq(weir_safetensors_write(runtime, path, names, tensors, n),
		     status, "%s: %s", says, weir_error_text());
	expect_text(weir_error_text(), says);
}

Test(safetensors, what_cannot_be_written_leaves_the_file_as_it_was)
{
	weir_tensor *t[2] = { must_tensor(runtime, WEIR_I64, numbers, 6), 0 };
	weir_runtime *other = must_runtime(1);
	const char *two[2] = { "a", "a" };
	weir_archive *a;
	weir_graph *g;

	must(weir_graph_create(runtime, "g", &g));
	must(weir_safetensors_write(runtime, file_path, two, t, 1));
	expect_not_written(file_path, two, t, 2, WEIR_ENULL,
			   "tensor 1 is NULL");
	expect_not_written(file_path, NULL, t, 1, WEIR_EINVAL,
			   "tensor 0 has no name");
	expect_not_written(file_path, (const char *[]){ NULL }, t, 1,
			   WEIR_EINVAL, "tensor 0 has no name");
	expect_not_written(file_path, two, NULL, 1, WEIR_EINVAL, "is NULL");
	expect_not_written(NULL, two, t, 1, WEIR_EINVAL, "the path is NULL");
	t[1] = t[0];
	expect_not_written(file_path, two, t, 2, WEIR_EINVAL,
			   "two tensors are called `a'");
	two[1] = "\xff";
	expect_not_written(file_path, two, t, 2, WEIR_EINVAL,
			   "tensor 1 is not UTF-8");
	two[1] = "__metadata__";
	expect_not_written(file_path, two, t, 2, WEIR_EINVAL,
			   "`__metadata__'");
	two[1] = "b";
	t[1] = must_tensor(other, WEIR_I64, numbers, 6);
	expect_not_written(file_path, two, t, 2, WEIR_EFOREIGN,
			   "tensor 1 belongs to another runtime");
	weir_tensor_release(t[1]);
	t[1] = weir_graph_input(g, WEIR_F32, 0, NULL, "x");
	expect_not_written(file_path, two, t, 2, WEIR_ESYMBOLIC,
			   "has no value while it is recorded");
	expect_not_written("/no/such/folder/x", two, t, 1, WEIR_EIO,
			   "/no/such/folder");
	expect_not_written("/dev/full", two, t, 1, WEIR_EIO, "/dev/full");
	a = must_read();
	expect_same_bits(weir_archive_find(a, "a"), t[0]);
	weir_archive_release(a);
	weir_graph_release(g);
	weir_runtime_release(other);
	weir_tensor_release(t[0]);
	a = NULL;
	cr_expect_eq(weir_safetensors_read(NULL, file_path, &a), WEIR_EINVAL);
	cr_expect_eq(weir_safetensors_read(runtime, NULL, &a), WEIR_EINVAL);
	cr_expect_eq(weir_safetensors_read(runtime, file_path, NULL),
		     WEIR_EINVAL);
	cr_expect_eq(weir_safetensors_read(runtime, "/no/such", &a),
		     WEIR_EIO);
	cr_expect_null(a);
	cr_expect_eq(weir_safetensors_write(NULL, file_path, two, t, 0),
		     WEIR_EINVAL);
}

Test(safetensors, file_leaks_nothing_without_memory)
{
	static const char *const names[] = { "a", "b" };
	weir_tensor *t[2];
	weir_archive *a = NULL;
	weir_status status;
	long before;
	int n, last[2];

	t[0] = must_tensor(runtime, WEIR_I64, numbers, 6);
	must(weir_tensor_wrap(runtime, WEIR_I64, 2, (int64_t[]){ 2, 3 },
			      (int64_t[]){ 8, 16 }, (void *)numbers, NULL,
			      NULL, &t[1]));
	for (n = 1, status = WEIR_ENOMEM; status; n++) {
		weir_runtime_trim(runtime);
		before = fault.alive;
		fault_arm(&fault, n);
		status = weir_safetensors_write(runtime, file_path, names, t,
						2);
		weir_runtime_trim(runtime);
		cr_assert_eq(fault.alive, before);
		cr_assert(!status || status == WEIR_ENOMEM);
	}
	last[0] = n;
	for (n = 1, status = WEIR_ENOMEM; status; n++) {
		weir_runtime_trim(runtime);
		before = fault.alive;
		fault_arm(&fault, n);
		status = weir_safetensors_read(runtime, file_path, &a);
		if (!status)
			break;
		cr_assert_eq(status, WEIR_ENOMEM);
		cr_assert_null(a);
		weir_runtime_trim(runtime);
		cr_assert_eq(fault.alive, before);
	}
	last[1] = n;
	cr_expect(last[0] > 7 && last[1] > 7, "%d, %d", last[0], last[1]);
	weir_archive_release(a);
	weir_tensor_release(t[0]);
	weir_tensor_release(t[1]);
}
