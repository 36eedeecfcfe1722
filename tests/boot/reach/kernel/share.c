/*
 * A driver for virtio-fs that speaks FUSE itself, and so sends names that Linux never sends.
 *
 * Sources: VIRTIO 1.2, section 5.11 (file system device); Linux include/uapi/linux/fuse.h, whose
 * names and numbers this file uses.
 */
#include "guest.h"

enum {
	FUSE_LOOKUP = 1,
	FUSE_SETATTR = 4,
	FUSE_READLINK = 5,
	FUSE_SYMLINK = 6,
	FUSE_MKNOD = 8,
	FUSE_MKDIR = 9,
	FUSE_UNLINK = 10,
	FUSE_RMDIR = 11,
	FUSE_RENAME = 12,
	FUSE_LINK = 13,
	FUSE_OPEN = 14,
	FUSE_READ = 15,
	FUSE_WRITE = 16,
	FUSE_SETXATTR = 21,
	FUSE_REMOVEXATTR = 24,
	FUSE_INIT = 26,
	FUSE_OPENDIR = 27,
	FUSE_READDIR = 28,
	FUSE_CREATE = 35,
	FUSE_FALLOCATE = 43,
	FUSE_RENAME2 = 45,
	FUSE_COPY_FILE_RANGE = 47,
	FUSE_SETUPMAPPING = 48,
};

enum { ROOT = 1, REQUESTS = 1, NO_ANSWER = -1000 };
enum { READ_WRITE = 2, CREATE = 0100, TRUNCATE = 01000 };

struct fuse_in_header {
	u32 len, opcode;
	u64 unique, nodeid;
	u32 uid, gid, pid, padding;
};

struct fuse_out_header {
	u32 len;
	int error;
	u64 unique;
};

struct fuse_entry_out {
	u64 nodeid, generation, entry_valid, attr_valid;
	u32 entry_valid_nsec, attr_valid_nsec;
	u64 ino, size, blocks, atime, mtime, ctime;
	u32 atimensec, mtimensec, ctimensec, mode, nlink, uid, gid, rdev, blksize, flags;
};

static struct device *share;
static u8 request[16384];
static u8 reply[8192];
static u32 filled;

/* Begins a request about a node. */
static void begin(u32 opcode, u64 node)
{
	static u64 unique;
	struct fuse_in_header header = { 0, opcode, ++unique, node, 0, 0, 1, 0 };

	memcpy(request, &header, sizeof(header));
	filled = sizeof(header);
}

static void add(const void *bytes, u64 length)
{
	memcpy(request + filled, bytes, length);
	filled += (u32)length;
}

static void add_word(u64 value)
{
	add(&value, sizeof(value));
}

static void add_name(const char *name)
{
	add(name, text_length(name) + 1);
}

/* Sends the request. Returns the length of the reply's body, or the negative error number. */
static long send(void)
{
	struct fuse_out_header *header = (void *)reply;
	long length;

	((struct fuse_in_header *)(void *)request)->len = filled;
	memset(reply, 0, sizeof(reply));
	length = queue_exchange(share, REQUESTS, request, filled, reply, sizeof(*header),
				sizeof(reply));
	if (length < (long)sizeof(*header))
		return NO_ANSWER;
	return header->error ? header->error : length - (long)sizeof(*header);
}

static const void *body(void)
{
	return reply + sizeof(struct fuse_out_header);
}

/* Prints the outcome of an attempt to change something. Success prints as 0. */
static void attempt(const char *operation, const char *name)
{
	long outcome = send();

	print("reach: change %s %s = %d\n", operation, name, outcome < 0 ? outcome : 0L);
}

/* Returns the node that a name leads to, or 0. `mode` receives its type and permissions. */
static u64 lookup(u64 parent, const char *name, u32 *mode)
{
	struct fuse_entry_out entry;
	long outcome;

	begin(FUSE_LOOKUP, parent);
	add_name(name);
	outcome = send();
	if (outcome < 0) {
		print("reach: LOOKUP %s = %d\n", name, outcome);
		return 0;
	}
	memcpy(&entry, body(), sizeof(entry));
	print("reach: LOOKUP %s = node %u, mode %o, size %u\n", name, entry.nodeid,
	      (u64)entry.mode, entry.size);
	*mode = entry.mode & 0170000;
	return entry.nodeid;
}

static long open_node(u32 opcode, u64 node, u32 flags, u64 *handle)
{
	u32 in[2] = { flags, 0 };
	long outcome;

	begin(opcode, node);
	add(in, sizeof(in));
	outcome = send();
	memcpy(handle, body(), sizeof(*handle));
	return outcome;
}

