"""What a boot costs beside QEMU by hand, the jail included."""

import os
import pathlib
import shutil
import statistics
import subprocess
import time

from readers import HERE

MARKER = b"kelpie-check: userspace reached"
PATIENCE_SECONDS = 300
KERNEL = HERE / "kernel/vmlinuz-x86_64"


def boot(kelpie, *more):
    """Seconds from the start of `kelpie-check boot` to its end."""
    command = [kelpie, "boot", str(KERNEL), "--target", "qemu-microvm", "--accelerator", "tcg", *more]
    begun = time.monotonic()
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_SECONDS, check=False
    )
    seconds = time.monotonic() - begun
    if done.returncode != 0:
        raise SystemExit(f"the boot failed: {done.stdout.decode()}{done.stderr.decode()}")
    return seconds


def machine(kelpie, work):
    """The arguments that kelpie-check gives QEMU, with copies of the files they name.

    They are read from /proc while the machine runs, where the jail's own paths are resolved too.
    """
    command = [kelpie, "boot", str(KERNEL), "--target", "qemu-microvm", "--accelerator", "tcg"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            until = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < until and process.poll() is None:
                for pid in below(process.pid):
                    if found := taken_down(pid, work):
                        return found
                time.sleep(0.001)
        finally:
            process.terminate()
    raise SystemExit("no QEMU was seen to start")


def below(pid):
    """The process, and all that it started."""
    found = [pid]
    for parent in found:
        for task in pathlib.Path(f"/proc/{parent}/task").glob("*"):
            try:
                found += [int(child) for child in (task / "children").read_text().split()]
            except OSError:
                pass
    return found


def taken_down(pid, work):
    """The arguments of a QEMU; None of another process."""
    process = pathlib.Path(f"/proc/{pid}")
    try:
        words = process.joinpath("cmdline").read_bytes().split(b"\0")[:-1]
        if not words or b"qemu-system" not in os.path.basename(words[0]) or b"-kernel" not in words:
            return None
        arguments = []
        for word in words[1:]:
            path = word.decode()
            if path.startswith("/") and "," not in path:
                inside = process / "root" / path.lstrip("/")
                if inside.is_file():
                    path = shutil.copy(inside, work / f"by-hand-{os.path.basename(path)}")
            arguments.append(str(path))
        return arguments
    except OSError:
        return None


def by_hand(arguments):
    """Seconds from the start of QEMU to the marker on its console.

    It gets a session of its own, as kelpie-check gives it one: Linux shares processors by session.
    """
    begun = time.monotonic()
    with subprocess.Popen(
        [shutil.which("qemu-system-x86_64"), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        for line in process.stdout:
            if MARKER in line:
                seconds = time.monotonic() - begun
                process.kill()
                return seconds
    raise SystemExit("QEMU by hand did not reach the marker")


def table(kelpie, work, rounds):
    """The medians of runs that take turns."""
    arguments = machine(kelpie, work)
    columns = {
        "kelpie-check boot": lambda: boot(kelpie),
        "kelpie-check boot --no-jail": lambda: boot(kelpie, "--no-jail"),
        "QEMU by hand": lambda: by_hand(arguments),
    }
    taken = {name: [] for name in columns}
    for _ in range(rounds):
        for name, job in columns.items():
            taken[name].append(job())
    hand = statistics.median(taken["QEMU by hand"])
    text = "| boot | median s | beside QEMU by hand | goal | met |\n|---|--:|--:|---|---|\n"
    for name, seconds in taken.items():
        ratio = statistics.median(seconds) / hand
        goal, met = ("", "")
        if name == "kelpie-check boot":
            goal, met = "≤ 1.10 ×", "yes" if ratio <= 1.10 else "**no**"
        text += f"| `{name}` | {statistics.median(seconds):.3f} | {ratio:.3f} × | {goal} | {met} |\n"
    return text
