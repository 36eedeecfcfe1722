/*
 * Linux system calls for the test init, which is static and has no C library.
 *
 * Sources: Linux arch/x86/entry/syscalls/syscall_64.tbl for the numbers;
 * Documentation/arch/x86/entry_64.rst for the registers.
 */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

enum {
	SYS_read = 0,
	SYS_write = 1,
	SYS_open = 2,
	SYS_close = 3,
	SYS_nanosleep = 35,
	SYS_socket = 41,
	SYS_connect = 42,
	SYS_sendto = 44,
	SYS_mkdir = 83,
	SYS_mount = 165,
	SYS_iopl = 172,
	SYS_getdents64 = 217,
};

static inline long system_call(long number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	register u64 r10 __asm__("r10") = d;
	register u64 r8 __asm__("r8") = e;
	register u64 r9 __asm__("r9") = f;
	long outcome;

	__asm__ volatile("syscall"
			 : "=a"(outcome)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return outcome;
}

#define CALL(number, a, b, c) system_call(number, (u64)(a), (u64)(b), (u64)(c), 0, 0, 0)

/* text.c: output on the console, and whole files. */
u64 text_length(const char *text);
void print(const char *text);
void print_number(long number);
/* Prints bytes; those that are not printable ASCII become dots. */
void print_bytes(const char *bytes, u64 length);
/* Prints `what NAME = OUTCOME`. */
void print_attempt(const char *what, const char *name, long outcome);
/* Prints a line `LABEL NAME = CONTENT` for a file, or its error number. */
void show_file(const char *label, const char *path);
/* Prints a line `LABEL NAME` for each entry of a folder, or the folder's error number. */
void show_folder(const char *label, const char *path);

/* network.c: sockets of every family that could leave the guest. */
void try_network(void);

/* shares.c: file systems that a host could offer. */
void try_shares(void);
