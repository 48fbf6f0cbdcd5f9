#!/usr/bin/env python3
"""Everything that speaks Vulkan, under the Khronos validation layer with all its checks: not one word of complaint.

The layer is shown to be there first: tests/icd/vk_misuse makes one mistake of each kind, and each must be named.
Best-practice advice is left out: it is about taste. SPDX-License-Identifier: Apache-2.0
"""
import fcntl
import os
import pathlib
import unittest

from implementations import IMPLEMENTATIONS, Vulkan, missing
from weighin import BINARY, Case, ICDS, figure, main, needs_machine, needs_program

LAYER = "VK_LAYER_KHRONOS_validation"
LAYER_FOLDERS = ["/usr/share", "/usr/local/share", "/etc"]
SETTINGS = """khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG
khronos_validation.report_flags = error,warn,perf
khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT
khronos_validation.disables =
khronos_validation.enable_message_limit = false
khronos_validation.log_filename = {log}
"""
MISTAKES = {"empty_buffer": "VUID-VkBufferCreateInfo-size", "no_barrier": "SYNC-HAZARD-WRITE", "leak": "VUID-vkDestroyDevice-device"}


@needs_program
@needs_machine
@unittest.skipUnless(ICDS and pathlib.Path(ICDS, "vk_misuse").exists(), "the programs of tests/icd are not built")
class Validation(Case):
    def setUp(self):
        super().setUp()
        if not any(pathlib.Path(folder, "vulkan/explicit_layer.d/VkLayer_khronos_validation.json").exists() for folder in LAYER_FOLDERS):
            missing(self, "the validation layer is not installed (Debian: vulkan-validationlayers)")
        # Every process opens the log anew; through a pipe nothing that one said is overwritten by the next.
        self.log = self.here / "validation.log"
        os.mkfifo(self.log)
        self.reader = os.open(self.log, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, self.reader)
        fcntl.fcntl(self.reader, fcntl.F_SETPIPE_SZ, 1 << 20)
        settings = self.here / "vk_layer_settings.txt"
        settings.write_text(SETTINGS.format(log=self.log), encoding="utf-8")
        self.validated = {"VK_INSTANCE_LAYERS": LAYER, "VK_LAYER_SETTINGS_PATH": str(settings), "VK_LOADER_LAYERS_DISABLE": ""}

    def said(self):
        """What the layer said since the last look."""
        text = b""
        while True:
            try:
                text += os.read(self.reader, 1 << 20)
            except BlockingIOError:
                return text.decode("utf-8", "replace")

    def implementations(self):
        """Name and environment of each that speaks Vulkan."""
        return [(i.name, i.environment(i.find(self)) | self.validated) for i in IMPLEMENTATIONS if isinstance(i, Vulkan)]

    def is_loaded(self, result):
        """By the loader's own word; a layer that is not found is no error to it."""
        self.assertRegex(result.stderr, rf"(?i)(insert|inserted|using|loading) .*{LAYER}", result.stderr[-2000:])

    def misuse(self, mistake, env):
        self.ends(self.call(mistake, binary=f"{ICDS}/vk_misuse", env=env), 0)
        return self.said()

    def test_mistakes_are_seen(self):
        for name, env in self.implementations():
            self.assertEqual(self.misuse("none", env), "", f"{name}: a program without mistakes")
            for mistake, word in MISTAKES.items():
                self.assertIn(word, self.misuse(mistake, env), f"{name}: {mistake}")
            figure(f"validation on {name} names {len(MISTAKES)} of {len(MISTAKES)} mistakes made on purpose")

    def is_clean(self, name, program, *words, env):
        result = self.call(*words, binary=program, env=env | {"VK_LOADER_DEBUG": "layer"})
        self.ends(result, 0)
        self.assertEqual(self.said(), "", f"{name}: {pathlib.Path(program).name} {' '.join(words)}")
        return result

    def test_the_enumeration_of_devices_is_clean(self):
        for name, env in self.implementations():
            result = self.is_clean(name, BINARY, "gpu-probe", "vulkan", env=env)
            self.is_loaded(result)
            self.assertIn("vulkan.complete=1", result.stdout)
            self.assertIn("vulkan.device.0.name=", result.stdout)

    def test_what_asks_for_devices_is_clean(self):
        for name, env in self.implementations():
            self.assertIn("sw0", self.is_clean(name, BINARY, "probe", env=env).stdout)
            self.assertIn("vulkan", self.is_clean(name, BINARY, "list", "backends", env=env).stdout)


main()
