#!/usr/bin/env python3
"""Do two runs agree? Case by case: both medians, their ratio, whether the printed intervals overlap.

    bench/agree.py FIRST.db [SECOND.db]

With one database its two newest runs are compared. A pair agrees when its 95 % intervals overlap; a pair that
does not is excused when either row says `noisy` or `drift`, for then it says itself that its figure moved.
Exit 0: same cases, and nine of ten agree or are excused; 3: not so; 2: there is nothing to compare.
SPDX-License-Identifier: Apache-2.0
"""
import sqlite3
import statistics
import sys

CASES = """SELECT m.model, m.precision, m.kv_precision, m.phase, m.tokens, m.depth, m.batch, m.backend, m.compute_device_id,
                  m.status, m.tokens_per_s_median, m.tokens_per_s_lo, m.tokens_per_s_hi, m.doubts
           FROM measurement m WHERE m.run_id = ? AND m.kind = 'model'"""


def refuse(why):
    print(f"agree: {why}", file=sys.stderr)
    return 2


def newest_runs(path, count):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        ids = [row[0] for row in db.execute("SELECT run_id FROM run ORDER BY started_utc_ns DESC, run_id DESC LIMIT ?", (count,))]
        if len(ids) < count:
            raise SystemExit(refuse(f"{path} has {len(ids)} run(s), {count} are compared"))
        return [{row[:9]: row[9:] for row in db.execute(CASES, (i,))} for i in reversed(ids)]


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    first, second = newest_runs(sys.argv[1], 2) if len(sys.argv) == 2 else (
        newest_runs(sys.argv[1], 1) + newest_runs(sys.argv[2], 1))
    shared = sorted(first.keys() & second.keys())
    both = [key for key in shared if first[key][0] == second[key][0] == "ok"]
    if not both:
        return refuse("no case was measured in both runs")
    agree = excused = 0
    ratios = []
    print(f"{'model':18} {'prec.':5} {'phase':8} {'tokens':>6} {'depth':>5} {'first':>8} {'second':>8} {'ratio':>6}  intervals  doubts")
    for key in both:
        (_, a, a_lo, a_hi, a_doubts), (_, b, b_lo, b_hi, b_doubts) = first[key], second[key]
        overlap = a_lo <= b_hi and b_lo <= a_hi
        doubts = set((a_doubts or "").split(",")) | set((b_doubts or "").split(",")) - {""}
        excuse = not overlap and bool(doubts & {"noisy", "drift"})
        agree += overlap
        excused += excuse
        ratios.append(b / a)
        model, precision, _, phase, tokens, depth = key[:6]
        word = "overlap" if overlap else "doubted" if excuse else "APART"
        print(f"{model:18} {precision:5} {phase:8} {tokens:6} {depth:5} {a:8.4g} {b:8.4g} {b / a:6.3f}  {word:9}  {' '.join(sorted(doubts))}")
    same = first.keys() == second.keys()
    print(f"{len(first)} and {len(second)} cases, {'all' if same else 'NOT all'} of them in both; {len(both)} measured twice: "
          f"{agree} overlap, {excused} say noisy or drift, {len(both) - agree - excused} apart without a word; "
          f"median ratio {statistics.median(ratios):.3f}, from {min(ratios):.3f} to {max(ratios):.3f}")
    return 0 if same and agree + excused >= 0.9 * len(both) else 3


if __name__ == "__main__":
    sys.exit(main())
