#include "base/crc32.h"

void
weir__crc32_init(struct weir__crc32 *crc)
{
	uint32_t i, k, rest;

	crc->value = 0;
	for (i = 0; i < 256; i++) {
		rest = i;
		for (k = 0; k < 8; k++)
			rest = rest & 1 ? rest >> 1 ^ 0xedb88320 : rest >> 1;
		crc->tables[0][i] = rest;
	}
	for (k = 1; k < 8; k++)
		for (i = 0; i < 256; i++) {
			rest = crc->tables[k - 1][i];
			crc->tables[k][i] = rest >> 8 ^
					    crc->tables[0][rest & 0xff];
		}
}

void
weir__crc32_add(struct weir__crc32 *crc, const void *data, size_t size)
{
	uint32_t (*const t)[256] = crc->tables;
	const unsigned char *at = data;
	uint32_t v = ~crc->value;

	for (; size >= 8; at += 8, size -= 8) {
		v ^= at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
		     (uint32_t)at[3] << 24;
		v = t[7][v & 0xff] ^ t[6][v >> 8 & 0xff] ^
		    t[5][v >> 16 & 0xff] ^ t[4][v >> 24] ^
		    t[3][at[4]] ^ t[2][at[5]] ^ t[1][at[6]] ^ t[0][at[7]];
	}
	for (; size; at++, size--)
		v = v >> 8 ^ t[0][(v ^ *at) & 0xff];
	crc->value = ~v;
}
