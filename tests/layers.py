#!/usr/bin/env python3
"""Reads the include lines of the sources and fails when one crosses a layer.

    tests/layers.py [--self-test]        from anywhere

The table is the design's: which folder may include which, and which system headers belong to which
files. Prints one line for each crossing; the last line is 'N passed, N failed' (files).
SPDX-License-Identifier: Apache-2.0
"""
import fnmatch
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent

# folder: folders or single headers of ours that it may include besides itself
MAY = {
    "base": [],
    "models": ["base/"],
    "results": ["base/", "models/"],
    "probes": ["base/", "results/record.h"],
    "kernels": ["base/", "models/", "results/record.h", "probes/probe.h", "probes/env.h"],
    "bench": ["base/", "models/", "probes/", "kernels/", "results/"],
    "report": ["base/", "models/", "results/"],
    "cli": ["base/", "models/", "results/", "probes/", "kernels/", "bench/", "report/"],
}
# header pattern: files that may include it
SYSTEM = {
    "sqlite3.h": ["results/store_*.c", "results/store_*.h"],
    "cyaml/*": ["*/*_yaml.c"],
    "jansson.h": ["results/import_*.c", "models/safetensors*.c"],
    "hwloc.h": ["probes/cpu_hwloc.c"],
    "hwloc/*": ["probes/cpu_hwloc.c"],
    "vulkan/*": ["probes/vulkan_child.c", "kernels/vulkan/*"],
    "CL/*": ["probes/opencl_child.c", "kernels/opencl/*"],
    "omp.h": ["kernels/cpu/*"],
    "popt.h": ["cli/*"],
    "immintrin.h": ["kernels/cpu/*"],
    "arm_neon.h": ["kernels/cpu/*"],
    "cpuid.h": ["probes/*"],
    # the seam to the operating system
    "sys/*": ["base/os_*.c", "base/os.h", "base/os_parts.h"],
    "unistd.h": ["base/os_*.c", "kernels/null/null.c"],
    "fcntl.h": ["base/os_*.c"],
    "poll.h": ["base/os_*.c"],
    "pthread.h": ["base/os_*.c"],
    "sched.h": ["base/os_*.c"],
    "dirent.h": ["base/os_*.c", "base/os_parts.h"],
    "spawn.h": ["base/os_*.c"],
}
# Crossings that have their reason: (file, header).
EXCEPT = {
    ("probes/gpu_loader.c", "dlfcn.h"),
    ("probes/gpu_icd.c", "glob.h"),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def crossings(path, text):
    """Yields one sentence for each include line of `path` that crosses a layer."""
    folder = path.split("/")[0]
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        kind, header = match.groups()
        if (path, header) in EXCEPT:
            continue
        if kind == '"':
            if "/" not in header:
                yield f'{path}:{number}: "{header}": name the folder'
                continue
            if header.startswith(folder + "/") or header.startswith("generated/"):
                continue
            if not any(header == may or (may.endswith("/") and header.startswith(may)) for may in MAY[folder]):
                yield f'{path}:{number}: {folder} may not include "{header}"'
        else:
            for pattern, files in SYSTEM.items():
                if fnmatch.fnmatch(header, pattern) and not any(fnmatch.fnmatch(path, f) for f in files):
                    yield f"{path}:{number}: <{header}> belongs to {', '.join(files)}"


def self_test():
    bad = [("base/a.c", '#include "models/model.h"'), ("report/a.c", "#include <sqlite3.h>"), ("models/a.c", '#include "x.h"'),
           ("probes/a.c", "#include <sys/stat.h>"), ("kernels/a.c", "# include <omp.h>"), ("probes/a.c", '#include "results/store.h"')]
    good = [("models/a.c", '#include "base/buf.h"'), ("results/store_a.c", "#include <sqlite3.h>"), ("kernels/cpu/a.c", "#include <omp.h>"),
            ("base/os_x.c", "#include <sys/stat.h>"), ("cli/main.c", '#include "bench/run.h"')]
    for path, line in bad:
        assert list(crossings(path, line)), f"not seen: {path}: {line}"
    for path, line in good:
        assert not list(crossings(path, line)), f"wrongly seen: {path}: {line}"


def main():
    self_test()
    passed, failed = 0, 0
    for folder in MAY:
        for source in sorted((TOP / folder).rglob("*")):
            if source.suffix not in (".c", ".h", ".inc") or not source.is_file():
                continue
            path = source.relative_to(TOP).as_posix()
            found = list(crossings(path, source.read_text(encoding="utf-8")))
            print(*found, sep="\n", end="\n" if found else "")
            failed += bool(found)
            passed += not found
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())
