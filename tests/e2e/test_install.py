#!/usr/bin/env python3
"""cmake --install into an empty folder: what lands there works without the source and build folders.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from weighin import Case, REPORT_ONLY, TOP, main, needs_program

BUILD = os.environ.get("WEIGHIN_BUILD_DIR", "")


@needs_program
@unittest.skipUnless(BUILD and shutil.which("cmake"), "no build folder given, or no cmake")
class Install(Case):
    def setUp(self):
        super().setUp()
        self.prefix = self.here / "prefix"
        done = subprocess.run(["cmake", "--install", BUILD, "--prefix", str(self.prefix)], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.binary = self.prefix / "bin/weighin"

    def test_everything_is_there(self):
        installed = {p.relative_to(self.prefix).as_posix() for p in self.prefix.rglob("*") if p.is_file()}
        want = {"bin/weighin", "share/doc/weighin/LICENSE", "share/doc/weighin/README.md", "share/doc/weighin/CHANGELOG.md",
                "share/doc/weighin/docs/database.md", "share/doc/weighin/docs/json.md", "share/weighin/models/models.yaml"}
        want |= {"share/man/man1/weighin.1", "share/man/man1/weighin-check.1", "share/bash-completion/completions/weighin",
                 "share/zsh/vendor-completions/_weighin"}
        want |= {f"share/weighin/schema/{p.name}" for p in (TOP / "cli/schema").glob("*.json")}
        want |= {f"share/weighin/{p.parent.parent.name}/{p.name}" for p in TOP.glob("*/data/*.yaml")}
        self.assertLessEqual(want, installed)

    def test_it_works_elsewhere(self):
        self.ends(self.call("--version", binary=self.binary), 0)
        self.ends(self.call("estimate", "gemma-2b", binary=self.binary), 0)
        listed = self.call("list", "models", "--json", binary=self.binary)
        self.assertIn("gemma-2b", [m["id"] for m in json.loads(listed.stdout)["items"]])
        if not REPORT_ONLY:  # workers are this binary, executed anew
            self.ends(self.call("probe", binary=self.binary), 0)
            self.ends(self.call("run", "--backends", "null", "--models", "gemma-2b", "--precisions", "q4_0", binary=self.binary), 0)

    def test_no_path_of_the_build_is_in_it(self):
        self.assertNotIn(str(pathlib.Path(BUILD).resolve()).encode() + b"/", self.stripped())

    def stripped(self):
        """Without debugging information, which names sources by right."""
        if shutil.which("strip") is None:
            self.skipTest("strip is not installed")
        bare = self.here / "bare"
        subprocess.run(["strip", "-o", str(bare), str(self.binary)], check=True)
        return bare.read_bytes()


main()
