/* One function, run eagerly and then as a graph: the same bits. */
#include <stdio.h>
#include <stdlib.h>
#include <weir.h>

#define MUST(call) ((call) ? (puts(weir_error_text()), exit(1)) : (void)0)

static weir_status
layer(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_relu(s, weir_matmul(s, in[0], in[1]));
	return weir_scope_status(s);
}

int
main(void)
{
	float x[] = { 1, 2, 3 }, w[] = { 4, 5, 6 };
	weir_runtime *rt;
	weir_scope *eager;
	weir_function *graph;
	weir_tensor *in[2], *out[1];

	MUST(weir_runtime_create(NULL, &rt));
	MUST(weir_tensor_copy_of(rt, WEIR_F32, 2, (int64_t[]){ 1, 3 }, x, &in[0]));
	MUST(weir_tensor_copy_of(rt, WEIR_F32, 2, (int64_t[]){ 3, 1 }, w, &in[1]));
	MUST(weir_scope_create(rt, "layer", &eager));
	MUST(layer(eager, in, out, NULL));	/* each op runs at once */
	printf("eager: %g\n", weir_item_f64(out[0]));
	MUST(weir_function_create(rt, "layer", layer, NULL, &graph));
	MUST(weir_function_call(graph, NULL, in, 2, out, 1)); /* compiled */
	printf("graph: %g\n", weir_item_f64(out[0]));
	weir_tensor_release(out[0]);
	weir_function_release(graph);
	weir_scope_release(eager);	/* and what was made in it */
	weir_tensor_release(in[0]);
	weir_tensor_release(in[1]);
	weir_runtime_release(rt);
}
