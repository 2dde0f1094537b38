#include <criterion/criterion.h>
#include <criterion/parameterized.h>
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

TestSuite(npy, .init = begin, .fini = end);

/* -- files made by hand --------------------------------------------------- */

/* Put a header of this format in front of data; the size of both. */
static size_t
make_file(char *file, int format, const char *literal, const void *data,
	  size_t bytes)
{
	size_t head = format == 1 ? 10 : 12, length = strlen(literal);

	memcpy(file, "\x93NUMPY", 6);
	file[6] = (char)format;
	file[7] = 0;
	file[8] = (char)(length & 0xff);
	file[9] = (char)(length >> 8);
	if (format > 1)
		file[10] = file[11] = 0;
	memcpy(file + head, literal, length);
	memcpy(file + head + length, data, bytes);
	return head + length + bytes;
}

static weir_tensor *
read_file(int format, const char *literal, const void *data, size_t bytes)
{
	static char file[4096];
	weir_tensor *tensor = NULL;

	write_bytes(file, make_file(file, format, literal, data, bytes));
	cr_assert_eq(weir_npy_read(runtime, file_path, &tensor), WEIR_OK,
		     "%s", weir_error_text());
	return tensor;
}

static void
expect_refused(const void *bytes, size_t size, weir_status status,
	       const char *says)
{
	weir_tensor *tensor = NULL;

	write_bytes(bytes, size);
	cr_expect_eq(weir_npy_read(runtime, file_path, &tensor), status,
		     "%s: %s", says, weir_error_text());
	cr_expect_not_null(strstr(weir_error_text(), says), "%s: %s", says,
			   weir_error_text());
	cr_expect_not_null(strstr(weir_error_text(), file_path));
	cr_expect_null(tensor);
}

static const int64_t numbers[] = { 1, 2, 3, 4, 5, 6 };

#define C_HEADER(shape) \
	"{'descr': '<i8', 'fortran_order': False, 'shape': " shape ", }   \n"

static const struct literal {
	const char *label, *text;
	size_t rank;
	int64_t shape[3];
} literals[] = {
	{ "as numpy writes it", C_HEADER("(2, 3)"), 2, { 2, 3 } },
	{ "one axis", C_HEADER("(6,)"), 1, { 6 } },
	{ "three axes", C_HEADER("(1, 2, 3)"), 3, { 1, 2, 3 } },
	{ "a comma more", C_HEADER("(2, 3,)"), 2, { 2, 3 } },
	{ "no blanks",
	  "{'descr':'<i8','fortran_order':False,'shape':(2,3)}\n", 2,
	  { 2, 3 } },
	{ "another order",
	  "{'shape': (2, 3), 'fortran_order': False, 'descr': '<i8'}\n", 2,
	  { 2, 3 } },
	{ "the other quotes",
	  "{\"descr\": \"<i8\", \"fortran_order\": False, "
	  "\"shape\": (2, 3)}\n", 2, { 2, 3 } },
	{ "more blanks", " { 'descr' : '<i8' , 'fortran_order' : False , "
	  "'shape' : ( 2 , 3 ) } \n", 2, { 2, 3 } },
};
enum { LITERALS = sizeof literals / sizeof *literals };

ParameterizedTestParameters(npy, header_is_read)
{
	static size_t index[LITERALS];
	size_t i;

	for (i = 0; i < LITERALS; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, LITERALS);
}

ParameterizedTest(size_t *i, npy, header_is_read)
{
	const struct literal *c = &literals[*i];
	int64_t got[6];
	int format;

	for (format = 1; format <= 3; format++) {
		weir_tensor *t = read_file(format, c->text, numbers,
					   sizeof numbers);

		cr_expect_eq(weir_tensor_dtype(t), WEIR_I64);
		cr_expect_eq(weir_tensor_rank(t), c->rank, "%s", c->label);
		cr_expect_arr_eq(weir_tensor_shape(t), c->shape,
				 c->rank * sizeof(int64_t), "%s", c->label);
		cr_assert_eq(weir_tensor_read(t, got, sizeof got), WEIR_OK);
		cr_expect_arr_eq(got, numbers, sizeof got);
		weir_tensor_release(t);
	}
}

