/*
 * An init for Linux that looks for the host: in its environment, on every bus, in the firmware's
 * tables, by mounts and by sockets. It prints one line for each attempt, then sleeps.
 */
#include "system.h"

static void show_environment(char **words)
{
	for (; *words; words++) {
		print("reach: environment ");
		print_bytes(*words, text_length(*words));
		print("\n");
	}
}

static void try_devices(void)
{
	static const char *const devices[] = {
		"/dev/vsock", "/dev/vport0p1", "/dev/vport1p1", "/dev/virtio-ports", "/dev/sda",
		"/dev/sr0", "/dev/fd0", "/dev/nvme0", "/dev/fuse", "/dev/net/tun", "/dev/kvm",
		"/dev/vboxguest", "/dev/vmci", "/dev/uinput", "/dev/lp0", "/dev/mtd0",
	};

	for (u32 at = 0; at < sizeof(devices) / sizeof(*devices); at++) {
		long file = CALL(SYS_open, devices[at], 2, 0);

		print_attempt("device", devices[at], file);
		if (file >= 0)
			CALL(SYS_close, file, 0, 0);
	}
}

/* `stack` holds the number of arguments, the arguments, NULL, the environment and NULL. */
void run(u64 *stack)
{
	u64 day[2] = { 86400, 0 };

	print("reach: the test init runs\n");
	show_environment((char **)(stack + 2 + stack[0]));
	CALL(SYS_mkdir, "/mnt", 0755, 0);
	system_call(SYS_mount, (u64)"proc", (u64)"/proc", (u64)"proc", 0, 0, 0);
	system_call(SYS_mount, (u64)"sysfs", (u64)"/sys", (u64)"sysfs", 0, 0, 0);
	system_call(SYS_mount, (u64)"devtmpfs", (u64)"/dev", (u64)"devtmpfs", 0, 0, 0);
	show_file("file", "/proc/cmdline");
	show_file("file", "/proc/net/dev");
	show_file("file", "/proc/net/route");
	show_file("file", "/proc/bus/pci/devices");
	show_folder("virtio", "/sys/bus/virtio/devices");
	show_folder("driver", "/sys/bus/virtio/drivers");
	show_folder("network", "/sys/class/net");
	show_folder("pci", "/sys/bus/pci/devices");
	show_folder("usb", "/sys/bus/usb/devices");
	show_folder("disk", "/sys/block");
	show_folder("firmware", "/sys/firmware/qemu_fw_cfg/by_name/opt");
	show_folder("smbios", "/sys/firmware/dmi/entries");
	show_file("file", "/sys/class/dmi/id/product_serial");
	show_file("file", "/sys/class/dmi/id/product_uuid");
	show_file("file", "/sys/class/dmi/id/board_asset_tag");
	try_devices();
	try_shares();
	try_network();
	print("reach: the guest has tried everything\n");
	for (;;)
		CALL(SYS_nanosleep, day, 0, 0);
}

__asm__(".globl start\n"
	"start:\n"
	"	xorl %ebp, %ebp\n"
	"	movq %rsp, %rdi\n"
	"	andq $-16, %rsp\n"
	"	call run\n"
	"	hlt\n");
