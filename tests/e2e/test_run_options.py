#!/usr/bin/env python3
"""How a weigh-in goes: plans, repeats, resuming, what is expected of it, one at a time on a machine.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import signal
import subprocess
import unittest

from weighin import AMPLE_S, Case, MAKER, NULL_RUN, TOP, main, needs_maker, progress

MANY = "run --backends null --models gemma-2b,gemma-7b,mistral-7b --precisions q4_0,q8_0,f16,f32 --prefill 128,512 --depth 0,512".split()
CASES = len("2b 7b m".split()) * 4 * 4
KEY = "model, model_hash, precision, precision_hash, kv_precision, phase, tokens, depth, batch, backend, compute_device_id, cap"
NOBODY = 65534


class Runs(Case):
    def keys(self, run_id):
        return self.rows(f"SELECT {KEY} FROM measurement WHERE kind = 'model' AND run_id = ? ORDER BY {KEY}", run_id)

    def run_ids(self, db=None):
        return [r for (r,) in self.rows("SELECT run_id FROM run ORDER BY run_id", db=db)]


@needs_maker
class Repeat(Runs):
    def test_two_runs_share_every_case_and_what_was_asked(self):
        self.null_run()
        self.null_run()
        first, second = self.run_ids()
        self.assertEqual(len(self.keys(first)), 4)
        self.assertEqual(self.keys(first), self.keys(second))
        self.assertEqual(len(self.rows("SELECT DISTINCT suite_hash, plan_hash FROM run")), 1)

    def test_repeat_makes_runs_of_their_own(self):
        run = self.answer(self.null_run("--repeat", "3", "--gap", "0", "--label", "series=7", "--json"), "run")
        runs = self.run_ids()
        self.assertEqual(len(runs), 3)
        self.assertEqual(run["series"], runs)
        self.assertEqual(run["run"]["id"], runs[-1])
        self.assertEqual(self.rows("SELECT DISTINCT state FROM run"), [("finished",)])
        self.assertEqual(self.rows("SELECT count(*), min(value), max(value) FROM label"), [(3, "7", "7")])
        for other in runs[1:]:
            self.assertEqual(self.keys(other), self.keys(runs[0]))
        self.is_whole()

    def test_an_interrupted_gap_keeps_the_runs_before_it(self):
        process = self.start(*NULL_RUN, "--repeat", "2", "--gap", "86400", binary=MAKER)
        for line in process.stderr:
            if (progress(line) or (0, 0))[0] == 4:
                break
        while self.rows("SELECT state FROM run") != [("finished",)]:
            self.assertIsNone(process.poll(), "the run ended in its gap")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 130)
        self.assertEqual(len(self.run_ids()), 1)
        self.is_whole()


@needs_maker
class Resume(Runs):
    def stop_at(self, which, lines=5):
        """A run of many cases that gets a signal after some; gives the cases that it stored."""
        process = self.start(*MANY, binary=MAKER)
        said = []
        for line in process.stderr:
            said.append(line)
            if (progress(line) or (0, 0))[0] == lines:
                process.send_signal(which)
        code = process.wait(60)
        self.assertEqual(code, 130 if which == signal.SIGINT else -signal.SIGKILL)
        kept = self.rows("SELECT measurement_id FROM measurement WHERE kind = 'model'")
        self.assertTrue(lines <= len(kept) < CASES, f"{len(kept)} cases: the run was over before the signal came")
        if which == signal.SIGINT:
            self.assertIn("--resume", said[-1])
        return {m for (m,) in kept}

    def resume(self, *more, want=0):
        result = self.call(*MANY, "--resume", *more, binary=MAKER)
        self.ends(result, want)
        return result

    def goes_on(self, which):
        before = self.stop_at(which)
        result = self.resume()
        self.assertIn(f"{len(before)} cases have their row, {CASES - len(before)} are left", result.stderr)
        (run,) = self.run_ids()
        self.assertEqual(self.rows("SELECT state, finished_utc_ns IS NOT NULL FROM run"), [("finished", 1)])
        self.assertEqual(len(set(self.keys(run))), CASES)
        self.assertEqual(len(self.keys(run)), CASES, "a case was measured twice")
        for identity, doubts in self.rows("SELECT measurement_id, coalesce(doubts, '') FROM measurement WHERE kind = 'model'"):
            self.assertEqual("resumed" in doubts, identity not in before)
        self.is_whole()

    def test_an_interrupted_run_goes_on(self):
        self.goes_on(signal.SIGINT)

    def test_a_killed_run_goes_on(self):
        self.goes_on(signal.SIGKILL)

    def test_a_run_can_be_resumed_twice(self):
        self.stop_at(signal.SIGINT)
        second = self.start(*MANY, "--resume", binary=MAKER)
        for line in second.stderr:
            if (progress(line) or (0, 0))[0] == 3:
                second.send_signal(signal.SIGINT)
        self.assertEqual(second.wait(60), 130)
        self.assertEqual(self.rows("SELECT state FROM run"), [("interrupted",)])
        self.resume()
        (run,) = self.run_ids()
        self.assertEqual(len(set(self.keys(run))), CASES)

    def test_a_plan_shows_what_is_left(self):
        before = self.stop_at(signal.SIGINT)
        plan = self.answer(self.resume("--dry-run", "--json"), "plan")
        self.assertEqual(len(plan["cases"]), CASES - len(before))
        self.assertEqual(self.rows("SELECT state FROM run"), [("interrupted",)])

    def test_nothing_to_resume_is_wrong_usage(self):
        self.refuses(self.call(*NULL_RUN, "--resume", binary=MAKER), 2, "weighin.db", "no run to resume")
        self.assertFalse(self.db.exists())
        self.null_run()
        self.refuses(self.call(*NULL_RUN, "--resume", binary=MAKER), 2, "nothing to resume")

    def test_what_differs_is_named(self):
        self.stop_at(signal.SIGINT)
        self.refuses(self.call(*MANY, "--resume", "--seed", "2", binary=MAKER), 2, "seed", "was 1", "now 2")
        self.refuses(self.call(*NULL_RUN, "--resume", binary=MAKER), 2, "something else")
        for table, change, word in (("run", "hardware_id = 'another'", "hardware id"),
                                    ("run", "plan_hash = 'another'", "another plan"),
                                    ("measurement", "kernel_generation = 4711", "kernel generation"),
                                    ("backend_state", "software_id = 'another'", "software id")):
            with self.subTest(word=word):
                whole = self.db.read_bytes()
                self.as_if(table, change)
                self.refuses(self.call(*MANY, "--resume", binary=MAKER), 2, "cannot be resumed", word)
                self.db.write_bytes(whole)
        self.resume()


@needs_maker
class Expect(Runs):
    BROKEN = "case=gemma-2b/q4_0/decode:crash_at_pass=2"

    def test_a_case_that_no_longer_works_is_lost(self):
        self.null_run()
        result = self.null_run("--expect", "last", "--json", script=self.BROKEN, want=3)
        expect = self.answer(result, "run", 3)["expect"]
        self.assertEqual(expect["held"], 4)
        (lost,) = expect["lost"]
        self.assertEqual((lost["model"], lost["precision"], lost["phase"], lost["status"]), ("gemma-2b", "q4_0", "decode", "crashed"))
        self.assertIn("signal 11", lost["reason"])
        self.assertIn(self.run_ids()[0], expect["against"])
        self.assertIn("1 of 4 cases", result.stderr)

    def test_the_text_lists_each_with_its_reason(self):
        self.null_run()
        result = self.null_run("--expect", "last", script=self.BROKEN + "; case=gemma-2b/f16/*:refuse=too_big", want=3)
        lines = " ".join(result.stdout.split())
        self.assertIn("3 of 4 cases that worked", lines)
        self.assertIn("signal 11", lines)

    def test_slower_is_not_lost(self):
        self.null_run(script="gb_per_s=100")
        result = self.null_run("--expect", "last", script="gb_per_s=1")
        self.assertIn("All 4 cases", " ".join(result.stdout.split()))

    def test_what_is_not_asked_is_not_lost(self):
        self.null_run()
        result = self.call(*"run --backends null --models gemma-2b --precisions f16 --prefill 512 --depth 512 --expect last".split(), binary=MAKER)
        self.ends(result, 0)
        self.assertIn("All 2 cases", " ".join(result.stdout.split()))

    def test_what_never_worked_cannot_be_lost(self):
        self.null_run(script=self.BROKEN)
        self.null_run("--expect", "last", script=self.BROKEN)

    def test_what_is_lost_stays_lost_until_it_works_again(self):
        self.null_run()
        self.null_run("--expect", "last", script=self.BROKEN, want=3)
        result = self.null_run("--expect", "last", script=self.BROKEN, want=3)
        self.assertIn("1 of 4 cases", result.stderr)
        self.null_run("--expect", "last")
        self.null_run("--expect", "last", script=self.BROKEN, want=3)

    def test_nothing_in_common_is_not_everything_in_order(self):
        self.null_run()
        result = self.call(*"run --backends null --models gemma-2b --precisions f32 --prefill 512 --depth 512 --expect last".split(), binary=MAKER)
        self.ends(result, 4)
        self.assertIn("none of the 4 cases", result.stderr)
        self.assertIn("No case of", " ".join(result.stdout.split()))

    def test_an_unfinished_run_is_not_the_last(self):
        self.null_run()
        self.null_run(script=self.BROKEN)
        self.as_if("run", "state = 'interrupted' WHERE run_id = (SELECT max(run_id) FROM run)")
        self.null_run("--expect", "last", script=self.BROKEN, want=3)

    def test_the_first_run_says_that_there_is_nothing_to_expect(self):
        result = self.null_run("--expect", "last")
        self.assertIn("nothing to expect", result.stderr)

    def test_a_series_stays_lost(self):
        self.null_run()
        self.null_run("--expect", "last", "--repeat", "2", script=self.BROKEN, want=3)

    def test_a_database_can_be_expected(self):
        self.null_run()
        self.db.rename(self.here / "golden.db")
        self.null_run("--expect", "golden.db", script=self.BROKEN, want=3)
        self.null_run("--expect", "golden.db")
        # The only device in the file stands for this one, as for a device of the same make.
        self.null_run("--expect", "golden.db", "--asset", "another", script=self.BROKEN, want=3)
        self.refuses(self.call(*NULL_RUN, "--expect", "none.db", binary=MAKER), 2, "none.db")


@needs_maker
class Lock(Runs):
    def hold(self, *more):
        """A run that stays at its first pass, holding the lock."""
        first = self.start(*NULL_RUN, "--budget", "60", *more, binary=MAKER, env={"WEIGHIN_NULL_SCRIPT": "hang_at_pass=1"})
        lock = pathlib.Path(self.env["WEIGHIN_LOCK"])
        while not lock.exists() or f"pid={first.pid}\n" not in lock.read_text(encoding="utf-8", errors="replace"):
            self.assertIsNone(first.poll(), "the run ended before it held the lock")
        return first

    def test_the_second_is_told_who_measures_into_what(self):
        first = self.hold()
        self.refuses(self.call(*NULL_RUN, "--db", "other.db", binary=MAKER), 1, f"process {first.pid}", self.db, "--wait")
        self.assertFalse((self.here / "other.db").exists())

    def test_a_lock_whose_holder_was_killed_is_free(self):
        first = self.hold()
        first.send_signal(signal.SIGKILL)
        first.wait(60)
        self.ends(self.call(*NULL_RUN, "--db", "other.db", binary=MAKER), 0)

    def test_where_no_lock_can_be_made_a_run_says_so(self):
        result = self.call(*NULL_RUN, binary=MAKER, env={"WEIGHIN_LOCK": str(self.here / "none/run.lock")})
        self.ends(result, 0)
        self.assertIn("nothing keeps another run", result.stderr)

    def test_waiting_is_said_and_can_be_interrupted(self):
        first = self.hold()
        second = self.start(*NULL_RUN, "--db", "other.db", "--wait", binary=MAKER)
        said = second.stderr.readline()
        self.assertIn("waiting", said)
        self.assertIn(f"process {first.pid}", said)
        second.send_signal(signal.SIGINT)
        self.assertEqual(second.wait(60), 130)

    def test_what_stands_in_the_lock_is_not_believed(self):
        lock = pathlib.Path(self.env["WEIGHIN_LOCK"])
        lock.write_text("pid=1\ndatabase=/etc/passwd\n", encoding="utf-8")
        self.ends(self.call(*NULL_RUN, binary=MAKER), 0)
        first = self.hold()
        lock.write_bytes(b"\x1b[2Jnot ours")
        self.refuses(self.call(*NULL_RUN, "--db", "other.db", binary=MAKER), 1, "another process")
        self.assertIsNone(first.poll())

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to be two users")
    def test_the_lock_is_that_of_all_users(self):
        self.here.chmod(0o777)
        lock = self.here / "sticky"
        lock.mkdir()
        lock.chmod(0o1777)
        self.env["WEIGHIN_LOCK"] = str(lock / "run.lock")
        theirs = self.here / "theirs"
        theirs.mkdir()
        os.chown(theirs, NOBODY, NOBODY)
        for who, other in ((None, NOBODY), (NOBODY, None)):
            probe = subprocess.run(["test", "-x", MAKER], user=other or who, check=False)
            if probe.returncode != 0:
                self.skipTest("nobody may not execute the program where it lies")
        env = self.env | {"XDG_STATE_HOME": str(theirs), "HOME": str(theirs)}
        words = [MAKER, *NULL_RUN]
        mine = self.hold()
        refused = subprocess.run(words, env=env, cwd=theirs, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True,
                                 check=False, timeout=AMPLE_S)
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertIn(f"process {mine.pid}", refused.stderr)
        mine.send_signal(signal.SIGKILL)
        mine.wait(60)
        after = subprocess.run(words, env=env, cwd=theirs, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True,
                               check=False, timeout=AMPLE_S)
        self.assertEqual(after.returncode, 0, after.stderr)
        # And the other way round: a file that another user made.
        (lock / "run.lock").unlink()
        again = subprocess.run(words, env=env, cwd=theirs, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True,
                               check=False, timeout=AMPLE_S)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual((lock / "run.lock").stat().st_uid, NOBODY)
        self.ends(self.call(*NULL_RUN, "--db", "mine.db", binary=MAKER), 0)


@needs_maker
class Plan(Runs):
    PLAN = ("models: [gemma-2b]\nprecisions: [q4_0]\nbackends: ['null']\nphases:\n  decode: {tokens: 8, depths: [0, 64]}\n"
            "labels: [room=7, driver=new]\nrepeat: 2\n")

    def write(self, text, name="lab.yaml"):
        (self.here / name).write_text(text, encoding="utf-8")
        return name

    def test_a_plan_is_run(self):
        self.ends(self.call("run", "--plan", self.write(self.PLAN), binary=MAKER), 0)
        self.assertEqual(len(self.run_ids()), 2)
        asked = self.rows("SELECT DISTINCT model, precision, phase, tokens, depth FROM measurement WHERE kind = 'model' ORDER BY depth")
        self.assertEqual(asked, [("gemma-2b", "q4_0", "decode", 8, 0), ("gemma-2b", "q4_0", "decode", 8, 64)])
        self.assertEqual(self.rows("SELECT DISTINCT key, value FROM label ORDER BY key"), [("driver", "new"), ("room", "7")])

    def test_an_interrupted_series_of_a_plan_goes_on(self):
        plan = self.write("models: [gemma-2b, gemma-7b]\nprecisions: [q4_0, q8_0, f16, f32]\nbackends: ['null']\nrepeat: 3\n")
        process = self.start("run", "--plan", plan, binary=MAKER)
        for line in process.stderr:
            if (progress(line) or (0, 0))[0] == 2:
                process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 130)
        self.ends(self.call("run", "--plan", plan, "--resume", binary=MAKER), 0)
        self.assertEqual(self.rows("SELECT state, count(*) FROM run GROUP BY state"), [("finished", 1)])

    def test_what_is_given_comes_first(self):
        plan = self.answer(self.call("run", "--plan", self.write(self.PLAN), "--models", "gemma-7b", "--depth", "5", "--dry-run", "--json",
                                     binary=MAKER), "plan")
        self.assertEqual([(c["model"], c["phase"], c["tokens"], c["depth"]) for c in plan["cases"]], [("gemma-7b", "decode", 8, 5)])

    def test_the_same_asked_in_a_file_is_the_same_suite(self):
        by_file = self.answer(self.call("run", "--plan", self.write(self.PLAN), "--dry-run", "--json", binary=MAKER), "plan")
        by_hand = self.answer(self.call(*"run --models gemma-2b --precisions q4_0 --backends null --prefill none --decode 8 --depth 0,64 --dry-run "
                                        "--json".split(), binary=MAKER), "plan")
        self.assertEqual(by_file["suite_hash"], by_hand["suite_hash"])

    def test_wrong_files_are_refused_with_their_line(self):
        for text, *words in (("models: [gemma-2b]\nphase: 3\n", "lab.yaml: line 2", "phase"), ("batch: x\n", "lab.yaml: line 1"),
                             ("batch: 1\nmodels: [gemma-2c]\n", "lab.yaml: line 2", "gemma-2b"), ("labels: [nokey]\n", "lab.yaml: line 1"),
                             ("repeat: 0\nmodels: [gemma-2b]\n", "lab.yaml: line 1", "repeat")):
            with self.subTest(text=text):
                self.refuses(self.call("run", "--plan", self.write(text), "--dry-run", binary=MAKER), 2, *words)
        self.refuses(self.call("run", "--plan", "none.yaml", binary=MAKER), 2, "none.yaml")
        self.assertFalse(self.db.exists())

    def test_the_plans_that_ship_are_good(self):
        plans = sorted((TOP / "bench/data").glob("*.yaml"))
        self.assertTrue(plans)
        for path in plans:
            plan = json.loads(self.call("run", "--plan", path, "--dry-run", "--json", binary=MAKER).stdout)
            self.assertTrue(plan["cases"], path)

    def test_full_runs_every_layer_in_one_segment(self):
        words = "run --backends null --models gemma-2b,gemma-3-4b --precisions q4_0 --prefill 512 --depth 512 --budget 0.1".split()
        self.ends(self.call(*words, "--full", binary=MAKER), 0)
        rows = self.rows("SELECT model, status, layers_run, layers_total, sample_count, passes FROM measurement WHERE kind = 'model'")
        self.assertEqual(len(rows), 4)
        for model, status, run, total, samples, passes in rows:
            with self.subTest(model=model):
                self.assertEqual((status, run), ("ok", total))
                self.assertEqual(samples, passes)  # one segment each
        self.assertEqual(self.rows("SELECT DISTINCT segment FROM sample"), [("all",)])

    def test_depths_and_batches_are_cases_of_their_own(self):
        words = "run --backends null --models gemma-2b --precisions q4_0 --prefill none --depth 0,2048 --batch 4 --kv-precision q8_0".split()
        self.ends(self.call(*words, binary=MAKER), 0)
        self.assertEqual(self.rows("SELECT depth, batch, kv_precision, status, tokens_per_sample FROM measurement WHERE kind = 'model' ORDER BY depth"),
                         [(0, 4, "q8_0", "ok", 4), (2048, 4, "q8_0", "ok", 4)])


main()
