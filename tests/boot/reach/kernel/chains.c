/*
 * Descriptor chains that break the rules of VIRTIO 1.2, section 2.7.5, for every kind of device.
 * The VMM may refuse them, stop the device or end; it must not hang and must not be overwritten.
 */
#include "guest.h"

static u8 buffer[4096];

struct chain {
	const char *what;
	struct descriptor first, second;
	u16 head;
};

static const struct chain chains[] = {
	{ "that loops", { 0, 16, DESCRIPTOR_NEXT, 0 }, { 0 }, 0 },
	{ "of two that loop", { 0, 16, DESCRIPTOR_NEXT, 1 }, { 0, 16, DESCRIPTOR_NEXT, 0 }, 0 },
	{ "without bytes", { 0, 0, 0, 0 }, { 0 }, 0 },
	{ "of 4 GiB to read", { 0, ~0u, 0, 0 }, { 0 }, 0 },
	{ "of 4 GiB to write", { 0, ~0u, DESCRIPTOR_WRITE, 0 }, { 0 }, 0 },
	{ "outside of RAM to read", { 0x7f0000000000, 4096, 0, 0 }, { 0 }, 0 },
	{ "outside of RAM to write", { 0x7f0000000000, 4096, DESCRIPTOR_WRITE, 0 }, { 0 }, 0 },
	{ "across the last address", { ~0ul - 8, 4096, DESCRIPTOR_WRITE, 0 }, { 0 }, 0 },
	{ "written before read", { 0, 16, DESCRIPTOR_WRITE | DESCRIPTOR_NEXT, 1 },
	  { 0, 16, 0, 0 }, 0 },
	{ "that goes on outside of the table", { 0, 16, DESCRIPTOR_NEXT, 999 }, { 0 }, 0 },
	{ "indirect without the feature", { 0, 4096, 4, 0 }, { 0 }, 0 },
	{ "that starts outside of the table", { 0, 16, 0, 0 }, { 0 }, 999 },
};

static void place(struct descriptor *to, const struct descriptor *from)
{
	*to = *from;
	if (!to->address)
		to->address = (u64)buffer;
}

void reach_chains(struct device *device, int queues)
{
	for (u32 number = 0; number < sizeof(chains) / sizeof(*chains); number++) {
		const struct chain *chain = &chains[number];
		struct queue *queue = &device->queues[queues - 1];

		print("reach: device %u, chain %s\n", (u64)device->id, chain->what);
		/* A fresh device for each, if its reset works. */
		if (!device_start(device, queues))
			print("reach: device %u does not start again\n", (u64)device->id);
		memset(buffer, 0xff, sizeof(buffer));
		place(&queue->descriptors[0], &chain->first);
		place(&queue->descriptors[1], &chain->second);
		queue->head = chain->head;
		queue_post(device, queues - 1);
		for (volatile int spin = 0; spin < 2000; spin++)
			;
		queue->head = 0;
	}
	print("reach: device %u has seen every chain\n", (u64)device->id);
}
