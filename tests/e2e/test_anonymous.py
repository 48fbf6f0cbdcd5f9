#!/usr/bin/env python3
"""`export --anonymous`: who and which one does not get out, whichever column it stands in.

SPDX-License-Identifier: Apache-2.0
"""
import json
import re
import sqlite3

from weighin import Case, TOP, main, needs_maker, needs_program

HOST, USER, ASSET, AUTHOR = "Marked-Host-7", "markeduser", "Tag-Marked-9", "Marked Author"
SERIAL, UUID, MAC, ID = "MRK9SERIAL77", "deadbeef-1234-5678-9abc-deadbeef0001", "02:de:ad:be:ef:42", "fee1dead" * 8
MARKS = f"{HOST} and {HOST.lower()}.lan, /home/{USER}/x, {USER}: {ASSET} {AUTHOR} {SERIAL} {UUID} {MAC} {ID} ({ID[:20]})"
SECRETS = [HOST, USER, ASSET, AUTHOR, SERIAL, UUID, MAC, ID, ID[:20]]
# Text that says what was measured and on what kind of device: passes, less the names in it. Every other column shows nothing.
DESCRIBES = set("""
    maker product id_source id_strength form form_because sku_id huge_pages os kernel distribution container hypervisor compiler compiler_flags
    tool_version states reason advice software_id compute_device_id name vendor arch microcode isa cpus type pci features same_because pool_id
    device_name platform driver_name driver_version api_version loader kernel_driver key value unit source clock_sync profile seed taken model
    precision kv_precision cap op arithmetic kernel thread_cpus worst_op ops doubts doubt_notes beside ceilings
    backend status choice rivals shape_class engine engine_version
    outcome because derived_from family license released size_class unrunnable representative tier says ruler ruler_precision tiers_name claim
    pool largest_tensor memory_items evidence not_counted kind
    model_hash precision_hash suite_hash catalogue_hash tiers_hash ruler_hash rules_version tool_commit
""".split())
NEVER = {("device", "name"), ("inventory", "name"), ("label", "key"), ("label", "value"), ("annotation", "reason")}


