#!/usr/bin/env python3
"""Single ops at the shapes of models: measured, stored, shown, and of no weight in any verdict.

SPDX-License-Identifier: Apache-2.0
"""
import csv
import io
import signal

from weighin import Case, MAKER, MEASURING_S, NULL_RUN, main, needs_machine, needs_maker, needs_program, progress

SCRIPT = "gb_per_s=20; gflop_per_s=100"
KEY = "precision, phase, backend, compute_device_id, cap, op, m, n, k"
# Small, so that real kernels take microseconds.
TINY = """
models:
  - id: tiny
    name: Tiny
    arch: decoder
    layers: 2
    d_model: 128
    heads: 4
    kv_heads: 2
    head_dim: 32
    d_ff: 256
    vocab: 512
    max_context: 256
    mlp: swiglu
    norm: rmsnorm
    norms_per_layer: 2
    rotary_dim: 32
"""


@needs_maker
class Scripted(Case):
    def run_standard(self, *more, script=SCRIPT, want=0):
        result = self.call("run", "--backends", "null", "--profile", "standard", *more, binary=MAKER, env={"WEIGHIN_NULL_SCRIPT": script}, timeout=MEASURING_S)
        self.ends(result, want)
        return result

    def ops(self, columns=KEY, where="1"):
        return self.rows(f"SELECT {columns} FROM measurement WHERE kind = 'op' AND {where} ORDER BY {KEY}")

    def test_standard_measures_every_shape_once_for_each_precision(self):
        run = self.answer(self.run_standard("--json"), "run")
        keys = self.ops()
        self.assertEqual(len(keys), 5 * 30)
        self.assertEqual(len(set(keys)), len(keys))
        self.assertEqual({k[0] for k in keys}, {"q4_0", "q8_0", "f16", "bf16", "f32"})
        self.assertIn(("q4_0", "decode", "null", keys[0][3], "", "gemv", 1, 256000, 2048), keys)
        self.assertIn(("f16", "prefill", "null", keys[0][3], "", "gemm", 128, 768, 3072), keys)  # an encoder's
        self.assertEqual(len(run["ops"]), len(keys))
        self.figures_follow(run["ops"])
        # They stand beside the cases and are none: no model, no count, no verdict.
        self.assertEqual(self.rows("SELECT count(*), count(model), count(model_hash) FROM measurement WHERE kind = 'op'"), [(150, 0, 0)])
        self.assertEqual(sum(run["run"]["counts"].values()), len(run["measurements"]))
        self.assertEqual({m["kind"] for m in run["measurements"]}, {"model"})
        self.is_whole()
        self.is_shown(run["ops"][0])

    def figures_follow(self, ops):
        for op in ops:
            with self.subTest(**{k: op[k] for k in ("op", "m", "n", "k", "precision")}):
                self.assertEqual(op["status"], "ok")
                self.assertLessEqual(op["error"], op["tolerance"])
                self.assertGreater(op["tolerance"], 0)
                self.assertGreaterEqual(len(op["samples_ns"]), 3)
                self.assertEqual(op["flops"], 2 * op["m"] * op["n"] * op["k"])
                us = sorted(op["samples_ns"])[len(op["samples_ns"]) // 2] / op["matrices"] / 1e3
                self.assertAlmostEqual(op["time_us"]["median"], us, delta=us * 1e-3)
                if op["op"] == "gemv":
                    self.assertAlmostEqual(op["achieved_gb_per_s"], 20, delta=0.1)
                elif op["n"] * op["k"] > 1 << 21:  # of smaller ones the script's memory is the limit, not its arithmetic
                    self.assertAlmostEqual(op["achieved_gflop_per_s"], 100, delta=1)

    def is_shown(self, op):
        shown = self.call("explain", "measurement", op["id"])
        self.ends(shown, 0)
        for word in (f"{op['op']} {op['m']} x {op['n']} x {op['k']}", "rows/s", "What is stored is what the stored samples give.", "scripted__null"):
            self.assertIn(word, shown.stdout)
        told = self.answer(self.call("explain", "measurement", op["id"], "--json"), "explain")
        self.assertEqual((told["case"]["model"], told["case"]["op"], told["case"]["n"]), (None, op["op"], op["n"]))
        self.assertTrue(told["agrees"])
        query = self.rows(told["sql"])
        self.assertAlmostEqual(query[0][0] / query[0][1], 1, delta=1e-9)
        for form in ("html", "md"):
            page = self.call("report", "--format", form, "-o", "-")
            self.ends(page, 0)
            self.assertIn("Single ops at the models", page.stdout)
            self.assertIn("gemv 1 x 256000 x 2048", page.stdout)
        table = self.call("export", "--format", "csv", "--table", "measurement")
        self.ends(table, 0)
        rows = [r for r in csv.DictReader(io.StringIO(table.stdout)) if r["kind"] == "op"]
        self.assertEqual(len(rows), 150)
        self.assertEqual({r["op"] for r in rows}, {"gemv", "gemm"})
        self.ends(self.call("export", "--format", "jsonl", "--anonymous"), 0)

    def test_text_has_a_line_for_each_shape(self):
        shown = self.null_run("--ops", "yes", script=SCRIPT).stdout
        self.assertIn("Single ops on ", shown)
        self.assertEqual(len([l for l in shown.splitlines() if l.startswith(("  gemv ", "  gemm "))]), 9)

    def test_verdicts_are_the_same_with_and_without(self):
        def judged(*more):
            run = self.answer(self.null_run("--json", *more), "run")
            strip = lambda v: {k: x for k, x in v.items() if k not in ("evidence", "memory")}
            return [strip(v) for v in run["verdicts"]], {k: v for k, v in run["tier"].items() if k != "evidence"}, len(run["ops"])

        without = judged()
        self.db.unlink()
        with_ops = judged("--ops", "yes")
        self.assertEqual(without[:2], with_ops[:2])
        self.assertEqual(without[2], 0, "who names models gets those")
        self.assertEqual(with_ops[2], 2 * 9)
        before = self.dump("device_tier", "feasibility", "tier_feasibility")
        self.ends(self.call("derive"), 0)
        self.assertEqual(self.dump("device_tier", "feasibility", "tier_feasibility"), before)

    def test_a_plan_tells_them_with_their_time(self):
        plan = self.answer(self.call(*"run --backends cpu --profile standard --dry-run --json".split(), binary=MAKER), "plan")
        cases = [c for c in plan["cases"] if c["op"]]
        self.assertEqual(len(cases), 150)
        self.assertTrue(all(c["forecast_s"] > 0 for c in cases if not c["foregone"]))
        spent = sum(g["forecast_s"] for g in plan["groups"] if g["model"] is None)
        self.assertGreater(spent, 0)
        self.assertLess(spent, plan["forecast_s"])
        without = self.answer(self.call(*"run --backends cpu --profile standard --ops no --dry-run --json".split(), binary=MAKER), "plan")
        self.assertAlmostEqual(plan["forecast_s"] - without["forecast_s"], spent, delta=1e-6)
        self.assertEqual([c for c in without["cases"] if c["op"]], [])
        quick = self.answer(self.call(*"run --backends null --profile quick --dry-run --json".split(), binary=MAKER), "plan")
        self.assertEqual([c for c in quick["cases"] if c["op"]], [])

    def test_one_that_fails_is_a_row_and_costs_no_other(self):
        for fault, status in (("crash_at_pass=2", "crashed"), ("wrong=1", "wrong")):
            with self.subTest(fault=fault):
                self.db.unlink(missing_ok=True)
                self.null_run("--ops", "yes", script=f"{SCRIPT}; case=op/q4_0/decode:{fault}")
                rows = self.ops("precision, op, status, reason")
                self.assertEqual(len(rows), 18)
                self.assertEqual({s for p, op, s, _ in rows if (p, op) == ("q4_0", "gemv")}, {status})
                self.assertEqual({s for p, op, s, _ in rows if (p, op) != ("q4_0", "gemv")}, {"ok"})
                self.assertTrue(all(reason for *_, s, reason in rows if s != "ok"))
                self.assertEqual(self.rows("SELECT DISTINCT status FROM measurement WHERE kind = 'model'"), [("ok",)])
                self.is_whole()

    def test_what_was_measured_is_not_measured_again_when_resumed(self):
        process = self.start(*NULL_RUN, "--ops", "yes", binary=MAKER, env={"WEIGHIN_NULL_SCRIPT": SCRIPT})
        for line in process.stderr:
            if (progress(line) or (0, 0))[0] == 10:
                process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 130)
        first = set(self.ops("measurement_id"))
        self.assertTrue(0 < len(first) < 18, len(first))
        self.null_run("--ops", "yes", "--resume", script=SCRIPT)
        self.assertEqual(len(self.ops()), 18)
        self.assertEqual(len(set(self.ops())), 18)
        self.assertLess(first, set(self.ops("measurement_id")))
        self.assertEqual(self.rows("SELECT count(*), count(DISTINCT run_id) FROM measurement WHERE kind = 'model'"), [(4, 1)])

    def test_expectations_are_about_cases(self):
        self.null_run("--ops", "yes", script=SCRIPT)
        self.null_run("--expect", "last", "--ops", "yes", script=f"{SCRIPT}; case=op/*/*:wrong=1")
        self.assertEqual(len(self.ops(where="status = 'wrong'")), 18)

    def test_another_word_is_wrong_usage(self):
        self.refuses(self.call(*NULL_RUN, "--ops", "perhaps", binary=MAKER), 2, "--ops", "perhaps", "yes", "no")

    def test_a_plan_file_asks_for_them(self):
        for word, n in (("true", 18), ("false", 0)):
            (self.here / "plan.yaml").write_text(f"models: [gemma-2b]\nprecisions: [q4_0, f16]\nbackends: ['null']\nops: {word}\n", encoding="utf-8")
            plan = self.answer(self.call("run", "--plan", "plan.yaml", "--dry-run", "--json", binary=MAKER), "plan")
            self.assertEqual(len([c for c in plan["cases"] if c["op"]]), n)
        plan = self.answer(self.call(*"run --plan plan.yaml --ops yes --dry-run --json".split(), binary=MAKER), "plan")
        self.assertEqual(len([c for c in plan["cases"] if c["op"]]), 18)


