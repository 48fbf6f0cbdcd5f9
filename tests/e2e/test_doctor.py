#!/usr/bin/env python3
"""`weighin doctor`: one text for a bug report: what is missing, and nothing that says who it is.

SPDX-License-Identifier: Apache-2.0
"""
import re
import socket
import unittest

from weighin import Case, MACHINES, REPORT_ONLY, main, needs_machine, needs_maker, needs_program

NAMES = {m.name: m for m in MACHINES}


@needs_program
@needs_machine
class Doctor(Case):
    def doctor(self, *words, **more):
        return self.answer(self.call("doctor", *words, "--json", **more), "doctor")

    def test_every_recorded_machine_gets_its_text(self):
        for machine in MACHINES:
            with self.subTest(machine=machine.name):
                answer = self.doctor("--replay", machine)
                self.assertEqual([f["about"] for f in answer["findings"]][0], "cpu0")
                text = self.call("doctor", "--replay", machine)
                self.ends(text, 0)
                self.assertEqual(text.stderr, "")
                joined = " ".join(text.stdout.split())
                for finding in answer["findings"]:
                    self.assertIn(" ".join(finding["says"].split()), joined)
                    if finding["command"]:
                        self.assertIn(f"$ {finding['command']}\n", text.stdout)
                for fact in answer["device"]["facts"]:
                    self.assertIn(f"  {fact['key']} ", text.stdout)

    def test_a_gpu_without_a_driver_is_missing_with_the_command(self):
        answer = self.doctor("--replay", NAMES["rtx-laptop-no-driver"])
        gpu = [f for f in answer["findings"] if f["about"] == "gpu"]
        self.assertEqual([f["kind"] for f in gpu], ["missing"])
        self.assertRegex(gpu[0]["command"], r"^sudo apt-get install( [a-z0-9.+-]+)+$")
        self.assertIn("nvidia", gpu[0]["command"])
        self.assertNotIn("intel-opencl-icd", gpu[0]["command"])
        text = self.call("doctor", "--replay", NAMES["rtx-laptop-no-driver"]).stdout
        self.assertLess(text.index("missing  gpu"), text.index("ok       cpu0"))

    def test_packages_in_commands_are_named_by_advice(self):
        for machine in MACHINES:
            for finding in self.doctor("--replay", machine)["findings"]:
                for package in re.findall(r"install (.*)", finding["command"] or ""):
                    for name in package.split():
                        self.assertTrue(name in (finding["advice"] or "") or name == "libhwloc-dev", finding)

    def test_without_a_gpu_nothing_is_missing(self):
        kinds = {f["kind"] for f in self.doctor("--replay", NAMES["server-2x-epyc-7313"])["findings"]}
        self.assertNotIn("missing", kinds)
        self.assertIn("Nothing that could be installed is missing", self.call("doctor", "--replay", NAMES["server-2x-epyc-7313"]).stdout)

    def test_limits_of_a_container_are_notes(self):
        notes = {f["about"] for f in self.doctor("--replay", NAMES["container-2gib-on-vm"])["findings"] if f["kind"] == "note"}
        self.assertIn("memory", notes)

    def test_who_and_which_one_is_hidden_unless_raw(self):
        saved = "5ec2e7" + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
        folder = self.here / "state/weighin"
        folder.mkdir(parents=True)
        (folder / "device-id").write_text(f"device_id={saved}\nsource=dmi:product_uuid\nstrength=strong\n", encoding="utf-8")
        env = {"VK_DRIVER_FILES": "/home/alice/none.json", "WEIGHIN_ASSET": "", "XDG_STATE_HOME": str(self.here / "state")}
        device = self.doctor("--raw", env=env)["device"]["device_id"]  # root may have one saved elsewhere, which comes first
        raw = self.call("doctor", "--raw", env=env).stdout
        hidden = self.call("doctor", env=env)
        self.ends(hidden, 0)
        for secret in (device, "alice"):
            self.assertIn(secret, raw)
            self.assertNotIn(secret, hidden.stdout)
        host = socket.gethostname()
        if re.search(r"\d", host) and len(host) >= 6:
            self.assertNotIn(host, hidden.stdout)
        self.assertFalse(self.doctor("--raw", env=env)["redacted"])

    def test_the_asset_tag_is_hidden_unless_raw(self):
        env = {"WEIGHIN_ASSET": "lab-shelf-7"}
        self.assertNotIn("lab-shelf-7", self.call("doctor", env=env).stdout)
        self.assertIn("lab-shelf-7", self.call("doctor", "--raw", env=env).stdout)
        self.assertNotIn("lab-shelf-7", self.call("doctor", "--json", env=env).stdout)

    def test_it_changes_nothing(self):
        before = sorted(p for p in self.here.rglob("*"))
        self.ends(self.call("doctor"), 0)
        self.assertEqual(sorted(p for p in self.here.rglob("*")), before)

    @needs_maker
    def test_what_failed_in_the_newest_run_is_told(self):
        self.null_run(script="case=*/f16/decode:crash_at_pass=2")
        lines = self.doctor("--db", self.db)["database"]
        self.assertEqual(lines[0], "weighin.db")
        self.assertIn("1 devices, 1 runs", lines[1])
        self.assertTrue(any("gemma-2b f16" in line and "crashed" in line for line in lines), lines)
        self.assertFalse(any(str(self.here) in line for line in lines))

    def test_a_database_that_is_none_is_a_line(self):
        self.db.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 20)
        self.assertEqual(len(self.doctor("--db", self.db)["database"]), 2)


@needs_program
@unittest.skipUnless(REPORT_ONLY, "this build leaves nothing out")
class LeftOut(Case):
    def test_it_says_that_it_is_left_out(self):
        self.refuses(self.call("doctor"), 1, "left out of this build", "on the device")


main()
