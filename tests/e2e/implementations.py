"""The four GPU implementations that run on any processor, as their packages ship them.

Each knows its package, where its manifest is, the environment in which it is its API's only driver, and what its own
tool (vulkaninfo, clinfo) says of it. $WEIGHIN_LONG=1 means that whoever calls has installed them all: then one that
is missing is a failure.
SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import re
import shutil
import subprocess

from weighin import NO_DRIVERS

ALL_MUST_BE_THERE = os.environ.get("WEIGHIN_LONG") == "1"
VULKAN_DRIVERS = ("VK_DRIVER_FILES", "VK_ICD_FILENAMES")  # the newer and the older name; loaders read one of them


def missing(case, reason):
    """Skips what needs something that is not installed; fails where everything should be."""
    if ALL_MUST_BE_THERE:
        case.fail(reason)
    case.skipTest(reason)


def files_of(*packages):
    """Files that installed Debian packages brought."""
    if not shutil.which("dpkg"):
        return []
    listed = [subprocess.run(["dpkg", "-L", p], capture_output=True, text=True, check=False).stdout.splitlines() for p in packages]
    return [pathlib.Path(f) for files in listed for f in files]


class Implementation:
    def __init__(self, name, api, packages, manifest, device, also=None):
        self.name, self.api, self.packages, self.manifest, self.device = name, api, packages, manifest, device
        self.also = also or {}  # variables that switch it on

    def find(self, case):
        """The manifest, with its library where it says; else the case is skipped or fails."""
        found = [f for f in files_of(*self.packages) if re.fullmatch(self.manifest, f.name)]
        if not found:
            missing(case, f"{self.name}: no {self.manifest} in the package {self.packages[0]}: is it installed?")
        return self.usable(case, found[0])

    def usable(self, case, manifest):
        raise NotImplementedError


class Vulkan(Implementation):
    def usable(self, case, manifest):
        document = json.loads(manifest.read_text(encoding="utf-8"))
        library = document["ICD"]["library_path"]
        if "/" not in library or (manifest.parent / library).exists():
            return manifest
        at = [f for f in files_of(*self.packages) if f.name == pathlib.Path(library).name]
        if not at:
            missing(case, f"{self.name}: {manifest} names {library}, which is nowhere")
        document["ICD"]["library_path"] = str(at[0])
        own = case.here / manifest.name
        own.write_text(json.dumps(document), encoding="utf-8")
        return own

    def environment(self, manifest):
        return NO_DRIVERS | {v: str(manifest) for v in VULKAN_DRIVERS} | self.also

    def says(self, case, env):
        """What vulkaninfo says, in weighin's words."""
        if not shutil.which("vulkaninfo"):
            missing(case, "vulkaninfo is not installed (Debian: vulkan-tools)")
        done = subprocess.run(["vulkaninfo"], env=case.env | env, cwd=case.here, capture_output=True, text=True, check=False, timeout=120)
        case.assertEqual(done.returncode, 0, done.stderr)
        # Before the first device stand tables of the instance, which have devices' names too.
        text = done.stdout[done.stdout.index("VkPhysicalDeviceProperties:"):]

        def value(key):
            match = re.search(rf"^\s*{key}\s+= (.*)$", text, re.MULTILINE)
            case.assertIsNotNone(match, f"vulkaninfo says no {key}")
            return match[1]

        heaps = [int(size) for size in re.findall(r"^\t+size\s+= (\d+) ", text, re.MULTILINE)]
        return {"name": value("deviceName"), "api_version": value("apiVersion").split()[0], "driver_name": value("driverName"),
                "driver_info": value("driverInfo"), "pools": heaps, "largest_allocation_bytes": int(value("maxMemoryAllocationSize"), 0),
                "largest_binding_bytes": int(value("maxStorageBufferRange"), 0), "subgroup": int(value("subgroupSize")),
                "fp16": value("shaderFloat16") == "true", "shared_memory": int(value("maxComputeSharedMemorySize"))}


class OpenCL(Implementation):
    def usable(self, case, manifest):
        return manifest

    def environment(self, manifest):
        return NO_DRIVERS | {"OCL_ICD_VENDORS": str(manifest)} | self.also

    def says(self, case, env):
        """What clinfo says, in weighin's words."""
        if not shutil.which("clinfo"):
            missing(case, "clinfo is not installed (Debian: clinfo)")
        done = subprocess.run(["clinfo", "--raw"], env=case.env | env, cwd=case.here, capture_output=True, text=True, check=False, timeout=120)
        case.assertEqual(done.returncode, 0, done.stderr)

        def value(key):
            match = re.search(rf"^\[.*\]\s+CL_{key} +(.*)$", done.stdout, re.MULTILINE)
            case.assertIsNotNone(match, f"clinfo says no {key}: {done.stdout[:2000]}")
            return match[1].strip()

        platform = re.search(r"^\s*CL_PLATFORM_NAME +(.*)$", done.stdout, re.MULTILINE)
        largest = int(value("DEVICE_MAX_MEM_ALLOC_SIZE"))
        return {"name": value("DEVICE_NAME"), "api_version": value("DEVICE_VERSION"), "driver_name": platform[1].strip(),
                "driver_info": value("DRIVER_VERSION"), "pools": [int(value("DEVICE_GLOBAL_MEM_SIZE"))],
                "largest_allocation_bytes": largest, "largest_binding_bytes": largest,  # OpenCL binds whole buffers
                "subgroup": int(value("DEVICE_MAX_NUM_SUB_GROUPS")) or None, "fp16": "cl_khr_fp16" in value("DEVICE_EXTENSIONS").split(),
                "shared_memory": int(value("DEVICE_LOCAL_MEM_SIZE"))}


IMPLEMENTATIONS = [
    Vulkan("llvmpipe", "vulkan", ["mesa-vulkan-drivers"], r"lvp_icd.*\.json", "llvmpipe"),
    Vulkan("SwiftShader", "vulkan", ["chromium", "chromium-common"], r"vk_swiftshader_icd\.json", "SwiftShader"),
    OpenCL("PoCL", "opencl", ["pocl-opencl-icd"], r"pocl\.icd", "pthread"),
    OpenCL("rusticl", "opencl", ["mesa-opencl-icd"], r"rusticl\.icd", "llvmpipe", {"RUSTICL_ENABLE": "llvmpipe"}),
]
