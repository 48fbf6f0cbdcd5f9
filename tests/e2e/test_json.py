#!/usr/bin/env python3
"""Every --json is one object on stdout that obeys its schema, and says what the text says.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import re
import unittest

from weighin import BINARY, Case, MAKER, NULL_RUN, REPORT_ONLY, SCHEMAS, main, needs_machine, needs_maker, needs_program

THINGS = "devices backends models precisions ops kernels tiers engines".split()


@needs_program
@unittest.skipIf(SCHEMAS is None, "python3-jsonschema is not installed")
class Json(Case):
    def test_list(self):
        asks_machine = {"devices", "backends", "ops", "kernels"}
        for thing in THINGS:
            if REPORT_ONLY and thing in asks_machine:
                continue
            with self.subTest(thing=thing):
                answer = self.answer(self.call("list", thing, "--json"), "list")
                text = self.call("list", thing).stdout
                first = next(iter(answer["items"][0].values())) if answer.get("items") else None
                if first:
                    self.assertIn(str(first)[:12], text)

    def test_estimate_of_every_model_adds_up(self):
        listed = self.answer(self.call("list", "models", "--json"), "list")
        models = [m["id"] for m in listed["items"] if m["parameters"] is not None]
        self.assertGreater(len(models), 3)
        for model in models:
            with self.subTest(model=model):
                result = self.call("estimate", model, "--json")
                if result.returncode == 2:  # an architecture that cannot be stored so: said, not guessed
                    self.assertIn(model, result.stderr)
                    continue
                answer = self.answer(result, "estimate")
                self.assertGreater(answer["memory"]["total_bytes"], answer["memory"]["weights_bytes"])

    @needs_machine
    def test_probe(self):
        answer = self.answer(self.call("probe", "--json"), "probe")
        self.assertGreaterEqual(answer["device"]["cpu"]["threads"], 1)

    @needs_machine
    def test_check_without_a_database(self):
        answer = self.answer(self.call("check", "gemma-2b", "--json"), "check", 4)
        self.assertEqual(answer["verdict"], "unknown")
        self.assertEqual(answer["evidence"], [])
        self.assertIsNone(answer["fast_enough"])

    @needs_machine
    def test_plan(self):
        answer = self.answer(self.call(*NULL_RUN, "--dry-run", "--json"), "plan")
        self.assertEqual(len(answer["cases"]), 4)
        self.assertFalse(self.db.exists(), "a plan made a database")

    @needs_maker
    def test_answers_from_a_database(self):
        run = self.answer(self.call(*NULL_RUN, "--db", self.db, "--json", binary=MAKER), "run")
        ids = {m["id"] for m in run["measurements"]}
        self.assertEqual(len(ids), len(run["measurements"]))
        check = self.call("check", "gemma-2b", "--json")
        self.assertIn(check.returncode, (0, 3, 4))
        answer = self.answer(check, "check", check.returncode)
        self.assertLessEqual(set(answer["evidence"]), ids)
        for by in ("tier", "device"):
            self.answer(self.call("matrix", "--by", by, "--json"), "matrix")
        verified = self.answer(self.call("verify", self.db, "--json"), "verify")
        self.assertIn(str(self.db), json.dumps(verified))
        self.answer(self.call("derive", "--json"), "derive")
        self.answer(self.call("report", "--json", "-o", "page.html"), "report")
        self.answer(self.call("list", "devices", "--json"), "list")
        export = self.answer(self.call("export", "--json"), "export")
        self.assertEqual({m["measurement_id"] for m in export["tables"]["measurement"]} & ids, ids)

    @needs_maker
    def test_every_measurement_can_be_followed_with_a_calculator(self):
        self.null_run(script="case=*/*/prefill:scale=1,1,2;case=*/f16/decode:crash_at_pass=2")
        rows = self.rows("SELECT measurement_id, status, tokens_per_s_median FROM measurement WHERE model IS NOT NULL")
        self.assertEqual({status for _, status, _ in rows}, {"ok", "crashed"})
        for measurement, status, stored in rows:
            with self.subTest(measurement=measurement, status=status):
                answer = self.answer(self.call("explain", "measurement", measurement, "--json"), "explain")
                text = self.call("explain", "measurement", measurement)
                self.ends(text, 0)
                self.assertEqual((answer["id"], answer["status"]), (measurement, status))
                self.assertIn(measurement, text.stdout.splitlines()[0])
                self.assertFalse(answer["eligible"], "a scripted row counts as evidence")
                if status != "ok":
                    self.assertIsNone(answer["stored_tokens_per_s"]["median"])
                    self.assertIsNone(answer["agrees"])
                    self.assertIn(answer["reason"], " ".join(text.stdout.split()))
                    continue
                passes = answer["passes"]
                total = sum(s["median_ns"] * s["times_in_model"] for s in passes["segments"])
                self.assertAlmostEqual(passes["tokens_per_pass"] * 1e9 / total, stored, delta=1e-9 * stored)
                self.assertEqual(self.rows(answer["sql"])[0][1], stored)
                self.assertAlmostEqual(self.rows(answer["sql"])[0][0], stored, delta=1e-9 * stored)
                self.assertTrue(answer["agrees"])
                self.assertIn(answer["sql"], text.stdout)
                for doubt in answer["doubts"]:
                    self.assertIn(doubt["doubt"], text.stdout)

    @needs_maker
    def test_a_measurement_is_found_by_the_digits_that_no_other_shares(self):
        self.null_run()
        ids = sorted(m for m, in self.rows("SELECT measurement_id FROM measurement WHERE model IS NOT NULL"))
        shared = max(len(os.path.commonprefix([ids[0], other])) for other in ids[1:])
        found = self.answer(self.call("explain", "measurement", ids[0][:shared + 1], "--json"), "explain")
        self.assertEqual(found["id"], ids[0])
        self.refuses(self.call("explain", "measurement", ids[0][:shared]), 2, ids[0][:shared], "digits")
        self.refuses(self.call("explain", "measurement", "f" * 32), 2, "f" * 32, "weighin.db")
        self.refuses(self.call("explain", "measurement", ""), 2)
        self.refuses(self.call("explain", "measurement"), 2, "id")
        self.refuses(self.call("explain", "weather"), 2, "weather", "weighin explain")

    # What each command is called with; of a database with one run, in a folder of the test's own. A command that is not here is called
    # without words, and its schema has its name.
    CALLS = {
        "list": [["list", thing] for thing in THINGS],
        "probe": [["probe"], ["probe", "--record", "recording"], ["probe", "--replay", "recording"]],
        "run": [[*NULL_RUN, "--asset", "another"], [*NULL_RUN, "--dry-run"], [*NULL_RUN, "--expect", "last"]],
        "check": [["check", "gemma-2b"], ["check", "gemma-7b", "--precision", "f32", "--db", "absent.db"], ["check", "distilbert"], ["check", "gemma-2b", "--precision", "q4_k"]],
        "fit": [["fit"], ["fit", "--goal", "fastest"], ["fit", "--goal", "longest-context", "--db", "absent.db"]],
        "estimate": [["estimate", "gemma-2b"], ["estimate", "distilbert"]],
        "models": [["models", "show", "gemma-2b"], ["models", "show", "distilbert"], ["models", "inspect", "toy.gguf"]],
        "matrix": [["matrix"], ["matrix", "--by", "device"]],
        "report": [["report"], ["report", "--format", "md"]],
        "verify": [["verify", "weighin.db"], ["verify", "broken.db"]],
        "derive": [["derive"]],
        "export": [["export"], ["export", "--anonymous"]],
        "explain": [["explain", "measurement", "MEASUREMENT"]],
        "device": [["device", "list"], ["device", "show"], ["device", "name", "e2e-device", "shelf 3", "--by", "me"],
                   ["device", "retire", "e2e-device", "--by", "me", "--reason", "sold"]],
        "annotate": [["annotate", "measurement", "MEASUREMENT", "--action", "exclude", "--by", "me", "--reason", "fan"]],
        "snapshot": [["snapshot", "-o", "snapshots"]],
    }
    ON_A_DEVICE = {"probe", "run", "doctor"}

    def commands(self):
        """Every command that help lists."""
        listed = re.findall(r"^  ([a-z][a-z-]*) ", self.call("--help").stdout.split("Commands:")[1].split("\n\n")[0], re.MULTILINE)
        self.assertGreater(len(listed), 10)
        return listed

    @needs_maker
    def test_every_command_of_the_list_answers_in_json_that_obeys(self):
        self.null_run()
        (self.here / "toy.gguf").write_bytes(b"GGUF\3\0\0\0" + bytes(16))
        (self.here / "broken.db").write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 20)
        [(measurement,)] = self.rows("SELECT max(measurement_id) FROM measurement WHERE kind = 'model'")
        obeyed, warned = set(), 0
        for command in self.commands():
            if REPORT_ONLY and command in self.ON_A_DEVICE:
                continue
            for words in self.CALLS.get(command, [[command]]):
                if REPORT_ONLY and (words[-1] in ("devices", "backends", "ops", "kernels") or "absent.db" in words):
                    continue
                with self.subTest(words=words):
                    result = self.call(*(measurement if w == "MEASUREMENT" else w for w in words), "--json", env={"TERM": "xterm-256color"})
                    self.assertIn(result.returncode, (0, 3, 4), result.stderr)
                    self.assertEqual(result.stdout.count("\n}\n"), 1, "not one object and a line end")
                    name = json.loads(result.stdout)["schema"].split(".")[1].split("/")[0]
                    self.answer(result, name, result.returncode)
                    obeyed.add(name)
                    warned += "weighin: warning: " in result.stderr
        self.assertGreater(warned, 0, "nothing warned: nothing is shown about warnings")
        if not REPORT_ONLY:
            self.assertEqual(set(SCHEMAS) - obeyed, set(), "schemas that no answer was held against")

    def test_every_command_has_json(self):
        for command in self.commands():
            with self.subTest(command=command):
                self.assertIn("--json", self.call(command, "--help").stdout)

    @needs_maker
    def test_a_failed_verify_is_json_too(self):
        self.db.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 20)
        self.answer(self.call("verify", self.db, "--json"), "verify", 3)


main()
