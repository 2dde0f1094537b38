/*
 * What `make installcheck' compiles against the installed library, as C and
 * as C++: one function, called eagerly and from its plan.
 */
#include <weir.h>

#include <stdio.h>
#include <string.h>

static weir_status
double_and_clip(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
		void *arg)
{
	(void)arg;
	out[0] = weir_relu(scope, weir_add(scope, in[0], in[0]));
	return weir_scope_status(scope);
}

/* 0 where a call gives what it should. */
static int
call(weir_function *function, weir_mode mode, weir_tensor *in)
{
	static const double want[3] = { 0, 3, 7 };
	weir_run_options options;
	weir_tensor *out = NULL;
	double got[3];
	int is_wrong;

	memset(&options, 0, sizeof options);
	options.size = sizeof options;
	options.mode = mode;
	if (weir_function_call(function, &options, &in, 1, &out, 1) ||
	    weir_tensor_read(out, got, sizeof got)) {
		fprintf(stderr, "%s\n", weir_error_text());
		return 1;
	}
	is_wrong = memcmp(got, want, sizeof got) != 0;
	weir_tensor_release(out);
	return is_wrong;
}

int
main(void)
{
	static const double data[3] = { -1, 1.5, 3.5 };
	static const int64_t shape[1] = { 3 };
	weir_runtime *runtime = NULL;
	weir_function *function = NULL;
	weir_tensor *in = NULL;
	int failed = 1;

	if (strcmp(weir_version(), WEIR_VERSION) != 0) {
		fprintf(stderr, "compiled with weir %s, running weir %s\n",
			WEIR_VERSION, weir_version());
		return 1;
	}
	if (weir_runtime_create(NULL, &runtime) ||
	    weir_tensor_copy_of(runtime, WEIR_F64, 1, shape, data, &in) ||
	    weir_function_create(runtime, "double_and_clip", double_and_clip,
				 NULL, &function))
		fprintf(stderr, "%s\n", weir_error_text());
	else
		failed = call(function, WEIR_MODE_EAGER, in) ||
			 call(function, WEIR_MODE_GRAPH, in);

	weir_function_release(function);
	weir_tensor_release(in);
	weir_runtime_release(runtime);
	return failed;
}
