/*
 * What the parts of the test kernel share. The kernel boots in QEMU and libkrun, tries to reach
 * the host through each device that it finds, and prints one line for each attempt to the first
 * serial port. It never uses an interrupt: it polls.
 */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

/* ports.c: port I/O and the serial console. */
u8 in8(u16 port);
u32 in32(u16 port);
void out8(u16 port, u8 value);
void out16(u16 port, u16 value);
void out32(u16 port, u32 value);
void print_char(char c);
/* Prints a format with %s, %d (long), %u (u64), %x (u64) and %o (u64). */
void print(const char *format, ...);
/* Prints at most `length` bytes; a byte that is not printable ASCII becomes a dot. */
void print_bytes(const void *bytes, u64 length);

/* text.c: bytes and words. */
void *memcpy(void *to, const void *from, u64 length);
void *memset(void *to, int byte, u64 length);
u64 text_length(const char *text);
int starts_with(const char *text, const char *start);
/* Appends `more`, as far as it fits. Returns `to`. */
char *append(char *to, u64 size, const char *more);
/* Returns the value of the `number`th `name` (which ends in '=') of the command line. */
const char *parameter(const char *name, int number);
extern char command_line[4096];

/* virtio.c: a virtio device behind the MMIO transport, and its queues. */
enum { QUEUE_SIZE = 16, MAX_QUEUES = 3 };

struct descriptor {
	u64 address;
	u32 length;
	u16 flags;
	u16 next;
};

enum { DESCRIPTOR_NEXT = 1, DESCRIPTOR_WRITE = 2 };

struct queue {
	struct descriptor *descriptors;
	volatile u16 *available;
	volatile u16 *used;
	u16 posted;
	/* The descriptor that the next chain starts at. */
	u16 head;
};

struct device {
	u64 base;
	u32 version;
	u32 id;
	int is_dead;
	struct queue queues[MAX_QUEUES];
};

u32 device_read(const struct device *device, u32 offset);
/* Returns false if no virtio device answers at this address. */
int device_open(struct device *device, u64 base);
/* Resets the device, accepts no optional feature and starts the first `queues` queues. */
int device_start(struct device *device, int queues);
/* Posts the chain that starts at the queue's head and notifies the device. */
void queue_post(struct device *device, int number);
/* Waits for the device to use what was posted. Returns false if it never does. */
int queue_wait(struct device *device, int number);
/*
 * Sends `request` and receives `reply`, whose first `header_length` bytes get a descriptor of their
 * own. Returns the number of bytes that the device wrote, or -1 for no answer.
 */
long queue_exchange(struct device *device, int number, const void *request, u32 request_length,
		    void *reply, u32 header_length, u32 reply_length);

/* One file for each kind of attempt. */
void reach_share(struct device *device);
void reach_disk(struct device *device);
void reach_chains(struct device *device, int queues);
void reach_firmware(void);
void reach_buses(void);
