#!/usr/bin/env python3
"""The database as a file: what reads it, what refuses it, what may be thrown away and rebuilt.

SPDX-License-Identifier: Apache-2.0
"""
import csv
import hashlib
import io
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import unittest

from weighin import BINARY, Case, REPORT_ONLY, main, needs_machine, needs_maker, needs_program

DERIVED = ("tier", "device_tier", "feasibility", "tier_feasibility")
READERS = [["check", "gemma-2b"], ["matrix"], ["matrix", "--by", "device"], ["export"], ["list", "devices"], ["report", "-o", "-"]]
NOBODY = 65534


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@needs_program
class NoDatabase(Case):
    def test_reading_names_the_file_and_makes_none(self):
        for words in (["matrix"], ["export"], ["report"], ["derive"]):
            with self.subTest(words=words):
                self.refuses(self.call(*words, "--db", "absent.db"), 2, "absent.db")
        self.assertEqual(sorted(p.name for p in self.here.iterdir()), ["home", "runtime", "state"])

    @needs_machine
    def test_check_probes_this_device_and_does_not_guess(self):
        result = self.call("check", "gemma-2b")
        self.ends(result, 4)
        self.assertIn("weighin.db", result.stdout)
        self.assertIn("weighin run", result.stdout)
        self.assertFalse(self.db.exists())

    @needs_machine
    def test_devices_are_this_one(self):
        result = self.call("list", "devices")
        self.ends(result, 0)
        self.assertIn("weighin.db", result.stderr)
        self.assertIn("e2e-device", result.stdout)


    def test_a_file_of_no_bytes_is_no_database_yet(self):
        self.db.touch()
        for words in (["matrix"], ["export"], ["report"], ["derive"], ["verify", self.db]):
            with self.subTest(words=words):
                self.refuses(self.call(*words), 2, "no database at", "weighin.db")
        self.assertEqual(self.db.stat().st_size, 0)
        if not REPORT_ONLY:
            self.ends(self.call("check", "gemma-2b"), 4)

    def test_pipes_and_devices_are_refused_and_not_waited_for(self):
        os.mkfifo(self.here / "pipe")
        for path in ("pipe", "/dev/zero"):
            for words in (["matrix", "--db"], ["export", "--db"], ["derive", "--db"], ["check", "gemma-2b", "--db"], ["verify"],
                          ["list", "models", "--models-file"], ["derive", "--tiers"]):
                with self.subTest(words=words, path=path):
                    self.refuses(self.call(*words, path), 2, path, "pipe")


@needs_program
class Foreign(Case):
    """Files that are no database of ours, or of a weighin to come: one sentence, and not a byte changed."""

    def all_refuse(self, *words):
        before = digest(self.db)
        for command in READERS + [["derive"]]:
            with self.subTest(command=command):
                self.refuses(self.call(*command), 1, "weighin.db", *words)
        self.ends(self.call("verify", self.db), 3)
        self.assertEqual(digest(self.db), before)
        self.assertEqual([p.name for p in self.here.glob("weighin.db*")], ["weighin.db"])

    def test_noise(self):
        self.db.write_bytes(b"SQLite format 3\0" + bytes((i * 73 + 41) % 256 for i in range(5000)))
        self.all_refuse()

    def test_text(self):
        self.db.write_text("no database at all\n" * 100, encoding="utf-8")
        self.all_refuse()

    def test_somebody_elses(self):
        with sqlite3.connect(self.db) as other:
            other.execute("CREATE TABLE measurement (what TEXT)")
        other.close()
        self.all_refuse()

    def test_a_folder(self):
        self.db.mkdir()
        for command in READERS:
            result = self.call(*command)
            self.assertIn(result.returncode, (1, 2), command)
            self.assertIn("weighin.db", result.stderr)

    @needs_maker
    def test_a_newer_schema(self):
        self.null_run()
        with sqlite3.connect(self.db) as newer:
            newer.execute("PRAGMA user_version = 99")
        newer.close()
        before = digest(self.db)
        for command in READERS + [["derive"]]:
            with self.subTest(command=command):
                self.refuses(self.call(*command), 1, "99")
        self.assertEqual(digest(self.db), before)

    @needs_maker
    @needs_machine
    def test_a_newer_schema_is_not_written_to(self):
        self.null_run()
        with sqlite3.connect(self.db) as newer:
            newer.execute("PRAGMA user_version = 99")
        newer.close()
        before = digest(self.db)
        self.refuses(self.call("run", "--backends", "null", "--models", "gemma-2b"), 1, "99")
        self.refuses(self.call("probe", "--store"), 1, "99")
        self.assertEqual(digest(self.db), before)

    @needs_maker
    def test_one_flipped_sample_is_found(self):
        self.null_run()
        with sqlite3.connect(self.db) as edit:
            for name, in edit.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'measurement'").fetchall():
                edit.execute(f"DROP TRIGGER {name}")
            edit.execute("UPDATE measurement SET tokens_per_s_median = tokens_per_s_median * 2 WHERE rowid = 1")
        edit.close()
        self.ends(self.call("verify", self.db), 3)


