/*
 * A driver for any virtio device behind the MMIO transport.
 *
 * Sources: Virtual I/O Device (VIRTIO) version 1.2, sections 2.7 (split virtqueues), 3.1 (device
 * initialization), 4.2.2 (MMIO device register layout) and 4.2.4 (legacy interface: QEMU's default).
 */
#include "guest.h"

enum {
	MAGIC = 0x00,
	VERSION = 0x04,
	DEVICE_ID = 0x08,
	DRIVER_FEATURES = 0x20,
	DRIVER_FEATURES_SELECT = 0x24,
	GUEST_PAGE_SIZE = 0x28,
	QUEUE_SELECT = 0x30,
	QUEUE_SIZE_MAX = 0x34,
	QUEUE_SIZE_REGISTER = 0x38,
	QUEUE_ALIGN = 0x3c,
	QUEUE_PFN = 0x40,
	QUEUE_READY = 0x44,
	QUEUE_NOTIFY = 0x50,
	STATUS = 0x70,
	QUEUE_DESCRIPTORS = 0x80,
	QUEUE_AVAILABLE = 0x90,
	QUEUE_USED = 0xa0,
};

enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, FAILED = 128 };

enum { PAGE = 4096, SPINS = 1 << 20 };

/* The rings of one queue, in the layout of the legacy interface, which the other accepts too. */
static u8 rings[MAX_QUEUES][2 * PAGE] __attribute__((aligned(PAGE)));

u32 device_read(const struct device *device, u32 offset)
{
	return *(volatile u32 *)(device->base + offset);
}

static void device_write(const struct device *device, u32 offset, u32 value)
{
	*(volatile u32 *)(device->base + offset) = value;
}

int device_open(struct device *device, u64 base)
{
	memset(device, 0, sizeof(*device));
	device->base = base;
	device->version = device_read(device, VERSION);
	device->id = device_read(device, DEVICE_ID);
	return device_read(device, MAGIC) == 0x74726976 && device->id;
}

static void write_address(struct device *device, u32 offset, volatile void *address)
{
	device_write(device, offset, (u32)(u64)address);
	device_write(device, offset + 4, (u32)((u64)address >> 32));
}

static int start_queue(struct device *device, int number)
{
	struct queue *queue = &device->queues[number];
	u8 *ring = rings[number];

	memset(ring, 0, sizeof(rings[number]));
	queue->descriptors = (void *)ring;
	queue->available = (void *)(ring + QUEUE_SIZE * sizeof(struct descriptor));
	queue->used = (void *)(ring + PAGE);
	queue->posted = 0;
	queue->head = 0;
	device_write(device, QUEUE_SELECT, (u32)number);
	if (device_read(device, QUEUE_SIZE_MAX) < QUEUE_SIZE)
		return 0;
	device_write(device, QUEUE_SIZE_REGISTER, QUEUE_SIZE);
	if (device->version == 1) {
		device_write(device, QUEUE_ALIGN, PAGE);
		device_write(device, QUEUE_PFN, (u32)((u64)ring / PAGE));
		return 1;
	}
	write_address(device, QUEUE_DESCRIPTORS, queue->descriptors);
	write_address(device, QUEUE_AVAILABLE, queue->available);
	write_address(device, QUEUE_USED, queue->used);
	device_write(device, QUEUE_READY, 1);
	return 1;
}

int device_start(struct device *device, int queues)
{
	u32 status = ACKNOWLEDGE;

	device_write(device, STATUS, 0);
	device_write(device, STATUS, status);
	device_write(device, STATUS, status |= DRIVER);
	device_write(device, DRIVER_FEATURES_SELECT, 0);
	device_write(device, DRIVER_FEATURES, 0);
	if (device->version == 1) {
		device_write(device, GUEST_PAGE_SIZE, PAGE);
	} else {
		device_write(device, DRIVER_FEATURES_SELECT, 1);
		device_write(device, DRIVER_FEATURES, 1); /* VIRTIO_F_VERSION_1 */
		device_write(device, STATUS, status |= FEATURES_OK);
	}
	for (int number = 0; number < queues; number++)
		if (!start_queue(device, number))
			return 0;
	device_write(device, STATUS, status | DRIVER_OK);
	device->is_dead = 0;
	return !(device_read(device, STATUS) & FAILED);
}

void queue_post(struct device *device, int number)
{
	struct queue *queue = &device->queues[number];

	queue->available[2 + queue->posted % QUEUE_SIZE] = queue->head;
	__asm__ volatile("" : : : "memory");
	queue->available[1] = ++queue->posted;
	__asm__ volatile("" : : : "memory");
	device_write(device, QUEUE_NOTIFY, (u32)number);
}

int queue_wait(struct device *device, int number)
{
	struct queue *queue = &device->queues[number];

	for (u32 spin = 0; spin < SPINS; spin++) {
		if (queue->used[1] == queue->posted)
			return 1;
		__asm__ volatile("pause" : : : "memory");
	}
	device->is_dead = 1;
	return 0;
}

long queue_exchange(struct device *device, int number, const void *request, u32 request_length,
		    void *reply, u32 header_length, u32 reply_length)
{
	struct queue *queue = &device->queues[number];
	u32 element;

	if (device->is_dead)
		return -1;
	queue->descriptors[0] = (struct descriptor){ (u64)request, request_length,
						      DESCRIPTOR_NEXT, 1 };
	queue->descriptors[1] = (struct descriptor){ (u64)reply, header_length,
						      DESCRIPTOR_WRITE | DESCRIPTOR_NEXT, 2 };
	queue->descriptors[2] = (struct descriptor){ (u64)reply + header_length,
						      reply_length - header_length,
						      DESCRIPTOR_WRITE, 0 };
	queue_post(device, number);
	if (!queue_wait(device, number))
		return -1;
	element = (u16)(queue->posted - 1) % QUEUE_SIZE;
	return *(volatile u32 *)(queue->used + 2 + element * 4 + 2);
}