@needs_program
@needs_machine
class Cpu(Case):
    def test_real_kernels_at_the_shapes_of_a_model_of_ones_own(self):
        (self.here / "tiny.yaml").write_text(TINY, encoding="utf-8")
        words = "run --backends cpu --models tiny --precisions q4_0,f32 --prefill 64 --depth 16 --decode 4 --budget 0.05 --ops yes --json".split()
        run = self.answer(self.call(*words, "--models-file", "tiny.yaml", timeout=MEASURING_S), "run")
        shapes = {(o["op"], o["m"], o["n"], o["k"]) for o in run["ops"]}
        layer = {(128, 128), (64, 128), (256, 128), (128, 256)}
        self.assertEqual(shapes, {("gemv", 1, n, k) for n, k in layer | {(512, 128)}} | {("gemm", 64, n, k) for n, k in layer})
        self.assertEqual(len(run["ops"]), 2 * len(shapes))
        for op in run["ops"]:
            with self.subTest(op=op["op"], n=op["n"], k=op["k"], precision=op["precision"]):
                self.assertEqual((op["status"], op["reason"]), ("ok", None))
                self.assertTrue(0 < op["error"] <= op["tolerance"])
                self.assertTrue(op["kernel"].startswith(op["op"]))
                self.assertGreaterEqual(len(op["samples_ns"]), 3)
                self.assertGreater(op["achieved_gb_per_s"], 0)
        self.assertEqual(self.rows("SELECT count(*) FROM measurement WHERE kind = 'load'"), [(2,)])  # of the model's sessions alone
        self.is_whole()


if __name__ == "__main__":
    main()
