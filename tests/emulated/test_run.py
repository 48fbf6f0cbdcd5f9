#!/usr/bin/env python3
"""run.py judges by what the emulated machine printed: what must fail, fails.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import io
import unittest

import run

CPU = "corei7_icelake_u"
FLAGS = "emulated: flags fpu sse2 " + " ".join(sorted(run.OFFERS[CPU]))
UNITS = ["unit avx512: 31 kernels, 1564 runs",
         "unit avx512bf16: 0 kernels, 0 runs; this CPU lacks avx512bf16"]


def problems(lines, commands=("/kernels_check",)):
    with contextlib.redirect_stdout(io.StringIO()):
        return " / ".join(run.judge(lines, commands, CPU))


class Judge(unittest.TestCase):
    def test_kernels_that_ran_are_well(self):
        self.assertEqual(problems([FLAGS, *UNITS, "emulated: exit 0"]), "")

    def test_a_unit_that_ran_nothing_fails(self):
        for line in "unit avx512: 0 kernels, 0 runs", "unit avx512: 31 kernels, 0 runs":
            self.assertIn("unit avx512 was not run", problems([FLAGS, line, "emulated: exit 0"]))

    def test_a_unit_may_lack_only_what_the_emulator_lacks(self):
        line = "unit avx512vnni: 0 kernels, 0 runs; this CPU lacks avx512vnni"
        self.assertIn("unit avx512vnni was not run", problems([FLAGS, *UNITS, line, "emulated: exit 0"]))

    def test_no_line_of_a_unit_fails(self):
        self.assertIn("no kernel of the unit avx512", problems([FLAGS, "emulated: exit 0"]))

    def test_a_program_that_failed_or_never_ended_fails(self):
        self.assertIn("ended with [1]", problems([FLAGS, *UNITS, "emulated: exit 1"]))
        self.assertIn("ended with []", problems([FLAGS, *UNITS]))

    def test_features_that_the_kernel_withholds_fail(self):
        self.assertIn("should offer avx512f", problems([FLAGS.replace("avx512f", ""), *UNITS, "emulated: exit 0"]))


class Archive(unittest.TestCase):
    def test_entries_are_aligned_and_folders_come_before_files(self):
        data = run.archive({"/init": b"x", "/lib/a/b.so": b"yz"})
        names, at = [], 0
        while at < len(data):
            self.assertEqual((data[at:at + 6], at % 4), (b"070701", 0))
            fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
            names.append(data[at + 110:at + 110 + fields[11] - 1].decode())
            at += 110 + fields[11]
            at += -at % 4 + fields[6]
            at += -at % 4
        self.assertEqual(names, ["lib", "lib/a", "init", "lib/a/b.so", "TRAILER!!!"])


if __name__ == "__main__":
    unittest.main()
