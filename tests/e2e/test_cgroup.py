#!/usr/bin/env python3
"""A weigh-in within a memory limit that would kill who passes it: what does not fit is a row and a verdict, and nothing is killed.

Makes a cgroup, version 2 or 1, which takes root and a place where it may be made.
SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import unittest

from weighin import Case, MEASURING_S, main, needs_machine, needs_program

ROOT = pathlib.Path("/sys/fs/cgroup")
GIB = 1 << 30
# One model that can be measured in 1 GiB by some of its layers, one that cannot; decoding only, and briefly.
RUN = ("run --backends cpu --models gemma-2b,gemma-7b --precisions q4_0,f16 --prefill none --decode 8 --depth 0 --budget 0.2 --json").split()


class Group:
    """A cgroup with a limit; both versions behind the same names."""

    FILES = {1: ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.oom_control"), 2: ("memory.max", "memory.swap.max", "memory.events")}

    def __init__(self, parent, version, limit):
        self.path = parent / f"weighin-e2e-{os.getpid()}-{limit}"
        self.limit_file, self.swap_file, self.events_file = self.FILES[version]
        self.path.mkdir()
        try:
            (self.path / self.limit_file).write_text(str(limit), encoding="ascii")
            try:  # without a limit on swap a machine that has some would hide what we look for
                (self.path / self.swap_file).write_text(str(limit if version == 1 else 0), encoding="ascii")
            except OSError:
                pass
        except OSError:
            self.path.rmdir()
            raise

    def enter(self):
        (self.path / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    def kills(self):
        events = dict(line.split() for line in (self.path / self.events_file).read_text(encoding="ascii").splitlines())
        return int(events["oom_kill"]) if "oom_kill" in events else None


def parents():
    """Folders below which a memory cgroup might be made: our own, then the root's."""
    lines = [line.split(":", 2) for line in pathlib.Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()]
    for _, controllers, path in lines:
        if "memory" in controllers.split(","):
            yield from ((ROOT / "memory" / path.lstrip("/"), 1), (ROOT / "memory", 1))
        elif controllers == "":
            for folder in (ROOT / path.lstrip("/"), ROOT):
                enabled = folder / "cgroup.subtree_control"
                if enabled.exists() and "memory" in enabled.read_text(encoding="ascii").split():
                    yield folder, 2


def make(limit):
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root, to make a cgroup")
    why = "no folder has a memory controller"
    for parent, version in parents():
        try:
            return Group(parent, version, limit)
        except OSError as error:
            why = str(error)
    raise unittest.SkipTest(f"no cgroup with a memory limit can be made: {why}")


@needs_program
@needs_machine
class Cgroup(Case):
    def weigh_in(self, limit):
        group = make(limit)
        self.addCleanup(group.path.rmdir)
        result = self.call(*RUN, preexec_fn=group.enter, timeout=MEASURING_S)
        kills = group.kills()
        run = self.answer(result, "run")
        if kills is None:
            self.skipTest("this kernel does not count kills")
        self.assertEqual(kills, 0, "the limit killed somebody")
        self.assertEqual(run["device"]["memory"]["limit_bytes"], limit)
        self.is_whole()
        return run, {(m["model"], m["precision"]): m for m in run["measurements"]}, {(v["model"], v["precision"]): v for v in run["verdicts"]}

    def is_too_big(self, row):
        self.assertEqual(row["status"], "too_big", row["reason"])
        self.assertIn("may be used now", row["reason"])

    def is_measured(self, row, limit):
        self.assertEqual((row["status"], row["reason"]), ("ok", None))
        self.assertLess(row["peak_memory_bytes"], limit)
        self.assertGreater(row["peak_memory_bytes"], 100 << 20)

    def test_one_gib(self):
        run, rows, verdicts = self.weigh_in(GIB)
        self.assertEqual(len(rows), 4)
        self.is_measured(rows["gemma-2b", "q4_0"], GIB)
        self.is_too_big(rows["gemma-7b", "f16"])
        self.is_too_big(rows["gemma-2b", "f16"])
        for key, verdict in verdicts.items():  # the smallest of them has 1.4 GiB of weights
            self.assertEqual((verdict["verdict"], verdict["fits"]), ("does_not_fit", False), key)
            self.assertEqual(verdict["binding_limit"], "memory")
        for load in run["loads"]:
            self.assertLess(load["peak_memory_bytes"], GIB)

    def test_two_gib(self):
        _, rows, verdicts = self.weigh_in(2 * GIB)
        self.is_measured(rows["gemma-2b", "q4_0"], 2 * GIB)
        self.is_measured(rows["gemma-7b", "q4_0"], 2 * GIB)
        self.is_too_big(rows["gemma-7b", "f16"])
        self.assertIs(verdicts["gemma-2b", "q4_0"]["fits"], True)
        for key in (("gemma-2b", "f16"), ("gemma-7b", "q4_0"), ("gemma-7b", "f16")):
            self.assertEqual(verdicts[key]["verdict"], "does_not_fit", key)


main()
