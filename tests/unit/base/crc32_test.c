#include <criterion/criterion.h>
#include <string.h>

#include "base/crc32.h"

static struct weir__crc32 crc;

static uint32_t
of(const void *data, size_t size)
{
	weir__crc32_init(&crc);
	weir__crc32_add(&crc, data, size);
	return crc.value;
}

Test(crc32, is_that_of_zlib)
{
	cr_expect_eq(of("", 0), 0);
	cr_expect_eq(of("a", 1), 0xe8b7be43);
	cr_expect_eq(of("123456789", 9), 0xcbf43926);
	cr_expect_eq(of("The quick brown fox jumps over the lazy dog", 43),
		     0x414fa339);
}

Test(crc32, does_not_depend_on_how_the_bytes_come)
{
	static const char text[] = "The quick brown fox jumps over the lazy "
				   "dog";
	size_t i;

	for (i = 0; i < sizeof text; i++) {
		weir__crc32_init(&crc);
		weir__crc32_add(&crc, text, i);
		weir__crc32_add(&crc, text + i, strlen(text) - i);
		cr_expect_eq(crc.value, 0x414fa339, "%zu", i);
	}
}
