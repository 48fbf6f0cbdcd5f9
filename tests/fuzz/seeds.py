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
        renamed = re.sub(r"(?m)^(  - id: *|    name: *)\S.*", rf"\g<1>seed-{i}", model)
        renamed = re.sub(r"(?m)^    aliases:.*\n", "", renamed)
        seed("fuzz_catalogue", f"model-{i}.yaml", (head + renamed).encode())


def model_file():
    """A small one of each format."""
    def string(text):
        return len(text).to_bytes(8, "little") + text.encode()

    def number(value, n=4):
        return value.to_bytes(n, "little")

    infos = string("a") + number(2) + number(64, 8) + number(4, 8) + number(2) + number(0, 8)
    entries = (string("general.architecture") + number(8) + string("toy") + string("toy.block_count") + number(4) + number(2)
               + string("tokenizer.ggml.tokens") + number(9) + number(8) + number(2, 8) + string("x") + string("y"))
    header = b"GGUF" + number(3) + number(1, 8) + number(3, 8) + entries + infos
    seed("fuzz_model_file", "toy.gguf", header + bytes(-len(header) % 32 + 144))
    text = b'{"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[3,4],"data_offsets":[0,24]}}'
    seed("fuzz_model_file", "toy.safetensors", number(len(text), 8) + text + bytes(24))


def recording():
    """A machine in the fuzzer's own form: number of the name, two bytes of length, content; number 255: the name
    is the content's first line. A whole machine, and one with the files that have a number."""
    source = (TOP / "tests/fuzz/fuzz_recording.c").read_text(encoding="utf-8")
    names = re.findall(r'^    "(/[^"]+)",$', source, re.MULTILINE)
    for machine in sorted((TOP / "tests/fixtures/machines").iterdir()):
        whole = short = b""
        # a recording's list of what is absent comes last
        for path in sorted(machine.rglob("*"), key=lambda p: (p.name == "absent.txt", p)):
            name = "/" + path.relative_to(machine).as_posix()
            if not path.is_file() or name == "/machine.txt":
                continue
            content = path.read_bytes()
            number = names.index(name) if name in names else 255
            content = content if number != 255 else name.encode() + b"\n" + content
            if len(content) < 1 << 16:
                entry = bytes([number]) + len(content).to_bytes(2, "little") + content
                whole += entry
                short += entry if number != 255 else b""
        seed("fuzz_recording", machine.name, whole)
        seed("fuzz_recording", machine.name + "-short", short)


def tiers():
    for path in (TOP / "results/data").glob("*.yaml"):
        seed("fuzz_tiers", path.name, path.read_bytes())


def plans():
    for path in sorted((TOP / "bench/data").glob("*.yaml")):
        seed("fuzz_plan", path.name, path.read_bytes())


def store():
    """Patches of a good file: schema number, page size, file format, a first page's header, nothing. And edits of
    cells, one for each of the first columns: the largest integer, not a number, NULL, text, a blob."""
    for name, patches in {"none": b"", "schema": b"\x3c\0\0\1", "page": b"\x10\0\0\2", "format": b"\x12\0\0\2", "tree": b"\x64\0\0\5",
                          "cells": b"\x67\0\0\xff\x68\0\0\xff"}.items():
        seed("fuzz_store", name, b"P" + patches)
    values = {"integer": b"\0" + b"\xff" * 7 + b"\x7f", "real": b"\1" + b"\0" * 6 + b"\xf0\x7f", "null": b"\2", "text": b"\3\4gemv",
              "empty": b"\3\0", "blob": b"\4\2\0\xff"}
    for column in range(0, 512, 8):
        for name, value in values.items():
            if column != ord("P"):
                edits = b"".join((column + i).to_bytes(2, "little") + b"\0" + value for i in range(8))
                seed("fuzz_store", f"column-{column}-{name}", edits)


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
model_file()
recording()
tiers()
plans()
store()
frames()
