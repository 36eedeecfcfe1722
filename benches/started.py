#!/usr/bin/env python3
"""Measures what a real boot costs beyond the VMM's own work, and writes docs/BENCH-STARTED.md.

    cargo build --release --bins
    benches/started.py ALPINE_DIR [OUT]

ALPINE_DIR holds vmlinuz-virt and rootfs.ext4 for x86_64 (corpus/fetch-alpine.sh makes it). QEMU
translates (TCG), so that every host can repeat it. Ours and QEMU by hand take turns in each of ROUNDS
rounds, and the medians are compared.

    ROUNDS=15        how often
    KELPIE_CHECK     the binary, else the one under target/release

QEMU by hand is the command line that ours starts, taken down by a stand-in on PATH, with copies of the
same kernel and initramfs. The first instruction is seen in QEMU's log of the code that it translates
(`-d in_asm`), which that stand-in asks for.
"""

import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
ROUNDS = int(os.environ.get("ROUNDS", "15"))
KELPIE = os.path.realpath(os.environ.get("KELPIE_CHECK", HERE / "target/release/kelpie-check"))
QEMU = shutil.which("qemu-system-x86_64")
MARKER = b"kelpie-check: userspace reached"
LIMIT = 120

# Stands before QEMU: takes its arguments down with copies of its files, or has it log what it runs.
STAND_IN = """#!/bin/sh
if [ "$1" = --version ]; then exec {qemu} "$@"; fi
if [ -n "$TAKE_DOWN" ]; then
    for argument in "$@"; do
        if [ -f "$argument" ]; then
            cp "$argument" "$TAKE_DOWN/${{argument##*/}}"
            argument=$TAKE_DOWN/${{argument##*/}}
        fi
        printf '%s\\n' "$argument"
    done > "$TAKE_DOWN/arguments"
fi
if [ -n "$FIRST_LOG" ]; then exec {qemu} "$@" -d in_asm -D "$FIRST_LOG"; fi
exec {qemu} "$@"
"""


def boot(work, arguments, **environment):
    """Starts ours on the stand-in's QEMU."""
    path = f"{work}:{os.environ['PATH']}"
    command = [KELPIE, "boot", *arguments, "--target", "qemu-microvm", "--accelerator", "tcg"]
    return subprocess.Popen(
        command,
        env={**os.environ, "PATH": path, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def ours(kernel):
    """Seconds from our start to our end: the marker was seen, and all is tidied up."""
    begun = time.monotonic()
    done = subprocess.run(
        [KELPIE, "boot", kernel, "--target", "qemu-microvm", "--accelerator", "tcg"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=LIMIT,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"the boot failed: {done.stdout.decode()}{done.stderr.decode()}")
    return time.monotonic() - begun


def by_hand(arguments):
    """Seconds from QEMU's start to the marker on its console."""
    begun = time.monotonic()
    with subprocess.Popen(
        [QEMU, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        for line in process.stdout:
            if MARKER in line:
                passed = time.monotonic() - begun
                process.kill()
                return passed
    raise SystemExit("QEMU by hand did not reach the marker")


def until_first(work, start):
    """Seconds from `start` to the first line in QEMU's log, looked for every 0.2 ms."""
    log = pathlib.Path(work, "first.log")
    log.unlink(missing_ok=True)
    begun = time.monotonic()
    process = start(str(log))
    try:
        while True:
            passed = time.monotonic() - begun
            if log.exists() and log.stat().st_size > 0:
                return passed
            if passed > LIMIT or process.poll() is not None:
                raise SystemExit("QEMU translated nothing")
            time.sleep(0.0002)
    finally:
        process.terminate()
        process.wait()


def taken_down(work, arguments):
    """The command line by which ours starts QEMU, with copies of the files."""
    folder = pathlib.Path(work, "taken")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    boot(work, arguments, TAKE_DOWN=str(folder)).wait()
    lines = (folder / "arguments").read_text().splitlines()
    return lines


def median_of(rounds, *jobs):
    """The jobs take turns; the median of each, in seconds."""
    taken = [[job() for job in jobs] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*taken)]


def main():
    if len(sys.argv) < 2:
        raise SystemExit("usage: benches/started.py ALPINE_DIR [OUT]")
    if QEMU is None:
        raise SystemExit("qemu-system-x86_64 is not on PATH")
    alpine = pathlib.Path(sys.argv[1]).resolve()
    out = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else HERE / "docs/BENCH-STARTED.md")
    small, large = str(HERE / "kernel/vmlinuz-x86_64"), str(alpine / "vmlinuz-virt")
    root = str(alpine / "rootfs.ext4")
    with tempfile.TemporaryDirectory() as work:
        stand_in = pathlib.Path(work, "qemu-system-x86_64")
        stand_in.write_text(STAND_IN.format(qemu=QEMU))
        stand_in.chmod(0o755)
        arguments = taken_down(work, [small])
        our_boot, bare_boot = median_of(ROUNDS, lambda: ours(small), lambda: by_hand(arguments))
        bare_large = taken_down(work, [large])
        taken_large = pathlib.Path(work, "large")
        shutil.copytree(pathlib.Path(work, "taken"), taken_large)
        bare_large = [re.sub("/taken/", "/large/", argument) for argument in bare_large]
        first, first_bare, first_root = median_of(
            ROUNDS,
            lambda: until_first(work, lambda log: boot(work, [large], FIRST_LOG=log)),
            lambda: until_first(
                work,
                lambda log: subprocess.Popen(
                    [QEMU, *bare_large, "-d", "in_asm", "-D", log],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                ),
            ),
            lambda: until_first(
                work, lambda log: boot(work, [large, "--rootfs", root, "--force"], FIRST_LOG=log)
            ),
        )
    version = subprocess.run([QEMU, "--version"], capture_output=True, check=True).stdout.decode()
    version = re.search(r"version (\d+\.\d+)", version).group(1)
    size = os.path.getsize(large) / 1e6

    def row(what, value, peer, goal, holds):
        met = "yes" if holds else "**no**"
        return f"| {what} | {value} | {peer} | {goal} | {met} |\n"

    ratio = our_boot / bare_boot
    more = (first_root - first) * 1000
    text = f"""# The cost of a real boot

`benches/started.py` wrote this page: x86_64, QEMU {version} with TCG, medians of {ROUNDS} rounds in which kelpie-check and
QEMU by hand took turns. QEMU by hand gets the arguments and the files that kelpie-check gave to QEMU.

| measurement | kelpie-check | QEMU by hand | goal | met |
|---|---|---|---|---|
"""
    text += row(
        "the minimal kernel without a root, from the start to the marker, including the cleanup",
        f"{our_boot:.3f} s",
        f"{bare_boot:.3f} s ({ratio:.3f} ×)",
        "≤ 1.10 ×",
        ratio <= 1.10,
    )
    text += row(
        f"from the start to the VM's first instruction, Alpine's kernel of {size:.1f} MB",
        f"{first * 1000:.0f} ms",
        f"{first_bare * 1000:.0f} ms",
        "< 150 ms",
        first < 0.150,
    )
    text += row(
        "the same with Alpine's root of 1 GiB",
        f"{first_root * 1000:.0f} ms ({more:+.0f} ms)",
        "–",
        "< +50 ms",
        more < 50,
    )
    out.write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
