/* The checksum of zlib, PNG and Ethernet: CRC-32, reflected 0x04c11db7. */
#ifndef WEIR_BASE_CRC32_H
#define WEIR_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

struct weir__crc32 {
	uint32_t value;			/* of the bytes so far */
	uint32_t tables[8][256];	/* of eight bytes at once */
};

/* Of no bytes. */
void
weir__crc32_init(struct weir__crc32 *crc);

void
weir__crc32_add(struct weir__crc32 *crc, const void *data, size_t size);

#endif
