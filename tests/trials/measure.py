"""Runs kelpie-check once and measures what that took."""

import os
import re
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

# A run that takes longer than this counts as a hang.
PATIENCE_SECONDS = 60
# Statuses that kelpie-check gives itself.
ITS_OWN = (0, 1, 2, 3)
LIMIT = re.compile(rb"\blimit ([a-z]+(?:_[a-z]+)*)(?: at 0x[0-9a-f]+)?(?: of the [^:\n]*)?:\s+expected\s+at\s+most")


@dataclass
class Outcome:
    """How one run ended."""

    status: int
    seconds: float
    mib: float
    limits: frozenset
    output: bytes

    @property
    def is_crash(self):
        """True if the process died of a signal or a panic."""
        return self.status not in ITS_OWN and self.status != 128 + signal.SIGKILL

    @property
    def is_hang(self):
        """True if the run was killed because it took too long."""
        return self.status == 128 + signal.SIGKILL


def run(command, folder):
    """Runs `command` under GNU time. Seconds are of the processor, user and system together."""
    bounded = f'ulimit -t {PATIENCE_SECONDS}; ulimit -c 0; exec "$@"'
    with tempfile.NamedTemporaryFile(dir=folder) as taken, tempfile.TemporaryFile(dir=folder) as said:
        process = subprocess.Popen(
            ["/usr/bin/time", "-q", "-o", taken.name, "-f", "%M", "sh", "-c", bounded, "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            env={"PATH": os.environ["PATH"], "HOME": folder, "LC_ALL": "C"},
        )
        killed_at = time.monotonic() + 4 * PATIENCE_SECONDS
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > killed_at:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.0005)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        output = said.read(1 << 20)
        kib = int((taken.read().split() or [b"0"])[-1])
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    names = (name.decode() for name in LIMIT.findall(output))
    return Outcome(
        status=code,
        seconds=usage.ru_utime + usage.ru_stime,
        mib=kib / 1024,
        limits=frozenset(names),
        output=output,
    )