/* Requests `size` bytes of an open file or folder. */
static long read_node(u32 opcode, u64 node, u64 handle, u32 size)
{
	u32 rest[6] = { size, 0, 0, 0, 0, 0 };

	begin(opcode, node);
	add_word(handle);
	add_word(0);
	add(rest, sizeof(rest));
	return send();
}

static void show_file(u64 node)
{
	u64 handle;
	long outcome = open_node(FUSE_OPEN, node, 0, &handle);

	if (outcome >= 0)
		outcome = read_node(FUSE_READ, node, handle, 1024);
	if (outcome < 0) {
		print("reach: READ = %d\n", outcome);
		return;
	}
	print("reach: READ = ");
	print_bytes(body(), (u64)outcome);
	print("\n");
}

static void show_folder(u64 node)
{
	u64 handle;
	long outcome = open_node(FUSE_OPENDIR, node, 0, &handle);
	const u8 *next = body();
	int shown = 0;

	if (outcome >= 0)
		outcome = read_node(FUSE_READDIR, node, handle, 4096);
	if (outcome < 0) {
		print("reach: READDIR = %d\n", outcome);
		return;
	}
	/* struct fuse_dirent: ino, off, namelen at 16, type, name at 24; padded to 8 bytes. */
	while (outcome >= 24 && shown++ < 40) {
		u32 length = *(const u32 *)(const void *)(next + 16);
		u32 step = (24 + length + 7) & ~7u;

		print("reach: entry ");
		print_bytes(next + 24, length);
		print("\n");
		next += step;
		outcome -= step;
	}
}

/* Looks a name up and shows what it leads to. */
static void reach(u64 parent, const char *name)
{
	u32 mode = 0;
	u64 node = lookup(parent, name, &mode);

	if (!node)
		return;
	if (mode == 0100000) {
		show_file(node);
	} else if (mode == 0040000) {
		show_folder(node);
	} else if (mode == 0120000) {
		long length;

		begin(FUSE_READLINK, node);
		length = send();
		print("reach: READLINK = ");
		print_bytes(body(), length < 0 ? 0 : (u64)length);
		print("\n");
	}
}

/* Climbs one `..` at a time and looks for the host's files at each height. */
static void climb(const char *near, const char *far)
{
	u64 node = ROOT;
	u32 mode;

	for (int height = 1; height <= 10 && node; height++) {
		node = lookup(node, "..", &mode);
		if (!node)
			return;
		reach(node, starts_with(near, "../") ? near + 3 : near);
		if (height == 1 || height == 10)
			show_folder(node);
	}
	reach(node, starts_with(far, "/") ? far + 1 : far);
	reach(node, "etc/passwd");
}

static void read_outside(const char *near, const char *far)
{
	static const char *const plain[] = {
		".", "..", "../..", "./..", "inside/../..", "escape", "escape/.", "upward/.",
		"etc/passwd", "/etc/passwd", "../../../../../../../../../../../../etc/passwd",
		"/proc/self/environ", "/proc/self/cmdline", "/proc/self/root/etc/passwd",
		"/proc/self/cwd/.", "/proc/1/environ", "/proc/1/root/etc/passwd", "/sys/class/net",
		"/proc/net/dev", "/dev/mem", "/dev/kmsg", "/root/.ssh", "/tmp/.", "",
	};
	static char name[4200];
	char up[64] = "";

	for (u32 number = 0; number < sizeof(plain) / sizeof(*plain); number++)
		reach(ROOT, plain[number]);
	reach(ROOT, near);
	reach(ROOT, far);
	for (int height = 0; height < 16; height++)
		append(up, sizeof(up), "../");
	name[0] = 0;
	reach(ROOT, append(append(name, sizeof(name), up), sizeof(name), far));
	name[0] = 0;
	reach(ROOT, append(append(name, sizeof(name), "/proc/self/root"), sizeof(name), far));
	name[0] = 0;
	reach(ROOT, append(append(name, sizeof(name), "upward/"), sizeof(name), near + 3));
	for (int descriptor = 0; descriptor < 20; descriptor++) {
		char digits[3] = { (char)('0' + descriptor / 10), (char)('0' + descriptor % 10), 0 };

		name[0] = 0;
		append(name, sizeof(name), "/proc/self/fd/");
		append(name, sizeof(name), digits + (descriptor < 10));
		reach(ROOT, append(append(name, sizeof(name), "/"), sizeof(name), near));
	}
	climb(near, far);
	/* A name with a NUL in it, and one that is longer than any path. */
	begin(FUSE_LOOKUP, ROOT);
	add("a\0../..", 8);
	print("reach: LOOKUP with NUL = %d\n", send());
	memset(name, 'n', sizeof(name) - 1);
	begin(FUSE_LOOKUP, ROOT);
	add_name(name);
	print("reach: LOOKUP long = %d\n", send());
	begin(FUSE_LOOKUP, 77777);
	add_name("..");
	print("reach: LOOKUP of an unknown node = %d\n", send());
}