def text_of_real(value):
    if value == 0:
        return "0"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    for digits in range(1 if abs(value) < 2.2250738585072014e-308 else 15, 18):
        if float(f"%.{digits}g" % value) == value:
            return f"%.{digits}g" % value
    raise AssertionError(f"{value!r} does not read back")


def content_hash(row):
    """As docs/database.md describes it, from a dict of one row of `measurement`."""
    text = b""
    for name in sorted(row, key=lambda n: n.encode()):
        value = row[name]
        if value is None or name == "content_hash":
            continue
        if isinstance(value, (str, bytes)):
            kind, value = ("t", value.encode()) if isinstance(value, str) else ("b", value)
            text += f"{name} {kind}{len(value)}:".encode() + value + b"\n"
        else:
            text += f"{name} {f'i{value}' if isinstance(value, int) else f'r{text_of_real(value)}'}\n".encode()
    return hashlib.sha256(text).hexdigest()


@needs_program
@needs_maker
class ContentHash(Case):
    REALS = (0.1, 1 / 3, 0.1 + 0.2, 1e15, 1e16, 123456789012345678.0, 1e-4, 1e-5, 5e-324, 1.7e-310, 2.2250738585072014e-308, 1.7976931348623157e308,
             float("inf"), float("-inf"), 0.0, -0.0, -2.5e-7)

    def measurements(self, connection):
        connection.row_factory = sqlite3.Row
        return [dict(r) for r in connection.execute("SELECT * FROM measurement")]

    def test_stored_hashes_follow_the_documented_rule(self):
        self.null_run()
        connection = sqlite3.connect(self.db)
        rows = self.measurements(connection)
        connection.close()
        self.assertEqual(len(rows), len({r["content_hash"] for r in rows}))
        for row in rows:
            self.assertEqual(content_hash(row), row["content_hash"], row["measurement_id"])

    def test_hashes_made_by_the_documented_rule_are_accepted(self):
        self.null_run()
        connection = sqlite3.connect(self.db)
        row = self.measurements(connection)[0]
        for i, real in enumerate(self.REALS):
            row |= {"measurement_id": f"{i:032x}", "flops_per_token": real, "achieved_gflop_per_s": None, "reason": "\u00e9 \u6f22\n"}
            row["content_hash"] = content_hash(row)
            connection.execute(f"INSERT INTO measurement VALUES ({', '.join('?' * len(row))})", list(row.values()))
        connection.commit()
        connection.close()
        said = self.call("verify", self.db)
        self.assertNotIn("content hash", said.stdout + said.stderr)
        self.ends(said, 0)


