#!/usr/bin/env python3
"""A lab of forty devices that does not exist (tests/lab): what is derived from its evidence, and how long that takes.

Nothing here knows what a verdict should be; what is held are relations that must hold of any lab's database. Times
are processor seconds of one command, printed, and compared with each other alone. WEIGHIN_SEED makes another lab.
SPDX-License-Identifier: Apache-2.0
"""
import atexit
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from weighin import BINARY, Case, figure, main, needs_program

LAB = os.environ.get("WEIGHIN_LAB", "")
SEED = os.environ.get("WEIGHIN_SEED", "1")
DEVICES = 40
LEAST_ROWS = 20_000
DERIVED = ("tier", "device_tier", "feasibility", "tier_feasibility")
AS_OF = ["--as-of", "2026-03-01"]  # the lab weighed in during the two months before
YES = ("usable", "comfortable")
PLACE = pathlib.Path(tempfile.mkdtemp(prefix="weighin-lab-"))
atexit.register(shutil.rmtree, PLACE, ignore_errors=True)


@needs_program
@unittest.skipUnless(os.access(LAB, os.X_OK), "the generator of tests/lab is not built")
class Lab(Case):
    made = {}  # name -> file, never written to again

    def lab(self, *options):
        """A database of the lab with its derived rows, of this test's own."""
        name = "-".join(map(str, ("lab", *options))).replace("--", "")
        if name not in self.made:
            path = PLACE / f"{name}.db"
            self.ends(self.call(path, "--seed", SEED, *options, binary=LAB, timeout=600), 0)
            self.ends(self.call("derive", "--db", path, timeout=600), 0)
            self.made[name] = path
        own = self.here / f"{name}.db"
        shutil.copy(self.made[name], own)
        return own

    def derived_rows(self, db, tables=DERIVED, where="1"):
        return {t: [repr(r) for r in self.rows(f"SELECT * FROM {t} WHERE {where}", db=db)] for t in tables}

    def same_rows(self, one, other, what):
        for table in one:
            self.assertEqual(len(one[table]), len(other[table]), f"{table}: {what}")
            for a, b in zip(one[table], other[table]):
                self.assertEqual(a, b, f"{table}: {what}")

    # ---- whole, and derived the same however often and from whatever order ----

    def test_it_is_large_and_whole(self):
        db = self.lab()
        [(rows,)] = self.rows("SELECT count(*) FROM measurement WHERE kind = 'model'", db=db)
        [(devices,)] = self.rows("SELECT count(*) FROM device", db=db)
        self.assertEqual(devices, DEVICES)
        self.assertGreaterEqual(rows, LEAST_ROWS)
        self.is_whole(db)
        for table, column, least in (("feasibility", "verdict", 5), ("device_tier", "tier", 5), ("measurement", "status", 5)):
            [(kinds,)] = self.rows(f"SELECT count(DISTINCT {column}) FROM {table}", db=db)
            self.assertGreaterEqual(kinds, least, f"a lab in which too little happens: {table}.{column}")
        figure(f"lab: {devices} devices, {rows} measurements")

    def test_deriving_again_gives_the_same_rows(self):
        db = self.lab()
        first = self.derived_rows(db)
        with sqlite3.connect(db) as connection:
            for table in DERIVED:
                connection.execute(f"DELETE FROM {table}")
        self.assertEqual(sum(map(len, self.derived_rows(db).values())), 0)
        self.ends(self.call("derive", "--db", db), 0)
        self.same_rows(first, self.derived_rows(db), "after all derived rows were deleted")

    def test_the_order_of_storing_does_not_matter(self):
        order = 7
        self.same_rows(self.derived_rows(self.lab()), self.derived_rows(self.lab("--shuffle", order)), f"stored in order {order}")

    # ---- invariants of derived rows ----

    def test_every_row_cites_evidence_that_counts(self):
        db = self.lab()
        for table, who in (("feasibility", "d.device_id"), ("device_tier", "d.device_id"), ("tier_feasibility", "m.device_id")):
            model = "(m.kind = 'model' AND m.kernel_generation > 0%s)" % (" AND d.model = m.model AND d.precision = m.precision" if table != "device_tier" else "")
            if table != "device_tier":  # a no may rest on what the device can do at most
                model = f"({model} OR m.kind = 'roofline')"
            cited = f"FROM {table} AS d, json_each(d.evidence) AS e LEFT JOIN measurement AS m ON m.measurement_id = e.value"
            [(n, good)] = self.rows(f"SELECT count(*), coalesce(sum(m.device_id = {who} AND {model} AND m.status = 'ok' AND m.cap = '' "
                                    f"AND m.what_if = 0 AND m.software = 0), 0) {cited}", db=db)
            self.assertGreater(n, 0, table)
            self.assertEqual(good, n, f"{table}: cited, and not there, of something else, or not to be counted")
            for why, barred in {
                "withdrawn": "EXISTS (SELECT 1 FROM annotation AS a WHERE a.action = 'exclude' AND a.target IN (m.measurement_id, m.run_id))",
                "in doubt": "m.doubts LIKE '%throttled%' OR m.doubts LIKE '%contended%'",
                "of older software": "m.software_id <> (SELECT b.software_id FROM backend_state AS b JOIN device AS v USING (inventory_id) "
                                     "WHERE v.device_id = m.device_id AND b.backend = m.backend)",
                "of older hardware": "m.hardware_id <> (SELECT v.hardware_id FROM device AS v WHERE v.device_id = m.device_id)",
                "on battery beside mains": "m.doubts LIKE '%on_battery%' AND m.device_id NOT IN (SELECT device_id FROM device WHERE form = 'phone')",
            }.items():
                with self.subTest(table=table, why=why):
                    # The lab has such rows; none is cited.
                    self.assertGreater(self.rows(f"SELECT count(*) FROM measurement AS m WHERE {barred}", db=db)[0][0], 0)
                    self.assertEqual(self.rows(f"SELECT count(*) {cited} WHERE {barred}", db=db), [(0,)])

    def test_shares_add_up(self):
        db = self.lab()
        cells = json.loads(self.call("matrix", "--by", "tier", "--json", "--db", db).stdout)["cells"]
        self.assertGreater(len(cells), 100)
        on_the_shelf = dict(self.rows("SELECT t.tier, count(*) FROM device_tier AS t JOIN device USING (device_id) WHERE NOT retired GROUP BY 1", db=db))
        skus = dict(self.rows("SELECT t.tier, count(DISTINCT sku_id) FROM device_tier AS t JOIN device USING (device_id) WHERE NOT retired GROUP BY 1",
                              db=db))
        self.assertLess(sum(on_the_shelf.values()), DEVICES, "nobody retired")
        for cell in cells:
            name = f"{cell['tier']} {cell['model']} {cell['precision']}"
            self.assertEqual(cell["feasible"] + cell["infeasible"] + cell["unknown"], cell["skus"], name)
            self.assertEqual((cell["devices"], cell["skus"]), (on_the_shelf[cell["tier"]], skus[cell["tier"]]), name)
            share = cell["share"]
            self.assertAlmostEqual(share["point"], cell["feasible"] / cell["skus"], 12, name)
            self.assertTrue(0 <= share["lo"] <= share["point"] <= share["hi"] <= 1, f"{name}: {share}")
            # The cell's word is its median SKU's: it is yes only when at least half of them are.
            self.assertEqual(cell["verdict"] in YES, 2 * cell["feasible"] > cell["skus"], f"{name}: {cell['verdict']}")

    def test_no_software_device_is_ever_what_an_answer_stands_on(self):
        db = self.lab()
        [(n,)] = self.rows("SELECT count(DISTINCT device_id) FROM measurement WHERE software AND status = 'ok'", db=db)
        self.assertGreater(n, 0)
        for table in ("feasibility", "device_tier"):
            self.assertEqual(self.rows(f"SELECT count(*) FROM {table} WHERE compute_device_id LIKE 'sw%'", db=db), [(0,)])
        self.assertEqual(self.rows("SELECT DISTINCT tier FROM device_tier JOIN unopened_gpu JOIN device USING (device_id) "
                                   "WHERE unopened_gpu.inventory_id = device.inventory_id", db=db), [("unrated",)])

    # ---- a cell depends on its own rows only ----

    def test_a_device_alone_gets_the_answers_that_it_gets_among_others(self):
        big = self.lab()
        for number in random.Random(SEED).sample(range(DEVICES), 5) + [22]:  # 22 was never weighed
            small, where = self.lab("--only", number), f"device_id = 'lab-{number:02}'"
            with self.subTest(device=number):
                alone, among = (self.derived_rows(db, ("device_tier", "feasibility"), where) for db in (small, big))
                self.assertGreater(len(alone["feasibility"]), 0)
                self.same_rows(alone, among, f"device {number} alone and among others")
                for model in ("gemma-2b", "mistral-7b"):
                    answers = [self.call("check", model, "--device", f"lab-{number:02}", "--db", db, "--json", *AS_OF) for db in (small, big)]
                    self.assertEqual(answers[0].returncode, answers[1].returncode)
                    texts = [a.stdout.replace(str(db), "the lab's file") for a, db in zip(answers, (small, big))]
                    self.assertEqual(*map(json.loads, texts))

    # ---- evidence taken away ----

    CASE = "device_id, model, precision, kv_precision, phase, tokens, depth, batch, backend, compute_device_id, cap"

    def without(self, db, dice, share):
        """Takes all evidence of a random share of (device, case) cells out of a database, as no command can."""
        connection = sqlite3.connect(db)
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        cases = connection.execute(f"SELECT DISTINCT {self.CASE} FROM measurement WHERE kind = 'model' ORDER BY {self.CASE}").fetchall()
        connection.execute(f"CREATE TEMP TABLE gone ({self.CASE})")
        gone = dice.sample(cases, int(share * len(cases)))
        connection.executemany(f"INSERT INTO gone VALUES ({', '.join('?' * len(cases[0]))})", gone)
        connection.execute(f"DELETE FROM measurement WHERE kind = 'model' AND ({self.CASE}) IN (SELECT {self.CASE} FROM gone)")
        for _, sql in triggers:
            connection.execute(sql)
        connection.commit()
        connection.close()
        return len(gone)

    def test_taking_evidence_away_never_makes_a_yes(self):
        dice = random.Random(SEED)
        question = "SELECT device_id, model, precision, verdict, because FROM feasibility"
        before = {row[:3]: row[3:] for row in self.rows(question, db=self.lab())}
        total = lost = 0
        for share in (0.2, 0.5, 0.8, 1):
            db = self.lab()
            removed = self.without(db, dice, share)
            self.ends(self.call("derive", "--db", db), 0)
            self.is_whole(db)
            for *cell, verdict, because in self.rows(question, db=db):
                was, was_because = before[tuple(cell)]
                total += 1
                lost += was in YES and verdict not in YES
                if verdict in YES and was not in YES:
                    self.fail(f"{cell}: {was} ({was_because}) became {verdict} ({because}) when {share:.0%} of the cases, {removed}, were taken away")
        self.assertGreater(lost, 0, "nothing was taken away that mattered")
        figure(f"lab: of {total} answers with less evidence {lost} lost their yes, none won one")

    # ---- all commands, and how their time grows ----

    def commands(self, db):
        """What a lab asks of its database every day."""
        return {"verify": ["verify", db], "derive": ["derive", "--db", db], "matrix by tier": ["matrix", "--by", "tier", "--db", db],
                "matrix by device": ["matrix", "--by", "device", "--json", "--db", db], "report": ["report", "--db", db, "-o", self.here / "page.html"],
                "report in Markdown": ["report", "--format", "md", "--db", db, "-o", self.here / "page.md"],
                "export": ["export", "--format", "jsonl", "--db", db], "check": ["check", "gemma-2b", "--device", "lab-00", "--db", db, "--json", *AS_OF],
                "fit": ["fit", "--device", "lab-00", "--db", db, "--json", *AS_OF]}

    def test_every_command_answers(self):
        db = self.lab()
        for by in ("tier", "device"):
            self.answer(self.call("matrix", "--by", by, "--json", "--db", db), "matrix")
            for format_ in ("text", "md", "csv", "html"):
                self.ends(self.call("matrix", "--by", by, "--format", format_, "--db", db), 0)
        tables = self.call("export", "--format", "csv", "--table", "measurement", "--db", db)
        self.ends(tables, 0)
        [(rows,)] = self.rows("SELECT count(*) FROM measurement", db=db)
        self.assertEqual(tables.stdout.count("\n"), rows + 1, "one line a row and a head")
        seen = set()
        for number in range(0, DEVICES, 3):
            for model in ("gemma-2b", "llama-3.1-8b", "distilbert"):
                result = self.call("check", model, "--device", f"lab-{number:02}", "--db", db, "--json", *AS_OF)
                self.assertIn(result.returncode, (0, 3, 4), result.stderr)
                answer = self.answer(result, "check", result.returncode)
                seen.add(answer["verdict"])
                self.assertEqual(result.returncode, 0 if answer["verdict"] in YES else 4 if answer["verdict"] == "unknown" else 3)
        self.assertGreaterEqual(len(seen), 4, seen)
        self.ends(self.call("report", "--db", db, "-o", "page.html"), 0)
        self.assertIn("lab-39", (self.here / "page.html").read_text(encoding="utf-8"))

    def test_time_grows_with_the_devices_and_not_faster(self):
        """From 10 devices to 40: four times is linear, sixteen times quadratic."""
        took = {}
        for devices in (10, DEVICES):
            db = self.lab(*(["--devices", devices] if devices < DEVICES else []))
            for name, words in self.commands(db).items():
                with open(os.devnull, "wb") as nowhere:
                    took[name, devices] = min(self.seconds(words, nowhere) for _ in range(2))
        for name in self.commands(self.db):
            few, many = took[name, 10], took[name, DEVICES]
            figure(f"lab: {name}: {few:.2f} s of processor for 10 devices, {many:.2f} s for {DEVICES}")
        for name in self.commands(self.db):
            few, many = took[name, 10], took[name, DEVICES]
            self.assertLess(many, 8 * max(few, 0.1), f"{name}: more than linear")

    def seconds(self, words, out):
        before = os.times()
        done = subprocess.run([BINARY, *map(str, words)], env=self.env, stdout=out, stderr=subprocess.PIPE, check=False, cwd=self.here)
        after = os.times()
        self.assertIn(done.returncode, (0, 3, 4), done.stderr)
        return after.children_user + after.children_system - before.children_user - before.children_system


main()
