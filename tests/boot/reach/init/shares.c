/*
 * File systems that a host could offer to its guest, by the tags and paths that VMMs use.
 *
 * Sources: Linux Documentation/filesystems/9p.rst and virtiofs.rst; QEMU
 * docs/system/invocation (-virtfs), where `mount_tag` is the user's choice.
 */
#include "system.h"

static void try_mount(const char *type, const char *source, const char *options)
{
	char name[64] = "";
	u64 at = 0;

	for (; *type && at < 30; type++)
		name[at++] = *type;
	type -= at;
	name[at++] = ':';
	for (const char *next = source; *next && at < sizeof(name) - 1; next++)
		name[at++] = *next;
	name[at] = 0;
	print_attempt("mount", name,
		      system_call(SYS_mount, (u64)source, (u64)"/mnt", (u64)type, 1, (u64)options, 0));
}

void try_shares(void)
{
	static const char *const tags[] = {
		"root", "rootfs", "/dev/root", "hostshare", "host", "shared", "share", "mount0",
		"kvm_9p", "myfs", "fs",
	};

	for (u32 tag = 0; tag < sizeof(tags) / sizeof(*tags); tag++) {
		try_mount("9p", tags[tag], "trans=virtio,version=9p2000.L");
		try_mount("virtiofs", tags[tag], 0);
	}
	try_mount("9p", "10.0.2.2", "trans=tcp,port=564");
	try_mount("nfs", "10.0.2.2:/", "addr=10.0.2.2");
	try_mount("nfs4", "10.0.2.2:/", "addr=10.0.2.2,clientaddr=10.0.2.15");
	try_mount("cifs", "//10.0.2.4/qemu", "ip=10.0.2.4,guest");
	try_mount("vboxsf", "shared", 0);
	try_mount("vmhgfs", ".host:/", 0);
}