Test(npy, scalars_and_empty_arrays_are_read)
{
	double pi = 3.14;
	weir_tensor *t = read_file(1, "{'descr': '<f8', 'fortran_order': "
				   "False, 'shape': (), }\n", &pi, 8);

	cr_expect_eq(weir_tensor_rank(t), 0);
	cr_expect_eq(weir_item_f64(t), 3.14);
	weir_tensor_release(t);
	t = read_file(1, C_HEADER("(3, 0, 2)"), numbers, 0);
	cr_expect_eq(weir_tensor_elements(t), 0);
	weir_tensor_release(t);
}

Test(npy, fortran_order_becomes_row_major)
{
	static const int64_t rows[] = { 1, 3, 5, 2, 4, 6 };
	int64_t got[6];
	weir_tensor *t = read_file(1, "{'descr': '<i8', 'fortran_order': "
				   "True, 'shape': (2, 3), }\n", numbers,
				   sizeof numbers);

	cr_expect(weir_tensor_is_contiguous(t));
	cr_assert_eq(weir_tensor_read(t, got, sizeof got), WEIR_OK);
	cr_expect_arr_eq(got, rows, sizeof got);
	weir_tensor_release(t);
}

static const struct refused {
	const char *text;
	weir_status status;
	const char *says;
} refused[] = {
	{ "", WEIR_EFORMAT, "malformed" },
	{ "{}\n", WEIR_EFORMAT, "lacks" },
	{ "{'descr': '<i8', 'shape': (6,)}\n", WEIR_EFORMAT, "lacks" },
	{ "{'descr': '<i8', 'fortran_order': 0, 'shape': (6,)}\n",
	  WEIR_EFORMAT, "fortran_order" },
	{ "{'descr': '<i8', 'descr': '<i8', 'shape': (6,)}\n", WEIR_EFORMAT,
	  "two entries `descr'" },
	{ "{'descr': '<i8', 'fortran_order': False, 'shape': (6,), "
	  "'x': 1}\n", WEIR_EFORMAT, "unknown entry `x'" },
	{ C_HEADER("(6)"), WEIR_EFORMAT, "shape" },
	{ C_HEADER("(,)"), WEIR_EFORMAT, "shape" },
	{ C_HEADER("(2 3)"), WEIR_EFORMAT, "shape" },
	{ C_HEADER("(-6,)"), WEIR_EFORMAT, "shape" },
	{ C_HEADER("(6L,)"), WEIR_EFORMAT, "shape" },
	{ C_HEADER("[6]"), WEIR_EFORMAT, "shape" },
	{ C_HEADER("(99999999999999999999,)"), WEIR_EFORMAT, "shape" },
	{ C_HEADER("(4611686018427387904,)"), WEIR_EFORMAT, "2^62" },
	{ C_HEADER("(3037000500, 3037000500)"), WEIR_EFORMAT, "2^62" },
	{ C_HEADER("(0, 9000000000000000000)"), WEIR_EFORMAT, "2^62" },
	{ C_HEADER("(1,1,1,1,1,1,1,1,6)"), WEIR_EFORMAT, "8 axes" },
	{ C_HEADER("(1000000000000,)"), WEIR_EFORMAT, "8000000000000 bytes" },
	{ C_HEADER("(7,)"), WEIR_EFORMAT, "56 bytes of data, and the file "
	  "has 48" },
	{ C_HEADER("(5,)"), WEIR_EFORMAT, "40 bytes of data, and the file "
	  "has 48" },
	{ "{'descr': '>i8', 'fortran_order': False, 'shape': (6,)}\n",
	  WEIR_EDTYPE, "`>i8'" },
	{ "{'descr': '<c16', 'fortran_order': False, 'shape': (6,)}\n",
	  WEIR_EDTYPE, "`<c16'" },
	{ "{'descr': '|O', 'fortran_order': False, 'shape': (6,)}\n",
	  WEIR_EDTYPE, "`|O'" },
	{ "{'descr': [('a', '<i8')], 'fortran_order': False, "
	  "'shape': (6,)}\n", WEIR_EDTYPE, "records" },
	{ "{'descr': 8, 'fortran_order': False, 'shape': (6,)}\n",
	  WEIR_EFORMAT, "descr" },
	{ "{'descr': '<i8', 'fortran_order': False, 'shape': (6,)}",
	  WEIR_EFORMAT, "newline" },
	{ "{'descr': '<i8', 'fortran_order': False, 'shape': (6,)} x\n",
	  WEIR_EFORMAT, "newline" },
	{ "{'descr': '<i8', 'fortran_order': False, 'shape': (6,)}\n\n",
	  WEIR_EFORMAT, "newline" },
	{ "{'descr': '<i8' 'fortran_order': False, 'shape': (6,)}\n",
	  WEIR_EFORMAT, "malformed" },
};
enum { REFUSED = sizeof refused / sizeof *refused };

