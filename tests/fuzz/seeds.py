#!/usr/bin/env python3
"""Makes a corpus to begin with for each fuzzer, out of the data and fixtures of the repository.

    tests/fuzz/seeds.py FOLDER          makes FOLDER/fuzz_NAME/..

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = pathlib.Path(sys.argv[1])


def seed(fuzzer, name, content):
    folder = OUT / fuzzer
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def kv():
    for path in TOP.glob("tests/fixtures/**/*.kv"):
        seed("fuzz_kv", "-".join(path.relative_to(TOP / "tests/fixtures").parts), path.read_bytes())


def catalogue():
    text = (TOP / "models/data/models.yaml").read_text(encoding="utf-8")
    head, *models = re.split(r"(?m)^(?=  - id:)", text)
    for i, model in enumerate(models):  # renamed: a user's model may not take a known name
        renamed = re.sub(r"(?m)^(  - id: *)\S+", rf"\g<1>seed-{i}", model)
        seed("fuzz_catalogue", f"model-{i}.yaml", (head + renamed).encode())


def recording():
    """A machine in the fuzzer's own form: number of the name, two bytes of length, content."""
    source = (TOP / "tests/fuzz/fuzz_recording.c").read_text(encoding="utf-8")
    names = re.findall(r'^    "(/[^"]+)",$', source, re.MULTILINE)
    for machine in sorted((TOP / "tests/fixtures/machines").iterdir()):
        out = b""
        for number, name in enumerate(names):
            path = machine / name[1:]
            if path.is_file() and path.stat().st_size < 1 << 16:
                content = path.read_bytes()
                out += bytes([number]) + len(content).to_bytes(2, "little") + content
        seed("fuzz_recording", machine.name, out)


def tiers():
    for path in (TOP / "results/data").glob("*.yaml"):
        seed("fuzz_tiers", path.name, path.read_bytes())


def plans():
    for path in sorted((TOP / "bench/data").glob("*.yaml")):
        seed("fuzz_plan", path.name, path.read_bytes())


def store():
    """Patches of a good database: schema number, page size, file format, a first page's header, nothing."""
    for name, patches in {"none": b"", "schema": b"\x3c\0\0\1", "page": b"\x10\0\0\2", "format": b"\x12\0\0\2", "tree": b"\x64\0\0\5",
                          "cells": b"\x67\0\0\xff\x68\0\0\xff"}.items():
        seed("fuzz_store", name, patches)


def frames():
    """A step and a row as a worker says them, in chunks of 123 bytes."""
    numbers = {"status": 0, "passes": 3, "warmups": 1, "steady": 1, "error": 0, "tolerance": 1, "resolution_ns": 3, "peak_rss_bytes": 4,
               "wall_s": 1, "samples": 3, "sample": "1 2 0 0;5 6 1 0;20 4 2 0;", "ops": 1, "op.0.op": "gemv", "op.0.kernel": "k",
               "op.0.error": 1, "op.0.tolerance": 2}
    out = "z"
    for kind, entries in ("step", {"number": 1, "step": "warm up"}), ("row", {"number": 1, **numbers}):
        body = "".join(f"{key}={value}\n" for key, value in entries.items())
        out += f"weighin-frame {kind} {len(body)}\n{body}"
    seed("fuzz_frames", "row", out.encode())


kv()
catalogue()
recording()
tiers()
plans()
store()
frames()
