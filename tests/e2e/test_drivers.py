#!/usr/bin/env python3
"""Drivers that are missing, do not load, crash or hang: every command works and says what is missing.

Loaders come from the system; a test whose loader is not installed is skipped. The drivers are those of tests/icd.
SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib

from weighin import Case, ICDS, MAKER, NO_DRIVERS, NULL_RUN, TOP, main, needs_machine, needs_program

NO_LOADER = {"WEIGHIN_VULKAN_LIB": "libnowhere.so.1", "WEIGHIN_OPENCL_LIB": "libnowhere.so.1"}


def driver(api, name):
    """The environment in which `name` of tests/icd is the only driver of an API, and the other API has none."""
    path = f"{ICDS}/{name}.{'json' if api == 'vulkan' else 'icd'}"
    return NO_DRIVERS | ({"VK_DRIVER_FILES": path, "VK_ICD_FILENAMES": path} if api == "vulkan" else {"OCL_ICD_VENDORS": path})


@needs_program
@needs_machine
class Drivers(Case):
    def backend(self, name, env):
        """The row of `list backends`: status, reason, advice."""
        result = self.call("list", "backends", "--json", env=env)
        self.ends(result, 0)
        return next(b for b in json.loads(result.stdout)["items"] if b["backend"] == name)

    def everything_works(self, env):
        self.ends(self.call("probe", env=env), 0)
        self.ends(self.call("list", "kernels", env=env), 0)
        self.ends(self.call("check", "gemma-2b", env=env), 4)
        self.ends(self.call(*NULL_RUN, "--db", "run.db", binary=MAKER, env=env), 0)
        self.ends(self.call("verify", "run.db", env=env), 0)

    def is_missing(self, name, env, status, *words):
        row = self.backend(name, env)
        if row["status"] == "not_built":
            self.skipTest(f"{name} is not built")
        if "libnowhere" not in str(env) and row["status"] == "unavailable" and "loader" in row["reason"] and "no " not in row["reason"]:
            self.skipTest(row["reason"])
        self.assertEqual(row["status"], status, row)
        for word in words:
            self.assertIn(word, row["reason"])
        return row

    def test_no_loader(self):
        for name in ("vulkan", "opencl"):
            row = self.is_missing(name, NO_LOADER, "unavailable", "libnowhere.so.1")
            self.assertTrue(row["advice"], row)
        self.everything_works(NO_LOADER)
        self.assertIn("libnowhere.so.1", self.call("probe", env=NO_LOADER).stdout)

    def test_no_driver(self):
        for name in ("vulkan", "opencl"):
            row = self.is_missing(name, NO_DRIVERS, "unavailable")
            self.assertTrue(row["advice"], row)
        self.everything_works(NO_DRIVERS)

    def broken(self, api, name, status, *words):
        if not ICDS or not pathlib.Path(ICDS).is_dir():
            self.skipTest("the drivers of tests/icd are not built")
        env = driver(api, name)
        self.is_missing(api, env, status, *words)
        return env

    def test_a_vulkan_driver_that_does_not_load(self):
        self.everything_works(self.broken("vulkan", "vk_missing", "unavailable"))

    def test_an_opencl_driver_that_does_not_load(self):
        self.everything_works(self.broken("opencl", "cl_missing", "unavailable"))

    def test_a_vulkan_driver_that_crashes(self):
        self.everything_works(self.broken("vulkan", "vk_crash_enumerate", "crashed", "signal 11"))

    def test_an_opencl_driver_that_crashes(self):
        self.everything_works(self.broken("opencl", "cl_crash_devices", "crashed"))

    def test_a_driver_that_hangs_is_given_up(self):
        self.broken("vulkan", "vk_hang", "timeout")

    def test_a_gpu_that_answers_is_listed(self):
        if not ICDS or not pathlib.Path(ICDS).is_dir():
            self.skipTest("the drivers of tests/icd are not built")
        env = driver("vulkan", "vk_replay") | {"WEIGHIN_ICD_KV": str(TOP / "tests/fixtures/gpus/amd-apu.kv")}
        row = self.backend("vulkan", env)
        if row["status"] != "ok":
            self.skipTest(str(row["reason"]))
        gpus = json.loads(self.call("probe", "--json", env=env).stdout)["device"]["gpus"]
        self.assertTrue(any("vulkan" in json.dumps(g["apis"]) and not g["software"] for g in gpus), gpus)


main()
