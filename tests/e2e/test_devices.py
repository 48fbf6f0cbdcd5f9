#!/usr/bin/env python3
"""The life of a device in a database: named, annotated, retired, copied; and what readers make of it.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import os
import re
import sqlite3
import unittest

from weighin import Case, REPORT_ONLY, main, needs_maker, needs_program

BY = ["--reason", "fan blocked", "--by", "asha"]


@needs_program
@needs_maker
class Devices(Case):
    def setUp(self):
        super().setUp()
        self.null_run()
        self.env["WEIGHIN_ASSET"] = "e2e-other"
        self.null_run()

    def device(self, *words, **more):
        return self.answer(self.call("device", *words, "--json"), "device", **more)

    def test_list_and_show(self):
        listed = self.device("list")
        self.assertEqual([d["device_id"] for d in listed["devices"]], ["e2e-device", "e2e-other"])
        text = self.call("device", "list").stdout
        for d in listed["devices"]:
            self.assertIn(d["device_id"], text)
        [shown] = self.device("show", "e2e-de")["devices"]
        self.assertEqual((shown["device_id"], shown["runs"], shown["retired"], shown["annotations"]), ("e2e-device", 1, False, []))
        self.assertEqual(shown["compute_devices"][0]["kind"], "cpu")
        self.assertIn("e2e-device (from asset, strong)", self.call("device", "show", "e2e-device").stdout)

    def test_a_name_is_what_every_reader_says(self):
        before = self.dump("inventory", "run", "measurement")
        named = self.device("name", "e2e-device", "bench 4, left", "--by", "asha")
        self.assertEqual(named["devices"][0]["name"], "bench 4, left")
        self.assertTrue(named["annotation_id"])
        self.assertEqual(self.dump("inventory", "run", "measurement"), before, "evidence was changed")
        [said] = named["devices"][0]["annotations"]
        self.assertEqual((said["action"], said["detail"], said["author"]), ("relabel", "bench 4, left", "asha"))
        self.assertIn("on bench 4, left", self.call("check", "gemma-2b", "--device", "e2e-device").stdout)
        self.assertIn("bench 4, left", self.call("matrix", "--by", "device").stdout)
        self.assertIn("bench 4, left", self.call("report", "-o", "-").stdout)
        self.assertIn("bench 4, left", self.call("list", "devices").stdout if not REPORT_ONLY else "bench 4, left")
        check = self.answer(self.call("check", "gemma-2b", "--device", "bench 4, left", "--json"), "check", 4)
        self.assertEqual(check["device_id"], "e2e-device")
        again = self.device("name", "e2e-device", "bench 5", "--by", "asha", "--reason", "moved")
        self.assertEqual([a["detail"] for a in again["devices"][0]["annotations"]], ["bench 4, left", "bench 5"])

    def test_a_retired_device_leaves_the_shelf_and_keeps_its_verdicts(self):
        def on_the_shelf():
            cells = self.answer(self.call("matrix", "--json"), "matrix")["cells"]
            return {c["devices"] for c in cells}

        self.assertEqual(on_the_shelf(), {2})
        verdicts = self.rows("SELECT count(*) FROM feasibility WHERE device_id = 'e2e-other'")
        self.assertTrue(self.device("retire", "e2e-other", *BY)["devices"][0]["retired"])
        self.assertEqual(on_the_shelf(), {1})
        self.assertEqual(self.rows("SELECT count(*) FROM feasibility WHERE device_id = 'e2e-other'"), verdicts)
        self.assertIn("retired", self.call("device", "list").stdout)
        self.refuses(self.call("device", "retire", "e2e-other", *BY), 2, "retired already")

    def test_what_is_excluded_says_why_it_does_not_count(self):
        run, = self.rows("SELECT run_id FROM run WHERE device_id = 'e2e-device'")[0]
        said = self.answer(self.call("annotate", "run", run, "--action", "exclude", *BY, "--json"), "annotate")
        self.assertEqual((said["target"], said["reason"], said["author"]), (run, "fan blocked", "asha"))
        measurement, = self.rows("SELECT measurement_id FROM measurement WHERE run_id = ? AND kind = 'model'", run)[0]
        explained = self.answer(self.call("explain", "measurement", measurement, "--json"), "explain")
        self.assertIn("fan blocked", explained["barred_because"])

    def test_what_is_excluded_is_no_longer_expected_to_work(self):
        self.null_run(script="case=*/f16/decode:crash_at_pass=1")
        self.ends(self.call("device", "list"), 0)
        runs = [r for r, in self.rows("SELECT run_id FROM run WHERE device_id = 'e2e-other' ORDER BY run_id")]
        self.call("annotate", "run", runs[0], "--action", "exclude", *BY)
        self.call("annotate", "run", runs[1], "--action", "exclude", *BY)
        self.ends(self.null_run("--expect", "last", script="case=*/q4_0/decode:crash_at_pass=1"), 0)

    def test_a_run_gets_another_label(self):
        run, = self.rows("SELECT run_id FROM run WHERE device_id = 'e2e-device'")[0]
        self.ends(self.call("annotate", "run", run[:-1], "--action", "relabel", "--label", "site=lab 4", *BY), 0)
        [device] = self.device("show", "e2e-device")["devices"]
        self.assertEqual(device["annotations"][0]["detail"], "site=lab 4")

    def test_wrong_words_are_told_what_is_allowed(self):
        for words, names in [
            (["device", "sell"], ["sell", "retire"]),
            (["device", "name", "e2e-device"], ["NAME"]),
            (["device", "name", "e2e-device", "x"], ["--by"]),
            (["device", "retire", "e2e-device", "--by", "me"], ["--reason"]),
            (["device", "retire", "no-such", *BY], ["no-such", "e2e-device"]),
            (["device", "list", "--by", "me"], ["only reads"]),
            (["device", "show", "e2e-"], ["e2e-device", "e2e-other"]),
            (["annotate", "tier", "x", "--action", "exclude", *BY], ["tier", "measurement"]),
            (["annotate", "run", "x", *BY], ["--action", "relabel"]),
            (["annotate", "run", "x", "--action", "delete", *BY], ["x"]),
            (["annotate", "run", "nope", "--action", "exclude", *BY], ["nope", "weighin.db"]),
            (["annotate", "run", "0", "--action", "exclude", *BY], ["several"]),
            (["annotate", "device", "e2e-device", "--action", "delete", *BY], ["delete", "exclude"]),
            (["annotate", "device", "e2e-device", "--action", "relabel", *BY], ["label"]),
            (["annotate", "device", "e2e-device", "--action", "retire", "--label", "x", *BY], ["--label"]),
            (["annotate", "device", "e2e-device", "--action", "exclude", "--reason", " ", "--by", "me"], ["reason"]),
        ]:
            with self.subTest(words=words):
                self.refuses(self.call(*words), 2, *names)
        self.assertEqual(self.rows("SELECT count(*) FROM annotation"), [(0,)], "a refused annotation was stored")

    def test_without_a_database_none_is_made(self):
        for words in (["device", "list"], ["device", "retire", "x", *BY], ["annotate", "run", "x", "--action", "exclude", *BY], ["snapshot", "-o", "s"]):
            self.refuses(self.call(*words, "--db", "absent.db"), 2, "absent.db")
            self.assertFalse((self.here / "absent.db").exists(), words)

    # ---- snapshot ----

    def test_a_snapshot_is_one_closed_file_named_after_what_it_is(self):
        taken = self.answer(self.call("snapshot", "-o", "snaps/today", "--json"), "snapshot")
        path = self.here / taken["path"]
        self.assertRegex(path.name, r"^2-devices-\d{4}-\d\d-\d\d-[0-9a-f]{12}\.db$")
        self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), taken["sha256"])
        self.assertIn(taken["sha256"][:12], path.name)
        self.assertEqual(os.listdir(path.parent), [path.name], "something was left behind")
        self.is_whole(path)
        tables = ("inventory", "run", "measurement", "condition", "annotation", "feasibility")
        self.assertEqual({t: self.rows(f"SELECT * FROM {t}", db=path) for t in tables}, {t: self.rows(f"SELECT * FROM {t}") for t in tables})
        again = self.answer(self.call("snapshot", "-o", "snaps/today", "--json"), "snapshot")
        self.assertEqual((again["path"], again["already_there"]), (taken["path"], True))
        self.assertIn(path.name, re.sub(r"\s", "", self.call("snapshot", "-o", "snaps/today").stdout))

    def test_a_snapshot_of_a_write_ahead_log_is_closed(self):
        with sqlite3.connect(self.db) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            taken = self.answer(self.call("snapshot", "-o", "s", "--json"), "snapshot")
        self.assertEqual((self.here / taken["path"]).read_bytes()[18:20], b"\x01\x01")
        self.is_whole(self.here / taken["path"])

    def test_the_asset_of_a_single_device_is_a_file_name(self):
        self.env["WEIGHIN_ASSET"] = "../shelf 3/é"
        self.db = self.here / "one.db"
        self.null_run()
        taken = self.answer(self.call("snapshot", "-o", "s", "--db", "one.db", "--json"), "snapshot")
        self.assertRegex(taken["path"], r"^s/[A-Za-z0-9_][A-Za-z0-9_.-]+-\d{4}-\d\d-\d\d-[0-9a-f]{12}\.db$")
        self.assertEqual(taken["path"].count("/"), 1)

    def test_what_is_not_whole_gets_no_snapshot(self):
        self.as_if("measurement", "threads = 99")
        self.refuses(self.call("snapshot", "-o", "s"), 1, "not whole", "weighin.db")
        self.assertEqual(os.listdir(self.here / "s"), [])

    def test_a_snapshot_needs_a_folder(self):
        self.refuses(self.call("snapshot"), 2, "-o DIR")
        (self.here / "file").write_text("x")
        self.assertIn(self.call("snapshot", "-o", "file").returncode, (1, 2))


main()
