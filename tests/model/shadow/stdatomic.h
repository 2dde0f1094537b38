/* In place of the compiler's: atomics that the model checker sees. */
#ifndef TESTS_SHADOW_STDATOMIC_H
#define TESTS_SHADOW_STDATOMIC_H

#include "model/model.h"

typedef enum model_order memory_order;

#define memory_order_relaxed	MODEL_RELAXED
#define memory_order_consume	MODEL_ACQUIRE
#define memory_order_acquire	MODEL_ACQUIRE
#define memory_order_release	MODEL_RELEASE
#define memory_order_acq_rel	MODEL_ACQ_REL
#define memory_order_seq_cst	MODEL_SEQ_CST

typedef _Atomic _Bool atomic_bool;
typedef _Atomic int atomic_int;
typedef _Atomic unsigned atomic_uint;
typedef _Atomic long atomic_long;
typedef _Atomic size_t atomic_size_t;

/* The type without its qualifiers. */
#define MODEL_TYPE(p)	__typeof__((void)0, *(p))

#define atomic_init(p, v) \
	model_store((p), sizeof *(p), (uint64_t)(MODEL_TYPE(p))(v), \
		    MODEL_RELAXED, MODEL_HERE(#p))

#define atomic_load_explicit(p, order) \
	((MODEL_TYPE(p))model_load((p), sizeof *(p), (order), MODEL_HERE(#p)))

#define atomic_store_explicit(p, v, order) \
	model_store((p), sizeof *(p), (uint64_t)(MODEL_TYPE(p))(v), (order), \
		    MODEL_HERE(#p))

/* In braces: the result need not be used. */
#define MODEL_CHANGE(p, operation, v, order, here) __extension__ ({ \
	(MODEL_TYPE(p))model_change((p), sizeof *(p), (operation), (v), \
				    (order), (here)); })

#define atomic_exchange_explicit(p, v, order) \
	MODEL_CHANGE(p, '=', (uint64_t)(MODEL_TYPE(p))(v), order, \
		     MODEL_HERE(#p))

#define atomic_fetch_add_explicit(p, v, order) \
	MODEL_CHANGE(p, '+', (uint64_t)(v), order, MODEL_HERE(#p))

#define atomic_fetch_sub_explicit(p, v, order) \
	MODEL_CHANGE(p, '-', (uint64_t)(v), order, MODEL_HERE(#p))

#define atomic_fetch_or_explicit(p, v, order) \
	MODEL_CHANGE(p, '|', (uint64_t)(v), order, MODEL_HERE(#p))

#define atomic_compare_exchange_strong_explicit(p, e, v, order, failure) \
	model_swap((p), sizeof *(p), (e), (uint64_t)(MODEL_TYPE(p))(v), \
		   (order), (failure), MODEL_HERE(#p))

#define atomic_compare_exchange_weak_explicit \
	atomic_compare_exchange_strong_explicit

#define atomic_load(p)		atomic_load_explicit((p), MODEL_SEQ_CST)
#define atomic_store(p, v)	atomic_store_explicit((p), (v), MODEL_SEQ_CST)
#define atomic_exchange(p, v) \
	atomic_exchange_explicit((p), (v), MODEL_SEQ_CST)
#define atomic_fetch_add(p, v) \
	atomic_fetch_add_explicit((p), (v), MODEL_SEQ_CST)
#define atomic_fetch_sub(p, v) \
	atomic_fetch_sub_explicit((p), (v), MODEL_SEQ_CST)
#define atomic_thread_fence(order) \
	model_fence((order), MODEL_HERE("fence"))

#endif
