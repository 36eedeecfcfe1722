/*
 * Port I/O, and the serial console at 0x3f8 (a 16550: PC16550D data sheet, line status register).
 */
#include "guest.h"

enum { SERIAL = 0x3f8, LINE_STATUS = SERIAL + 5, EMPTY = 0x20 };

u8 in8(u16 port)
{
	u8 value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "d"(port));
	return value;
}

u32 in32(u16 port)
{
	u32 value;
	__asm__ volatile("inl %1, %0" : "=a"(value) : "d"(port));
	return value;
}

void out8(u16 port, u8 value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "d"(port));
}

void out16(u16 port, u16 value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "d"(port));
}

void out32(u16 port, u32 value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "d"(port));
}

void print_char(char c)
{
	for (int tries = 0; tries < 100000 && !(in8(LINE_STATUS) & EMPTY); tries++)
		;
	out8(SERIAL, (u8)c);
}

static void print_text(const char *text)
{
	while (*text)
		print_char(*text++);
}

static void print_number(u64 value, u32 base)
{
	char digits[24];
	int count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (count)
		print_char(digits[--count]);
}

void print(const char *format, ...)
{
	__builtin_va_list arguments;

	__builtin_va_start(arguments, format);
	for (; *format; format++) {
		if (*format != '%') {
			print_char(*format);
			continue;
		}
		switch (*++format) {
		case 's':
			print_text(__builtin_va_arg(arguments, const char *));
			break;
		case 'd': {
			long value = __builtin_va_arg(arguments, long);
			if (value < 0)
				print_char('-');
			print_number(value < 0 ? -(u64)value : (u64)value, 10);
			break;
		}
		case 'u':
			print_number(__builtin_va_arg(arguments, u64), 10);
			break;
		case 'x':
			print_number(__builtin_va_arg(arguments, u64), 16);
			break;
		case 'o':
			print_number(__builtin_va_arg(arguments, u64), 8);
			break;
		}
	}
	__builtin_va_end(arguments);
}

void print_bytes(const void *bytes, u64 length)
{
	const char *next = bytes;

	for (; length; length--, next++)
		print_char(*next >= ' ' && *next <= '~' ? *next : '.');
}
