#!/usr/bin/env python3
"""Four real GPU implementations, one at a time and all together: what they say is what weighin says, and since each
runs on the processor, none is a GPU and none lifts a tier.

Missing ones are skipped with a reason; with WEIGHIN_LONG=1 they must be there.
SPDX-License-Identifier: Apache-2.0
"""
import json
import shutil

from implementations import IMPLEMENTATIONS, VULKAN_DRIVERS, Vulkan
from weighin import Case, NO_DRIVERS, figure, main, needs_machine, needs_program

# The ruler of the tiers, as little of it as makes a tier.
RULER_RUN = "run --backends cpu --models gemma-2b --precisions q4_0 --prefill 512 --decode 8 --depth 512 --budget 2".split()


@needs_program
@needs_machine
class Implementations(Case):
    def setUp(self):
        super().setUp()
        self.env |= {"POCL_CACHE_DIR": str(self.here / "home")}

    def probe(self, env):
        device = self.answer(self.call("probe", "--json", env=env), "probe")["device"]
        return device, device["gpus"]

    def is_software(self, device, gpu):
        """Nothing that it says of itself makes it a GPU."""
        self.assertTrue(gpu["software"], gpu)
        self.assertEqual(gpu["type"], "software")
        self.assertRegex(gpu["compute_device_id"], r"^sw\d$")
        self.assertIs(gpu["unified"], True, "it has no memory but the processor's")
        self.assertIsNone(gpu["pci"])
        bare, _ = self.probe(dict(NO_DRIVERS))
        for key in ("device_id", "hardware_id", "sku_id", "unopened_gpus"):
            self.assertEqual(device[key], bare[key], f"{key}: other than without any driver")

    def is_described(self, implementation, gpu, says):
        """Each property is there and is what the implementation's own tool says."""
        [api] = gpu["apis"]
        self.assertEqual(api["api"], implementation.api)
        self.assertIn(implementation.device, gpu["name"])
        self.assertTrue(api["loader"], "which loader found it")
        self.assertTrue(gpu["features"], "no features")
        mine = {"name": gpu["name"], "api_version": api["api_version"], "driver_name": api["driver_name"],
                "pools": [p["total_bytes"] for p in gpu["pools"]], "largest_allocation_bytes": gpu["largest_allocation_bytes"],
                "largest_binding_bytes": gpu["largest_binding_bytes"], "subgroup": gpu["subgroup_max"], "fp16": "fp16" in gpu["features"]}
        self.assertEqual(mine, {k: v for k, v in says.items() if k in mine}, "weighin and the implementation's own tool differ")
        self.assertIn(says["driver_info"] if implementation.api == "opencl" else "", api["driver_version"])
        self.assertLessEqual(gpu["subgroup_min"] or 0, gpu["subgroup_max"] or 0)
        facts = {f["key"]: f["value"] for f in api["facts"]}
        shared = "vulkan.max_compute_shared_memory" if implementation.api == "vulkan" else "opencl.local_mem_size"
        self.assertEqual(facts[shared], str(says["shared_memory"]), shared)

    def test_each_alone_is_what_its_own_tool_says(self):
        for implementation in IMPLEMENTATIONS:
            with self.subTest(implementation=implementation.name):
                env = implementation.environment(implementation.find(self))
                device, gpus = self.probe(env)
                self.assertEqual(len(gpus), 1, [g["name"] for g in gpus])
                self.is_software(device, gpus[0])
                self.is_described(implementation, gpus[0], implementation.says(self, env))
                state = {b["backend"]: b for b in device["backends"]}[implementation.api]
                self.assertEqual(state["status"], "ok", state)
                figure(f"{implementation.name}: {gpus[0]['name']}, {gpus[0]['apis'][0]['driver_version']}, as its own tool says")

    def together(self):
        """All that are here in one environment; fails or skips when one is missing."""
        env, manifests, vendors = dict(NO_DRIVERS), [], self.here / "vendors"
        vendors.mkdir()
        for implementation in IMPLEMENTATIONS:
            manifest = implementation.find(self)
            if isinstance(implementation, Vulkan):
                manifests.append(str(manifest))
            else:
                shutil.copy(manifest, vendors)
            env |= implementation.also
        return env | {v: ":".join(manifests) for v in VULKAN_DRIVERS} | {"OCL_ICD_VENDORS": str(vendors)}

    def test_all_together_are_each_what_they_are_alone(self):
        def nowhere(gpu):
            """Without what tells its place among others."""
            apis = [a | {"facts": [f for f in a["facts"] if f["key"] != "opencl.platform"]} for a in gpu["apis"]]
            return gpu | {"compute_device_id": None, "apis": apis}

        alone = []
        for implementation in IMPLEMENTATIONS:
            _, [gpu] = self.probe(implementation.environment(implementation.find(self)))
            alone.append(nowhere(gpu))
        device, gpus = self.probe(self.together())
        for gpu in gpus:
            self.is_software(device, gpu)
        self.assertEqual([g["compute_device_id"] for g in gpus], [f"sw{i}" for i in range(len(IMPLEMENTATIONS))])
        key = lambda g: (g["apis"][0]["api"], g["name"])  # noqa: E731
        self.assertEqual(sorted(map(nowhere, gpus), key=key), sorted(alone, key=key),
                         "llvmpipe through two APIs is two software devices; each says what it says alone")

    def test_a_recording_replays_to_the_same_text(self):
        environments = {i.name: i.environment(i.find(self)) for i in IMPLEMENTATIONS} | {"all": self.together()}
        for name, env in environments.items():
            with self.subTest(implementation=name):
                live = self.call("probe", "--record", f"recorded-{name}", "--raw", env=env)
                self.ends(live, 0)
                replay = self.call("probe", "--replay", f"recorded-{name}")  # with no driver at all
                self.ends(replay, 0)
                self.assertEqual(replay.stdout, live.stdout)
                self.assertIn("NOT A GPU", live.stdout)

    def test_none_lifts_a_tier(self):
        env = self.together()
        before = self.answer(self.call(*RULER_RUN, "--db", self.db, "--json", timeout=1200), "run")
        # On a busy machine its evidence may not count; then the tier is unrated, and stays so for the same reason.
        figure(f"tier by the processor alone, and with {len(IMPLEMENTATIONS)} software devices beside it: {before['tier']['id']}")
        self.ends(self.call("probe", "--store", "--db", self.db, env=env), 0)
        self.ends(self.call("derive", "--db", self.db), 0)
        [tier] = self.rows("SELECT tier, compute_device_id, because FROM device_tier")
        self.assertEqual(tier, tuple(before["tier"][key] for key in ("id", "compute_device_id", "because")))
        self.assertEqual(self.rows("SELECT DISTINCT compute_device_id FROM feasibility"), [("cpu0",)])
        check = self.call("check", "gemma-2b", "--precision", "q4_0", "--db", self.db, "--json", env=env)
        self.assertEqual(json.loads(check.stdout)["compute_device_id"], "cpu0")


main()
