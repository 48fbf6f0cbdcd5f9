#!/usr/bin/env python3
"""What people see: at 80 and at 40 columns, on terminals that can colour and on those that cannot, and in a pipe.

Screens are tmux's, recorded in tests/fixtures/terminal; WEIGHIN_UPDATE_GOLDEN=1 records them again. What is written
to a terminal byte by byte is read from a pseudo terminal.
SPDX-License-Identifier: Apache-2.0
"""
import difflib
import fcntl
import os
import pty
import re
import select
import shlex
import shutil
import struct
import subprocess
import termios
import time
import unittest

from weighin import BINARY, Case, MAKER, NULL_RUN, TOP, main, needs_machine, needs_maker, needs_program, progress

VIEWS = os.environ.get("WEIGHIN_VIEWS", "")
GOLDEN = TOP / "tests/fixtures/terminal"
TMUX = shutil.which("tmux")
AS_OF = "--as-of 2025-12-02"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MANY = "run --backends null --models gemma-2b,mistral-7b --precisions q4_0 --prefill 128,512 --depth 0,512".split()
CASES = 8


def at_width(descriptor, columns):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))


class Screen(Case):
    def on_a_terminal(self, *words, columns=80, env=None, narrower=None):
        """Exit code and all bytes that the program writes to a terminal of its own, which is its stdout and stderr."""
        ours, theirs = pty.openpty()
        at_width(theirs, columns)
        environment = self.env | {"TERM": "xterm-256color"} | (env or {})
        environment.pop("NO_COLOR", None) if not (env or {}).get("NO_COLOR") else None
        process = subprocess.Popen([BINARY, *map(str, words)], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, cwd=self.here, env=environment)
        os.close(theirs)
        written, end = b"", time.monotonic() + 120
        while time.monotonic() < end:
            if not select.select([ours], [], [], 1)[0]:
                continue
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not chunk:
                break
            written += chunk
            if narrower and b"[1/" in written:
                at_width(ours, narrower)
                narrower = None
        os.close(ours)
        return process.wait(), written.decode("utf-8").replace("\r\n", "\n")


