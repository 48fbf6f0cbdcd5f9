#!/usr/bin/env python3
"""`weighin models`: what the catalogue knows of a model, and what the header of a model's file says.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import struct

from weighin import Case, main, needs_program


def plain(text):
    return " ".join(text.split())


@needs_program
class Show(Case):
    def shown(self, model):
        return self.answer(self.call("models", "show", model, "--json"), "models")

    def test_every_model_of_the_list(self):
        listed = self.answer(self.call("list", "models", "--json"), "list")["items"]
        self.assertGreater(len(listed), 10)
        for row in listed:
            with self.subTest(model=row["id"]):
                m = self.shown(row["id"])
                self.assertEqual((m["model"], m["model_name"], m["size_class"], m["parameters"], m["runnable"], m["why_not"]),
                                 (row["id"], row["name"], row["size_class"], row["parameters"], row["runnable"], row["why_not"]))
                self.assertEqual(m["disclosed"], m["shape"] is not None)
                text = self.call("models", "show", row["id"])
                self.ends(text, 0)
                self.assertLessEqual(max(map(len, text.stdout.splitlines())), 80, text.stdout)
                for word in (m["model"], m["vendor"], m["license"], m["why_not"], m["parameters"]):
                    self.assertIn(plain(str(word)) if word else "", plain(text.stdout))

    def test_bytes_are_those_of_estimate(self):
        for model in ("gemma-2b", "gemma-2-2b", "distilbert"):
            m = self.shown(model)
            self.assertEqual([p["precision"] for p in m["precisions"]], "f32 f16 bf16 q8_0 q4_0".split())
            for p in m["precisions"]:
                with self.subTest(model=model, precision=p["precision"]):
                    memory = self.answer(self.call("estimate", model, "--precision", p["precision"], "--json"), "estimate")["memory"]
                    self.assertEqual([p[k] for k in ("weights_bytes", "kv_cache_bytes", "total_bytes")],
                                     [memory[k] for k in ("weights_bytes", "kv_cache_bytes", "total_bytes")])

    def test_a_known_shape(self):
        m = self.shown("gemma-2-2b")
        s = m["shape"]
        self.assertEqual((s["layers"], s["global_layers"], s["local_layers"], s["window"], s["d_model"], s["heads"], s["kv_heads"]),
                         (26, 13, 13, 4096, 2304, 8, 4))
        self.assertEqual((m["parameters"], m["params_published"]), (2614341888, 2614341888))
        text = plain(self.call("models", "show", "gemma-2-2b").stdout)
        for words in ("26: 13 see the whole context, 13 a window of 4096 tokens", "2614341888 (summed over its tensors, and published so)",
                      "tied: the embedding's table", "at most 8192 tokens"):
            self.assertIn(words, text)

    def test_an_alias_is_enough_and_a_slip_is_answered(self):
        self.assertEqual(self.shown("Gemma 1 2B")["model"], "gemma-2b")
        self.refuses(self.call("models", "show", "gema-2b"), 2, "gema-2b", "did you mean gemma-2b?")
        self.refuses(self.call("models", "show"), 2)
        self.refuses(self.call("models", "shwo", "gemma-2b"), 2, "shwo", "did you mean show?")


def string(text):
    return struct.pack("<Q", len(text)) + text.encode()


def u32(key, value):
    return string(key) + struct.pack("<II", 4, value)


def gemma_2b():
    """(name, k, rows) of each tensor, as converters write them; rows 0: a vector."""
    yield "token_embd.weight", 2048, 256000
    for i in range(18):
        for name, k, rows in (("attn_norm", 2048, 0), ("attn_q", 2048, 2048), ("attn_k", 2048, 256), ("attn_v", 2048, 256),
                              ("attn_output", 2048, 2048), ("ffn_norm", 2048, 0), ("ffn_gate", 2048, 16384), ("ffn_up", 2048, 16384),
                              ("ffn_down", 16384, 2048)):
            yield f"blk.{i}.{name}.weight", k, rows
    yield "output_norm.weight", 2048, 0


@needs_program
class Inspect(Case):
    """Files as large as real ones, all holes but for the header."""

    def inspected(self, path):
        text = self.call("models", "inspect", path)
        if "without jansson" in text.stderr:
            self.skipTest("this build does not read safetensors")
        self.ends(text, 0)
        self.assertLessEqual(max(map(len, text.stdout.splitlines())), 80, text.stdout)
        return self.answer(self.call("models", "inspect", path, "--json"), "models"), plain(text.stdout)

    def gguf(self, name, tensors, *entries):
        infos, at = b"", 0
        for tensor, k, rows in tensors:
            shape = struct.pack("<IQQ", 2, k, rows) if rows else struct.pack("<IQ", 1, k)
            infos += string(tensor) + shape + struct.pack("<IQ", 2 if rows else 0, at)
            at += k * rows // 32 * 18 if rows else 4 * k
            at += -at % 32
        header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries)) + b"".join(entries) + infos
        header += b"\0" * (-len(header) % 32)
        (self.here / name).write_bytes(header)
        os.truncate(self.here / name, len(header) + at)
        return len(header), at

    META = [string("general.architecture") + struct.pack("<I", 8) + string("gemma"), u32("gemma.block_count", 18), u32("gemma.context_length", 8192),
            u32("gemma.embedding_length", 2048), u32("gemma.attention.head_count", 8), u32("gemma.attention.head_count_kv", 1),
            u32("gemma.attention.key_length", 256), u32("gemma.attention.value_length", 256)]

    def test_a_gguf_of_a_known_shape(self):
        header, weights = self.gguf("g.gguf", list(gemma_2b()), *self.META)
        a, text = self.inspected("g.gguf")
        self.assertEqual((a["format"], a["version"], a["header_bytes"], a["file_bytes"]), ("gguf", 3, header, header + weights))
        self.assertEqual((a["parameters"], a["metadata"]["architecture"], a["metadata"]["layers"]), (2506172416, "gemma", 18))
        self.assertIn("gemma-2b", a["same_shape"])
        estimate = self.answer(self.call("estimate", "gemma-2b", "--context", 8192, "--json"), "estimate")["memory"]
        f = a["footprint"]
        self.assertEqual((f["weights_bytes"], f["kv_cache_bytes"], f["context"], f["largest_tensor"]),
                         (estimate["weights_bytes"], estimate["kv_cache_bytes"], 8192, "token_embd.weight"))
        self.assertEqual({t["type"]: t["tensors"] for t in a["types"]}, {"q4_0": 1 + 18 * 7, "f32": 37})
        for words in ("same shape as gemma-2b", "gguf 3, 2506172416 parameters in 164 tensors"):
            self.assertIn(words, text)

    def test_another_shape_has_no_name_and_still_a_cache(self):
        self.gguf("g.gguf", [t for t in gemma_2b() if not t[0].startswith("blk.17.")], *self.META)
        a, text = self.inspected("g.gguf")
        self.assertEqual(a["same_shape"], [])
        self.assertEqual(a["footprint"]["kv_cache_bytes"], 18 * 8192 * 2 * 256 * 2)
        self.assertIn("none of the catalogue has this shape", text)
        self.gguf("g.gguf", list(gemma_2b()), *self.META[:4], u32("gemma.attention.head_count", 16))
        self.assertEqual(self.inspected("g.gguf")[0]["same_shape"], [], "the heads are others")

    def test_safetensors_by_other_names(self):
        header, at = {"__metadata__": {"format": "pt"}}, 0
        for name, k, rows in gemma_2b():
            size = 2 * k * (rows or 1)
            header["model." + name] = {"dtype": "BF16", "shape": [rows, k] if rows else [k], "data_offsets": [at, at + size]}
            at += size
        text = json.dumps(header).encode()
        (self.here / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
        os.truncate(self.here / "model.safetensors", 8 + len(text) + at)
        a, text = self.inspected("model.safetensors")
        self.assertEqual((a["format"], a["version"], a["parameters"], a["footprint"]["weights_bytes"]), ("safetensors", None, 2506172416, 2 * 2506172416))
        self.assertIn("gemma-2b", a["same_shape"])
        self.assertEqual(a["footprint"]["kv_cache_bytes"], 18 * 8192 * 2 * 256 * 2)
        os.truncate(self.here / "model.safetensors", 1 << 30)
        self.refuses(self.call("models", "inspect", "model.safetensors"), 2, "model.safetensors: byte 1073741824: the file ends here")

    def test_what_is_no_whole_file_is_refused(self):
        header, weights = self.gguf("g.gguf", list(gemma_2b()), *self.META)
        os.truncate(self.here / "g.gguf", header + weights - 4096)
        self.refuses(self.call("models", "inspect", "g.gguf"), 2, f"g.gguf: byte {header + weights - 4096}: the file ends here", "4096 bytes before")
        os.truncate(self.here / "g.gguf", 100)
        self.refuses(self.call("models", "inspect", "g.gguf"), 2, "g.gguf: byte ", "the file has")
        (self.here / "m.onnx").write_bytes(b"\x08\x08\x12\x07pytorch")
        self.refuses(self.call("models", "inspect", "m.onnx"), 2, "m.onnx", "ONNX headers are not read yet")
        self.refuses(self.call("models", "inspect", "home"), 2, "home: cannot read")
        self.refuses(self.call("models", "inspect", "absent"), 2, "absent: cannot open")
        self.refuses(self.call("models", "inspect", "/dev/zero"), 2, "/dev/zero: cannot read")


main()
