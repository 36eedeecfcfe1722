/*
 * Looks for devices that nothing on the command line names: PCI (PCI Local Bus Specification 3.0,
 * section 3.2.2.3.2), other serial ports, a parallel port, and VMware's backdoor, which QEMU can
 * emulate (hw/i386/vmport.c).
 */
#include "guest.h"

static u32 vmware_version(void)
{
	u32 eax = 0x564d5868, ebx = ~0u, ecx = 10, edx = 0x5658;

	__asm__ volatile("inl %%dx, %%eax" : "+a"(eax), "+b"(ebx), "+c"(ecx), "+d"(edx));
	return ebx == 0x564d5868;
}

/* Returns true if the port keeps what is written to it, as a scratch or data register does. */
static int keeps(u16 port)
{
	out8(port, 0x5a);
	if (in8(port) != 0x5a)
		return 0;
	out8(port, 0xa5);
	return in8(port) == 0xa5;
}

void reach_buses(void)
{
	static const u16 serial[] = { 0x2f8, 0x3e8, 0x2e8 };
	u32 found = 0;

	for (u32 slot = 0; slot < 32; slot++) {
		u32 identity;

		out32(0xcf8, 0x80000000 | slot << 11);
		identity = in32(0xcfc);
		if (identity != 0xffffffff && identity != 0) {
			print("reach: PCI device %x in slot %u\n", (u64)identity, (u64)slot);
			found++;
		}
	}
	print("reach: PCI devices %u\n", (u64)found);
	for (u32 port = 0; port < sizeof(serial) / sizeof(*serial); port++) {
		const char *text = "words for another port\n";

		while (*text)
			out8(serial[port], (u8)*text++);
		print("reach: wrote to the serial port at %x\n", (u64)serial[port]);
	}
	print("reach: parallel port %u\n", (u64)keeps(0x378));
	print("reach: VMware backdoor %u\n", (u64)vmware_version());
}
