#!/usr/bin/env python3
"""Makes report/width.inc: which characters take no column of a terminal, and which take two.

    python3 report/width.py > report/width.inc

From the Unicode data of Python's own library: no column for combining marks, format characters and the
later jamo of a Korean syllable; two for what UAX #11 calls wide or fullwidth. What is not assigned yet
joins two ranges that it lies between.
SPDX-License-Identifier: Apache-2.0
"""
import sys
import unicodedata


def columns(code):
    character = chr(code)
    if unicodedata.category(character) in ("Mn", "Me", "Cf") or 0x1160 <= code <= 0x11FF:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def ranges(wanted):
    found, joined = [], False
    for code in range(0x300, 0xE0000):
        if unicodedata.category(chr(code)) == "Cn":
            continue
        if columns(code) == wanted:
            if joined:
                found[-1][1] = code
            else:
                found.append([code, code])
        joined = columns(code) == wanted
    return found


print(f"/* width.inc: made by width.py from Unicode {unicodedata.unidata_version}; do not edit.")
print(" * SPDX-License-Identifier: Apache-2.0 */")
for name, wanted in (("width_none", 0), ("width_two", 2)):
    print(f"static const struct range {name}[] = {{")
    line = "   "
    for first, last in ranges(wanted):
        item = f" {{0x{first:x}, 0x{last:x}}},"
        if len(line + item) > 100:
            print(line)
            line = "   "
        line += item
    print(line + "\n};")
sys.stdout.flush()
