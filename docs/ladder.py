#!/usr/bin/env python3
"""Draws docs/ladder.svg: the report of a boot that fails, as text in an SVG.

Run it from the root of the repository, after `cargo build`. It needs mke2fs. `--check` compares the picture with
the report instead of writing it. KELPIE_CHECK names another binary.
"""

import html
import os
import pathlib
import subprocess
import sys
import tempfile

PICTURE = pathlib.Path("docs/ladder.svg")
COMMAND = "check --kernel kernel/vmlinuz-x86_64 --rootfs root.ext4 --target qemu-microvm"

COLUMN, ROW, MARGIN = 7.85, 18, 16
MARKS = {"✔": "good", "✘": "bad", "!": "warn", "?": "warn", "·": "dim", "–": "dim"}
STYLE = """
  .page { fill: #ffffff; stroke: #d0d7de; }
  text { font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; white-space: pre; }
  .good { fill: #1a7f37; } .bad { fill: #cf222e; } .warn { fill: #9a6700; } .dim { fill: #59636e; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d; } text { fill: #f0f6fc; }
    .good { fill: #3fb950; } .bad { fill: #f85149; } .warn { fill: #d29922; } .dim { fill: #9198a1; }
  }
"""


def painted(line):
    """The line as SVG text, with its mark in colour."""
    if line[:1] in MARKS and line[1:2] == " ":
        rest = html.escape(line[1:], quote=False)
        return f'<tspan class="{MARKS[line[0]]}">{line[0]}</tspan>{rest}'
    if line.startswith("verdict: fails"):
        return f'<tspan class="bad">{html.escape(line, quote=False)}</tspan>'
    return html.escape(line, quote=False)


def make_root(folder):
    """Makes a root file system whose init is a script for a shell that is not there."""
    root = folder / "root"
    for name in ("bin", "dev", "etc", "proc", "sbin", "sys"):
        (root / name).mkdir(parents=True)
    (root / "etc/os-release").write_text("ID=alpine\nVERSION_ID=3.22.1\n", encoding="utf-8")
    init = root / "sbin/init"
    init.write_text("#!/bin/bash\nexec /bin/busybox init\n", encoding="utf-8")
    init.chmod(0o755)
    mke2fs = ["mke2fs", "-q", "-t", "ext4", "-d", root, folder / "root.ext4", "16M"]
    subprocess.run(mke2fs, stdout=subprocess.DEVNULL, check=True)


def report():
    """What kelpie-check prints for that root and the minimal kernel."""
    binary = pathlib.Path(os.environ.get("KELPIE_CHECK", "target/debug/kelpie-check")).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_root(folder)
        (folder / "kernel").symlink_to(pathlib.Path("kernel").resolve())
        run = subprocess.run([binary, *COMMAND.split()], cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
    return run.stdout.rstrip("\n")


def picture(lines):
    """The SVG of these lines."""
    width = round(MARGIN * 2 + max(len(line) for line in lines) * COLUMN)
    height = MARGIN * 2 + len(lines) * ROW
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        "<title>kelpie-check names the stage, the cause and the fix of a boot that fails</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6"/>',
    ]
    for number, line in enumerate(lines):
        if line:
            y = MARGIN + 13 + number * ROW
            svg.append(f'<text xml:space="preserve" x="{MARGIN}" y="{y}">{painted(line)}</text>')
    svg.append("</svg>\n")
    return "\n".join(svg)


def main():
    drawn = picture([f"$ kelpie-check {COMMAND}", *report().split("\n")])
    if "--check" not in sys.argv:
        PICTURE.write_text(drawn, encoding="utf-8")
    elif PICTURE.read_text(encoding="utf-8") != drawn:
        sys.exit(f"{PICTURE} does not show the report of today: run docs/ladder.py")


if __name__ == "__main__":
    main()