def columns_of(db):
    connection = sqlite3.connect(db)
    try:
        tables = [name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
        return {(t, row[1]): row[2] for t in tables for row in connection.execute(f"PRAGMA table_info({t})")}
    finally:
        connection.close()


@needs_program
@needs_maker
class Anonymous(Case):
    def export(self, *more):
        result = self.call("export", "--anonymous", *more)
        self.ends(result, 0)
        return result.stdout

    def tables(self):
        return json.loads(self.export("--json"))["tables"]

    def edit(self, change):
        """As whoever holds the file can: without the triggers that keep evidence, and against its foreign keys."""
        connection = sqlite3.connect(self.db)
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        change(connection)
        for _, sql in triggers:
            connection.execute(sql)
        connection.commit()
        connection.close()

    def mark(self, connection, with_what):
        """Puts text into every text column that takes it, and a row into every table that has none."""
        marked = set()
        for table, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            info = connection.execute(f"PRAGMA table_info({table})").fetchall()
            rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            if rows == 0:
                sql = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
                first = {name: re.search(rf"{name} IN \('(\w+)'", sql) for _, name, *_ in info}
                values = [(first[name][1] if first[name] else "x") if kind == "TEXT" else 0 for _, name, kind, *_ in info]
                connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
            keys = [name for _, name, *_, key in info if key]
            for row in connection.execute(f"SELECT {', '.join(keys)} FROM {table}").fetchall():
                one, where = row, " AND ".join(f"{k} IS ?" for k in keys)
                for _, name, kind, *_ in info:
                    if kind == "TEXT" and name not in keys:
                        try:
                            connection.execute(f"UPDATE {table} SET {name} = ? WHERE {where}", (with_what(table, name), *one))
                            marked.add((table, name))
                        except sqlite3.IntegrityError:
                            pass  # one of a closed list of words: what SQLite itself refuses cannot leak
        return marked

    def known(self, connection):
        """Where names are found: what people called the device and themselves."""
        connection.execute("UPDATE inventory SET name = ?, device_id = ?, storage_path = ?", (HOST, ASSET, f"/home/{USER}/bench"))
        connection.execute("INSERT INTO annotation VALUES ('a1', 'device', ?, 'relabel', 'Kitchen laptop 3', 'because', ?, 1)", (ASSET, AUTHOR))
        inventory = connection.execute("SELECT inventory_id FROM inventory").fetchone()[0]
        connection.execute("INSERT INTO fact VALUES (?, -1, -1, 9999, 'dmi.product_serial', 'known', ?, '', '')", (inventory, SERIAL))

    def test_names_do_not_survive_in_any_column(self):
        self.null_run("--label", "who=me")
        self.edit(lambda c: (self.mark(c, lambda table, name: f"{MARKS} {table}.{name}"), self.known(c)))
        for form in (["--json"], ["--format", "jsonl"], ["--format", "csv", "--table", "measurement"]):
            said = self.export(*form).lower()
            self.assertGreater(len(said), 1000)
            for secret in SECRETS:
                self.assertNotIn(secret.lower(), said, form)

    def test_only_columns_that_describe_show_their_text(self):
        self.null_run("--label", "who=me")
        marked = set()
        self.edit(lambda c: marked.update(self.mark(c, lambda table, name: f"VERBATIM-{table}.{name}")))
        self.assertGreater(len(marked), 100)
        shown = set(re.findall(r"VERBATIM-(\w+)\.(\w+)", self.export("--json")))
        self.assertGreater(len(shown), 50, "nothing is left of the evidence")
        self.assertEqual({(t, c) for t, c in shown if c not in DESCRIBES or (t, c) in NEVER}, set())

    def test_every_column_has_a_decision(self):
        self.null_run()
        lines = re.findall(r'^X\((\w+), (KEEP|SCRUB|REPLACE),((?:\s*"[^"]*")+)\)', (TOP / "cli/anonymous.inc").read_text(encoding="utf-8"), re.MULTILINE)
        decided = [(table, word) for table, _, words in lines for text in re.findall(r'"([^"]*)"', words) for word in text.split()]
        self.assertEqual(len(decided), len(set(decided)), "a column has two decisions")
        self.assertEqual(set(decided), {key for key in columns_of(self.db) if not key[0].startswith("sqlite_")})

    def test_rows_still_refer_to_each_other(self):
        self.null_run()
        self.edit(lambda c: c.execute("UPDATE feasibility SET evidence = (SELECT json_group_array(measurement_id) FROM measurement)"))
        t = self.tables()
        runs, measured = {r["run_id"] for r in t["run"]}, {m["measurement_id"] for m in t["measurement"]}
        self.assertEqual({m["run_id"] for m in t["measurement"]}, runs)
        self.assertEqual(len(measured), len(self.rows("SELECT 1 FROM measurement")))
        cited = {i for f in t["feasibility"] for i in re.findall(r"anon-\w+", f["evidence"] + f["not_counted"])}
        self.assertTrue(cited, "no evidence is cited: the test tests nothing")
        self.assertLessEqual(cited, measured)
        self.assertEqual({r["device_id"] for r in t["feasibility"]}, {r["device_id"] for r in t["device"]})

    def test_two_exports_share_no_stand_in(self):
        self.null_run()
        words = [set(re.findall(r"anon-[0-9a-f]{16}", self.export("--json"))) for _ in range(2)]
        self.assertGreater(min(map(len, words)), 8)
        self.assertEqual(words[0] & words[1], set())

    def test_the_exporter_is_not_named(self):
        self.null_run("--label", "x=1")
        self.edit(lambda c: self.mark(c, lambda table, name: "by Somebody-55 in /srv/secret home"))
        said = self.call("export", "--anonymous", "--json", env={"USER": "Somebody-55", "HOME": "/srv/secret"}).stdout
        self.assertNotIn("Somebody-55", said)
        self.assertNotIn("/srv/secret", said)

    def test_what_the_device_is_stays(self):
        self.null_run()
        plain = json.loads(self.call("export", "--json").stdout)["tables"]
        kept = self.tables()
        for table, column in (("cpu", "name"), ("measurement", "model"), ("measurement", "tokens_per_s_median"), ("backend_state", "software_id"),
                              ("feasibility", "verdict"), ("model", "model_hash"), ("measurement", "samples")):
            self.assertEqual(sorted(str(r[column]) for r in kept[table]), sorted(str(r[column]) for r in plain[table]), f"{table}.{column}")


main()
