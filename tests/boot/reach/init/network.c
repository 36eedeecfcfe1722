/*
 * Sockets of every family that could leave the guest: the addresses of QEMU's user network (the
 * host, its DNS server and its SMB server), the hypervisor's vsock, and raw packets.
 *
 * Sources: QEMU docs/system/devices/net.rst; Linux include/linux/socket.h and
 * include/uapi/linux/vm_sockets.h.
 */
#include "system.h"

enum { UNIX = 1, INET = 2, INET6 = 10, NETLINK = 16, PACKET = 17, VSOCK = 40 };
enum { STREAM = 1, DATAGRAM = 2, RAW = 3, NONBLOCK = 04000 };

struct address {
	u16 family;
	u8 rest[108];
};

/* Opens a socket, connects it and prints the outcome of the step that failed, or 0. */
static void try_address(const char *name, int family, int type, const u8 *rest, u32 length)
{
	struct address address = { (u16)family, { 0 } };
	long outcome = CALL(SYS_socket, family, type | NONBLOCK, 0);

	if (outcome >= 0) {
		long socket = outcome;

		for (u32 at = 0; at < length; at++)
			address.rest[at] = rest[at];
		outcome = CALL(SYS_connect, socket, &address, length + 2);
		/* A datagram socket connects to any address that it has a route to. */
		if (outcome >= 0 && type == DATAGRAM)
			outcome = system_call(SYS_sendto, (u64)socket, (u64)"reach", 5, 0, 0, 0);
		CALL(SYS_close, socket, 0, 0);
	}
	print_attempt("connect", name, outcome);
}

void try_network(void)
{
	static const u8 host[14] = { 0, 22, 10, 0, 2, 2 };
	static const u8 names[14] = { 0, 53, 10, 0, 2, 3 };
	static const u8 files[14] = { 1, 189, 10, 0, 2, 4 };
	static const u8 bridge[14] = { 0, 80, 192, 168, 122, 1 };
	static const u8 metadata[14] = { 0, 80, 169, 254, 169, 254 };
	static const u8 everywhere[14] = { 0, 67, 255, 255, 255, 255 };
	static const u8 site[26] = { 0, 22, 0, 0, 0, 0, 0xfe, 0xc0, [21] = 2 };
	/* reserved, port 1024, then the context number: 2 is the host, 1 the guest itself. */
	static const u8 vsock_host[14] = { 0, 0, 0, 4, 0, 0, 2 };
	static const u8 vsock_hypervisor[14] = { 0, 0, 0, 4, 0, 0, 0 };
	static const u8 abstract[] = "\0/run/docker.sock";
	static const u8 device[18] = { 0, 3, 1 };

	try_address("tcp-10.0.2.2", INET, STREAM, host, sizeof(host));
	try_address("udp-10.0.2.3", INET, DATAGRAM, names, sizeof(names));
	try_address("tcp-10.0.2.4", INET, STREAM, files, sizeof(files));
	try_address("tcp-192.168.122.1", INET, STREAM, bridge, sizeof(bridge));
	try_address("tcp-169.254.169.254", INET, STREAM, metadata, sizeof(metadata));
	try_address("udp-255.255.255.255", INET, DATAGRAM, everywhere, sizeof(everywhere));
	try_address("tcp-fec0::2", INET6, STREAM, site, sizeof(site));
	try_address("vsock-2", VSOCK, STREAM, vsock_host, sizeof(vsock_host));
	try_address("vsock-0", VSOCK, STREAM, vsock_hypervisor, sizeof(vsock_hypervisor));
	try_address("unix-docker", UNIX, STREAM, abstract, sizeof(abstract));
	try_address("packet", PACKET, RAW, device, sizeof(device));
}
