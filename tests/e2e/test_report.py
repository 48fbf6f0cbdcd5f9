#!/usr/bin/env python3
"""`report`: the page that the program writes, read back as a careful reader does (tests/report/check_page.py).
SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import subprocess
import sys

from weighin import TOP, Case, main, needs_maker, needs_program

HOSTILE = "</script><script>alert(1)</script><!-- \u2028 \u202e'\" \U0001f9a5 " + "long " * 35
CACHE = pathlib.Path(os.environ.get("WEIGHIN_BUILD_DIR", TOP / "build")) / "CMakeCache.txt"


@needs_program
@needs_maker
class Report(Case):
    def page(self):
        folder = self.here / "pages"
        folder.mkdir()
        self.ends(self.call("report", "--db", self.db, "-o", folder / "weighin.html"), 0)
        return folder / "weighin.html"

    def holds(self, page):
        read = subprocess.run([sys.executable, TOP / "tests/report/check_page.py", page.parent], capture_output=True, text=True, check=False)
        self.assertEqual(read.returncode, 0, read.stdout)

    def test_the_page_is_whole_and_closed(self):
        self.null_run()
        self.holds(self.page())

    def test_a_hostile_name_ends_no_script(self):
        self.null_run("--label", f"shelf={HOSTILE}")
        name = HOSTILE.replace("'", "''")
        self.as_if("inventory", f"name = '{name}'")
        page = self.page()
        self.holds(page)
        text = page.read_text(encoding="utf-8")
        self.assertNotIn("<script>alert", text)
        self.assertIn("&lt;/script&gt;&lt;script&gt;alert(1)", text)

    def test_charts_are_there_or_said_to_be_left_out(self):
        self.null_run()
        built = "WEIGHIN_CHART_JS:FILEPATH=/" in CACHE.read_text(encoding="utf-8") if CACHE.exists() else None
        text = self.page().read_text(encoding="utf-8")
        drawn = "Chart.js v" in text
        self.assertEqual(drawn, "<canvas" in text)
        self.assertNotEqual(drawn, "Charts are left out" in text)
        if built is not None:
            self.assertEqual(drawn, built, "charts are not what the build found")


if __name__ == "__main__":
    main()
