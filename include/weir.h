/**
 * weir: run C functions eagerly or as a compiled dataflow graph.
 *
 * This is the only header an application includes.
 */
#ifndef WEIR_H
#define WEIR_H

#include <weir/export.h>
#include <weir/version.h>
#include <weir/status.h>
#include <weir/runtime.h>
#include <weir/tensor.h>
#include <weir/io.h>
#include <weir/op.h>
#include <weir/scope.h>
#include <weir/ops.h>
#include <weir/autodiff.h>
#include <weir/control.h>
#include <weir/graph.h>
#include <weir/run.h>
#include <weir/saved.h>
#include <weir/task.h>
#include <weir/trace.h>

#endif /* WEIR_H */
