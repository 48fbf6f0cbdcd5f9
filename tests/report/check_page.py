#!/usr/bin/env python3
"""Reads whole pages as browsers, screen readers and careful eyes do.

    tests/report/check_page.py FOLDER     every *.html in it, as test_page left them

Tags nest and close; nothing is loaded; the policy names the hash of each style and script and allows nothing else; no
name acts. Headings descend one level at a time; tables have captions and scopes; whatever takes the focus has a name;
anchors exist once and links lead to them; data for charts is JSON that cannot end its element. The contrast of every
pair of colours in page.css is computed for both themes.
SPDX-License-Identifier: Apache-2.0
"""
import base64
import hashlib
import html.parser
import json
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
HOSTILE = re.compile(r"=<script src=\"https://x\.example/a\.js\">alert\('1'\)</script>")
VOID = {"meta", "br", "hr", "img", "input", "link"}
LOADS = {"link", "img", "iframe", "object", "embed", "video", "audio", "source", "base", "form", "svg"}
ACTS = {"a", "button", "summary"}
passed, failed = 0, 0


def check(ok, sentence):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    if not ok:
        print(sentence)


class Page(html.parser.HTMLParser):
    def __init__(self, name):
        super().__init__(convert_charrefs=True)
        self.name, self.open, self.metas, self.lang = name, [], [], None
        self.shown, self.styles, self.scripts, self.data = [], [], [], []
        self.ids, self.links, self.levels, self.tables, self.named = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        check(tag not in LOADS, f"{self.name}: <{tag}> loads something")
        for key, value in attrs:
            check(not key.startswith("on") and key not in ("src", "style"), f"{self.name}: <{tag} {key}={value!r}>")
        check("href" not in values or values["href"].startswith("#"), f"{self.name}: a link leads to {values.get('href')!r}")
        if "id" in values:
            self.ids.append(values["id"])
        if "href" in values:
            self.links.append(values["href"][1:])
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if values.get("tabindex") or tag == "canvas":
            check(values.get("aria-label"), f"{self.name}: <{tag}> takes the focus or draws, and has no name")
        self.look_at_tables(tag, values)
        if tag == "html":
            self.lang = values.get("lang")
        if tag == "meta":
            self.metas.append(values)
        if tag == "script":
            (self.data if values.get("type") == "application/json" else self.scripts).append("")
        if tag == "style":
            self.styles.append("")
        if tag in ACTS:
            self.named.append([tag, ""])
        if tag not in VOID:
            self.open.append((tag, values.get("type")))

    def look_at_tables(self, tag, values):
        if tag == "table":
            self.tables.append({"caption": False, "heads": 0})
        elif tag == "caption":
            self.tables[-1]["caption"] = True
        elif tag == "th":
            self.tables[-1]["heads"] += 1
            check(values.get("scope") in ("col", "row"), f"{self.name}: a heading cell without scope")

    def handle_endtag(self, tag):
        check(self.open and self.open[-1][0] == tag, f"{self.name}: </{tag}> closes {self.open[-1:]}")
        if self.open:
            self.open.pop()

    def handle_data(self, data):
        tag, kind = self.open[-1] if self.open else (None, None)
        if tag == "style":
            self.styles[-1] += data
        elif tag == "script":
            (self.data if kind else self.scripts)[-1] += data
        else:
            self.shown.append(data)
            if self.named:
                self.named[-1][1] += data


def digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def check_policy(page):
    found = [m["content"] for m in page.metas if m.get("http-equiv") == "Content-Security-Policy"]
    check(len(found) == 1, f"{page.name}: {len(found)} policies")
    want = {"default-src": ["'none'"], "style-src": [digest(s) for s in page.styles], "base-uri": ["'none'"], "form-action": ["'none'"]}
    if page.scripts:
        want["script-src"] = [digest(s) for s in page.scripts]
    have = {words[0]: words[1:] for words in (part.split() for part in found[0].split(";"))}
    check(have == want, f"{page.name}: the policy is {have}, the page needs {want}")


def check_structure(page):
    check(not page.open, f"{page.name}: left open: {page.open}")
    check(page.lang == "en", f"{page.name}: its language is {page.lang}")
    check(any(m.get("name") == "viewport" for m in page.metas), f"{page.name}: no viewport")
    check(page.levels and page.levels[0] == 1 and page.levels.count(1) == 1, f"{page.name}: headings {page.levels}")
    for above, below in zip(page.levels, page.levels[1:]):
        check(below <= above + 1, f"{page.name}: a heading of level {below} follows one of level {above}")
    for table in page.tables:
        check(table["caption"] and table["heads"], f"{page.name}: a table without caption or headings")
    for tag, name in page.named:
        check(name.strip(), f"{page.name}: <{tag}> has no name")
    check(len(page.ids) == len(set(page.ids)), f"{page.name}: an anchor stands twice")
    for link in page.links:
        check(link in page.ids, f"{page.name}: a link leads to #{link}, which is not there")


def check_names(page, source):
    shown = "".join(page.shown)
    check(not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", source), f"{page.name}: a control character")
    if "hostile" in page.name:
        check(HOSTILE.search(shown), f"{page.name}: the hostile name is not shown as text")
    else:
        check("://" not in shown, f"{page.name}: an address")
    check("nan" not in shown.lower().split(), f"{page.name}: nan")
    for text in page.data:
        check(not re.search("[<>&\u2028\u2029]", text), f"{page.name}: the data for charts could be taken for markup")
        for chart in json.loads(text):
            check(chart["id"] in page.ids and chart["series"], f"{page.name}: a chart without canvas or series")
    check(not any("</script" in s or "<!--" in s for s in page.scripts), f"{page.name}: a script could end early")
    check(not any("url(" in s or "@import" in s for s in page.styles), f"{page.name}: the style loads something")


# ---- contrast (WCAG 2.2, 1.4.3 and 1.4.11) ----

VERDICTS = ["comfortable", "usable", "too_slow", "does_not_fit", "unsupported", "unknown"]
PAIRS = [(text, ground, 4.5) for text in ("ink", "soft", "link") for ground in ("paper", "card")] + \
        [("ink", verdict, 4.5) for verdict in VERDICTS] + \
        [(f"series-{i}", "paper", 3.0) for i in range(1, 7)] + [("soft", "card", 3.0)]


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def check_contrast():
    style = (TOP / "report/page.css").read_text(encoding="utf-8")
    themes = {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", style)}
    check(set(themes) == {name for pair in PAIRS for name in pair[:2]} | {"line"}, f"page.css: colours without a pair: {sorted(themes)}")
    check(not re.search(r"#[0-9a-f]{3,8}\b", re.sub(r"light-dark\([^)]*\)", "", style)), "page.css: a colour of one theme only")
    for front, ground, least in PAIRS:
        for theme in (0, 1):
            a, b = sorted((luminance(themes[front][theme]), luminance(themes[ground][theme])), reverse=True)
            ratio = (a + 0.05) / (b + 0.05)
            check(ratio >= least, f"page.css: {front} on {ground}, {('light', 'dark')[theme]}: {ratio:.2f}, at least {least}")


pages = sorted(pathlib.Path(sys.argv[1]).glob("*.html"))
check(pages, f"{sys.argv[1]}: no page")
for path in pages:
    text = path.read_text(encoding="utf-8")
    read = Page(path.name)
    read.feed(text)
    read.close()
    check_structure(read)
    check_policy(read)
    check_names(read, text)
check_contrast()
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
