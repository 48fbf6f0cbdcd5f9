#!/usr/bin/env python3
"""The page in a browser: Chromium, driven by python3-selenium (Debian: chromium-driver python3-selenium).

Pages: one device of the lab that does not exist; a device with a hostile name; out of those that test_page left one with
a roofline and one without Chart.js. Screenshots stay in the build folder, tests/e2e/page-*.png. The automated
accessibility check runs where axe-core is (npm install axe-core; WEIGHIN_AXE names its axe.min.js).
SPDX-License-Identifier: Apache-2.0
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from weighin import MAKER, Case, figure, main, needs_maker, needs_program

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    DEBIANS = "/usr/bin/python3"  # what Debian packages belongs to Debian's Python; another may stand in front of it
    if os.access(DEBIANS, os.X_OK) and "WEIGHIN_AGAIN" not in os.environ:
        os.execve(DEBIANS, [DEBIANS, *sys.argv], {**os.environ, "WEIGHIN_AGAIN": "1"})
    webdriver = None

BUILD = pathlib.Path(os.environ.get("WEIGHIN_BUILD_DIR", "build"))
LAB = os.environ.get("WEIGHIN_LAB", "")
AXE = os.environ.get("WEIGHIN_AXE", "node_modules/axe-core/axe.min.js")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
START_S = 600
PATIENCE_S = 120  # for one thing to happen on a loaded machine
WIDTHS = (360, 768, 1440)
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> \u202egnp.exe \U0001f9a5 " + "long " * 35
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--in-process-gpu", "--disable-software-rasterizer", "--hide-scrollbars",
           "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--no-first-run")
INK = """
const canvas = document.getElementById(arguments[0]), hues = new Set();
const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
let inked = 0;
for (let i = 0; i < pixels.length; i += 4)
  if (pixels[i + 3] > 200) { inked++; hues.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]); }
