#!/usr/bin/env python3
"""Holds the documents against the tree: links lead somewhere, named files exist, licences are stated.

    tests/docs.py [--binary build/weighin]

With a binary: every command that a document shows as `weighin COMMAND` exists, with the options shown.
Prints one line for each finding; the last line is 'N passed, N failed'.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
args = argparse.ArgumentParser()
args.add_argument("--binary")
opt = args.parse_args()
passed, failed = 0, 0


def check(ok, sentence):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    if not ok:
        print(sentence)


tracked = subprocess.run(["git", "-c", "safe.directory=*", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True).stdout.splitlines()
tree = set(tracked) | {p.as_posix() for f in tracked for p in pathlib.PurePosixPath(f).parents}

# ---- every folder explains itself ----
for folder in ("base", "models", "probes", "kernels", "bench", "results", "report", "cli", "tests", "docs"):
    check(f"{folder}/README.md" in tree, f"{folder}/: no README.md")

# ---- nothing strays to the top: what a test or a run leaves behind is nobody's to commit ----
top = set("CMakeLists.txt CMakePresets.json start README.md LICENSE CHANGELOG.md base models probes kernels bench results report cli tests docs".split())
for name in sorted({path.split("/")[0] for path in tracked}):
    check(name in top or name.startswith("."), f"{name}: does not belong to the top level")

# ---- licence lines ----
for path in tracked:
    if path.endswith((".c", ".h", ".inc", ".py", ".sh", ".yaml", ".sql", ".css", "CMakeLists.txt", ".cmake")) and "fixtures/" not in path:
        head = (TOP / path).read_text(encoding="utf-8")[:1500]
        check("SPDX-License-Identifier: Apache-2.0" in head, f"{path}: no SPDX licence line")

# ---- JSON: every schema and each of its first keys is described ----
described = (TOP / "docs/json.md").read_text(encoding="utf-8")
for path in (p for p in tracked if p.startswith("cli/schema/")):
    check(f"../{path}" in described, f"docs/json.md: no link to {path}")
    for key in json.loads((TOP / path).read_text(encoding="utf-8"))["properties"]:
        check(f"`{key}`" in described, f"docs/json.md: {path} has `{key}`")

# ---- documents ----
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
NAMED = re.compile(r"`((?:base|models|probes|kernels|bench|results|report|cli|tests|docs)/[A-Za-z0-9_./-]+)`")
known = {}


def help_of(command):
    if command not in known:
        done = subprocess.run([opt.binary, command, "--help"], capture_output=True, text=True, check=False)
        known[command] = done.stdout if done.returncode == 0 else None
    return known[command]


for path in (p for p in tracked if p.endswith(".md")):
    text = (TOP / path).read_text(encoding="utf-8")
    here = pathlib.PurePosixPath(path).parent
    for link in LINK.findall(text):
        if "://" in link or link.startswith("mailto:"):
            continue
        parts = []
        for part in (here / link).parts:
            if part == "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        target = "/".join(parts)
        check(target in tree, f"{path}: the link {link} leads nowhere")
    for name in NAMED.findall(text):
        check(name.rstrip("/") in tree or any(c in name for c in "*<"), f"{path}: `{name}` is not in the tree")
    if opt.binary:
        for line in re.findall(r"(?:^|[`$ /])weighin ([a-z]+)([^`\n#|]*)", text):
            command, rest = line
            if command not in known and not re.match(r"^[a-z]+$", command):
                continue
            shown = re.search(rf"(?:`|\$ |build/)weighin {command}\b", text)
            if not shown:
                continue
            said = help_of(command)
            check(said is not None, f"{path}: `weighin {command}` is no command")
            for option in re.findall(r"--[a-z][a-z-]+", rest):
                check(said is None or option in said, f"{path}: `weighin {command}` has no {option}")

# The README's terminal session is that of docs/session.sh, command by command, with what they answered.
asked = re.findall(r"^ +show '(weighin [^']*)'$", (TOP / "docs/session.sh").read_text(encoding="utf-8"), re.MULTILINE)
session = re.search(r"^<!-- session -->\n```console\n(.*?)^```\n<!-- /session -->$", (TOP / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
check(len(asked) > 1, "docs/session.sh: shows no commands")
check(session is not None, "README.md: no terminal session: docs/session.sh --update makes it")
if session:
    shown = re.split(r"^\$ ", session.group(1), flags=re.MULTILINE)[1:]
    check([part.split("\n", 1)[0] for part in shown] == asked, "README.md: the session is not that of docs/session.sh: run it with --update")
    for part in shown:
        check(len(part.splitlines()) > 5, f"README.md: `{part.splitlines()[0]}` answers nothing")

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
