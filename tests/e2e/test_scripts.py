#!/usr/bin/env python3
"""The scripts beside the benchmarks, on the scripted backend: what they say of runs whose outcome is known.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import sys

from weighin import Case, MAKER, main, needs_maker

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
SMALL = "run --backends null --models gemma-2b --precisions q4_0 --prefill 512 --depth 512 --budget 1".split()


@needs_maker
class Scripts(Case):
    def weigh(self, script):
        result = self.call(*SMALL, binary=MAKER, env={"WEIGHIN_NULL_SCRIPT": script})
        self.assertEqual(result.returncode, 0, result.stderr)

    def script(self, name, *words):
        return self.call(BENCH / name, *words, binary=sys.executable)

    def test_runs_of_one_speed_agree(self):
        self.weigh("")
        self.weigh("")
        said = self.script("agree.py", "weighin.db")
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn("2 measured twice: 2 overlap", said.stdout)

    def test_runs_of_two_speeds_do_not(self):
        self.weigh("")
        self.weigh("scale=1.2")
        said = self.script("agree.py", "weighin.db")
        self.assertEqual(said.returncode, 3)
        self.assertIn("2 apart without a word; median ratio 0.833", said.stdout)

    def test_a_row_that_says_that_it_moved_is_excused(self):
        self.weigh("")
        self.weigh("scale=1.2,2.2,1.2,1.2")
        said = self.script("agree.py", "weighin.db")
        self.assertEqual(said.returncode, 0, said.stdout)
        self.assertIn("2 say noisy or drift", said.stdout)

    def test_one_run_cannot_be_compared(self):
        self.weigh("")
        said = self.script("agree.py", "weighin.db")
        self.assertEqual(said.returncode, 2)
        self.assertIn("1 run", said.stderr)

    def test_undisturbed_runs_are_counted(self):
        said = self.script("disturb.py", "--weighin", MAKER, "--only", "none", "--repeat", "1", "--", "--backends", "null",
                           "--models", "gemma-2b", "--precisions", "q4_0", "--prefill", "32", "--depth", "0")
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertRegex(said.stdout, r"none +2 ")


if __name__ == "__main__":
    main()
