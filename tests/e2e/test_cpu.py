#!/usr/bin/env python3
"""A small weigh-in on this machine's CPU: real kernels, real samples, and what is derived from them.

SPDX-License-Identifier: Apache-2.0
"""
import sqlite3

from weighin import Case, MEASURING_S, main, needs_machine, needs_program

RUN = "run --backends cpu --models smollm2-135m --precisions q4_0,f16 --prefill 32 --decode 8 --depth 0,32 --budget 0.3".split()
DERIVED = ("tier", "device_tier", "feasibility", "tier_feasibility")


@needs_program
@needs_machine
class Cpu(Case):
    """One run serves all: it takes longer than what is asked of it."""

    def test_a_small_weigh_in(self):
        run = self.answer(self.call(*RUN, "--json", timeout=MEASURING_S), "run")
        self.assertEqual([p.name for p in self.here.glob("weighin.db*")], ["weighin.db"])
        self.every_case_is_measured(run)
        self.loading_is_a_row_a_session(run)
        self.figures_follow_from_samples(run)
        self.is_whole()
        self.check_cites(run)
        self.derived_rows_come_back()
        self.a_cap_is_a_what_if()
        self.older_software_does_not_count()

    def every_case_is_measured(self, run):
        cases = run["measurements"]
        self.assertEqual(len(cases), 6)
        for m in cases:
            with self.subTest(precision=m["precision"], phase=m["phase"], depth=m["depth"]):
                self.assertEqual((m["status"], m["reason"]), ("ok", None))
                self.assertLessEqual(m["error"], m["tolerance"])
                self.assertGreater(m["error"], 0, "quantised activations without any error: was anything computed?")
                self.assertGreaterEqual(len(m["samples_ns"]), 3)
                self.assertTrue(m["kernel"])
                speed = m["tokens_per_s"]
                self.assertLessEqual(speed["lo"], speed["median"])
                self.assertLessEqual(speed["median"], speed["hi"])
                self.assertEqual(bool(m["eligible"]), m["barred_because"] is None)

    def loading_is_a_row_a_session(self, run):
        """Weights of each precision are made once; what that took is evidence of its own kind."""
        self.assertEqual({m["precision"] for m in run["loads"]}, {"q4_0", "f16"})
        self.assertEqual(len(run["loads"]), 2)
        for m in run["loads"]:
            self.assertGreater(m["made_bytes"], 20 << 20)
            self.assertGreater(m["peak_memory_bytes"], m["made_bytes"])
            self.assertAlmostEqual(m["made_gb_per_s"], m["made_bytes"] / m["made_s"] / 1e9, delta=m["made_gb_per_s"] * 1e-3)
        self.assertEqual(self.rows("SELECT count(*) FROM measurement WHERE kind = 'load'"), [(2,)])
        for m in run["measurements"]:
            self.assertGreater(m["peak_memory_bytes"], 0)

    def figures_follow_from_samples(self, run):
        """The documented query over raw samples gives what is stored."""
        query = """
            WITH ranked AS (SELECT measurement_id, segment, ns, row_number() OVER (PARTITION BY measurement_id, segment ORDER BY ns) AS place,
                                   count(*) OVER (PARTITION BY measurement_id, segment) AS n FROM sample),
                 median AS (SELECT measurement_id, segment, avg(ns) AS ns FROM ranked WHERE place IN ((n + 1) / 2, (n + 2) / 2)
                            GROUP BY measurement_id, segment)
            SELECT m.measurement_id, m.tokens_per_sample * 1e9 / sum(median.ns * CASE median.segment
                       WHEN 'global' THEN m.layers_global WHEN 'local' THEN m.layers_local ELSE 1 END)
            FROM measurement AS m JOIN median USING (measurement_id) WHERE m.kind = 'model' GROUP BY 1"""
        recomputed = dict(self.rows(query))
        for m in run["measurements"]:
            self.assertAlmostEqual(recomputed[m["id"]] / m["tokens_per_s"]["median"], 1, places=6)

    def check_cites(self, run):
        words = ["check", "smollm2-135m", "--precision", "q4_0", "--prompt", "32", "--output", "16", "--json"]
        result = self.call(*words)
        self.assertIn(result.returncode, (0, 3, 4))
        answer = self.answer(result, "check", result.returncode)
        known = {m["id"]: m for m in run["measurements"]}
        self.assertLessEqual(set(answer["evidence"]), set(known))
        self.assertTrue(answer["evidence"] or answer["not_counted"], "neither counted nor passed over")
        for passed in answer["not_counted"]:
            self.assertTrue(passed["reason"])
        self.assertIs(answer["fits"], True)

    def derived_rows_come_back(self):
        before = self.dump(*DERIVED)
        self.assertTrue(before["device_tier"] and before["feasibility"])
        edit = sqlite3.connect(self.db)
        for table in DERIVED:
            edit.execute(f"DELETE FROM {table}")
        edit.commit()
        edit.close()
        self.ends(self.call("derive"), 0)
        self.assertEqual(self.dump(*DERIVED), before)

    def judged(self):
        """The answer about what was measured: what is said, and by which evidence."""
        result = self.call(*"check smollm2-135m --precision q4_0 --prompt 32 --output 16 --json".split())
        self.assertIn(result.returncode, (0, 3, 4))
        answer = self.answer(result, "check", result.returncode)
        return {key: answer[key] for key in ("verdict", "fits", "fast_enough", "basis", "speed", "evidence")}

    def a_cap_is_a_what_if(self):
        """What an older processor would do is stored, and is no evidence about this one."""
        self.as_if("measurement", "doubts = ''")  # as if the machine had been quiet, so that there is a verdict to move
        self.ends(self.call("derive"), 0)
        before = self.judged()
        self.assertTrue(before["evidence"])
        run = self.answer(self.call(*"run --backends cpu --models smollm2-135m --precisions q4_0 --prefill 32 --decode 8 --depth 0 --budget 0.2 "
                                    "--isa generic --json".split(), timeout=MEASURING_S), "run")
        for m in run["measurements"]:
            self.assertTrue(m["what_if"])
            self.assertFalse(m["eligible"])
        self.assertEqual(self.judged(), before)

    def older_software_does_not_count(self):
        """After an update of what lies underneath, the evidence from before it is passed over, and says so."""
        self.as_if("measurement", "software_id = 'before-the-update'")
        self.ends(self.call("derive"), 0)
        words = "check smollm2-135m --precision q4_0 --prompt 32 --output 16 --json".split()
        answer = self.answer(self.call(*words), "check", 4)
        self.assertEqual((answer["verdict"], answer["evidence"]), ("unknown", []))
        self.assertTrue(answer["not_counted"])
        reasons = {passed["reason"] for passed in answer["not_counted"]}
        self.assertTrue(any("software under cpu changed" in r for r in reasons), reasons)


main()
