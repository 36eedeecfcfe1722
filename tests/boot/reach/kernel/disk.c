/*
 * A driver for virtio-blk that reads and writes inside and outside of the disk.
 *
 * Source: VIRTIO 1.2, section 5.2 (block device).
 */
#include "guest.h"

enum { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8, DISCARD = 11, WRITE_ZEROES = 13, SECTOR = 512 };

static u8 data[4 * SECTOR];

/* Sends one request. Returns the device's status byte (0 is VIRTIO_BLK_S_OK), or -1. */
static long disk_request(struct device *device, u32 type, u64 sector, u32 length)
{
	static struct {
		u32 type, reserved;
		u64 sector;
	} header;
	static volatile u8 status;
	struct queue *queue = &device->queues[0];
	int is_read = type == IN || type == GET_ID;

	if (device->is_dead)
		return -1;
	header.type = type;
	header.sector = sector;
	status = 0xee;
	queue->descriptors[0] = (struct descriptor){ (u64)&header, 16, DESCRIPTOR_NEXT, 1 };
	queue->descriptors[1] = (struct descriptor){
		(u64)data, length, DESCRIPTOR_NEXT | (is_read ? DESCRIPTOR_WRITE : 0), 2
	};
	queue->descriptors[2] = (struct descriptor){ (u64)&status, 1, DESCRIPTOR_WRITE, 0 };
	if (!length) {
		queue->descriptors[0].next = 2;
	}
	queue_post(device, 0);
	return queue_wait(device, 0) ? status : -1;
}

static void disk_try(struct device *device, const char *what, u32 type, u64 sector, u32 length)
{
	long status;

	memset(data, type == OUT ? 'W' : 0, sizeof(data));
	status = disk_request(device, type, sector, length);
	print("reach: disk %s, sector %u = %d", what, sector, status);
	if (type == IN || type == GET_ID) {
		print(" ");
		print_bytes(data, 32);
	}
	print("\n");
}

void reach_disk(struct device *device)
{
	u64 capacity = device_read(device, 0x100) | (u64)device_read(device, 0x104) << 32;
	u32 range[4] = { 0, 0, 8, 0 };

	if (!device_start(device, 1)) {
		print("reach: the disk does not start\n");
		return;
	}
	print("reach: disk of %u sectors\n", capacity);
	disk_try(device, "read", IN, 0, SECTOR);
	disk_try(device, "read past the end", IN, capacity, SECTOR);
	disk_try(device, "read across the end", IN, capacity - 1, 2 * SECTOR);
	disk_try(device, "read far away", IN, 1UL << 40, SECTOR);
	disk_try(device, "read of part of a sector", IN, 0, 100);
	disk_try(device, "write", OUT, 0, SECTOR);
	disk_try(device, "write past the end", OUT, capacity, SECTOR);
	disk_try(device, "write across the end", OUT, capacity - 1, 2 * SECTOR);
	disk_try(device, "write far away", OUT, 1UL << 40, SECTOR);
	disk_try(device, "flush", FLUSH, 0, 0);
	disk_try(device, "identity", GET_ID, 0, 20);
	memset(data, 0, sizeof(data));
	memcpy(data, range, sizeof(range));
	print("reach: disk discard = %d\n", disk_request(device, DISCARD, 0, 16));
	memcpy(data, range, sizeof(range));
	print("reach: disk write zeroes = %d\n", disk_request(device, WRITE_ZEROES, 0, 16));
	disk_try(device, "unknown request", 77, 0, SECTOR);
	disk_try(device, "read again", IN, 0, SECTOR);
	/* A product of sector and size that overflows may end the device. */
	disk_try(device, "read at an overflow", IN, 1UL << 55, SECTOR);
	disk_try(device, "read at the last number", IN, ~0UL, SECTOR);
	disk_try(device, "write at an overflow", OUT, 1UL << 55, SECTOR);
	if (device->is_dead)
		print("reach: the disk answers no more\n");
}
