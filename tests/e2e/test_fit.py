#!/usr/bin/env python3
"""The best that a device can run: ranked as asked, the same verdicts as check's, and told apart from what is not known.

The devices are of the generated lab (tests/lab); a fresh one is the null backend's, which no verdict counts.
SPDX-License-Identifier: Apache-2.0
"""
import os
import unittest

from weighin import Case, main, needs_machine, needs_maker, needs_program

LAB = os.environ.get("WEIGHIN_LAB", "")
AS_OF = ["--as-of", "2026-03-01"]


@needs_program
@unittest.skipUnless(os.access(LAB, os.X_OK), "the generator of tests/lab is not built")
class Fit(Case):
    def setUp(self):
        super().setUp()
        self.ends(self.call(self.db, "--only", 0, binary=LAB), 0)  # a phone with a GPU that is measured

    def fit(self, *words, code=0):
        return self.answer(self.call("fit", *AS_OF, *words, "--json"), "fit", code)

    def test_every_verdict_is_that_of_check(self):
        answer = self.fit()
        self.assertGreater(len(answer["ranked"]), 3)
        for entry in answer["ranked"][:5]:
            check = self.answer(self.call("check", entry["model"], "--precision", entry["precision"], *AS_OF, "--json"), "check")
            for key in ("verdict", "because", "speed", "memory", "evidence", "binding_limit", "compute_device_id", "context"):
                self.assertEqual(entry[key], check[key], f"{entry['model']} {entry['precision']}: {key}")
        for entry in answer["not_feasible"][:3]:
            self.ends(self.call("check", entry["model"], "--precision", entry["precision"], *AS_OF), 3)
        for entry in answer["unknown"][:3]:
            self.ends(self.call("check", entry["model"], "--precision", entry["precision"], *AS_OF), 4)

    def test_each_goal_has_its_order(self):
        largest, fastest, longest = (self.fit("--goal", goal)["ranked"] for goal in ("largest", "fastest", "longest-context"))
        self.assertEqual([e["rank"] for e in largest], list(range(1, len(largest) + 1)))
        orders = ((largest, lambda e: e["parameters"]), (fastest, lambda e: e["speed"]["decode_tokens_per_s"]["mid"]), (longest, lambda e: e["context"]))
        for ranked, key in orders:
            values = [key(e) for e in ranked]
            self.assertEqual(values, sorted(values, reverse=True))
            self.assertGreater(len(set(values)), 1)
        self.assertEqual(self.fit()["ranked"], largest, "largest is not the default")

    def test_the_longest_context_is_the_longest(self):
        for entry in self.fit("--goal", "longest-context", "--precision", "q4_0")["ranked"]:
            def asked(context, model=entry["model"]):
                return self.call("check", model, "--context", context, *AS_OF).returncode
            with self.subTest(model=entry["model"], context=entry["context"]):
                self.assertEqual(asked(entry["context"]), 0)
                self.assertNotEqual(asked(entry["context"] + 256), 0)

    def test_targets_hold_for_all(self):
        slow, fast = self.fit(), self.fit("--min-decode", "10")
        self.assertLess(len(fast["ranked"]), len(slow["ranked"]))
        self.assertTrue(all(e["speed"]["decode_tokens_per_s"]["lo"] >= 10 for e in fast["ranked"]))
        self.assertTrue(all(e["compute_device_id"] == "cpu0" for e in self.fit("--compute", "cpu0")["ranked"]))
        self.assertTrue(all(e["precision"] == "q8_0" for e in self.fit("--precision", "q8_0")["ranked"]))

    def test_text_says_it_in_words(self):
        result = self.call("fit", *AS_OF)
        self.ends(result, 0)
        best = self.fit()["ranked"][0]
        row = next(line for line in result.stdout.splitlines() if line.lstrip().startswith("1 "))
        self.assertIn(best["model_name"][:12], row)
        self.assertIn(best["verdict"], row)
        self.assertIn("ceiling", result.stdout)
        self.assertTrue(all(len(line) <= 80 for line in result.stdout.splitlines() if not line.startswith("Next:")))

    def test_nothing_fits_is_no_and_nothing_known_is_not(self):
        no = self.fit("--context", 100_000_000, code=3)
        self.assertEqual((no["ranked"], no["unknown"]), ([], []))
        self.assertGreater(len(no["not_feasible"]), 100)
        unknown = self.answer(self.call("fit", "--as-of", "2027-01-01", "--json"), "fit", 4)
        self.assertEqual(unknown["ranked"], [], "evidence of a year ago counts")
        self.assertGreater(len(unknown["unknown"]), 50)

    def test_wrong_words(self):
        for words, names in ((["--goal", "best"], ["best", "largest"]), (["--precision", "q99"], ["q99"]), (["--engine", "steam"], ["steam"]),
                             (["--device", "nobody"], ["nobody"]), (["--compute", "gpu9"], ["gpu9", "cpu0"]), (["--as-of", "soon"], ["soon"])):
            self.refuses(self.call("fit", *words), 2, *names)


@needs_program
@needs_maker
class Unweighed(Case):
    @needs_machine
    def test_without_a_database_this_device_is_asked(self):
        answer = self.answer(self.call("fit", "--json"), "fit", 4)
        self.assertEqual(answer["ranked"], [])
        self.assertIn("weighin run", answer["advice"])
        self.assertFalse(self.db.exists())

    def test_scripted_rates_are_no_evidence(self):
        self.null_run()
        self.assertEqual(self.answer(self.call("fit", "--json"), "fit", 4)["ranked"], [])


main()