@needs_program
@unittest.skipUnless(os.access(VIEWS, os.X_OK), "the writer of the recorded databases is not built")
class Answers(Screen):
    """Of a recorded device without a GPU, as of a day on which its evidence is fresh."""

    ASKED = {"check": f"check gemma-2b {AS_OF}", "check-no": f"check gemma-7b --precision f16 {AS_OF}", "matrix": f"matrix {AS_OF}", "device": "device list",
             "fit": f"fit --precision q4_0 {AS_OF}"}

    def setUp(self):
        super().setUp()
        self.ends(self.call("no_gpu", self.db, binary=VIEWS), 0)

    def screen(self, name, columns, env=""):
        """The screen of tmux after a command, its colours as escape sequences; it scrolls nowhere: 400 lines."""
        socket = self.here / f"tmux-{name}-{columns}-{len(env)}"  # a server of its own
        tmux = [TMUX, "-f", "/dev/null", "-S", str(socket)]
        said = " ".join(map(shlex.quote, [*tmux, "wait-for", "-S", "ended"]))
        command = f"cd {shlex.quote(str(self.here))} && {env} {shlex.quote(BINARY)} {self.ASKED[name]}; {said}; exec cat"
        subprocess.run([*tmux, "new-session", "-d", "-x", str(columns), "-y", "400", command], env=self.env | {"LC_ALL": "C.UTF-8"}, check=True)
        try:
            subprocess.run([*tmux, "wait-for", "ended"], check=True, timeout=120)
            shown = subprocess.run([*tmux, "capture-pane", "-p", "-e"], capture_output=True, text=True, encoding="utf-8", check=True).stdout
        finally:
            subprocess.run([*tmux, "kill-server"], check=False)
        return self.settled(shown.rstrip("\n") + "\n")

    def settled(self, text):
        """tmux ends colours in more than one way; the catalogue grows."""
        text = re.sub(r"\x1b\[0?m|\x1b\[39m|\x1b\[49m|\x1b\[0;(?=\d)", lambda m: "\x1b[" if m[0].endswith(";") else "\x1b[0m", text)
        text = re.sub(r"(\x1b\[0m)+", "\x1b[0m", text)
        return re.sub(r"\b\d+(?= of \d+\b\s+rows)|(?<= of )\d+(?=\s+rows)|(?<=feasible: )\d+|(?<=known:    )\d+", "N", text)

    def golden(self, name, text):
        path = GOLDEN / name
        if os.environ.get("WEIGHIN_UPDATE_GOLDEN") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        self.assertTrue(path.exists(), f"{path} is missing: WEIGHIN_UPDATE_GOLDEN=1 records it")
        want = path.read_text(encoding="utf-8")
        if text != want:
            self.fail(f"{name} (WEIGHIN_UPDATE_GOLDEN=1 records it again):\n" + "\n".join(list(difflib.unified_diff(want.splitlines(), text.splitlines(), "recorded", "now", lineterm="", n=0))[:12]))

    @unittest.skipUnless(TMUX, "tmux is not installed")
    def test_screens_are_as_recorded(self):
        for name in ("check", "check-no", "device"):
            for columns in (80, 40):
                with self.subTest(screen=name, columns=columns):
                    self.golden(f"{name}-{columns}.txt", self.screen(name, columns))

    @unittest.skipUnless(TMUX, "tmux is not installed")
    def test_without_colour_the_screen_says_the_same(self):
        for columns in (80, 40):
            coloured = self.screen("check", columns)
            self.assertRegex(coloured, COLOUR, "no colour on a terminal that can")
            for env in ("NO_COLOR=1", "TERM=dumb"):
                with self.subTest(columns=columns, env=env):
                    plain = self.screen("check", columns, env)
                    self.assertNotRegex(plain, COLOUR)
                    self.assertEqual(plain, COLOUR.sub("", coloured), "colour says more than the words")

    def test_no_line_is_wider_than_the_terminal(self):
        for name, words in self.ASKED.items():
            for columns in (80, 40, 57):
                with self.subTest(asked=name, columns=columns):
                    _, text = self.on_a_terminal(*words.split(), columns=columns)
                    wide = [line for line in COLOUR.sub("", text).splitlines() if len(line) > columns and not line.startswith("Next:")]
                    self.assertEqual(wide, [])

    def test_no_word_is_broken(self):
        words = set(re.findall(r"[A-Za-z]{4,}", self.call(*self.ASKED["check"].split()).stdout))
        _, narrow = self.on_a_terminal(*self.ASKED["check"].split(), columns=40)
        narrow = COLOUR.sub("", narrow)
        self.assertEqual(words - set(re.findall(r"[A-Za-z]{4,}", narrow)), set())

    def test_colour_is_for_terminals_that_can_and_people_who_want_it(self):
        words = self.ASKED["check"].split()
        plain = self.call(*words).stdout
        self.assertNotIn("\x1b", plain)
        for env, colours in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False), ({"TERM": ""}, False)):
            with self.subTest(env=env):
                code, text = self.on_a_terminal(*words, env=env)
                self.assertEqual(code, 0)
                self.assertEqual("\x1b[" in text, colours)
                self.assertEqual(COLOUR.sub("", text), plain)

    def test_json_is_never_coloured(self):
        for words in ("check gemma-2b --json", "matrix --json", "matrix --format html", "matrix --format md", "device list --json", "list models --json"):
            with self.subTest(words=words):
                _, text = self.on_a_terminal(*words.split(), columns=40)
                self.assertNotIn("\x1b", text)
                self.assertEqual(text, self.call(*words.split()).stdout)

    def test_help_is_folded(self):
        for words in (["--help"], ["check", "--help"], ["run", "--help"]):
            _, text = self.on_a_terminal(*words, columns=40)
            self.assertTrue(all(len(line) <= 40 for line in text.splitlines()), words)


