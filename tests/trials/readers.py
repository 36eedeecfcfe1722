"""What reads which kind of input, and good inputs of each kind to damage."""

import gzip
import hashlib
import io
import json
import lzma
import os
import pathlib
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent.parent.parent
KERNEL = HERE / "kernel/vmlinuz-x86_64"
# Larger inputs cost time and hold nothing more to read.
LARGEST = 4 << 20
PATH = os.environ["PATH"] + ":/sbin:/usr/sbin"


@dataclass
class Reader:
    """A kind of input. In `command`, {} stands for the damaged file."""

    name: str
    command: list
    corpora: tuple = ()
    # What the fuzzer begins with: small, and odd.
    small: list = field(default_factory=list)
    # What people's tools write.
    whole: list = field(default_factory=list)

    def choose(self, chance):
        """One input; whole ones as often as small ones."""
        return chance.choice(chance.choice([part for part in (self.small, self.whole) if part]))


def readers(work):
    """Every reader with its inputs."""
    found = [
        Reader("kernel", ["kernel", "{}"], ("containers", "report")),
        Reader("configuration", ["kernel", "--config", "{}", str(KERNEL)], ("beside",)),
        Reader("kernel-metadata.json", ["kernel", "--metadata", "{}", str(KERNEL)], ("json",)),
        Reader("kelpie-check.toml", ["check", "{folder}"], ("toml",)),
        Reader("initramfs", ["initramfs", "{}"], ("initramfs",)),
        Reader("root, disk image", ["rootfs", "{}"], ("rootfs", "second_opinion")),
        Reader("command line", ["cmdline", "{text}"], ("cmdline",)),
        Reader("console log", ["diagnose", "{}"]),
        Reader("tar archive", FETCH, ("tar",)),
        Reader("Debian package", FETCH, ("deb",)),
        Reader("Alpine package", FETCH, ("apk",)),
        Reader("ISO 9660 image", FETCH, ("iso",)),
        Reader("container image", FETCH),
    ]
    corpus = work / "corpus"
    subprocess.run(["tar", "-xJf", HERE / "fuzz/corpus.tar.xz", "-C", work], check=True)
    for reader in found:
        for name in reader.corpora:
            reader.small += [path.read_bytes() for path in sorted((corpus / name).iterdir())]
    by_name = {reader.name: reader for reader in found}
    for name, content in made(work):
        by_name[name].whole.append(content)
    for reader in found:
        reader.small = [content for content in reader.small if 0 < len(content) <= LARGEST]
    return found


FETCH = ["fetch", "--from", "{}", "--allow-untrusted", "-o", "{out}"]


def made(work):
    """Whole inputs, by the tools that people use."""
    kernel = KERNEL.read_bytes()
    yield "kernel", kernel
    yield "kernel", (HERE / "kernel/vmlinuz-aarch64").read_bytes()
    yield "kernel-metadata.json", (HERE / "kernel/kernel-metadata.json").read_bytes()
    yield "kelpie-check.toml", PROJECT
    yield "console log", LOG
    yield "console log", LOG.replace(b"\n", b"\r\n").replace(b"[    ", b"\x1b[32m[    ")
    archive = cpio(work)
    for packed in [archive, gzip.compress(archive, mtime=0), lzma.compress(archive, check=lzma.CHECK_CRC32)]:
        yield "initramfs", packed
    for codec in [["zstd", "-q", "-c"], ["lz4", "-l", "-c"], ["bzip2", "-c"], ["lzop", "-c"]]:
        if shutil.which(codec[0]):
            yield "initramfs", subprocess.run(codec, input=archive, capture_output=True, check=True).stdout
    yield from (("root, disk image", disk) for disk in disks(work))
    tree = {"boot/vmlinuz-virt": kernel, "boot/config-virt": b"CONFIG_EXT4_FS=y\n", "boot/initramfs-virt": archive}
    yield "tar archive", tar(tree, "w")
    for mode in ["w:gz", "w:xz", "w:bz2"]:
        yield "tar archive", tar(tree, mode)
    yield "container image", saved(tree, "w")
    yield "container image", saved(tree, "w:gz")
    yield "container image", layout(tree)