@needs_program
@needs_maker
class Derived(Case):
    def test_deleted_rows_come_back_identical(self):
        self.null_run()
        before = self.dump(*DERIVED)
        self.assertTrue(before["tier"] and before["device_tier"] and before["feasibility"], "nothing was derived")
        with sqlite3.connect(self.db) as edit:
            for table in DERIVED:
                edit.execute(f"DELETE FROM {table}")
        edit.close()
        self.assertEqual(sum(map(len, self.dump(*DERIVED).values())), 0)
        self.ends(self.call("derive"), 0)
        self.assertEqual(self.dump(*DERIVED), before)

    def test_the_whole_dump_is_the_same_after_deriving_again(self):
        self.null_run()
        self.ends(self.call("derive"), 0)
        dumps = []
        for _ in range(2):
            connection = sqlite3.connect(self.db)
            dumps.append(list(connection.iterdump()))
            connection.close()
            self.ends(self.call("derive"), 0)
        self.assertEqual(*dumps)

    def test_evidence_is_not_touched(self):
        self.null_run()
        evidence = ("run", "measurement", "inventory", "cpu", "condition")
        before = self.dump(*evidence)
        self.ends(self.call("derive"), 0)
        self.assertEqual(self.dump(*evidence), before)


@needs_program
@needs_maker
class Reading(Case):
    def test_in_a_read_only_folder(self):
        self.null_run()
        folder = self.here / "archive"
        folder.mkdir()
        shutil.copy(self.db, folder / "weighin.db")
        binary, more = BINARY, {}
        if os.geteuid() == 0:  # whom no mode stops: nobody reads, with a copy that nobody may reach
            binary = self.here / "weighin"
            shutil.copy(BINARY, binary)
            for path in (self.here, binary):
                path.chmod(0o755)
            more = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        (folder / "weighin.db").chmod(0o444)
        folder.chmod(0o555)
        for command in READERS + [["verify", "weighin.db"]]:
            with self.subTest(command=command):
                result = self.call(*command, binary=binary, cwd=folder, **more)
                self.assertIn(result.returncode, (0, 3, 4), result.stderr)
                self.assertNotEqual(result.stdout, "")
        self.assertEqual([p.name for p in folder.iterdir()], ["weighin.db"])

    def test_changes_nothing(self):
        self.null_run()
        before = digest(self.db)
        for command in READERS + [["verify", self.db]]:
            self.call(*command)
        self.assertEqual(digest(self.db), before)

    def test_a_device_is_found_by_id_or_beginning(self):
        self.null_run("--asset", "tag-1234567")
        for name in ("tag-1234567", "tag-12"):
            self.assertIn(self.call("check", "gemma-2b", "--device", name).returncode, (0, 3, 4))
        self.refuses(self.call("check", "gemma-2b", "--device", "other"), 2, "other", "tag-12")
        self.refuses(self.call("check", "gemma-2b", "--compute", "gpu9"), 2, "gpu9", "cpu0")

    def test_two_devices_need_a_choice(self):
        self.null_run("--asset", "tag-one")
        self.null_run("--asset", "tag-two")
        self.refuses(self.call("check", "gemma-2b"), 2, "--device", "tag-one", "tag-two")

    def test_a_model_larger_than_the_device_does_not_fit(self):
        """The stored machine is made small: 2 GiB hold no 7B model in f32."""
        self.null_run()
        self.shrink(2 << 30)
        result = self.call("check", "gemma-7b", "--precision", "f32", "--json")
        answer = self.answer(result, "check", 3)
        self.assertEqual((answer["verdict"], answer["fits"], answer["binding_limit"]), ("does_not_fit", False, "memory"))
        self.assertGreater(answer["memory"]["total_bytes"], answer["memory"]["budget_bytes"])
        text = self.call("check", "gemma-7b", "--precision", "f32")
        self.ends(text, 3)
        self.assertIn("does not fit", text.stdout)

    def shrink(self, total):
        edit = sqlite3.connect(self.db)
        triggers = edit.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'inventory'").fetchall()
        for name, _ in triggers:
            edit.execute(f"DROP TRIGGER {name}")
        edit.execute("UPDATE inventory SET memory_total_bytes = ?, memory_available_bytes = ?", (total, total // 2))
        for _, sql in triggers:
            edit.execute(sql)
        edit.commit()
        edit.close()


@needs_program
@needs_maker
class Export(Case):
    def test_csv_and_json_lines_hold_the_same_rows(self):
        self.null_run()
        text = self.call("export", "--format", "csv", "--table", "measurement").stdout
        table = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        lines = [json.loads(l) for l in self.call("export", "--format", "jsonl", "--table", "measurement").stdout.splitlines()]
        self.assertEqual(len(table), 4)
        self.assertEqual([r["measurement_id"] for r in table], [l["measurement_id"] for l in lines])
        self.assertEqual(set(table[0]) | {"table"}, set(lines[0]))

    def test_every_table_is_exported_and_none_besides(self):
        self.null_run()
        tables = {json.loads(l)["table"] for l in self.call("export").stdout.splitlines()}
        self.assertLessEqual({"run", "measurement", "inventory", "cpu", "model"}, tables)
        self.refuses(self.call("export", "--table", "sqlite_master"), 2, "sqlite_master", "measurement")

    def test_anonymous_names_nobody(self):
        self.null_run("--label", "owner=Ada Lovelace", "--asset", "tag-secret-17")
        plain = self.call("export").stdout
        self.assertIn("tag-secret-17", plain)
        hidden = self.call("export", "--anonymous").stdout
        for secret in ("tag-secret-17", "Lovelace", socket.gethostname()):
            if len(secret) > 3:
                self.assertNotIn(secret, hidden)
        self.assertNotEqual(hidden, self.call("export", "--anonymous").stdout, "the salt is the same twice")


@needs_program
@needs_maker
class Report(Case):
    def test_the_page_is_one_file(self):
        self.null_run()
        self.ends(self.call("report", "-o", "page.html"), 0)
        page = (self.here / "page.html").read_text(encoding="utf-8")
        self.assertTrue(page.lower().startswith("<!doctype html>"))
        read = re.sub("<script>.*?</script>", "", page, flags=re.DOTALL)  # libraries name their home; the policy lets nothing out
        for outside in ("http://", "https://", "src=", "@import"):
            self.assertNotIn(outside, read)

    def test_markdown_goes_to_stdout_alone(self):
        self.null_run()
        result = self.call("report", "--format", "md", "-o", "-")
        self.ends(result, 0)
        self.assertTrue(result.stdout.startswith("# "))

    def test_a_page_that_cannot_be_written_is_a_failure(self):
        self.null_run()
        self.refuses(self.call("report", "-o", "absent/page.html"), 1, "absent/page.html")

    def test_a_page_never_replaces_a_database(self):
        self.null_run()
        shutil.copy(self.db, self.here / "copy.db")
        os.symlink("weighin.db", self.here / "link.html")
        os.link(self.db, self.here / "hard.html")
        before = digest(self.db)
        for name in ("weighin.db", "./weighin.db", "link.html", "hard.html", "copy.db"):
            for more in ([], ["--format", "md"], ["--json"]):
                with self.subTest(name=name, more=more):
                    self.refuses(self.call("report", "-o", name, *more), 2, name, "database")
        self.refuses(self.call("report", "--db", "copy.db", "-o", "weighin.db"), 2, "weighin.db")
        shutil.copy(self.db, self.here / "weighin.html")  # the name that -o has when it is not given
        self.refuses(self.call("report"), 2, "weighin.html")
        self.assertEqual({digest(self.here / n) for n in ("weighin.db", "copy.db", "weighin.html", "hard.html")}, {before})

    def test_a_page_goes_where_a_link_leads(self):
        self.null_run()
        os.symlink("real.html", self.here / "link.html")
        self.ends(self.call("report", "-o", "link.html"), 0)
        self.assertTrue((self.here / "link.html").is_symlink())
        self.assertIn("<html", (self.here / "real.html").read_text(encoding="utf-8"))

    def test_the_matrix_in_every_format(self):
        self.null_run()
        for form in ("text", "md", "csv", "json", "html"):
            result = self.call("matrix", "--format", form)
            self.ends(result, 0)
            self.assertRegex(result.stdout.lower().replace(" ", "-"), "gemma-2b|left-out" if form == "text" else "gemma-2b")

    def test_sqlite_alone_reads_the_documented_queries(self):
        """Those of docs/database.md, with the sqlite3 command where it is installed."""
        if shutil.which("sqlite3") is None:
            self.skipTest("sqlite3 is not installed")
        self.null_run()
        said = subprocess.run(["sqlite3", str(self.db), "SELECT name, tier FROM device JOIN device_tier USING (device_id)"], capture_output=True,
                              text=True, check=False)
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        self.assertNotEqual(said.stdout, "")


main()
