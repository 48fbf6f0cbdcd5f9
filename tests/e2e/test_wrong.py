#!/usr/bin/env python3
"""A registered kernel that is wrong is caught by `run` itself: no number, the kernel named, the rest measured.

SPDX-License-Identifier: Apache-2.0
"""
import os
import unittest

from weighin import Case, main

WRONG = os.environ.get("WEIGHIN_WRONG", "")


@unittest.skipUnless(os.access(WRONG, os.X_OK), "weighin_wrong is not built")
class Wrong(Case):
    def test_a_wrong_kernel_gets_no_number(self):
        result = self.call("run", "--backends", "cpu", "--models", "smollm2-135m", "--precisions", "q8_0,q4_0", "--prefill", "16", "--decode", "4",
                           "--depth", "0", "--budget", "0.2", binary=WRONG)
        self.ends(result, 0)
        rows = self.rows("SELECT precision, phase, status, reason, tokens_per_s_median FROM measurement WHERE kind = 'model'")
        self.assertEqual(len(rows), 4)
        for precision, phase, status, reason, rate in rows:
            with self.subTest(precision=precision, phase=phase):
                self.assertEqual(status, "wrong" if precision == "q8_0" else "ok", reason)
                if status == "wrong":
                    self.assertIn("gemv_q8_0__cpu_wrong gives", reason)
                    self.assertFalse(rate)
                else:
                    self.assertGreater(rate, 0)
        self.assertEqual(self.rows("SELECT count(*) FROM sample JOIN measurement USING (measurement_id) WHERE status = 'wrong'"), [(0,)])


if __name__ == "__main__":
    main()