ParameterizedTestParameters(npy, header_is_refused)
{
	static size_t index[REFUSED];
	size_t i;

	for (i = 0; i < REFUSED; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, REFUSED);
}

ParameterizedTest(size_t *i, npy, header_is_refused)
{
	const struct refused *c = &refused[*i];
	static char file[4096];
	int format;

	for (format = 1; format <= 3; format++)
		expect_refused(file, make_file(file, format, c->text, numbers,
					       sizeof numbers), c->status,
			       c->says);
}

Test(npy, file_that_is_none_is_refused)
{
	static char file[4096];
	size_t size = make_file(file, 1, C_HEADER("(6,)"), numbers,
				sizeof numbers);

	expect_refused("", 0, WEIR_EFORMAT, "ends within its header");
	expect_refused("a,b\n1,2\n3,4\n", 12, WEIR_EFORMAT, "begin");
	file[6] = 4;
	expect_refused(file, size, WEIR_EFORMAT, "format 4.0");
	file[6] = 1;
	file[7] = 1;
	expect_refused(file, size, WEIR_EFORMAT, "format 1.1");
	size = make_file(file, 2, C_HEADER("(6,)"), numbers, sizeof numbers);
	file[11] = 1;
	expect_refused(file, size, WEIR_EFORMAT, "longer than");
}

Test(npy, bool_other_than_0_and_1_is_refused)
{
	static char file[4096];
	static const char literal[] = "{'descr': '|b1', 'fortran_order': "
				      "False, 'shape': (3,)}\n";
	weir_tensor *t = read_file(1, literal, "\1\0\1", 3);

	cr_expect_eq(weir_tensor_dtype(t), WEIR_BOOL);
	weir_tensor_release(t);
	expect_refused(file, make_file(file, 1, literal, "\1\0\2", 3),
		       WEIR_EFORMAT, "element 2 is 2");
}

