#!/usr/bin/env python3
"""SIGKILL at random moments: what was said to be measured is in the database, and the database is whole.

    tests/e2e/test_kill.py [--cpu]      --cpu: real cases on the CPU, a few kills

The moments are seeded: after a random line of progress, and a little later. WEIGHIN_SEED changes the seed, which a
failure names.
SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import random
import signal
import sys
import time

from weighin import Case, MAKER, main, needs_maker, progress

CPU = "--cpu" in sys.argv and not sys.argv.remove("--cpu")
SEED = int(os.environ.get("WEIGHIN_SEED", "1"))
KILLS = 5 if CPU else 50
PLAN = ("run --backends cpu --models smollm2-135m --precisions q4_0,q8_0,f16 --prefill 16,32 --decode 4 --depth 0,64 --budget 0.3" if CPU else
        "run --backends null --models gemma-2b,gemma-7b,mistral-7b --precisions q4_0,q8_0,f16,f32 --prefill 128,512 --depth 0,512").split()


def processes_of(folder):
    """Ids of processes whose environment names `folder`: the program's and its workers'."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and entry.name != str(os.getpid()) and str(folder).encode() in (entry / "environ").read_bytes():
                if (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    found.append(int(entry.name))
        except OSError:
            continue
    return found


@needs_maker
class Kill(Case):
    def cases(self):
        """What a line of progress says of each stored case."""
        query = "SELECT model, precision, phase, tokens, depth, compute_device_id FROM measurement WHERE kind = 'model' AND run_id = ?"
        runs = self.rows("SELECT run_id FROM run ORDER BY run_id") if self.db.exists() and self.rows(
            "SELECT 1 FROM sqlite_master WHERE name = 'run'") else []
        return {run: [f"{m} {p} {phase}{f' at depth {depth}' if phase == 'decode' else f' {tokens}'} on {on}"
                      for m, p, phase, tokens, depth, on in self.rows(query, run)] for run, in runs}

    def kill_one(self, dice, lines):
        """Runs, kills after `lines` lines of progress; gives what was printed."""
        process = self.start(*PLAN, binary=MAKER)
        printed, killed = [], lines == 0
        if killed:  # anywhere from its first instruction to its first case
            time.sleep(dice.random() * 0.3)
            process.send_signal(signal.SIGKILL)
        for line in process.stderr:
            if progress(line):
                printed.append(progress(line)[2].rpartition(": ")[0] or progress(line)[2])
                if len(printed) == lines and not killed:
                    killed = True
                    time.sleep(dice.random() * (1 if CPU else 0.04))
                    process.send_signal(signal.SIGKILL)
        process.wait(60)
        return printed

    def test_nothing_that_was_said_to_be_measured_is_lost(self):
        dice = random.Random(SEED)
        total = len(self.plan())
        self.assertGreater(total, 3)
        for round_ in range(KILLS):
            before = self.cases()
            printed = self.kill_one(dice, dice.randrange(0, total))
            with self.subTest(seed=SEED, round=round_, printed=len(printed)):
                self.workers_are_gone()
                self.reads_as_it_was_left()
                after = self.cases()
                for run, cases in before.items():
                    self.assertEqual(after.get(run), cases, "rows of an earlier run changed")
                new = [c for run, cases in after.items() if run not in before for c in cases]
                missing = [p for p in printed if not any(p.startswith(c) for c in new)]
                self.assertEqual(missing, [], "printed as measured, and not stored")
                self.assertLessEqual(len(new), len(printed) + 1, "more than one case between storing and saying so")
                if after:
                    self.is_whole()
        self.ends(self.call(*PLAN, binary=MAKER), 0)  # and it works on
        self.is_whole()

    def reads_as_it_was_left(self):
        """With its journal still beside it, which a reader may not have the right to touch."""
        if self.db.exists() and self.db.stat().st_size > 0:
            before = {p.name: p.read_bytes() for p in self.here.glob("weighin.db*")}
            result = self.call("verify", self.db)
            if not self.ended_before_its_schema(result):
                self.ends(result, 0)
            self.assertEqual({p.name for p in self.here.glob("weighin.db*")} - set(before), set(), "reading made a file")

    def ended_before_its_schema(self, result):
        """Killed while the file was being made: nothing was promised yet, and the next run begins anew."""
        return result.returncode == 3 and not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'run'")

    def plan(self):
        import json

        result = self.call(*PLAN, "--dry-run", "--json", binary=MAKER)
        self.ends(result, 0)
        return json.loads(result.stdout)["cases"]

    def workers_are_gone(self):
        """They die with their parent: at once, which is to say before long."""
        deadline = time.monotonic() + 20
        while processes_of(self.here):
            self.assertLess(time.monotonic(), deadline, f"still running: {processes_of(self.here)}")


main()
