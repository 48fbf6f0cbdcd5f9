#!/usr/bin/env python3
"""Recorded machines: a recording replays to the same text anywhere, and this machine's does too.

SPDX-License-Identifier: Apache-2.0
"""
import getpass
import re
import shutil
import socket

from weighin import Case, MACHINES, SCHEMAS, main, needs_machine, needs_program


@needs_program
@needs_machine
class Machines(Case):
    def test_every_recorded_machine_replays_to_the_same_text(self):
        self.assertEqual(len(MACHINES), 6)
        for machine in MACHINES:
            with self.subTest(machine=machine.name):
                first = self.call("probe", "--replay", machine)
                self.ends(first, 0)
                self.assertGreater(len(first.stdout), 200)
                copy = self.here / "elsewhere" / "a folder"
                shutil.copytree(machine, copy)
                again = self.call("probe", "--replay", "a folder", cwd=copy.parent,
                                  env={"LC_ALL": "C", "TZ": "Pacific/Auckland", "WEIGHIN_ASSET": "", "WEIGHIN_VULKAN_LIB": "libnowhere.so.1"})
                self.ends(again, 0)
                self.assertEqual(again.stdout, first.stdout)
                shutil.rmtree(copy.parent)

    def test_every_recorded_machine_answers_as_json(self):
        names = set()
        for machine in MACHINES:
            with self.subTest(machine=machine.name):
                answer = self.answer(self.call("probe", "--replay", machine, "--json"), "probe") if SCHEMAS else None
                if answer:
                    names.add(answer["device"]["sku_id"])
        if SCHEMAS is None:
            self.skipTest("python3-jsonschema is not installed")
        self.assertEqual(len(names), len(MACHINES), "two recordings are taken for one type of device")

    def test_this_machine_recorded_and_replayed(self):
        live = self.call("probe", "--record", "machine", "--raw")
        self.ends(live, 0)
        replayed = self.call("probe", "--replay", "machine")
        self.ends(replayed, 0)
        self.assertEqual(replayed.stdout, live.stdout)
        self.refuses(self.call("probe", "--record", "machine"), 2, "machine")  # a recording is never overwritten

    def test_a_recording_names_nobody(self):
        self.ends(self.call("probe", "--record", "machine"), 0)
        secrets = {socket.gethostname(), getpass.getuser(), "e2e-device"} - {"root", "localhost", "debian", "user"}
        for path in (self.here / "machine").rglob("*"):
            if path.is_file():
                text = path.read_text(encoding="utf-8", errors="replace")
                for secret in secrets:
                    self.assertIsNone(re.search(rf"\b{re.escape(secret)}\b", text), f"{path.name} names {secret}")

    def test_a_broken_recording_is_one_sentence(self):
        copy = self.here / "broken"
        shutil.copytree(MACHINES[0], copy)
        (copy / "values.kv").write_text("this is no line of ours\n", encoding="utf-8")
        result = self.call("probe", "--replay", "broken")
        self.assertIn(result.returncode, (1, 2))
        self.refuses(result, result.returncode, "values.kv")


main()
