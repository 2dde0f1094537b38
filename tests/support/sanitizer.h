/* Which sanitizer this is built with, for what cannot be tried under one. */
#ifndef SUPPORT_SANITIZER_H
#define SUPPORT_SANITIZER_H

#if defined(__has_feature)
#define SANITIZER_HAS_(feature) __has_feature(feature)
#else
#define SANITIZER_HAS_(feature) 0
#endif

#if defined(__SANITIZE_THREAD__) || SANITIZER_HAS_(thread_sanitizer)
#define IS_UNDER_TSAN 1
#else
#define IS_UNDER_TSAN 0
#endif

#if defined(__SANITIZE_ADDRESS__) || SANITIZER_HAS_(address_sanitizer)
#define IS_UNDER_ASAN 1
#else
#define IS_UNDER_ASAN 0
#endif

#endif
