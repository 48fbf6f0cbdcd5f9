#!/usr/bin/env python3
"""Recorded databases, and what every reader makes of them: golden files in tests/fixtures/recorded.

The databases are those of tests/report/views.h: no GPU, two GPUs, everything failed, one hostile. As of a day on
which their evidence is old, and of one on which it is not. WEIGHIN_UPDATE_GOLDEN=1 rewrites the files; the
difference is to be read before it is committed.
SPDX-License-Identifier: Apache-2.0
"""
import difflib
import json
import os
import re
import unittest

from weighin import Case, TOP, main, needs_program, obeys

VIEWS = os.environ.get("WEIGHIN_VIEWS", "")
GOLDEN = TOP / "tests/fixtures/recorded"
FRESH, LATER = "2025-12-02", "2026-12-01"  # the views' runs are of 2025-12-01
CASES = {
    "no_gpu": [("matrix", "txt", []), ("matrix", "md", []), ("matrix", "csv", []), ("matrix", "json", []), ("matrix", "html", [])],
    "two_gpus": [("matrix", "txt", ["--by", "device"]), ("matrix", "md", ["--by", "device"])],
    "all_failed": [("matrix", "txt", []), ("matrix", "md", ["--by", "device"])],
    "hostile": [("matrix", "txt", ["--by", "device"]), ("matrix", "md", ["--by", "device"]), ("matrix", "html", ["--by", "device"])],
}
SAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@needs_program
@unittest.skipUnless(os.access(VIEWS, os.X_OK), "the writer of the recorded databases is not built")
class Golden(Case):
    def database(self, name):
        path = self.here / f"{name}.db"
        if not path.exists():
            self.ends(self.call(name, path, binary=VIEWS), 0)
        return path

    def golden(self, name, text):
        """Holds text against the file, or writes it."""
        path = GOLDEN / name
        if os.environ.get("WEIGHIN_UPDATE_GOLDEN") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
            return
        self.assertTrue(path.exists(), f"{path} is missing: WEIGHIN_UPDATE_GOLDEN=1 makes it")
        want = path.read_bytes().decode("utf-8")
        if text != want:
            difference = list(difflib.unified_diff(want.splitlines(), text.splitlines(), "golden", "now", lineterm="", n=0))
            self.fail(f"{name} differs (WEIGHIN_UPDATE_GOLDEN=1 rewrites it):\n" + "\n".join(difference[:12]))

    def reads(self, name, *words, as_of=LATER, code=0):
        result = self.call(*words, "--as-of", as_of, "--db", f"{name}.db")
        self.ends(result, code)
        return result.stdout

    def brief(self, text):
        """Some models are enough: the catalogue grows, and 245 rows are read by nobody."""
        lines = text.splitlines(keepends=True)
        kept = [line for line in lines if not re.match(r"[|]? ?(?!Gemma 2B|Gemma 7B|Mistral 7B|DistilBERT|model|---)[A-Z][A-Za-z0-9. ()/-]+( [|] | {2,})(f32|f16|bf16|q8|q4)", line)]
        return re.sub(r"Left out: \d+ of \d+ rows", "Left out: N of M rows", "".join(kept))

    def brief_csv(self, text):
        return "".join(line for line in text.splitlines(keepends=True) if re.match(r"tier,|[^,]*,[^,]*,[^,]*,(gemma-2b|gemma-7b|mistral-7b-v0.1),", line))

    def test_the_matrix_of_each_database(self):
        for name, answers in CASES.items():
            self.database(name)
            for command, format_, more in answers:
                with self.subTest(database=name, format=format_, more=more):
                    text = self.reads(name, command, *more, "--format", {"txt": "text"}.get(format_, format_))
                    label = f"{command}{'-by-device' if more else ''}-{name}.{format_}"
                    if format_ == "json":
                        answer = json.loads(text)
                        obeys(self, answer, "matrix")
                        answer["cells"] = [c for c in answer["cells"] if c["model"] in ("gemma-2b", "distilbert")]
                        text = json.dumps(answer, indent=1, ensure_ascii=False) + "\n"
                    elif format_ == "html":
                        self.assertIn("</table>", text)
                        text = re.sub(r"<style>.*?</style>|<script.*?</script>|<meta[^>]*>", "", text, flags=re.DOTALL)
                        text = "".join(row for row in re.split(r"(?<=</tr>\n)", text) if "Gemma 2B" in row or "<thead" in row or "</table>" in row)
                    else:
                        text = self.brief_csv(text) if format_ == "csv" else self.brief(text)
                    self.golden(label, text)

    def test_what_each_database_answers_in_text(self):
        for name, code in (("no_gpu", 0), ("two_gpus", 4), ("all_failed", 3), ("hostile", 4)):
            self.database(name)
            with self.subTest(database=name):
                self.golden(f"check-{name}.txt", self.reads(name, "check", "gemma-2b", "--device", "asset-7" if name != "hostile" else self.only(name), as_of=FRESH, code=code))

    def only(self, name):
        [(device,)] = self.rows("SELECT device_id FROM device", db=self.here / f"{name}.db")
        return device

    def test_what_is_old_is_stale_and_no_longer_counts(self):
        self.database("no_gpu")
        for as_of, stale, code in ((FRESH, False, 0), (LATER, True, 4)):
            cells = json.loads(self.reads("no_gpu", "matrix", "--json", as_of=as_of))["cells"]
            cited = [c["stale"] for c in cells if c["evidence"] and c["verdict"] != "does_not_fit"]
            self.assertGreater(len(cited), 0)
            self.assertEqual(set(cited), {stale})
            self.assertFalse(any(c["stale"] for c in cells if not c["evidence"]), "what rests on nothing is stale")
            self.assertFalse(any(c["stale"] for c in cells if c["verdict"] == "does_not_fit"), "memory has aged")
            self.reads("no_gpu", "check", "gemma-2b", as_of=as_of, code=code)

    def test_cells_of_the_ruler_say_so_in_both_matrices(self):
        self.database("no_gpu")
        for by in ("tier", "device"):
            cells = json.loads(self.reads("no_gpu", "matrix", "--by", by, "--json"))["cells"]
            self.assertEqual([(c["model"], c["precision"]) for c in cells if c["by_definition"]], [("gemma-2b", "q4_0")])

    def test_hostile_names_act_nowhere(self):
        self.database("hostile")
        for words in (["matrix", "--by", "device"], ["report", "--format", "md", "-o", "-"], ["check", "gemma-2b", "--device", self.only("hostile")],
                      ["matrix", "--by", "device", "--format", "html"], ["report", "-o", "-"], ["device", "list"], ["device", "show", self.only("hostile")],
                      ["fit", "--device", self.only("hostile")]):
            with self.subTest(words=words):
                as_of = [] if words[0] == "device" else ["--as-of", FRESH]
                result = self.call(*words, *as_of, "--db", "hostile.db")
                self.assertIn(result.returncode, (0, 3, 4), result.stderr)
                found = SAFE.findall(result.stdout)
                self.assertEqual(found, [], "characters that act")
                if "html" in words or words == ["report", "-o", "-"]:
                    self.assertNotIn("alert('1')", result.stdout)

    def test_the_page_in_markdown(self):
        for name in CASES:
            self.database(name)
            with self.subTest(database=name):
                text = self.reads(name, "report", "--format", "md", "-o", "-", as_of=FRESH)
                text = re.sub(r"weighin \d+\.\d+\.\d+\S*", "weighin VERSION", re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "DATE", text))
                self.golden(f"report-{name}.md", self.brief(text))


main()
