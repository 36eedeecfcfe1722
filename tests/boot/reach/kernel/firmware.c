/*
 * Lists what QEMU's fw_cfg device holds and prints every text in it.
 *
 * Source: QEMU docs/specs/fw_cfg.rst.
 */
#include "guest.h"

enum { SELECTOR = 0x510, DATA = 0x511, SIGNATURE = 0x00, FILES = 0x19, LONGEST = 65536 };

static u32 big_endian(int bytes)
{
	u32 value = 0;

	while (bytes--)
		value = value << 8 | in8(DATA);
	return value;
}

/* Prints the runs of six or more printable characters of the selected item. */
static void show_texts(const char *name, u32 size)
{
	char run[128];
	u32 length = 0;

	for (u32 at = 0; at <= size && at <= LONGEST; at++) {
		char c = at < size ? (char)in8(DATA) : 0;

		if (c >= ' ' && c <= '~' && length < sizeof(run)) {
			run[length++] = c;
			continue;
		}
		if (length >= 6) {
			print("reach: firmware text %s ", name);
			print_bytes(run, length);
			print("\n");
		}
		length = 0;
	}
}

void reach_firmware(void)
{
	static struct {
		u32 size;
		u16 select;
		char name[57];
	} files[64];
	u32 count;
	char signature[4];

	out16(SELECTOR, SIGNATURE);
	for (int at = 0; at < 4; at++)
		signature[at] = (char)in8(DATA);
	if (!starts_with(signature, "QEMU")) {
		print("reach: no firmware configuration\n");
		return;
	}
	out16(SELECTOR, FILES);
	count = big_endian(4);
	print("reach: firmware files %u\n", (u64)count);
	for (u32 number = 0; number < count && number < 64; number++) {
		files[number].size = big_endian(4);
		files[number].select = (u16)big_endian(2);
		big_endian(2);
		for (int at = 0; at < 56; at++)
			files[number].name[at] = (char)in8(DATA);
	}
	for (u32 number = 0; number < count && number < 64; number++) {
		print("reach: firmware file %s, %u bytes\n", files[number].name,
		      (u64)files[number].size);
		out16(SELECTOR, files[number].select);
		show_texts(files[number].name, files[number].size);
	}
}
