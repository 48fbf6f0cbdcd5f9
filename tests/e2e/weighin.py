"""What the end-to-end tests share: a place of their own to call the program in, its JSON held against the schemas.

The program is $WEIGHIN_BINARY, else build/weighin. A test without it, or without what else it needs, is skipped
with a reason; a file all of whose tests were skipped exits with 77.
SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.path.abspath(os.environ.get("WEIGHIN_BINARY") or TOP / "build/weighin")
REPORT_ONLY = os.environ.get("WEIGHIN_REPORT_ONLY") == "1"
# A build that reads only has its databases made by a whole one.
MAKER = os.path.abspath(os.environ.get("WEIGHIN_MAKER") or (TOP / "build/weighin" if REPORT_ONLY else BINARY))
ICDS = os.environ.get("WEIGHIN_ICD_DIR", "")
MACHINES = sorted(p for p in (TOP / "tests/fixtures/machines").iterdir() if p.is_dir())
AMPLE_S = 120  # for one call; nothing here takes a tenth of it on a slow machine

# Whatever drivers this machine has, a test that is not about them does without: nothing to load, nothing to wait for.
NO_DRIVERS = {"VK_DRIVER_FILES": "/nonexistent/none.json", "VK_ICD_FILENAMES": "/nonexistent/none.json", "OCL_ICD_VENDORS": "/nonexistent",
              "VK_LOADER_LAYERS_DISABLE": "~all~"}
# One model in two precisions on the scripted backend: a handful of cases, milliseconds each.
NULL_RUN = "run --backends null --models gemma-2b --precisions q4_0,f16 --prefill 512 --depth 512".split()


def tests_with(binary, what):
    return unittest.skipUnless(os.access(binary, os.X_OK), f"{what} is not built")


needs_program = tests_with(BINARY, "the program")
needs_maker = tests_with(MAKER, "the whole program, which makes the databases,")
needs_machine = unittest.skipIf(REPORT_ONLY, "this build leaves out what asks a machine")


class Case(unittest.TestCase):
    """Every test has a folder, a home and an identity of its own."""

    maxDiff = 4000

    def setUp(self):
        self.here = pathlib.Path(tempfile.mkdtemp(prefix="weighin-e2e-"))
        self.addCleanup(self.remove)
        for folder in ("home", "state", "runtime"):
            (self.here / folder).mkdir(mode=0o700)
        self.db = self.here / "weighin.db"
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("WEIGHIN_", "VK_", "OCL_", "XDG_"))}
        self.env |= {"HOME": str(self.here / "home"), "XDG_STATE_HOME": str(self.here / "state"), "XDG_RUNTIME_DIR": str(self.here / "runtime"),
                     "XDG_CONFIG_HOME": str(self.here / "home"), "WEIGHIN_ASSET": "e2e-device", **NO_DRIVERS}

    def remove(self):
        subprocess.run(["chmod", "-R", "u+rwX", self.here], check=False)
        shutil.rmtree(self.here, ignore_errors=True)

    # ---- calling ----

    def call(self, *words, binary=BINARY, env=None, **more):
        """Runs the program in this test's folder; the result's stdout and stderr are text."""
        more = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": AMPLE_S, "cwd": self.here, **more}
        return subprocess.run([binary, *map(str, words)], env=self.env | (env or {}), text=True, encoding="utf-8", check=False, **more)

    def start(self, *words, binary=BINARY, env=None):
        """The program running, its stderr to be read line by line, its stdout in a file; killed with the test at the latest."""
        out = tempfile.TemporaryFile("w+", encoding="utf-8")  # a pipe that nobody reads would stop it
        self.addCleanup(out.close)
        process = subprocess.Popen([binary, *map(str, words)], env=self.env | (env or {}), cwd=self.here, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=subprocess.PIPE, text=True, encoding="utf-8")
        process.answer = out
        self.addCleanup(self.stop, process)
        return process

    @staticmethod
    def stop(process):
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()

    def null_run(self, *more, script="", want=0):
        """A weigh-in on the scripted backend into self.db."""
        result = self.call(*NULL_RUN, "--db", self.db, *more, binary=MAKER, env={"WEIGHIN_NULL_SCRIPT": script})
        self.ends(result, want)
        return result

    # ---- judging ----

    def ends(self, result, code):
        self.assertEqual(result.returncode, code, f"{' '.join(map(str, result.args[1:]))}\nstdout: {result.stdout[-600:]}\nstderr: {result.stderr[-1200:]}")

    def refuses(self, result, code, *words):
        """Exit `code`, one sentence on stderr that holds the words, nothing on stdout."""
        self.ends(result, code)
        self.assertEqual(result.stdout, "", "an answer although it failed")
        lines = [l for l in result.stderr.splitlines() if not l.startswith("weighin: warning: ")]
        self.assertEqual(len(lines), 1, f"not one sentence: {result.stderr!r}")
        self.assertTrue(lines[0].startswith("weighin: "), lines[0])
        for word in words:
            self.assertIn(str(word), lines[0])

    def answer(self, result, name, code=0):
        """The one JSON object on stdout, obeying cli/schema/NAME.json."""
        self.ends(result, code)
        document = json.loads(result.stdout, parse_constant=self.no_constant)
        self.assertEqual(document.get("schema"), f"weighin.{name}/1")
        obeys(self, document, name)
        return document

    def no_constant(self, word):
        self.fail(f"{word} is no JSON")

    # ---- the database, as anyone with SQLite sees it ----

    def rows(self, query, *values, db=None):
        # Not read-only: what a killed writer left behind is rolled back by whoever reads next.
        connection = sqlite3.connect(f"file:{db or self.db}?mode=rw", uri=True)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def dump(self, *tables):
        """Rows of tables as text, in their order in the file."""
        return {t: [repr(row) for row in self.rows(f"SELECT * FROM {t}")] for t in tables}

    def is_whole(self, db=None):
        """What must hold of any database that was left behind, however its writer ended."""
        db = db or self.db
        self.ends(self.call("verify", db), 0)
        self.assertEqual(self.rows("PRAGMA integrity_check", db=db), [("ok",)])


try:
    import jsonschema

    SCHEMAS = {p.stem: jsonschema.Draft202012Validator(json.loads(p.read_text(encoding="utf-8"))) for p in (TOP / "cli/schema").glob("*.json")}
except ImportError:
    SCHEMAS = None


def obeys(case, document, name):
    if SCHEMAS is None:
        return  # test_json skips; what else asks for JSON tests other things
    case.assertIn(name, SCHEMAS, f"no schema for {name}")
    wrong = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in SCHEMAS[name].iter_errors(document)]
    case.assertEqual(wrong, [], f"{name} disobeys cli/schema/{name}.json")


def progress(line):
    """'[3/12] gemma-2b q4_0 decode at depth 512 on null0: 14 tok/s ..' -> (3, 12, what); None for other lines."""
    match = re.match(r"\[(\d+)/(\d+)\] (.*)", line)
    return (int(match[1]), int(match[2]), match[3]) if match else None


def figure(text):
    """A number worth telling of, in the log and at the end of the long test."""
    print(f"\nfigure: {text}", flush=True)


def main():
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.testsRun == len(result.skipped) else 0)
