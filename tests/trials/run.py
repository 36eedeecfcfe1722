#!/usr/bin/env python3
"""Writes docs/SECURITY-TRIALS.md: damaged inputs, inputs that grow, and what a jailed boot costs.
tests/trials.sh builds what it needs and runs it."""

import argparse
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

import boots
import damage
from readers import HERE, readers

INTRODUCTION = """# Security trials

Written by `tests/trials.sh` on one machine: {machine}, sources of {commit}. Times are
processor times, user and system together, and differ from machine to machine.

## Damaged inputs

Every reader of the command runs over inputs from real tools and from the fuzzer's corpus. Each has one to
four defects: flipped bits, overwritten, removed or repeated bytes, or a lost end. In half of them the
checksums of tar headers are corrected. {count} runs for each reader, seed {seed}. A crash is a
signal or a panic; a hang is a run of more than 60 seconds. Exit status 3 means that no verdict was
reached: a part is unreadable, or a limit was met. `fetch` reads the last five.

"""

GROWTH = """
## Inputs that grow

The worst known input for each reader, at three sizes (`tests/complexity/readers.rs`), with a
{build} build. Linear cost grows by 2.00; the tests demand at most 2.30. Memory is the peak that Rust
code allocates; C codecs are not counted. Work is what was charged to the work budget. The last column is the
outcome for the largest input: read completely, or ended by a limit. Times are rounded to 0.1 ms, so the
growth of a time below 1 ms is coarse.

"""

BOOTS = """
## Boots

QEMU {version} with TCG boots the minimal kernel for x86_64 without a root. Time is measured from the start
to the marker of kelpie-check's init, with the cleanup. QEMU by hand gets the arguments and files that
kelpie-check gave it. The runs alternate for {rounds} rounds; the table has medians.

"""


def growth(lines):
    """The table of what `cargo test --test trials` prints: a line for each reader and size."""
    text = "| reader | n counts | n | CPU ms at n, 2n, 4n | growth | peak MiB | work MiB | outcome |\n"
    text += "|---|---|--:|---|---|---|---|---|\n"
    rows = {}
    for line in lines[1:]:
        name, counts, *cells = line.split("\t")
        rows.setdefault((name, counts), []).append(cells)
    for (name, counts), sizes in rows.items():
        times = [float(cells[1]) for cells in sizes]
        factors = [f"{after / before:.2f}" for before, after in zip(times, times[1:]) if before]
        mib = [", ".join(f"{int(cells[at]) / 1024:.1f}" for cells in sizes) for at in (2, 3)]
        cells = [name, counts, sizes[0][0], ", ".join(f"{time:.1f}" for time in times), ", ".join(factors)]
        text += "| " + " | ".join([*cells, *mib, sizes[-1][4].split(":")[0]]) + " |\n"
    return text


def commit():
    """The commit that the tree is at."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, check=True)
    return done.stdout.decode().strip()


def qemu_version():
    """QEMU's version."""
    done = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, check=True)
    return done.stdout.decode().split()[3].split("(")[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kelpie-check", required=True)
    parser.add_argument("--growth", type=pathlib.Path, help="what cargo test --test trials printed")
    parser.add_argument("--build", default="release", help="how that was built")
    parser.add_argument("--count", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for inputs that crash or hang")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "docs/SECURITY-TRIALS.md")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        text = INTRODUCTION.format(
            machine=f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}",
            commit=commit(),
            count=options.count,
            seed=options.seed,
        )
        rows = damage.trials(
            options.kelpie_check, readers(work), work, options.count, options.seed, options.keep
        )
        total = sum(row.statuses.total() for row in rows)
        crashes, hangs = sum(row.crashes for row in rows), sum(row.hangs for row in rows)
        text += damage.HEADING + "".join(row.markdown() + "\n" for row in rows)
        text += f"\n{total} runs, {crashes} crashes, {hangs} hangs.\n"
        if options.growth:
            text += GROWTH.format(build=options.build) + growth(options.growth.read_text().splitlines())
        if options.rounds:
            text += BOOTS.format(version=qemu_version(), rounds=options.rounds)
            text += boots.table(options.kelpie_check, work, options.rounds)
    options.out.write_text(text)
    print(f"written: {options.out}", file=sys.stderr)
    return 1 if crashes or hangs else 0


if __name__ == "__main__":
    sys.exit(main())
