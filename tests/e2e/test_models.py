#!/usr/bin/env python3
"""`weighin models`: what the catalogue knows of a model.

SPDX-License-Identifier: Apache-2.0
"""
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


main()