def cpio(work):
    """An archive with an init, a directory and a module."""
    folder = work / "tree"
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    (folder / "lib/modules/6.1.0/kernel").mkdir(parents=True, exist_ok=True)
    shutil.copy(shutil.which("busybox") or "/bin/true", folder / "bin/busybox")
    (folder / "init").write_text("#!/bin/busybox sh\nmount -t proc proc /proc\nexec /sbin/init\n")
    (folder / "init").chmod(0o755)
    (folder / "lib/modules/6.1.0/kernel/virtio_blk.ko").write_bytes(b"\x7fELF" + bytes(200))
    (folder / "lib/modules/6.1.0/modules.dep").write_text("kernel/virtio_blk.ko:\n")
    for name in ["sbin", "etc", "dev"]:
        (folder / name).mkdir(exist_ok=True)
    if not (folder / "sbin/init").is_symlink():
        (folder / "sbin/init").symlink_to("/bin/busybox")
    (folder / "etc/fstab").write_text("/dev/vda / ext4 defaults 0 1\n")
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    done = subprocess.run(
        ["cpio", "-o", "-H", "newc", "--quiet", "--reproducible"],
        input="\n".join(names).encode(),
        cwd=folder,
        capture_output=True,
        check=True,
    )
    return done.stdout


def disks(work):
    """The same files as file systems, with a partition table, and in qcow2."""
    image = work / "disk"
    for kind in ["ext4", "ext3", "ext2"]:
        image.unlink(missing_ok=True)
        command = ["mke2fs", "-q", "-t", kind, "-d", work / "tree", image, "3584k"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PATH": PATH})
        yield image.read_bytes()
    if shutil.which("qemu-img"):
        for form in ["qcow2", "vmdk", "vhdx", "vdi", "vpc"]:
            other = work / "disk.other"
            subprocess.run(["qemu-img", "convert", "-q", "-O", form, image, other], check=True)
            yield other.read_bytes()
    if sfdisk := shutil.which("sfdisk", path=PATH):
        for label in ["gpt", "dos"]:
            image.write_bytes(bytes(4 << 20))
            script = f"label: {label}\n,1M\n,1M\n,,\n"
            subprocess.run([sfdisk, "-q", image], input=script.encode(), check=True, stdout=subprocess.DEVNULL)
            yield image.read_bytes()


def tar(files, mode):
    """A tar archive of these files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def sha256(content):
    """The digest, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def saved(tree, mode):
    """An image as `docker save` writes it."""
    layer = tar(tree, "w")
    config = {"architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha256(layer)]}}
    manifest = [{"Config": "config.json", "RepoTags": ["a:b"], "Layers": ["0/layer.tar"]}]
    files = {"0/layer.tar": layer, "config.json": json.dumps(config).encode()}
    return tar({**files, "manifest.json": json.dumps(manifest).encode()}, mode)


def layout(tree):
    """An image in an OCI layout, in an archive."""
    files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}

    def blob(content):
        files["blobs/sha256/" + sha256(content)] = content
        return {"digest": "sha256:" + sha256(content), "size": len(content)}

    manifest = {"schemaVersion": 2, "layers": [blob(tar(tree, "w:gz"))]}
    descriptor = blob(json.dumps(manifest).encode())
    descriptor["platform"] = {"architecture": "amd64", "os": "linux"}
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [descriptor]}).encode()
    return tar(files, "w")


PROJECT = b"""[[image]]
kernel = "vmlinuz"
cmdline = "console=ttyS0 root=/dev/vda rw"
ram_mib = 512
targets = ["qemu", "firecracker"]

[[ignore]]
code = "KC404"
reason = "known"

[limits]
decoded_bytes = "64M"
"""

LOG = b"""[    0.000000] Linux version 6.1.0 (a@b) (gcc 12) #1 SMP
[    0.000000] Command line: console=ttyS0 root=/dev/vda rw
[    0.004000] Memory: 480000K/524288K available
[    0.300000] Unpacking initramfs...
[    0.900000] virtio_blk virtio0: [vda] 2048 512-byte logical blocks
[    1.000000] VFS: Cannot open root device "vda" or unknown-block(0,0): error -6
[    1.000001] Please append a correct "root=" boot option; here are the available partitions:
[    1.000002] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)
[    1.000003] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1.0 #1
[    1.000004] Call Trace:
[    1.000005] ---[ end Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0) ]---
"""
