#!/usr/bin/env python3
"""Every recipe of docs/recipes.md, and every query of docs/database.md, runs on a database that a run made.

SPDX-License-Identifier: Apache-2.0
"""
import re
import shutil
import subprocess

from weighin import Case, TOP, main, needs_maker, needs_program

RECIPE = re.compile(r"<!-- recipe: ([a-z ]+) -->\n```sql\n(.*?)```", re.DOTALL)
QUERY = re.compile(r"```sql\n(.*?)```", re.DOTALL)


@needs_program
@needs_maker
class Recipes(Case):
    def test_every_recipe_answers(self):
        for _ in range(2):
            self.null_run(script="case=*/*/prefill:scale=1,1,2,9;case=*/f16/decode:crash_at_pass=2")
        text = (TOP / "docs/recipes.md").read_text(encoding="utf-8")
        recipes = dict(RECIPE.findall(text))
        self.assertEqual(len(QUERY.findall(text)), len(recipes), "a recipe without a name")
        self.assertGreater(len(recipes), 10)
        for name, query in recipes.items():
            with self.subTest(recipe=name):
                self.assertTrue(self.rows(query), f"{name}: no rows")
                if shutil.which("sqlite3"):  # as it is typed
                    done = subprocess.run(["sqlite3", "-readonly", str(self.db)], input=query, capture_output=True, text=True, check=False)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertTrue(done.stdout)
        for _, stored, again in self.rows(recipes["tokens per second"]):
            self.assertAlmostEqual(stored, again, delta=1e-9 * stored)
        self.assertEqual({(row[4], row[6]) for row in self.rows(recipes["failures"])}, {("crashed", 2)})
        queries = QUERY.findall((TOP / "docs/database.md").read_text(encoding="utf-8"))
        self.assertGreater(len(queries), 3)
        for query in queries:
            self.rows(query)


main()
