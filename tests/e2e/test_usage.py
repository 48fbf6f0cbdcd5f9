#!/usr/bin/env python3
"""Help, version, wrong usage: exit codes, one sentence, and which stream it goes to.

SPDX-License-Identifier: Apache-2.0
"""
import os
import re
import subprocess
import unittest

from weighin import BINARY, Case, REPORT_ONLY, main, needs_machine, needs_program

PROMISED = ("probe doctor list run check fit estimate matrix report verify derive device annotate snapshot export "
            "explain").split()
WRONG = [  # words, what the sentence names
    (["nonsense"], ["nonsense", "check"]),
    (["chek", "gemma-2b"], ["did you mean check"]),
    (["--nonsense"], ["--nonsense"]),
    (["check"], ["MODEL"]),
    (["check", "gemma-2b", "mistral-7b"], ["mistral-7b"]),
    (["check", "no-such-model"], ["no-such-model"]),
    (["check", "gemma-2b", "--precision", "q99"], ["q99", "q4_0"]),
    (["check", "gemma-2b", "--engine", "steam"], ["steam", "weighin list engines"]),
    (["check", "gemma-2b", "--context", "0"], ["--context", "0"]),
    (["check", "gemma-2b", "--context", "8", "--prompt", "512"], ["--context", "512"]),
    (["check", "gemma-2b", "--min-decode", "nan"], ["--min-decode", "nan"]),
    (["check", "gemma-2b", "--models-file", "absent.yaml"], ["absent.yaml"]),
    (["estimate", "gemma-2b", "--precision", "q99"], ["q99"]),
    (["estimate", "gemma-2b", "--context", "-5"], ["--context", "-5"]),
    (["estimate", "gemma-2b", "--context", "1e99"], ["--context", "1e99"]),
    (["estimate", "gemma-2b", "--context"], ["--context"]),
    (["list"], ["THING"]),
    (["list", "wonders"], ["wonders", "models"]),
    (["matrix", "--format", "pdf"], ["pdf", "csv"]),
    (["matrix", "--by", "colour"], ["colour", "tier"]),
    (["report", "--format", "pdf"], ["pdf", "html"]),
    (["report", "--json", "-o", "-"], ["--json"]),
    (["export", "--format", "xml"], ["xml", "csv"]),
    (["export", "--format", "csv"], ["--table"]),
    (["derive", "--tiers", "absent.yaml"], ["absent.yaml"]),
    (["verify"], ["FILE"]),
    (["verify", "absent.db"], ["absent.db"]),
]
WRONG_ON_A_DEVICE = [
    (["probe", "--no-such-option"], ["--no-such-option"]),
    (["probe", "--record", "a", "--replay", "b"], ["--record", "--replay"]),
    (["probe", "--raw"], ["--raw", "--record"]),
    (["probe", "--replay", "absent"], ["absent"]),
    (["run", "--profile", "nope"], ["nope", "quick"]),
    (["run", "--models", "gemma-2b,no-such"], ["no-such"]),
    (["run", "--models", "gemma-2b,"], ["--models"]),
    (["run", "--precisions", "q4_K_M"], ["q4_K_M", "q4_0"]),
    (["run", "--backends", "abacus"], ["abacus", "cpu"]),
    (["run", "--prefill", "0"], ["--prefill"]),
    (["run", "--decode", "many"], ["--decode", "many"]),
    (["run", "--batch", "65"], ["--batch", "65"]),
    (["run", "--isa", "z80"], ["z80"]),
    (["run", "--budget", "-1"], ["--budget"]),
    (["run", "--seed", "-1"], ["--seed"]),
    (["run", "--label", "nokey", "--backends", "null"], ["nokey"]),
    (["run", "--label", "a=1", "--label", "a=2", "--backends", "null"], ["a=2"]),
    (["run", "gemma-2b"], ["gemma-2b"]),
]