return [inked / (pixels.length / 4), hues.size, canvas.toDataURL()];
"""
missing = [name for name, there in (("python3-selenium", webdriver), ("chromium", CHROMIUM), ("chromium-driver", DRIVER)) if not there]


@needs_program
@needs_maker
@unittest.skipIf(missing, f"not installed: {' '.join(missing)}")
class Browser(Case):
    @classmethod
    def setUpClass(cls):
        cls.profile = tempfile.mkdtemp(prefix="weighin-chromium-")
        # Started here, since chromedriver gives a browser one minute to start, which a loaded machine does not.
        cls.browser = subprocess.Popen([CHROMIUM, *OPTIONS, f"--user-data-dir={cls.profile}", "--remote-debugging-port=0", "about:blank"],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.end)
        options = webdriver.ChromeOptions()
        options.debugger_address = f"127.0.0.1:{cls.port()}"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        cls.driver = webdriver.Chrome(service=Service(DRIVER), options=options)
        cls.pages = {}

    @classmethod
    def port(cls):
        said = pathlib.Path(cls.profile) / "DevToolsActivePort"
        end = time.monotonic() + START_S
        while not (said.exists() and said.read_text().count("\n")):
            if cls.browser.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{CHROMIUM} did not open its port within {START_S} s; exit code {cls.browser.poll()}")
            time.sleep(0.1)
        return said.read_text().split("\n")[0]

    @classmethod
    def end(cls):
        cls.browser.kill()
        cls.browser.wait()
        shutil.rmtree(cls.profile, ignore_errors=True)

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()

    # ---- pages ----

    def made(self, name):
        if name not in self.pages:
            self.pages[name] = pathlib.Path(self.profile) / f"{name}.html"
            getattr(self, f"make_{name}")(self.pages[name])
        return self.pages[name]

    def make_lab(self, path):
        if not os.access(LAB, os.X_OK):
            self.skipTest("the generator of tests/lab is not built")
        db = self.here / "lab.db"
        self.ends(self.call(db, "--only", 5, binary=LAB, timeout=600), 0)
        self.ends(self.call("derive", "--db", db, timeout=600), 0)
        self.ends(self.call("report", "--db", db, "-o", path), 0)

    def make_hostile(self, path):
        self.null_run("--label", f"shelf={HOSTILE}")
        quoted = HOSTILE.replace("'", "''")
        self.as_if("inventory", f"name = '{quoted}'")
        self.ends(self.call("report", "--db", self.db, "-o", path), 0)

    def make_roofline(self, path):
        """The lab measured nothing of its limits; the page of test_page has a roofline, and a stand-in for Chart.js."""
        found, stand_in = BUILD / "tests/report/page-no_gpu.html", "/* Chart.js */"
        library = re.search("WEIGHIN_CHART_JS:FILEPATH=(/.*)", (BUILD / "CMakeCache.txt").read_text(encoding="utf-8"))
        if not found.exists() or not library:
            self.skipTest("test_page did not leave its pages, or the build found no Chart.js")
        text, script = found.read_text(encoding="utf-8"), pathlib.Path(library[1]).read_text(encoding="utf-8")
        hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in (stand_in, script)]
        path.write_text(text.replace(*hashes).replace(f"<script>{stand_in}", f"<script>{script}"), encoding="utf-8")

    def make_bare(self, path):
        found = BUILD / "tests/report/page-all_failed.html"
        if not found.exists():
            self.skipTest("test_page did not leave its pages")
        shutil.copy(found, path)

    def show(self, name, width=1440, theme="light", height=900):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": [{"name": "prefers-color-scheme", "value": theme}]})
        self.address = self.made(name).as_uri()
        self.driver.get(self.address)
        self.script("try { localStorage.clear() } catch {}")  # what another test chose
        self.driver.get("about:blank")
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)
        self.driver.get(self.address)

    def script(self, text, *values):
        return self.driver.execute_script(text, *values)

    def wait(self, text, *values):
        return WebDriverWait(self.driver, PATIENCE_S, poll_frequency=0.05).until(lambda _: self.script(text, *values))

    def draw_all(self):
        ids = self.script("return Array.from(document.querySelectorAll('canvas'), (c) => c.id)")
        for i in ids:
            self.script("document.getElementById(arguments[0]).scrollIntoView()", i)
            self.wait("return document.getElementById(arguments[0]).dataset.drawn === 'yes'", i)
        return ids

    # ---- what is held ----

    def test_it_is_silent_and_asks_for_nothing(self):
        for name in ("lab", "hostile", "roofline", "bare"):
            with self.subTest(name):
                self.show(name)
                self.draw_all()
                self.assertEqual([e for e in self.driver.get_log("browser")], [])
                events = [json.loads(e["message"])["message"] for e in self.driver.get_log("performance")]
                asked = {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}
                self.assertEqual(asked - {self.address, "about:blank"}, set())

    def test_charts_are_drawn_and_follow_the_theme(self):
        for name, want in (("lab", {"decode", "depth", "memory-bars"}), ("roofline", {"decode", "depth", "memory-bars", "roofline"})):
            with self.subTest(name):
                self.show(name)
                self.charts_are_drawn(want)

    def charts_are_drawn(self, want):
        ids = self.draw_all()
        self.assertEqual({i.split("-", 1)[1].rstrip("0123456789") for i in ids}, want)
        before = {i: self.script(INK, i) for i in ids}
        for i, (inked, hues, _) in before.items():
            self.assertGreater(inked, 0.01, f"{i}: next to nothing is drawn")
            self.assertGreater(hues, 3, f"{i}: {hues} colours")
        self.theme_button().click()
        for i in ids:
            self.assertNotEqual(self.script(INK, i)[2], before[i][2], f"{i} does not follow the theme")
        figure(f"page: {len(ids)} charts drawn")

    def theme_button(self):
        return self.driver.find_element(By.XPATH, "//header/button[text()='Dark theme']")

    def ground(self):
        return self.script("return getComputedStyle(document.body).backgroundColor")

    def test_the_theme_is_the_systems_until_it_is_chosen(self):
        self.show("lab", theme="dark")
        dark = self.ground()
        self.assertEqual(self.theme_button().get_attribute("aria-pressed"), "true")
        self.theme_button().click()
        light = self.ground()
        self.assertNotEqual(light, dark)
        self.assertEqual(self.theme_button().get_attribute("aria-pressed"), "false")
        self.theme_button().send_keys(Keys.SPACE)
        self.assertEqual(self.ground(), dark)
        self.show("lab", theme="light")
        self.assertEqual(self.ground(), light)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        self.assertEqual(self.ground(), light, "a page in dark is printed dark")
        self.assertFalse(self.script("return document.querySelector('header').offsetHeight"), "buttons are printed")

    def column(self, table, n):
        return self.script("return Array.from(arguments[0].tBodies[0].rows, (r) => r.cells[arguments[1]].dataset.sort ?? null)", table, n)

    def test_tables_sort_by_mouse_and_keyboard(self):
        self.show("lab")
        self.script("for (const d of document.querySelectorAll('details')) d.open = true")
        table = self.driver.find_element(By.XPATH, "//table[caption[contains(., 'Every verdict')]]")
        heads = table.find_elements(By.CSS_SELECTOR, "thead th")
        n = [h.text.split("\n")[0].strip(" ↕") for h in heads].index("decode")
        button = heads[n].find_element(By.TAG_NAME, "button")
        self.script("arguments[0].scrollIntoView({block: 'center'})", button)
        for act, word, turned in ((button.click, "ascending", False), (lambda: button.send_keys(Keys.ENTER), "descending", True)):
            act()
            self.assertEqual(heads[n].get_attribute("aria-sort"), word)
            values = self.column(table, n)
            known = [float(v) for v in values if v is not None]
            self.assertGreater(len(known), 3)
            self.assertEqual(known, sorted(known, reverse=turned))
            self.assertEqual(values[len(known):], [None] * (len(values) - len(known)), "what is unknown is not last")
        self.assertEqual([h.get_attribute("aria-sort") for i, h in enumerate(heads) if i != n], ["none"] * (len(heads) - 1))

    def test_a_number_leads_to_its_samples(self):
        self.show("lab")
        cell = self.driver.find_element(By.CSS_SELECTOR, "table.grid td.comfortable a")
        self.script("arguments[0].scrollIntoView({block: 'center'})", cell)
        cell.click()
        row = self.wait("return document.querySelector('tr:target')")
        self.assertTrue(row.is_displayed(), "the verdict's row stays folded away")
        link = row.find_element(By.XPATH, ".//a[contains(., 'measurement')]")
        self.script("arguments[0].scrollIntoView({block: 'center', inline: 'center'})", link)
        link.click()
        samples = self.wait("return document.querySelector('details:target')")
        self.assertTrue(samples.find_element(By.TAG_NAME, "dl").is_displayed())
        self.assertIn("samples", samples.text)

    def test_it_is_as_wide_as_the_screen_and_no_wider(self):
        for name in ("lab", "hostile"):
            for width in WIDTHS:
                for theme in ("light", "dark"):
                    with self.subTest(name=name, width=width, theme=theme):
                        self.show(name, width, theme)
                        self.draw_all()
                        self.script("window.scrollTo(0, 0)")
                        self.assertLessEqual(self.script("return document.documentElement.scrollWidth"), width)
                        shot = base64.b64decode(self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": {
                            "x": 0, "y": 0, "width": width, "height": min(4000, self.script("return document.documentElement.scrollHeight")), "scale": 1}})["data"])
                        self.assertGreater(len(shot), 20_000, "the picture is next to empty")
                        (BUILD / f"tests/e2e/page-{name}-{width}-{theme}.png").write_bytes(shot)

    def test_it_prints(self):
        self.show("lab")
        pdf = base64.b64decode(self.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})["data"])
        self.assertTrue(pdf.startswith(b"%PDF"))
        (BUILD / "tests/e2e/page-lab.pdf").write_bytes(pdf)
        self.assertEqual(self.script("return document.querySelectorAll('canvas:not([data-drawn])').length"), 0, "charts below the screen are not printed")

    def test_it_reads_without_scripts(self):
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        try:
            self.show("lab")
            self.assertEqual(self.driver.find_elements(By.TAG_NAME, "button"), [], "a button that does nothing")
            for caption in ("Verdicts", "Every verdict", "Decode speed", "Memory that each model needs", "Measurements of this run"):
                self.assertTrue(self.driver.find_elements(By.XPATH, f"//table[caption[contains(., '{caption}')]]//td"), caption)
            self.assertFalse([c for c in self.driver.find_elements(By.TAG_NAME, "canvas") if c.is_displayed()], "an empty chart")
        finally:
            self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    @unittest.skipUnless(os.path.exists(AXE), f"axe-core is not there: {AXE} (npm install axe-core, WEIGHIN_AXE)")
    def test_axe_finds_nothing(self):
        axe = pathlib.Path(AXE).read_text(encoding="utf-8")
        for name in ("lab", "hostile", "bare"):
            for theme in ("light", "dark"):
                with self.subTest(name=name, theme=theme):
                    self.show(name, theme=theme)
                    self.draw_all()
                    self.script("for (const d of document.querySelectorAll('details')) d.open = !d.closest('details details')")
                    self.driver.set_script_timeout(600)
                    self.script(axe + ";window.axe = axe")
                    found = self.driver.execute_async_script("const done = arguments[0]; axe.run().then((r) => done([r.violations, r.passes.length]))")
                    self.assertEqual([(v["id"], v["help"], [n["html"][:160] for n in v["nodes"][:3]]) for v in found[0]], [])
                    figure(f"page: axe-core on {name} in {theme}: {found[1]} rules hold")


if __name__ == "__main__":
    main()
