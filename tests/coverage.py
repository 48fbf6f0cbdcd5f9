#!/usr/bin/env python3
"""Which lines the unit and end-to-end tests run, by folder; what is pure and judged must be covered.

    tests/coverage.py [--floor PERCENT]     builds the preset `coverage`, runs its tests, asks gcovr

Writes coverage.html (with a page for each file) and coverage.json into build-coverage/coverage/. Fails when a
folder of FLOORED is below the floor (default 85 %) or a test failed. Beside what ctest says of its tests the last
line is 'N passed, N failed': folders held to the floor.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD = TOP / "build-coverage"
OUT = BUILD / "coverage"
FOLDERS = "base models probes kernels bench results report cli".split()
FLOORED = "base models results bench".split()
# Functions that are written once for each unit of the CPU kernels, on different lines: gcovr 5.2 takes them for one and gives up.
UNCOUNTED = ("kernels/cpu/.*\\.h", "kernels/cpu/(gemm_int8|gemv_int8|peak|stream)\\.c")
# Killed programs leave no counts; kernels that count are slower than a weigh-in's budgets allow; a counting program
# knows where it was built. The unit tests run these lines too.
LEFT_OUT = r"e2e\.kill e2e\.cpu e2e\.wrong e2e\.install".split()


def call(*words, **more):
    return subprocess.run(list(map(str, words)), cwd=TOP, check=False, text=True, **more)


def build():
    jobs = str(os.cpu_count() or 1)
    for words in (["cmake", "--preset", "coverage"], ["cmake", "--build", "--preset", "coverage", "-j", jobs]):
        done = call(*words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            sys.exit(f"{' '.join(words)} failed:\n{done.stdout[-4000:]}")
    for counts in BUILD.rglob("*.gcda"):  # of an earlier call, which may have been of other sources
        counts.unlink()


def test():
    """Runs the tests and shows what ctest says; gives whether all passed."""
    done = call("ctest", "--preset", "coverage", "-E", f"^({'|'.join(LEFT_OUT)})$", "-j", os.cpu_count() or 1, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
    if "tests failed out of" not in done.stdout:
        sys.exit("ctest ran no test")
    return done.returncode == 0


def measure():
    """{folder: (lines covered, lines)} of the sources; headers count where their code was compiled in."""
    # On one thread: with more, gcovr 5.2 waits for ever when one of them meets an error.
    OUT.mkdir(exist_ok=True)
    filters = [word for folder in FOLDERS for word in ("--filter", f"{TOP}/{folder}/")]
    filters += [word for pattern in UNCOUNTED for word in ("--exclude", f"{TOP}/{pattern}")]
    done = call("gcovr", "--root", TOP, "--object-directory", BUILD, *filters, "--exclude-unreachable-branches",
                "--json-summary", OUT / "coverage.json", "--html-details", OUT / "coverage.html", BUILD, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"gcovr failed:\n{done.stdout[-4000:]}")
    sums = {folder: [0, 0] for folder in FOLDERS}
    for entry in json.loads((OUT / "coverage.json").read_text(encoding="utf-8"))["files"]:
        folder = entry["filename"].partition("/")[0]
        sums[folder][0] += entry["line_covered"]
        sums[folder][1] += entry["line_total"]
    return sums


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--floor", type=float, default=85.0, metavar="PERCENT")
    floor = parser.parse_args().floor
    build()
    tests_passed = test()
    passed = failed = 0
    for folder, (covered, lines) in measure().items():
        percent = 100.0 * covered / lines if lines else 0.0
        held = folder in FLOORED
        good = not held or percent >= floor
        print(f"{folder:8} {lines:6} lines, {percent:5.1f} % covered" + (f" (floor {floor:g} %)" if held else "") + ("" if good else ": too few"))
        passed, failed = passed + (held and good), failed + (held and not good)
    print(f"{OUT}/coverage.html shows each line")
    print(f"{passed} passed, {failed} failed")
    return 0 if tests_passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
