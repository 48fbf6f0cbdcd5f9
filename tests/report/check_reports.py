#!/usr/bin/env python3
"""Reads the golden reports back as the programs do that get them: JSON by schema, CSV. Pages: check_page.py.

    tests/report/check_reports.py json|csv [FOLDER]

json  every *.json obeys the schema in cli/schema that its "schema" names; every schema is a schema
csv   rows have as many fields as the heading, numbers read as numbers, hostile names survive as text
Exit 77 (skipped) when python3-jsonschema is missing.
SPDX-License-Identifier: Apache-2.0
"""
import csv
import json
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else TOP / "tests/fixtures/reports"
HOSTILE = re.compile(r"=<script src=\"https://x\.example/a\.js\">alert\('1'\)</script>")
passed, failed = 0, 0


def check(ok, sentence):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    if not ok:
        print(sentence)


def files(extension):
    found = sorted(FOLDER.glob("*." + extension))
    check(found, f"{FOLDER}: no *.{extension}")
    return found


# ---- JSON ----


def schemas(jsonschema):
    known = {}
    for path in sorted((TOP / "cli/schema").glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
            check(True, "")
        except jsonschema.SchemaError as error:
            check(False, f"{path.name}: no schema: {error.message}")
        check(schema["properties"]["schema"]["const"] == f"weighin.{path.stem}/1", f"{path.name}: names another answer")
        known[f"weighin.{path.stem}/1"] = jsonschema.Draft202012Validator(schema)
    return known


def no_constant(word):
    raise ValueError(f"{word} is no JSON")


def same_parts():
    """What several answers share is written out in each schema; here they are held together."""
    load = {n: json.loads((TOP / f"cli/schema/{n}.json").read_text(encoding="utf-8")) for n in ("run", "probe", "check", "estimate")}
    check(load["run"]["$defs"]["device"] == load["probe"]["$defs"]["device"], "run.json and probe.json: the device differs")
    verdict = dict(load["check"]["properties"])
    del verdict["schema"]
    check(load["run"]["$defs"]["verdict"]["properties"] == verdict, "run.json and check.json: the verdict differs")
    check(set(verdict) == set(load["run"]["$defs"]["verdict"]["required"]), "run.json: a verdict's key is not required")
    check(load["estimate"]["properties"]["download"] == load["check"]["$defs"]["download"], "estimate.json and check.json: the download differs")


def check_json():
    try:
        import jsonschema
    except ImportError:
        print("skipped: python3-jsonschema is not installed")
        sys.exit(77)
    known = schemas(jsonschema)
    same_parts()
    for path in files("json"):
        doc = json.loads(path.read_text(encoding="utf-8"), parse_constant=no_constant)
        check(doc.get("schema") in known, f"{path.name}: no schema for {doc.get('schema')!r}")
        for error in known[doc["schema"]].iter_errors(doc):
            check(False, f"{path.name}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
        check(True, "")
        # The validator bites: an answer without one of its keys is refused.
        for key in doc:
            less = {k: v for k, v in doc.items() if k != key}
            check(not known[doc["schema"]].is_valid(less), f"{path.name}: valid without {key}")


# ---- CSV ----

NUMBERS = "context devices skus feasible infeasible unknown share share_lo share_hi decode_tokens_per_s_p10 " \
          "decode_tokens_per_s_median first_token_s_p10 first_token_s_median".split()


def check_csv():
    for path in files("csv"):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file, strict=True))
        head = rows[0]
        for i, row in enumerate(rows[1:], 2):
            check(len(row) == len(head), f"{path.name}:{i}: {len(row)} fields, the heading has {len(head)}")
            for key, value in zip(head, row):
                if key in NUMBERS and value:
                    check(float(value) == float(value), f"{path.name}:{i}: {key} is {value}")
                check(not value or value[0] not in "=+-@\t\r", f"{path.name}:{i}: {key} is a formula: {value[:20]}")
        if "hostile" in path.name:
            check(any(HOSTILE.search(field) for row in rows for field in row), f"{path.name}: the hostile name is not there as text")


{"json": check_json, "csv": check_csv}[sys.argv[1]]()
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
