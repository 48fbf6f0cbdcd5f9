#!/usr/bin/env python3
"""Disturbs real weigh-ins and tells which cases were doubted for it.

    bench/disturb.py [--weighin build/weighin] [--repeat N] [--only none,cpu_hog,..] [-- RUN OPTIONS]

Each disturbance lasts as long as a small run (a prefill of 32 tokens and a decode of Gemma 2B; other
options of `weighin run` after --):

none           nothing: doubts here are false alarms, or somebody else's work
bandwidth_hog  a process copies memory without end
cpu_hog        a process computes without end
quota          a cgroup gives half of the processors' time, from 4 s on
stops          the workers are stopped for 0.6 s every 2 s, as a suspended program is

A case counts as noticed when it carries a doubt that a disturbance causes: noisy, drift, throttled,
contended or clock. The table says the share for each disturbance, which doubts there were, and the
speed against the undisturbed one. What cannot be done here (a quota needs a cgroup of one's own) is
skipped with its reason. Wants a machine that does nothing else.
Exit 0: the table stands; 1: a run failed. SPDX-License-Identifier: Apache-2.0
"""
import argparse
import collections
import contextlib
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
SMALL = ["--profile", "quick", "--models", "gemma-2b", "--precisions", "q4_0", "--prefill", "32",
         "--depth", "0", "--backends", "cpu"]
CAUSED = {"noisy", "drift", "throttled", "contended", "clock"}
HOGS = {
    "cpu_hog": "while True: pass",
    "bandwidth_hog": "a = bytearray(256 << 20); b = memoryview(bytearray(256 << 20))\nwhile True: a[:] = b",
}


class NotHere(Exception):
    """A disturbance that this machine does not allow, and why."""


@contextlib.contextmanager
def hog(code):
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        yield []
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def quota():
    """Half of all processors, by cgroup v2 or v1, from 4 s into the run on: one that stands when a run begins is no
    disturbance, since weighin plans for it. Yields what the run must begin with."""
    name = f"weighin-disturb-{os.getpid()}"
    v2, v1 = pathlib.Path("/sys/fs/cgroup") / name, pathlib.Path("/sys/fs/cgroup/cpu") / name
    half_us = 50_000 * (os.cpu_count() or 1)
    two = (v2.parent / "cgroup.controllers").exists()
    folder = v2 if two else v1
    later = threading.Timer(0, int)
    try:
        if two and "cpu" not in (v2.parent / "cgroup.subtree_control").read_text().split():
            (v2.parent / "cgroup.subtree_control").write_text("+cpu")
        folder.mkdir()
    except OSError as why:
        raise NotHere(f"no cgroup of one's own: {why}") from why
    try:
        if two:
            limit, text = folder / "cpu.max", f"{half_us} 100000"
        else:
            limit, text = folder / "cpu.cfs_quota_us", str(half_us)
            (folder / "cpu.cfs_period_us").write_text("100000")
        later = threading.Timer(4, limit.write_text, (text,))
        later.start()
        enter = f'echo $$ > "{folder}/cgroup.procs" && exec "$@"'
        yield ["sh", "-c", enter, "sh"]
    except OSError as why:
        raise NotHere(f"{folder}: {why}") from why
    finally:
        later.cancel()
        with contextlib.suppress(OSError):
            folder.rmdir()


def children(pid):
    """All below a process."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text().split():
                found += [int(child)] + children(int(child))
    return found


def stop_workers(pid, ended, stop_s=0.6, every_s=2.0):
    while not ended.wait(every_s):
        stopped = children(pid)
        for which in (signal.SIGSTOP, signal.SIGCONT):
            for child in stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, which)
            if which == signal.SIGSTOP:
                time.sleep(stop_s)


def weigh(options, begin, stops):
    """One run; its measurements."""
    with tempfile.TemporaryDirectory(prefix="weighin-disturb-") as folder:
        command = begin + [str(options.weighin), "run", "--json", "--db", f"{folder}/run.db"] + options.run
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ended = threading.Event()
        stopper = threading.Thread(target=stop_workers, args=(process.pid, ended))
        if stops:
            stopper.start()
        out, errors = process.communicate()
        ended.set()
        if stops:
            stopper.join()
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}: {errors[-800:]}")
        return json.loads(out)["measurements"]


@contextlib.contextmanager
def disturbance(name):
    if name in HOGS:
        with hog(HOGS[name]) as begin:
            yield begin
    elif name == "quota":
        with quota() as begin:
            yield begin
    else:
        yield []


def case_of(row):
    return (row["model"], row["precision"], row["phase"], row["tokens"], row["depth"])


def show(name, rows, base):
    """One line of the table; the number of cases, and of those that were noticed."""
    rows = [r for r in rows if r["status"] == "ok"]
    noticed = [r for r in rows if CAUSED & set(r["doubts"])]
    doubts = collections.Counter(d for r in rows for d in r["doubts"])
    said = " ".join(f"{d}:{n}" for d, n in doubts.most_common()) or "-"
    speeds = [r["tokens_per_s"]["median"] / base[case_of(r)] for r in rows if case_of(r) in base]
    speed = f"{100 * statistics.median(speeds):.0f} %" if speeds else "-"
    share = f"{100 * len(noticed) / len(rows):.0f} %" if rows else "-"
    print(f"{name:14} {len(rows):5} {len(noticed):7} {share:>6} {speed:>6}  {said}", flush=True)
    return len(rows), len(noticed)


def arguments():
    own, run = (sys.argv[1:], []) if "--" not in sys.argv else (
        sys.argv[1:sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1:])
    names = ["none", "bandwidth_hog", "cpu_hog", "quota", "stops"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weighin", default=TOP / "build/weighin")
    parser.add_argument("--repeat", type=int, default=2, help="runs of each (default 2)")
    parser.add_argument("--only", default=",".join(names), help="comma-separated (default all)")
    options = parser.parse_args(own)
    options.run = run or SMALL
    options.names = options.only.split(",")
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(names)}")
    return options


def main():
    options = arguments()
    base, disturbed = {}, [0, 0]
    print(f"{'disturbance':14} {'cases':>5} {'noticed':>7} {'share':>6} {'speed':>6}  doubts")
    for name in options.names:
        rows = []
        try:
            for _ in range(options.repeat):
                with disturbance(name) as begin:
                    rows += weigh(options, begin, name == "stops")
        except NotHere as why:
            print(f"{name:14} skipped: {why}")
            continue
        except (RuntimeError, OSError) as why:
            print(f"{name}: {why}", file=sys.stderr)
            return 1
        if name == "none":
            speeds = collections.defaultdict(list)
            for row in rows:
                if row["status"] == "ok":
                    speeds[case_of(row)].append(row["tokens_per_s"]["median"])
            base = {case: statistics.median(s) for case, s in speeds.items()}
        cases, noticed = show(name, rows, base)
        if name == "none" and cases:
            print(f"{'':14} undisturbed cases with such a doubt: {100 * noticed / cases:.0f} %")
        elif name != "none":
            disturbed[0] += cases
            disturbed[1] += noticed
    if disturbed[0]:
        print(f"{'':14} disturbed cases with such a doubt: {100 * disturbed[1] / disturbed[0]:.0f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
