/*
 * The test kernel: lists the virtio devices of the command line and tries each of them.
 *
 * Parameters: `virtio_mmio.device=SIZE@ADDRESS:IRQ`, which the VMM adds for each device (Linux
 * Documentation/admin-guide/kernel-parameters.txt); `reach.near=` and `reach.far=`, paths of host
 * files that the guest must not read; `reach.chains=1` for malformed descriptor chains.
 */
#include "guest.h"

enum { BLOCK = 2, CONSOLE = 3, FILE_SYSTEM = 26 };

/* The banner by which tools recognise a Linux kernel. */
static const char banner[] = "Linux version 6.1.0-reach (reach@localhost) (cc) #1 SMP\n";

static u64 number_of(const char *text)
{
	u64 value = 0;

	if (starts_with(text, "0x"))
		text += 2;
	for (;; text++) {
		if (*text >= '0' && *text <= '9')
			value = value * 16 + (u64)(*text - '0');
		else if (*text >= 'a' && *text <= 'f')
			value = value * 16 + (u64)(*text - 'a' + 10);
		else
			return value;
	}
}

static void try_device(struct device *device)
{
	if (parameter("reach.chains=", 0)) {
		if (device->id == BLOCK)
			reach_chains(device, 1);
		else if (device->id == CONSOLE || device->id == FILE_SYSTEM)
			reach_chains(device, 2);
		return;
	}
	if (device->id == FILE_SYSTEM)
		reach_share(device);
	else if (device->id == BLOCK)
		reach_disk(device);
}

/* Reads the command line from boot_params (hdr.cmd_line_ptr) or from hvm_start_info. */
static void take_command_line(const u8 *information, int is_pvh)
{
	const char *line = is_pvh ? *(const char *const *)(information + 24)
				  : (const char *)(u64) * (const u32 *)(information + 0x228);

	if (line)
		append(command_line, sizeof(command_line), line);
}

void kernel_main(const u8 *information, int is_pvh)
{
	const char *word;
	struct device device;

	take_command_line(information, is_pvh);
	print("%s", banner);
	print("reach: entered as %s\n", is_pvh ? "PVH" : "64-bit Linux");
	for (int number = 0; (word = parameter("virtio_mmio.device=", number)); number++) {
		u64 base;

		while (*word && *word != '@')
			word++;
		base = number_of(*word ? word + 1 : word);
		if (!device_open(&device, base)) {
			print("reach: slot %x is empty\n", base);
			continue;
		}
		print("reach: device %u at %x, version %u\n", (u64)device.id, base,
		      (u64)device.version);
		try_device(&device);
	}
	if (!parameter("reach.chains=", 0)) {
		reach_firmware();
		reach_buses();
	}
	print("reach: the guest has tried everything\n");
}