/* Tries to create, move, link and remove under a name. */
static void change_name(const char *name)
{
	u32 words[4] = { READ_WRITE | CREATE, 0100644, 022, 0 };

	begin(FUSE_CREATE, ROOT);
	add(words, 16);
	add_name(name);
	attempt("CREATE", name);
	begin(FUSE_MKNOD, ROOT);
	add((u32[4]){ 0100644, 0, 0, 0 }, 16);
	add_name(name);
	attempt("MKNOD", name);
	begin(FUSE_MKDIR, ROOT);
	add((u32[2]){ 0755, 022 }, 8);
	add_name(name);
	attempt("MKDIR", name);
	begin(FUSE_SYMLINK, ROOT);
	add_name(name);
	add_name("/etc/passwd");
	attempt("SYMLINK", name);
	begin(FUSE_RENAME, ROOT);
	add_word(ROOT);
	add_name("file");
	add_name(name);
	attempt("RENAME", name);
	begin(FUSE_RENAME2, ROOT);
	add_word(ROOT);
	add_word(0);
	add_name("file");
	add_name(name);
	attempt("RENAME2", name);
	begin(FUSE_UNLINK, ROOT);
	add_name(name);
	attempt("UNLINK", name);
	begin(FUSE_RMDIR, ROOT);
	add_name(name);
	attempt("RMDIR", name);
}

/* Tries to change a file through its node and through a handle for reading. */
static void change_node(const char *name)
{
	u32 mode;
	u64 handle = 0, node = lookup(ROOT, name, &mode);
	u32 attributes[22] = { 1 << 3 | 1 << 0 }; /* FATTR_SIZE, FATTR_MODE */
	u32 write[6] = { 5, 0, 0, 0, 0, 0 };

	if (!node)
		return;
	begin(FUSE_LINK, ROOT);
	add_word(node);
	add_name("linked");
	attempt("LINK", name);
	begin(FUSE_OPEN, node);
	add((u32[2]){ READ_WRITE, 0 }, 8);
	attempt("OPEN-WRITE", name);
	begin(FUSE_OPEN, node);
	add((u32[2]){ TRUNCATE, 0 }, 8);
	attempt("OPEN-TRUNCATE", name);
	begin(FUSE_SETATTR, node);
	add(attributes, sizeof(attributes));
	attempt("SETATTR", name);
	begin(FUSE_SETXATTR, node);
	add((u32[2]){ 1, 0 }, 8);
	add_name("user.reach");
	add("x", 1);
	attempt("SETXATTR", name);
	begin(FUSE_REMOVEXATTR, node);
	add_name("user.reach");
	attempt("REMOVEXATTR", name);
	open_node(FUSE_OPEN, node, 0, &handle);
	begin(FUSE_WRITE, node);
	add_word(handle);
	add_word(0);
	add(write, sizeof(write));
	add("reach", 5);
	attempt("WRITE", name);
	begin(FUSE_FALLOCATE, node);
	add_word(handle);
	add_word(0);
	add_word(65536);
	add_word(0);
	attempt("FALLOCATE", name);
	begin(FUSE_COPY_FILE_RANGE, node);
	add_word(handle);
	add_word(0);
	add_word(node);
	add_word(handle);
	add_word(4);
	add_word(4);
	add_word(0);
	attempt("COPY_FILE_RANGE", name);
	begin(FUSE_SETUPMAPPING, node);
	add_word(handle);
	add_word(0);
	add_word(4096);
	add_word(1); /* FUSE_SETUPMAPPING_FLAG_WRITE */
	add_word(0);
	attempt("SETUPMAPPING", name);
}

void reach_share(struct device *device)
{
	const char *value;
	static char near[1024], far[1024];

	share = device;
	if (!device_start(device, 2)) {
		print("reach: the share does not start\n");
		return;
	}
	begin(FUSE_INIT, 0);
	add((u32[4]){ 7, 31, 65536, 0 }, 16);
	print("reach: INIT = %d\n", send());
	if ((value = parameter("reach.near=", 0)))
		append(near, sizeof(near), value);
	if ((value = parameter("reach.far=", 0)))
		append(far, sizeof(far), value);
	reach(ROOT, "file");
	read_outside(near, far);
	change_name("made");
	change_name("../made");
	change_node("file");
	change_node(near);
	change_node(far);
	reach(ROOT, "file");
	if (device->is_dead)
		print("reach: the share answers no more\n");
}