static void *
feed(void *more)
{
	static char file[4096];
	size_t size = make_file(file, 1, C_HEADER("(6,)"), numbers,
				sizeof numbers);
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

Test(npy, file_can_be_a_pipe)
{
	weir_tensor *tensor = NULL;
	pthread_t thread;

	unlink(file_path);
	cr_assert_eq(mkfifo(file_path, 0600), 0);
	cr_assert_eq(pthread_create(&thread, NULL, feed, NULL), 0);
	cr_expect_eq(weir_npy_read(runtime, file_path, &tensor), WEIR_OK);
	pthread_join(thread, NULL);
	weir_tensor_release(tensor);
	tensor = NULL;
	cr_assert_eq(pthread_create(&thread, NULL, feed, file_path), 0);
	cr_expect_eq(weir_npy_read(runtime, file_path, &tensor),
		     WEIR_EFORMAT);
	cr_expect_not_null(strstr(weir_error_text(), "more follows"));
	pthread_join(thread, NULL);
	cr_expect_null(tensor);
}

Test(npy, file_that_cannot_be_read_is_named)
{
	weir_tensor *tensor = NULL;

	cr_expect_eq(weir_npy_read(runtime, "/no/such.npy", &tensor),
		     WEIR_EIO);
	cr_expect_not_null(strstr(weir_error_text(), "/no/such.npy"));
	cr_expect_eq(weir_npy_read(runtime, "/tmp", &tensor), WEIR_EIO);
	cr_expect_null(tensor);
}

/* -- hostile files -------------------------------------------------------- */

static void
try_bytes(const char *bytes, size_t size)
{
	weir_tensor *tensor = NULL;
	weir_status status;

	write_bytes(bytes, size);
	status = weir_npy_read(runtime, file_path, &tensor);
	cr_assert(status == WEIR_OK || status == WEIR_EFORMAT ||
		  status == WEIR_EDTYPE, "%s", weir_status_name(status));
	cr_assert_eq(status == WEIR_OK, tensor != NULL);
	weir_tensor_release(tensor);
}

Test(npy, file_survives_every_prefix_and_every_changed_byte)
{
	char file[512], bytes[512];
	int format, bit;
	size_t i, n;

	for (format = 1; format <= 2; format++) {
		n = make_file(file, format, C_HEADER("(2, 3)"), numbers,
			      sizeof numbers);
		for (i = 0; i <= n; i++)
			try_bytes(file, i);
		for (i = 0; i < n; i++)
			for (bit = 0; bit < 8; bit++) {
				memcpy(bytes, file, n);
				bytes[i] ^= (char)(1 << bit);
				try_bytes(bytes, n);
			}
	}
}

/* -- writing -------------------------------------------------------------- */

Test(npy, file_is_what_numpy_writes)
{
	/* np.save(f, np.array([[1, 2], [3, 4]], '<i8')), numpy 1.24 */
	static const char head[] =
		"\x93NUMPY\x01\x00\x76\x00"
		"{'descr': '<i8', 'fortran_order': False, 'shape': (2, 2), }";
	char wanted[160], got[160] = { 0 };
	weir_tensor *t;
	FILE *file;

	memset(wanted, ' ', 128);
	memcpy(wanted, head, sizeof head - 1);
	wanted[127] = '\n';
	memcpy(wanted + 128, numbers, 32);
	cr_assert_eq(weir_tensor_copy_of(runtime, WEIR_I64, 2,
					 (int64_t[]){ 2, 2 }, numbers, &t),
		     WEIR_OK);
	cr_assert_eq(weir_npy_write(file_path, t), WEIR_OK, "%s",
		     weir_error_text());
	weir_tensor_release(t);
	file = fopen(file_path, "rb");
	cr_expect_eq(fread(got, 1, sizeof got, file), sizeof got);
	cr_expect_eq(fgetc(file), EOF);
	fclose(file);
	cr_expect_arr_eq(got, wanted, sizeof got);
}

Test(npy, file_gives_back_what_was_written)
{
	static const weir_dtype dtypes[] = { WEIR_F32, WEIR_F64, WEIR_I64,
					     WEIR_BOOL };
	int64_t shape[WEIR_RANK_MAX] = { 3, 1, 2, 2, 1, 2, 1, 2 };
	unsigned char bytes[48 * 8];
	weir_tensor *t, *back;
	size_t d, rank, i;

	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = i % 3 == 0;
	for (d = 0; d < 4; d++)
		for (rank = 0; rank <= WEIR_RANK_MAX; rank++) {
			cr_assert_eq(weir_tensor_copy_of(runtime, dtypes[d],
							 rank, shape, bytes,
							 &t), WEIR_OK);
			cr_assert_eq(weir_npy_write(file_path, t), WEIR_OK);
			cr_assert_eq(weir_npy_read(runtime, file_path, &back),
				     WEIR_OK, "%s", weir_error_text());
			cr_expect(weir_tensor_equal_bits(t, back, NULL));
			weir_tensor_release(back);
			weir_tensor_release(t);
		}
}

Test(npy, file_of_a_strided_tensor_is_row_major)
{
	static const int64_t columns[] = { 1, 3, 5, 2, 4, 6 };
	weir_tensor *t, *back;
	int64_t got[6];

	cr_assert_eq(weir_tensor_wrap(runtime, WEIR_I64, 2,
				      (int64_t[]){ 2, 3 },
				      (int64_t[]){ 8, 16 }, (void *)numbers,
				      NULL, NULL, &t), WEIR_OK);
	cr_assert_eq(weir_npy_write(file_path, t), WEIR_OK);
	cr_assert_eq(weir_npy_read(runtime, file_path, &back), WEIR_OK);
	cr_assert_eq(weir_tensor_read(back, got, sizeof got), WEIR_OK);
	cr_expect_arr_eq(got, columns, sizeof got);
	weir_tensor_release(back);
	weir_tensor_release(t);
}

Test(npy, file_can_be_of_a_variable)
{
	weir_tensor *g, *back;

	cr_assert_eq(weir_generator_create(runtime, "g", 77, &g), WEIR_OK);
	cr_assert_eq(weir_npy_write(file_path, g), WEIR_OK);
	cr_assert_eq(weir_npy_read(runtime, file_path, &back), WEIR_OK);
	cr_expect_eq(((int64_t *)weir_tensor_data(back))[0], 77);
	weir_tensor_release(back);
	weir_tensor_release(g);
}

Test(npy, file_that_cannot_be_written_stays_as_it_was)
{
	weir_tensor *t;

	cr_assert_eq(weir_tensor_copy_of(runtime, WEIR_I64, 1,
					 (int64_t[]){ 6 }, numbers, &t),
		     WEIR_OK);
	cr_expect_eq(weir_npy_write("/no/such/folder/x.npy", t), WEIR_EIO);
	cr_expect_not_null(strstr(weir_error_text(), "/no/such/folder"));
	cr_expect_eq(weir_npy_write("/dev/full", t), WEIR_EIO);
	cr_expect_eq(weir_npy_write(NULL, t), WEIR_EINVAL);
	cr_expect_eq(weir_npy_write(file_path, NULL), WEIR_ENULL);
	weir_tensor_release(t);
	cr_expect_eq(weir_npy_read(NULL, file_path, &t), WEIR_EINVAL);
	cr_expect_eq(weir_npy_read(runtime, NULL, &t), WEIR_EINVAL);
	cr_expect_eq(weir_npy_read(runtime, file_path, NULL), WEIR_EINVAL);
}

Test(npy, file_leaks_nothing_without_memory)
{
	static char file[512];
	weir_tensor *tensor = NULL, *strided;
	weir_status status;
	long before;
	int n;

	write_bytes(file, make_file(file, 1, "{'descr': '<i8', "
				    "'fortran_order': True, "
				    "'shape': (2, 3), }\n", numbers,
				    sizeof numbers));
	cr_assert_eq(weir_tensor_wrap(runtime, WEIR_I64, 2,
				      (int64_t[]){ 2, 3 },
				      (int64_t[]){ 8, 16 }, (void *)numbers,
				      NULL, NULL, &strided), WEIR_OK);
	for (n = 1;; n++) {
		weir_runtime_trim(runtime);
		before = fault.alive;
		fault_arm(&fault, n);
		status = weir_npy_read(runtime, file_path, &tensor);
		if (!status)
			break;
		cr_assert_eq(status, WEIR_ENOMEM);
		weir_runtime_trim(runtime);
		cr_assert_eq(fault.alive, before);
	}
	cr_expect_eq(n, 5, "two tensors of two blocks");
	weir_tensor_release(tensor);
	for (n = 1;; n++) {
		weir_runtime_trim(runtime);
		before = fault.alive;
		fault_arm(&fault, n);
		status = weir_npy_write(file_path, strided);
		weir_runtime_trim(runtime);
		cr_assert_eq(fault.alive, before);
		if (!status)
			break;
		cr_assert_eq(status, WEIR_ENOMEM);
	}
	cr_expect_gt(n, 4);
	weir_tensor_release(strided);
}