@needs_program
@needs_maker
@needs_machine
class Progress(Screen):
    def test_on_a_terminal_the_status_is_one_line_that_is_written_over(self):
        code, text = self.on_a_terminal(*MANY, columns=80)
        self.assertEqual(code, 0)
        self.assertIn("\r\x1b[J[", text)
        drawn = re.findall(r"\r\x1b\[J(\[\d+/\d+\] [^\n\r]*)", text)
        self.assertGreater(len(drawn), CASES)
        self.assertTrue(any(re.match(r"\[\d+/\d+\] (about .* left: )?gemma-2b q4_0 decode at depth 512 on cpu0, ", line) for line in drawn), drawn[:5])
        self.assertTrue(all(len(COLOUR.sub("", line)) <= 80 for line in drawn))
        self.assertNotIn("\r", text[text.rindex("took"):], "the status is drawn after the end")

    def test_what_stays_is_what_a_pipe_gets(self):
        _, text = self.on_a_terminal(*MANY, columns=80)
        stays = self.seen(text, 80)
        numbers = [m[1] for m in re.finditer(rf"^\[(\d+)/{CASES}\] ", stays, re.MULTILINE)]
        self.assertEqual(numbers, [str(n) for n in range(1, CASES + 1)])

    def seen(self, text, columns):
        """A terminal's rows after these bytes: only what this program uses of it."""
        rows, row, column = [""], 0, 0
        for part in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
            if part == "\n":
                row, column = row + 1, 0
            elif part == "\r":
                column = 0
            elif part.endswith("A") and part.startswith("\x1b"):
                row -= int(part[2:-1])
            elif part == "\x1b[J":
                rows[row:] = [rows[row][:column]]
            elif part.startswith("\x1b"):
                self.assertRegex(part, COLOUR)
            else:
                rows[row] = rows[row][:column] + part + rows[row][column + len(part):]
                column += len(part)
                self.assertLessEqual(column, columns)
            rows += [""] * (row + 1 - len(rows))
        return "\n".join(rows)

    def test_a_terminal_that_becomes_narrower_is_asked_again(self):
        code, text = self.on_a_terminal(*MANY, columns=80, narrower=40)
        self.assertEqual(code, 0)
        later = text[len(text) // 2:]
        drawn = re.findall(r"\r\x1b\[J(\[\d+/\d+\][^\n\r\x1b]*)", later)
        self.assertGreater(len(drawn), 2)
        self.assertEqual([line for line in drawn if len(line) > 40], [])
        # A run without a forecast does not say how long it took.
        last = later[later.rfind("took"):] if "took" in later else ""
        self.assertEqual([line for line in COLOUR.sub("", last).splitlines() if len(line) > 40], [])

    def test_in_a_pipe_lines_are_plain(self):
        result = self.call(*MANY, binary=MAKER, env={"TERM": "xterm-256color"})
        self.ends(result, 0)
        self.assertNotRegex(result.stderr, r"[\x00-\x09\x0b-\x1f]")
        lines = [progress(line) for line in result.stderr.splitlines()]
        self.assertEqual([line[0] for line in lines if line], list(range(1, CASES + 1)))
        self.assertTrue(any(line and "left" in line[2] for line in lines) or "left" not in result.stderr)

    def test_on_a_dumb_terminal_nothing_moves(self):
        for env in ({"TERM": "dumb"}, {"TERM": ""}):
            code, text = self.on_a_terminal(*NULL_RUN, columns=40, env=env)
            self.assertEqual(code, 0)
            self.assertNotRegex(text, r"[\x00-\x09\x0b-\x1f]")
            self.assertTrue(all(len(line) <= 40 for line in text.splitlines()), text)

    def test_no_color_keeps_the_status(self):
        _, text = self.on_a_terminal(*NULL_RUN, env={"NO_COLOR": "1"})
        self.assertIn("\r\x1b[J", text)
        self.assertNotRegex(text, COLOUR)

    def test_a_driver_cannot_speak_to_the_terminal(self):
        hostile = self.here / "evil\x1b[31m.db"
        result = self.call("check", "gemma-2b", "--db", hostile, "--device", "x")
        self.assertNotIn("\x1b", result.stderr)
        self.assertIn("<U+001B>", result.stderr)


main()
