#!/usr/bin/env python3
"""Boots a system once with each parameter of a list that is not ours, and compares with the prediction.

usage: parameters.py WORDS BASE KELPIE-CHECK-BOOT-ARGUMENTS...

WORDS is the kernel's Documentation/admin-guide/kernel-parameters.txt, of which each parameter is tried
with the values that its text names, or any file with a line of words for each boot. BASE is the command
line before them. The init of the root prints "the root has spoken", or --expect names another text.

Prints a line of JSON for each boot that differs from its prediction or was not predicted, then a summary.
"""

import collections
import json
import os
import re
import subprocess
import sys


def parameters(text):
    """Each parameter of kernel-parameters.txt with the values that its description names."""
    described = {}
    name = None
    for line in text.splitlines():
        begins = re.match(r"\t([a-zA-Z0-9_.\-]+=?)", line)
        if begins and not line.startswith("\t\t"):
            name = begins[1]
        if name:
            described[name] = described.get(name, "") + line + "\n"
    for name, text in described.items():
        if not name.endswith("="):
            yield name
            continue
        values = {"0", "1"}
        for choice in re.findall(r"\{([^}]*)\}", text):
            values.update(value.strip(' "\t\n') for value in re.split(r"[|,]", choice))
        values.update(re.findall(r"^\t\t\t?([a-z0-9_]{2,14})\s*(?:--?|:)\s", text, re.M))
        values.update(word for word in ("on", "off") if re.search(rf"\b{word}\b", text))
        usable = (value for value in values if re.fullmatch(r"[A-Za-z0-9_.:-]{1,20}", value))
        yield from (name + value for value in sorted(usable))


def boot(words, base, arguments):
    program = os.environ.get("KELPIE_CHECK", "target/debug/kelpie-check")
    command = [program, "boot", *arguments, "--cmdline", f"{base} {words}", "--format", "json"]
    if "--expect" not in arguments:
        command += ["--expect", "the root has spoken"]
    ended = subprocess.run(command, capture_output=True, text=True)
    if not ended.stdout:
        return {"words": words, "judgement": "not run", "why": ended.stderr.strip()}
    report = json.loads(ended.stdout)
    predicted, observed = report["predicted"], report["observed"] or {}
    outcomes = predicted["outcome"], observed.get("outcome")
    judgement = {
        ("boots", "reached"): "agrees",
        ("boots", "failed"): "false boots",
        ("fails", "reached"): "false fails",
        ("fails", None): "not run",
    }.get(outcomes, "unknown" if outcomes[0] == "unknown" else "agrees")
    if outcomes == ("fails", "failed") and predicted["code"] != observed["code"]:
        judgement = "another cause"
    return {"words": words, "judgement": judgement, "predicted": predicted, "observed": observed}


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    source, base, *arguments = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        text = file.read()
    found = list(parameters(text))
    words = found if len(found) > 100 else [line for line in text.splitlines() if line.strip()]
    counted = collections.Counter()
    for each in words:
        result = boot(each, base, arguments)
        counted[result["judgement"]] += 1
        if result["judgement"] != "agrees":
            print(json.dumps(result), flush=True)
    print(json.dumps({"boots": len(words), **counted}))


main()
