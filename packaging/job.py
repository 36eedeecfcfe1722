#!/usr/bin/env python3
"""Runs the GitHub Action or the GitLab job of ci/ in this folder, as a runner would.

    packaging/job.py github|gitlab [INPUT=VALUE…]

Sets the variables of the runner, fills in the inputs, and runs the script of the template itself. Prints
what the script left for the runner, and ends with its status. Needs PyYAML."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

CI = pathlib.Path(__file__).resolve().parent.parent / "ci"


def filled(text, pattern, inputs):
    """Returns the text with each input in its place. An input that is not declared is a KeyError."""
    return re.sub(pattern, lambda match: inputs[match[1]], text)


def github(given):
    folder = CI / "github"
    action = yaml.safe_load((folder / "action.yml").read_text())
    inputs = {name: item["default"] for name, item in action["inputs"].items()} | given
    fill = lambda text: filled(text, r"\$\{\{ inputs\.([\w-]+) \}\}", inputs)
    files = {name: tempfile.mktemp() for name in ("PATH", "OUTPUT", "STEP_SUMMARY")}
    variables = {f"GITHUB_{name}": path for name, path in files.items()}
    variables |= {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(folder),
        "RUNNER_TEMP": tempfile.mkdtemp(),
    }
    assert action["runs"]["using"] == "composite"
    (step,) = action["runs"]["steps"]
    assert step["shell"] == "bash"
    step_variables = {name: fill(value) for name, value in step["env"].items()}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", fill(step["run"])],
        env=os.environ | variables | step_variables,
        cwd=fill(step["working-directory"]),
    )
    for name, path in files.items():
        left = pathlib.Path(path).read_text() if os.path.exists(path) else "nothing\n"
        print(f"-- left in GITHUB_{name}:\n{left}", end="", flush=True)
    return done.returncode


def gitlab(given):
    text = (CI / "gitlab" / "kelpie-check.yml").read_text()
    header, body = text.split("\n---\n")
    declared = yaml.safe_load(header)["spec"]["inputs"]
    inputs = {name: item["default"] for name, item in declared.items()} | given
    (job,) = yaml.safe_load(filled(body, r"\$\[\[ inputs\.([\w-]+) \]\]", inputs)).values()
    variables = {"CI": "true", "GITLAB_CI": "true"} | job["variables"]
    # The runner takes bash if the image has it, and sh otherwise; what sh runs, both run.
    script = "\n".join(job["script"])
    done = subprocess.run(["sh", "-e", "-c", script], env=os.environ | variables)
    report = job["artifacts"]["reports"]["codequality"]
    print(f"-- the report of code quality, {report}:\n{pathlib.Path(report).read_text()}", flush=True)
    return done.returncode


def main():
    runner, *given = sys.argv[1:]
    runners = {"github": github, "gitlab": gitlab}
    return runners[runner](dict(value.split("=", 1) for value in given))


sys.exit(main())