@needs_program
class Usage(Case):
    def test_top_help_names_the_promised_commands(self):
        for words in (["--help"], ["-h"], ["help"]):
            result = self.call(*words)
            self.ends(result, 0)
            self.assertEqual(result.stderr, "")
            named = set(re.findall(r"^  ([a-z]+) ", result.stdout, re.MULTILINE))
            self.assertLessEqual(set(PROMISED), named)
            self.assertNotIn("worker", named)

    def test_every_command_explains_itself(self):
        for command in PROMISED:
            with self.subTest(command=command):
                result = self.call(command, "--help")
                self.ends(result, 0)
                self.assertEqual(result.stderr, "")
                self.assertIn(f"Usage: weighin {command}", result.stdout)
                for line in result.stdout.splitlines():
                    self.assertLessEqual(len(line), 80, line)
                if not (REPORT_ONLY and command in ("probe", "doctor", "run")):
                    self.assertIn("--json", result.stdout)

    def test_version_says_what_was_built(self):
        result = self.call("--version")
        self.ends(result, 0)
        self.assertRegex(result.stdout, r"^weighin [0-9]+\.[0-9]+\.[0-9]+ \(.+\)\n.+\n$")
        self.assertEqual(result.stderr, "")

    def test_no_command_is_wrong_usage(self):
        result = self.call()
        self.ends(result, 2)
        self.assertEqual(result.stdout, "")
        self.assertIn("Usage: weighin COMMAND", result.stderr)

    def test_wrong_usage_is_one_sentence_that_names_it(self):
        for words, named in WRONG + ([] if REPORT_ONLY else WRONG_ON_A_DEVICE):
            with self.subTest(words=words):
                self.refuses(self.call(*words), 2, *named)
        self.assertFalse(self.db.exists(), "wrong usage made a database")

    @needs_machine
    def test_asset_ids_that_could_be_confused_are_refused(self):
        for asset, word in ((b"laptop-\xff", "0xff"), (b"laptop-\xfe", "0xfe"), (b"\xc0\xaf", "UTF-8"), (b"a\nb", "kept as 'a b'"), (b"a  b", "kept as"), (b"x" * 201, "kept as"),
                            (b"a\xc2\x85b", "kept as"), (b"  ", "kept as")):
            asset = os.fsdecode(asset)
            for words in (["run", "--dry-run", "--backends", "null", "--asset", asset], ["probe", "--asset", asset]):
                with self.subTest(words=words):
                    self.refuses(self.call(*words), 2, "asset id", word)
            self.refuses(self.call("probe", env={"WEIGHIN_ASSET": asset}), 2, "asset id", word)
        self.assertIn('"laptop-\u00e9\u6f22"', self.call("probe", "--json", "--asset", "laptop-\u00e9\u6f22").stdout)

    def test_a_malformed_model_file_names_its_line(self):
        (self.here / "bad.yaml").write_text("models:\n  - id: [\n", encoding="utf-8")
        self.refuses(self.call("list", "models", "--models-file", "bad.yaml"), 2, "bad.yaml")

    ANSWERS = [["list", "models"], ["explain"], ["estimate", "gemma-2b", "--json"]]
    ON_A_DEVICE = [["probe"], ["run", "--backends", "null", "--models", "gemma-2b", "--precisions", "q4_0", "--dry-run"]]

    def test_a_full_disk_behind_stdout_is_a_failure(self):
        for words in self.ANSWERS + ([] if REPORT_ONLY else self.ON_A_DEVICE):
            with self.subTest(words=words), open("/dev/full", "w", encoding="utf-8") as full:
                result = subprocess.run([BINARY, *words], env=self.env, cwd=self.here, stdout=full, stderr=subprocess.PIPE, text=True,
                                        check=False, timeout=60)
                self.assertEqual(result.returncode, 1)
                self.assertIn("stdout", result.stderr)

    def test_a_reader_that_is_gone_is_a_failure(self):
        for words in self.ANSWERS + ([] if REPORT_ONLY else self.ON_A_DEVICE):
            with self.subTest(words=words):
                reader, writer = os.pipe()
                os.close(reader)
                try:
                    result = subprocess.run([BINARY, *words], env=self.env, cwd=self.here, stdout=writer, stderr=subprocess.PIPE, text=True,
                                            check=False, timeout=60)
                finally:
                    os.close(writer)
                self.assertEqual(result.returncode, 1)
                self.assertIn("stdout", result.stderr)

    def test_answers_do_not_depend_on_the_locale(self):
        for words in (["estimate", "gemma-2b"], ["list", "precisions"], ["estimate", "mistral-7b", "--json"]):
            plain = self.call(*words, env={"LC_ALL": "C"})
            for locale in ("de_DE.UTF-8", "C.UTF-8", "nonsense"):
                self.assertEqual(self.call(*words, env={"LC_ALL": locale}).stdout, plain.stdout)

    def test_nothing_decorative_in_a_pipe(self):
        for words in (["list", "models"], ["estimate", "gemma-2b"], ["check", "gemma-2b"]):
            result = self.call(*words, env={"TERM": "xterm-256color"})
            self.assertNotIn("\x1b", result.stdout + result.stderr)


@needs_program
@unittest.skipUnless(REPORT_ONLY, "this build leaves nothing out")
class LeftOut(Case):
    def test_what_is_left_out_says_where_to_ask(self):
        for words in (["probe"], ["run"], ["probe", "--json"], ["list", "kernels"], ["list", "backends"], ["list", "ops"]):
            self.refuses(self.call(*words), 1, "left out of this build", "on the device")

    def test_check_without_a_database_names_the_file(self):
        self.refuses(self.call("check", "gemma-2b"), 1, "weighin.db", "left out of this build")


@needs_program
@needs_machine
class Hidden(Case):
    def test_a_gpu_child_knows_its_apis(self):
        self.refuses(self.call("gpu-probe", "metal"), 2, "metal", "vulkan")

    def test_a_worker_without_a_request_ends(self):
        result = self.call("worker")
        self.assertNotEqual(result.returncode, 0)


main()
