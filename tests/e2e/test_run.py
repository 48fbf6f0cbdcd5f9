#!/usr/bin/env python3
"""A weigh-in on the scripted backend: what goes wrong is a row with a reason, and what was measured stays.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import re
import signal
import subprocess

from weighin import Case, MAKER, NULL_RUN, main, needs_maker, progress

MANY = "run --backends null --models gemma-2b,gemma-7b,mistral-7b --precisions q4_0,q8_0,f16,f32 --prefill 128,512 --depth 0,512".split()


@needs_maker
class Run(Case):
    def statuses(self):
        """{(precision, phase): (status, reason)} of the newest run."""
        rows = self.rows("SELECT precision, phase, status, reason FROM measurement WHERE kind = 'model' AND run_id = "
                         "(SELECT max(run_id) FROM run)")
        return {(p, phase): (status, reason) for p, phase, status, reason in rows}

    def has_no_side_files(self):
        self.assertEqual(sorted(p.name for p in self.here.glob("weighin.db*")), ["weighin.db"])

    def test_everything_ok(self):
        result = self.null_run()
        seen = [p for p in map(progress, result.stderr.splitlines()) if p]
        self.assertEqual([p[0] for p in seen], [1, 2, 3, 4])
        self.assertEqual({s for s, _ in self.statuses().values()}, {"ok"})
        self.has_no_side_files()
        self.is_whole()

    def test_the_same_script_gives_the_same_figures(self):
        figures = []
        for name in ("a.db", "b.db"):
            run = json.loads(self.call(*NULL_RUN, "--db", name, "--json", binary=MAKER).stdout)
            figures.append(sorted((m["precision"], m["phase"], m["tokens_per_s"]["median"]) for m in run["measurements"]))
        self.assertEqual(*figures)

    def fails(self, script, status, *words):
        """One case goes wrong in the script; the other three are measured, the run ends well."""
        self.null_run("--budget", "0.2", script=script)
        rows = self.statuses()
        self.assertEqual(len(rows), 4, rows)
        bad = rows.pop(("q4_0", "decode"))
        self.assertEqual(bad[0], status, bad)
        for word in words:
            self.assertIn(word, bad[1])
        self.assertEqual({k: v[0] for k, v in rows.items()}, {k: "ok" for k in rows})
        self.is_whole()

    def test_a_crash_costs_one_case(self):
        self.fails("case=gemma-2b/q4_0/decode:crash_at_pass=2", "crashed", "signal 11")

    def test_an_exit_costs_one_case(self):
        self.fails("case=gemma-2b/q4_0/decode:exit_at_pass=2", "crashed", "70")

    def test_a_hang_costs_one_case(self):
        self.fails("case=gemma-2b/q4_0/decode:hang_at_pass=2", "timeout")

    def test_a_wrong_result_costs_one_case(self):
        self.fails("case=gemma-2b/q4_0/decode:wrong=1", "wrong")

    def test_a_backend_that_dies_at_once_costs_its_group(self):
        self.null_run(script="case=gemma-2b/q4_0/*:crash_at_open=1")
        rows = self.statuses()
        self.assertEqual({s for (p, _), (s, _) in rows.items() if p == "q4_0"}, {"crashed"})
        self.assertEqual({s for (p, _), (s, _) in rows.items() if p == "f16"}, {"ok"})

    def test_what_cannot_run_says_so(self):
        for word in ("too_big", "unsupported", "unavailable", "not_built"):
            with self.subTest(word=word):
                self.null_run(script=f"case=gemma-2b/q4_0/*:refuse={word}")
                rows = self.statuses()
                self.assertEqual({s for (p, _), (s, _) in rows.items() if p == "q4_0"}, {word})
                self.assertTrue(all(reason for s, reason in rows.values() if s != "ok"))

    def test_no_case_at_all_is_a_failure(self):
        result = self.null_run(script="crash_at_open=1", want=1)
        self.assertIn("no case could be measured", result.stderr)
        self.assertEqual({s for s, _ in self.statuses().values()}, {"crashed"})
        self.is_whole()

    def test_a_bad_script_is_wrong_usage(self):
        result = self.call(*NULL_RUN, "--db", self.db, binary=MAKER, env={"WEIGHIN_NULL_SCRIPT": "speed=9"})
        self.refuses(result, 2, "speed")

    def test_a_second_run_waits_only_when_told(self):
        first = self.start(*NULL_RUN, "--budget", "60", binary=MAKER, env={"WEIGHIN_NULL_SCRIPT": "hang_at_pass=1"})
        self.until_measuring(first)
        self.refuses(self.call(*NULL_RUN, "--db", "other.db", binary=MAKER), 1, "another run", "--wait")
        waiting = self.start(*NULL_RUN, "--db", "other.db", "--wait", binary=MAKER)
        first.send_signal(signal.SIGINT)
        self.assertEqual(first.wait(60), 130)
        waiting.communicate(timeout=60)
        self.assertEqual(waiting.returncode, 0)

    def until_measuring(self, process):
        """The database is there once the run holds its lock; nothing announces a case that hangs."""
        while not self.db.exists() or not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'run'") or not self.rows("SELECT 1 FROM run"):
            self.assertIsNone(process.poll(), "the run ended before it measured")

    def interrupt(self, which):
        process = self.start(*MANY, "--json", binary=MAKER)
        printed = 0
        for line in process.stderr:
            if progress(line):
                printed = progress(line)[0]
                if printed == 2:
                    process.send_signal(which)
        self.assertEqual(process.wait(60), 130)
        process.answer.seek(0)
        kept = self.rows("SELECT count(*) FROM measurement WHERE kind = 'model'")[0][0]
        self.assertGreaterEqual(printed, 2)
        self.assertEqual(kept, printed)
        self.assertLess(kept, 48, "the run was over before the signal came")
        self.assertEqual(self.rows("SELECT state FROM run"), [("interrupted",)])
        self.assertEqual(len(json.loads(process.answer.read())["measurements"]), printed)
        self.has_no_side_files()
        self.is_whole()

    def test_ctrl_c_keeps_what_was_measured(self):
        self.interrupt(signal.SIGINT)

    def test_termination_keeps_what_was_measured(self):
        self.interrupt(signal.SIGTERM)

    def test_a_closed_session_keeps_what_was_measured(self):
        self.interrupt(signal.SIGHUP)

    def test_nohup_goes_on(self):
        process = self.start("-c", 'trap "" HUP; exec "$@"', "sh", MAKER, *NULL_RUN, binary="/bin/sh")
        for line in process.stderr:
            if progress(line) and progress(line)[0] == 1:
                process.send_signal(signal.SIGHUP)
        self.assertEqual(process.wait(60), 0)
        self.assertEqual(self.rows("SELECT state FROM run"), [("finished",)])

    def test_a_signal_right_after_the_database_is_made(self):
        """Whoever sees the file may send a signal: it is caught from before then on."""
        process = self.start(*MANY, binary=MAKER)
        while not self.db.exists():
            self.assertIsNone(process.poll(), "the run ended without a database")
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.rows("SELECT state FROM run"), [("interrupted",)])

    def test_nobody_reading_the_progress_stops_nothing(self):
        reader, writer = os.pipe()
        os.close(reader)
        result = self.call(*NULL_RUN, binary=MAKER, capture_output=False, stdout=subprocess.PIPE, stderr=writer)
        os.close(writer)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(self.rows("SELECT state FROM run"), [("finished",)])

    def test_a_plan_counts_what_it_would_measure(self):
        """A depth that the model does not have is known to be unsupported without trying."""
        words = [w if w != "512" or NULL_RUN[i - 1] != "--depth" else "0,9000" for i, w in enumerate(NULL_RUN)] + ["--dry-run"]
        text = self.call(*words, binary=MAKER)
        self.ends(text, 0)
        answer = self.answer(self.call(*words, "--json", binary=MAKER), "plan")
        gone = [c for c in answer["cases"] if c["foregone"]]
        self.assertTrue(gone and len(gone) < len(answer["cases"]), "the test needs cases of both kinds")
        self.assertEqual((answer["to_measure"], answer["foregone"]), (len(answer["cases"]) - len(gone), len(gone)))
        self.assertTrue(text.stdout.startswith(f"Would measure {answer['to_measure']} cases in "), text.stdout)
        counted = re.findall(r"^Foregone: (\d+) cases?, (\w+): (.+)$", text.stdout, re.MULTILINE)
        self.assertEqual(sum(int(n) for n, _, _ in counted), len(gone))
        self.assertEqual({(s, w) for _, s, w in counted}, {(c["foregone"], c["reason"]) for c in gone})

    def test_a_plan_of_nothing_says_so(self):
        text = self.call(*["9000" if w == "512" else w for w in NULL_RUN], "--dry-run", binary=MAKER)
        self.ends(text, 0)
        self.assertTrue(text.stdout.startswith("None of "), text.stdout)
        self.assertNotIn("Would measure", text.stdout)

    def test_labels_and_asset_are_stored(self):
        self.null_run("--label", "driver=new", "--label", "room=7", "--asset", "tag-12")
        self.assertEqual(self.rows("SELECT device_id FROM run"), [("tag-12",)])
        self.assertIn("driver", json.dumps(self.call("export", "--format", "jsonl").stdout))

    def test_where_the_database_is(self):
        self.ends(self.call(*NULL_RUN, binary=MAKER, env={"WEIGHIN_DB": str(self.here / "env.db")}), 0)
        self.ends(self.call(*NULL_RUN, binary=MAKER), 0)
        self.ends(self.call(*NULL_RUN, "--db", "given.db", binary=MAKER, env={"WEIGHIN_DB": "not-this.db"}), 0)
        self.assertEqual(sorted(p.name for p in self.here.glob("*.db")), ["env.db", "given.db", "weighin.db"])


main()
