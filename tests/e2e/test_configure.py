#!/usr/bin/env python3
"""A missing SDK never fails the configure step, and what was installed later is found.

    tests/e2e/test_configure.py [--build]       --build: builds each as well, and asks its program

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from weighin import Case, TOP, main

BUILD = "--build" in sys.argv and not sys.argv.remove("--build")
MODULES = "hwloc sqlite3 libcyaml jansson popt cmocka".split()
# pkg-config that does not know some modules.
WRAPPER = """#!/bin/sh
for word in "$@"; do
    case " $HIDDEN_MODULES " in *" ${word%%[<>= ]*} "*) exit 1 ;; esac
done
exec pkg-config "$@"
"""


@unittest.skipUnless(shutil.which("cmake") and shutil.which("ninja") and shutil.which("pkg-config"), "cmake, ninja or pkg-config is not installed")
class Configure(Case):
    def setUp(self):
        super().setUp()
        self.wrapper = self.here / "pkg-config"
        self.wrapper.write_text(WRAPPER, encoding="utf-8")
        self.wrapper.chmod(0o755)

    def configure(self, name, *options, hidden=""):
        """Configures into a folder of this test; gives what CMake printed."""
        done = subprocess.run(["cmake", "-S", str(TOP), "-B", str(self.here / name), "-G", "Ninja", f"-DPKG_CONFIG_EXECUTABLE={self.wrapper}",
                               *options], env=self.env | {"HIDDEN_MODULES": hidden}, capture_output=True, text=True, check=False, cwd=self.here)
        self.assertEqual(done.returncode, 0, f"{name}: {done.stderr[-2000:]}")
        return done.stdout + done.stderr

    def build(self, name):
        if BUILD:
            done = subprocess.run(["cmake", "--build", str(self.here / name)], env=self.env, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, f"{name}: {done.stdout[-3000:]}")
        return self.here / name / "weighin"

    def test_one_module_missing_at_a_time(self):
        for module in MODULES:
            with self.subTest(module=module):
                said = self.configure(module, hidden=module)
                self.assertNotIn("CMake Warning", said)
                program = self.build(module)
                if BUILD and module != "popt":
                    self.ends(self.call("--version", binary=program), 0)
                    self.ends(self.call("list", "models", binary=program), 1 if module == "libcyaml" else 0)

    def test_no_gpu_headers(self):
        for option in ("WEIGHIN_VULKAN_INCLUDE", "WEIGHIN_OPENCL_INCLUDE"):
            with self.subTest(option=option):
                self.assertIn("headers not found", self.configure(option, f"-D{option}="))
                program = self.build(option)
                if BUILD:
                    self.assertIn("not_built", self.call("list", "backends", binary=program).stdout)

    def test_no_chart_js(self):
        self.assertIn("charts are left out", self.configure("charts", "-DWEIGHIN_CHART_JS="))
        program = self.build("charts")
        if BUILD:
            self.null_run()
            self.ends(self.call("report", "--db", self.db, "-o", self.here / "page.html", binary=program), 0)
            self.assertIn("Charts are left out", (self.here / "page.html").read_text(encoding="utf-8"))

    def test_nothing_at_all(self):
        self.configure("nothing", "-DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON", "-DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON",
                       "-DCMAKE_DISABLE_FIND_PACKAGE_Python3=ON", "-DWEIGHIN_VULKAN_INCLUDE=", "-DWEIGHIN_OPENCL_INCLUDE=")
        self.build("nothing")

    def test_what_is_installed_later_is_found(self):
        self.configure("later", hidden=" ".join(MODULES))
        self.assertNotIn("cmocka not found", self.configure("later"))

    def test_report_only_asks_for_no_device_sdk(self):
        said = self.configure("report", "-DWEIGHIN_REPORT_ONLY=ON", hidden="hwloc")
        self.assertNotIn("hwloc", said)
        program = self.build("report")
        if BUILD and shutil.which("ldd"):
            linked = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
            for library in ("hwloc", "vulkan", "OpenCL", "gomp"):
                self.assertNotIn(library, linked)


class Start(Case):
    """./start where it can be tried without installing anything."""

    def test_help_installs_nothing(self):
        done = subprocess.run([str(TOP / "start"), "--help"], capture_output=True, text=True, check=False, cwd=self.here)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("./start test", done.stdout)

    def test_without_packages_and_root_it_says_what_is_missing(self):
        """As anybody, with a dpkg-query that knows of no package, and no sudo."""
        tools = self.here / "tools"
        tools.mkdir(mode=0o755)
        self.here.chmod(0o755)
        for name in ("bash", "env", "dirname", "id", "sed", "grep", "cat"):
            (tools / name).symlink_to(shutil.which(name))
        for name, text in (("dpkg-query", "exit 1"), ("apt-get", "exit 1"), ("ldconfig", "exit 1")):
            (tools / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            (tools / name).chmod(0o755)
        shutil.copy(TOP / "start", self.here / "start")
        anybody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        for options, short in ((["test"], True), (["test", "--long"], False)):
            done = subprocess.run([str(self.here / "start"), *options], env={"PATH": str(tools)}, capture_output=True, text=True, check=False,
                                  cwd=pathlib.Path("/"), **anybody)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("libhwloc-dev", done.stderr)
            self.assertEqual("vulkan-validationlayers" not in done.stderr, short, "what only the long test needs")
            self.assertIn("needs root", done.stderr.splitlines()[-1])


main()
