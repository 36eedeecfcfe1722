/*
 * Output on the console, and whole files.
 */
#include "system.h"

void *memcpy(void *to, const void *from, u64 length)
{
	u8 *out = to;
	const u8 *in = from;

	while (length--)
		*out++ = *in++;
	return to;
}

void *memset(void *to, int byte, u64 length)
{
	u8 *out = to;

	while (length--)
		*out++ = (u8)byte;
	return to;
}

u64 text_length(const char *text)
{
	u64 length = 0;

	while (text[length])
		length++;
	return length;
}

void print(const char *text)
{
	CALL(SYS_write, 1, text, text_length(text));
}

void print_number(long number)
{
	char digits[24];
	u32 at = sizeof(digits);
	u64 rest = number < 0 ? -(u64)number : (u64)number;

	digits[--at] = 0;
	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (number < 0)
		digits[--at] = '-';
	print(digits + at);
}

void print_bytes(const char *bytes, u64 length)
{
	char shown[512];
	u64 count = 0;

	for (; count < length && count < sizeof(shown); count++)
		shown[count] = bytes[count] >= ' ' && bytes[count] <= '~' ? bytes[count] : '.';
	CALL(SYS_write, 1, shown, count);
}

void print_attempt(const char *what, const char *name, long outcome)
{
	print("reach: ");
	print(what);
	print(" ");
	print(name);
	print(" = ");
	print_number(outcome);
	print("\n");
}

void show_file(const char *label, const char *path)
{
	char content[512];
	long file = CALL(SYS_open, path, 0, 0);
	long length;

	if (file < 0) {
		print_attempt(label, path, file);
		return;
	}
	length = CALL(SYS_read, file, content, sizeof(content));
	CALL(SYS_close, file, 0, 0);
	if (length < 0) {
		print_attempt(label, path, length);
		return;
	}
	print("reach: ");
	print(label);
	print(" ");
	print(path);
	print(" = ");
	print_bytes(content, (u64)length);
	print("\n");
}

void show_folder(const char *label, const char *path)
{
	char entries[4096];
	long folder = CALL(SYS_open, path, 0200000, 0);
	long length;

	if (folder < 0) {
		print_attempt(label, path, folder);
		return;
	}
	print("reach: ");
	print(label);
	print(" ");
	print(path);
	print(" = listed\n");
	/* struct linux_dirent64: d_reclen at 16, d_name at 19. */
	while ((length = CALL(SYS_getdents64, folder, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < length; at += *(u16 *)(void *)(entries + at + 16)) {
			const char *name = entries + at + 19;

			if (name[0] == '.')
				continue;
			print("reach: ");
			print(label);
			print(" entry ");
			print(name);
			print("\n");
		}
	}
	CALL(SYS_close, folder, 0, 0);
}
