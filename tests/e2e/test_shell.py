#!/usr/bin/env python3
"""What shells and man make of the program: completion in bash and zsh, manual pages, help into a pipe.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import pty
import select
import shutil
import subprocess
import time
import unittest

from weighin import BINARY, Case, REPORT_ONLY, main, needs_maker, needs_program

SHARE = pathlib.Path(os.environ.get("WEIGHIN_BUILD_DIR", "")) / "share"
BASH, ZSH = SHARE / "bash-completion/completions/weighin", SHARE / "zsh/vendor-completions/_weighin"
PAGES = sorted((SHARE / "man/man1").glob("*.1"))
needs_share = unittest.skipUnless(PAGES, "manual pages and completion were not made (a cross build?)")


def needs_tool(name):
    """In the long test what is missing is a failure."""
    there = shutil.which(name) or os.environ.get("WEIGHIN_LONG") == "1"
    return unittest.skipUnless(there, f"{name} is not installed")


@needs_program
@needs_share
@needs_tool("man")
@needs_tool("groff")
class Manual(Case):
    def test_there_is_a_page_for_every_command(self):
        self.assertEqual({p.name for p in PAGES}, {"weighin.1"} | {f"weighin-{c}.1" for c in commands(self)})

    def test_pages_have_no_mistakes(self):
        for page in PAGES:
            with self.subTest(page=page.name):
                result = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", str(page)], capture_output=True, text=True, check=False,
                                        env=self.env | {"MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MANROFFSEQ": ""})
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertIn("NAME", result.stdout)
                self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)


def commands(case):
    return [line.split()[0] for line in case.call("--help").stdout.split("Commands:\n")[1].split("\n\n")[0].splitlines() if line[2] != " "]


@needs_program
@needs_share
class Bash(Case):
    """A real bash, asked as its readline would ask."""

    def complete(self, *words, program=BINARY, env=None):
        script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _weighin; printf "%s\\n" "${COMPREPLY[@]}"'
        result = subprocess.run(["bash", "-c", script, "bash", str(BASH), str(program), *words], capture_output=True, text=True, check=False,
                                cwd=self.here, env=self.env | (env or {}))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout.split("\n")[:-1] if result.stdout.strip() else []

    def test_commands(self):
        self.assertEqual(self.complete("che"), ["check"])
        offered = self.complete("")
        self.assertEqual(offered[:-3], commands(self))
        self.assertNotIn("worker", offered)
        self.assertEqual(self.complete("help", "estim"), ["estimate"])

    def test_options_of_a_command(self):
        self.assertEqual(self.complete("check", "--prec"), ["--precision"])
        self.assertEqual(set(self.complete("derive", "--")), {"--tiers", "--db", "--models-file", "--json", "--help"})

    def test_values_of_options(self):
        self.assertEqual(self.complete("check", "--precision", "q8"), ["q8_0"])
        self.assertEqual(self.complete("check", "--precision", "=", "q8"), ["q8_0"])
        self.assertIn("q8_0", self.complete("check", "--precision", "="))
        self.assertEqual(self.complete("matrix", "--format", ""), ["text", "md", "csv", "json", "html"])
        self.assertEqual(self.complete("export", "--table", "prec"), ["precision_family"])
        self.assertEqual(self.complete("check", "--engine", "ref"), ["reference"])
        if not REPORT_ONLY:
            self.assertEqual(self.complete("run", "--profile", "q"), ["quick"])
            self.assertEqual(self.complete("run", "--backends", "cpu,v"), ["cpu,vulkan"])
            self.assertEqual(self.complete("run", "--precisions", "f16,q8"), ["f16,q8_0"])
            self.assertEqual(self.complete("run", "--models", "gemma-2b,distil"), ["gemma-2b,distilbert-base"])

    def test_operands(self):
        self.assertEqual(self.complete("check", "mistral-7b-v0.1"), ["mistral-7b-v0.1"])
        self.assertEqual(self.complete("check", "--precision", "q4_0", "distil"), ["distilbert-base"])
        self.assertEqual(self.complete("check", "--json", "--precision", "=", "q4_0", "distil"), ["distilbert-base"])
        self.assertEqual(self.complete("list", "ti"), ["tiers"])
        self.assertEqual(self.complete("explain", "nois"), ["noisy"])
        self.assertEqual(self.complete("explain", "verdict", "x", "distil"), ["distilbert-base"])
        self.assertEqual(self.complete("check", "--context", ""), [])

    def test_files_and_folders(self):
        (self.here / "a file.db").touch()
        (self.here / "a folder").mkdir()
        self.assertEqual(set(self.complete("verify", "a f")), {"a file.db", "a folder"})
        self.assertEqual(set(self.complete("verify", "x.db", "a fi")), {"a file.db"})
        self.assertEqual(self.complete("check", "--db", "a fi"), ["a file.db"])
        if not REPORT_ONLY:
            self.assertEqual(self.complete("probe", "--replay", "a f"), ["a folder"])

    def test_the_users_own_models(self):
        folder = self.here / "home/weighin/models"
        folder.mkdir(parents=True)
        entry = ("models:\n  - {id: mine-1b, name: \"Mine\", arch: decoder, layers: 2, d_model: 256, heads: 4, kv_heads: 4, head_dim: 64, d_ff: 512,\n"
                 "     vocab: 1024, max_context: 2048, mlp: swiglu, norm: rmsnorm, norms_per_layer: 2, rotary_dim: 64}\n")
        (folder / "mine.yaml").write_text(entry, encoding="utf-8")
        self.assertEqual(self.complete("check", "mine"), ["mine-1b"])
        self.assertNotIn("mine-1b", BASH.read_text(encoding="utf-8"))

    def test_without_the_program_it_knows_what_it_was_built_with(self):
        self.assertEqual(self.complete("check", "distil", program="/nonexistent/weighin"), ["distilbert-base"])

    @needs_maker
    def test_devices_of_the_database(self):
        self.null_run()
        self.assertEqual(self.complete("check", "--device", ""), ["e2e-device"])
        self.assertEqual(self.complete("explain", "tier", "e2"), ["e2e-device"])


@needs_program
@needs_share
@needs_tool("zsh")
class Zsh(Case):
    """A real zsh at a terminal: a line, the tabulator, and what the line is then."""

    def setUp(self):
        super().setUp()
        child, self.terminal = pty.fork()
        if child == 0:
            os.chdir(self.here)
            os.execvpe("zsh", ["zsh", "-f", "-i"], self.env | {"TERM": "dumb", "PATH": f"{pathlib.Path(BINARY).parent}:{os.environ['PATH']}"})
        self.addCleanup(self.leave, child)
        self.say(f"PS1= PS2= RPS1=; unset zle_bracketed_paste; fpath=({ZSH.parent} $fpath); autoload -Uz compinit; compinit -u -D; "
                 "zstyle ':completion:*' list-prompt ''; LISTMAX=0; setopt no_beep no_auto_remove_slash; print READY$((1+1))\n")
        self.until("READY2")

    def leave(self, child):
        os.close(self.terminal)
        os.waitpid(child, 0)

    def say(self, text):
        os.write(self.terminal, text.encode())

    def until(self, word):
        seen, deadline = "", time.monotonic() + 60
        while word not in seen:
            ready, _, _ = select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))
            self.assertTrue(ready, f"no {word!r} in {seen!r}")
            seen += os.read(self.terminal, 65536).decode("utf-8", "replace")
        return seen

    def becomes(self, line, want):
        """`line` and a tabulator; the command is printed, not run."""
        self.say(f"print -r -- LINE=; : {'x'}\n")
        self.until("LINE=")
        self.say(f"{line}\t")
        self.until(want[len(line):])
        self.say("\x15")  # the line is thrown away

    def test_words_are_completed(self):
        self.becomes("weighin chec", "weighin check ")
        self.becomes("weighin check --precis", "weighin check --precision=")
        self.becomes("weighin check --precision=q8", "weighin check --precision=q8_0")
        self.becomes("weighin check distil", "weighin check distilbert-base")
        self.becomes("weighin list prec", "weighin list precisions")
        self.becomes("weighin explain nois", "weighin explain noisy")
        if not REPORT_ONLY:
            self.becomes("weighin run --models gemma-2b,distil", "weighin run --models gemma-2b,distilbert-base")
            self.becomes("weighin run --profile=qui", "weighin run --profile=quick")


@needs_program
class Pipes(Case):
    def test_help_into_head_is_no_failure(self):
        for words in (["--help"], ["help"], ["--version"], ["help", "run"], ["check", "--help"]):
            with self.subTest(words=words):
                result = subprocess.run(["bash", "-c", 'set -o pipefail; "$@" | head -n 1', "bash", BINARY, *words], capture_output=True, text=True,
                                        check=False, env=self.env)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                reader, writer = os.pipe()  # nobody reads at all
                os.close(reader)
                with os.fdopen(writer, "w") as gone:
                    result = subprocess.run([BINARY, *words], stdout=gone, stderr=subprocess.PIPE, text=True, check=False, env=self.env)
                self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_help_of_a_command_is_the_same_by_both_names(self):
        for command in commands(self):
            self.assertEqual(self.call("help", command).stdout, self.call(command, "--help").stdout)
            self.assertLessEqual(max(map(len, self.call("help", command).stdout.splitlines())), 80)
        self.refuses(self.call("help", "chekc"), 2, "did you mean check?")
        self.refuses(self.call("help", "check", "run"), 2, "run")

    def test_slips_are_answered_with_what_was_meant(self):
        for words, meant in ((["chekc", "gemma-2b"], "check"), (["check", "gema-2b"], "gemma-2b"), (["check", "gemma-2b", "--precison", "q4_0"], "--precision"),
                             (["check", "gemma-2b", "--precision", "q4_O"], "q4_0"), (["check", "gemma-2b", "--engine", "refrence"], "reference"),
                             (["list", "modles"], "models"), (["matrix", "--by", "teir"], "tier"), (["matrix", "--format", "htlm"], "html"),
                             (["export", "--format", "cvs"], "csv"), (["report", "--format", "htm"], "html")):
            with self.subTest(words=words):
                self.refuses(self.call(*words), 2, f"did you mean {meant}?")
        if not REPORT_ONLY:
            for words, meant in ((["run", "--profile", "quik"], "quick"), (["run", "--backends", "cpuu"], "cpu"), (["run", "--precisions", "q8_O"], "q8_0"),
                                 (["run", "--models", "gemma-2n"], "gemma-2b")):
                self.refuses(self.call(*words, "--dry-run"), 2, f"did you mean {meant}?")


main()
