#!/usr/bin/env python3
"""What a sceptic asks of a run: what was seen behind a doubt, what the device gave beside each case, and whether another way to
measure a case gives the same. On the scripted backend.

SPDX-License-Identifier: Apache-2.0
"""
import json

from weighin import Case, MAKER, main, needs_maker

SMALL = "run --backends null --models gemma-2b --precisions q4_0 --prefill 512 --depth 512 --budget 1".split()


@needs_maker
class Doubts(Case):
    def weigh(self, script, *words):
        """The run's JSON, its measurements by phase, and what it said on stderr."""
        result = self.call(*SMALL, *words, "--json", binary=MAKER, env={"WEIGHIN_NULL_SCRIPT": script})
        self.assertEqual(result.returncode, 0, result.stderr)
        run = json.loads(result.stdout)
        return run, {m["phase"]: m for m in run["measurements"]}, result.stderr

    def seen(self, measurement, doubt):
        return [n["seen"] for n in measurement["doubt_notes"] if n["doubt"] == doubt]

    def test_a_slow_hour_is_drift_and_says_so(self):
        _, rows, _ = self.weigh("canary_gb_per_s=30;canary_gflop_per_s=198,198,198,102,102")
        self.assertNotIn("drift", rows["prefill"]["doubts"])
        self.assertIn("drift", rows["decode"]["doubts"])
        self.assertIn("arithmetic ran at 52 %", self.seen(rows["decode"], "drift")[0])

    def test_looks_are_conditions_that_anyone_may_query(self):
        self.weigh("canary_gb_per_s=30;canary_gflop_per_s=198,197")
        looks = self.rows("SELECT key, value, unit, at_ns > 0 FROM condition WHERE key LIKE 'canary.%' ORDER BY reading, key")
        self.assertEqual(len(looks), 10)  # two figures: between groups, before and after each of two cases
        self.assertEqual(looks[:2], [("canary.f32_gflop_per_s", "198", "Gflop/s", 1), ("canary.read_gb_per_s", "30", "GB/s", 1)])

    def test_a_slow_beginning_is_told_at_the_end(self):
        _, _, errors = self.weigh("canary_gb_per_s=30;canary_gflop_per_s=102,102,102,198,198")
        self.assertIn("gemma-2b q4_0 prefill 512: measured while the device gave as little as 52 %", errors)

    def test_a_ceiling_that_was_passed_is_measured_again_and_the_best_counts(self):
        run, rows, errors = self.weigh("roof_gb_per_s=60;roof_gflop_per_s=520,1010")
        if "other work took the processor" in errors:
            self.skipTest("this machine is busy: a ceiling measured now is not believed")
        self.assertEqual(run["roofline"][0]["peak_gflop_per_s"]["f32"], 1010)
        self.assertNotIn("implausible", rows["prefill"]["doubts"])
        self.assertEqual(self.rows("SELECT count(*) FROM measurement WHERE kind = 'roofline'"), [(2,)])

    def test_a_case_is_repeated_with_another_seed(self):
        run, rows, _ = self.weigh("")
        beside = {b["what"]: b["tokens_per_s"]["median"] for b in rows["decode"]["beside"]}
        self.assertEqual(beside, {"other_seed": rows["decode"]["tokens_per_s"]["median"]})
        self.assertEqual(rows["prefill"]["beside"], [])
        text = self.call("report", "--format", "md", "-o", "-", binary=MAKER).stdout
        self.assertIn("with other random weights and tokens", text)

    def test_every_layer_is_held_against_some(self):
        _, rows, _ = self.weigh("embed_ns=1000000;head_ns=9000000;layer_ns=5000000", "--full")
        for row in rows.values():
            beside = {b["what"]: b["tokens_per_s"]["median"] for b in row["beside"]}
            self.assertAlmostEqual(beside["segmented"], row["tokens_per_s"]["median"], places=6)
            self.assertNotIn("extrapolation", row["doubts"])
            self.assertEqual(row["layers_run"], row["layers_total"])

    def test_a_stop_is_contended_and_says_how_long(self):
        gaps = ",".join(["1000"] * 40 + ["1200000000"] + ["1000"] * 400)
        _, rows, _ = self.weigh(f"case=*/*/decode:gap_ns={gaps}")
        self.assertIn("contended", rows["decode"]["doubts"])
        self.assertTrue(any("stood still for 1.2 s" in s for s in self.seen(rows["decode"], "contended")), rows["decode"]["doubt_notes"])


main()
