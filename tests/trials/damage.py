"""Damaged inputs: what each reader makes of files in which bytes are wrong."""

import concurrent.futures
import os
import pathlib
import random
import shutil
import tempfile
from collections import Counter

from measure import run
from readers import KERNEL

# Headers are dense, so half of the damage goes there.
HEADER_BYTES = 4096


def damaged(content, chance):
    """A copy with one kind of damage, or several."""
    data = bytearray(content)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        if not data:
            break
        reach = chance.choice([len(data), min(len(data), HEADER_BYTES)])
        at = chance.randrange(reach)
        length = min(chance.choice([1, 1, 2, 4, 8, 16]), len(data) - at)
        match chance.randrange(7):
            case 0 | 1:
                for _ in range(chance.randint(1, 8)):
                    data[chance.randrange(reach)] ^= 1 << chance.randrange(8)
            case 2:
                data[at : at + length] = chance.randbytes(length)
            case 3:
                data[at : at + length] = bytes([chance.choice([0, 0xFF, 0x80, 0x7F])]) * length
            case 4:
                del data[at:]
            case 5:
                other = chance.randrange(len(data))
                data[at:at] = data[other : other + chance.choice([16, 512, 4096])]
            case 6:
                del data[at : at + chance.choice([1, 16, 512])]
    # An attacker repairs checksums.
    return with_tar_checksums(data) if chance.randrange(2) else bytes(data)


def with_tar_checksums(data):
    """Repairs the checksum of everything that has the magic of a tar header."""
    at = data.find(b"ustar")
    while at != -1:
        header = data[at - 257 : at + 255] if at >= 257 else b""
        if len(header) == 512:
            header[148:156] = b" " * 8
            data[at - 109 : at - 101] = b"%06o\0 " % sum(header)
        at = data.find(b"ustar", at + 1)
    return bytes(data)


class Row:
    """What all trials of one reader came to."""

    def __init__(self, name):
        self.name = name
        self.statuses = Counter()
        self.limits = set()
        self.crashes = self.hangs = 0
        self.seconds = self.mib = 0.0
        self.bases = 0

    def add(self, outcome):
        """Counts one run."""
        self.statuses[outcome.status] += 1
        self.limits |= outcome.limits
        self.crashes += outcome.is_crash
        self.hangs += outcome.is_hang
        self.seconds = max(self.seconds, outcome.seconds)
        self.mib = max(self.mib, outcome.mib)

    def markdown(self):
        """Its line of the table."""
        counts = [str(self.statuses[status]) for status in (0, 1, 2, 3)]
        limits = ", ".join(f"`{name}`" for name in sorted(self.limits)) or "–"
        cells = [
            self.name,
            str(self.bases),
            str(self.statuses.total()),
            *counts,
            str(self.crashes),
            str(self.hangs),
            f"{self.seconds:.2f}",
            f"{self.mib:.0f}",
            limits,
        ]
        return "| " + " | ".join(cells) + " |"


HEADING = """| reader | inputs | damaged | exit 0 | 1 | 2 | 3 | crashes | hangs | worst CPU s | worst MiB | limits reached |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|
"""


def trial(kelpie, reader, content, work):
    """Runs a reader on one input."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        path = pathlib.Path(folder, "input")
        if "{folder}" in reader.command:
            path = pathlib.Path(folder, "kelpie-check.toml")
            os.link(work / "vmlinuz", pathlib.Path(folder, "vmlinuz"))
        path.write_bytes(content)
        # An argument holds no NUL, and Linux takes 128 KiB of it.
        text = content.replace(b"\0", b" ")[:100_000]
        places = {"{}": str(path), "{folder}": folder, "{out}": str(pathlib.Path(folder, "out")), "{text}": text}
        return run([kelpie, *(places.get(word, word) for word in reader.command)], folder)


def trials(kelpie, readers, work, count, seed, keep):
    """The table of all readers, and whether everything held."""
    shutil.copy(KERNEL, work / "vmlinuz")
    rows = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for reader in readers:
            chance = random.Random(f"{seed} {reader.name}")
            row = Row(reader.name)
            row.bases = len(reader.small) + len(reader.whole)
            inputs = [damaged(reader.choose(chance), chance) for _ in range(count)]
            outcomes = pool.map(lambda content: trial(kelpie, reader, content, work), inputs)
            for number, (content, outcome) in enumerate(zip(inputs, outcomes)):
                row.add(outcome)
                if keep and (outcome.is_crash or outcome.is_hang):
                    name = f"{reader.name}-{number}".replace(" ", "-").replace("/", "-")
                    pathlib.Path(keep, name).write_bytes(content)
                    pathlib.Path(keep, name + ".txt").write_bytes(outcome.output)
            rows.append(row)
            print(row.markdown(), flush=True)
    return rows
