/* What a loop that waits does between two looks. */
#ifndef WEIR_BASE_PAUSE_H
#define WEIR_BASE_PAUSE_H

static inline void
weir__pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield");
#endif
}

#endif
