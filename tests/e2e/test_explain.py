#!/usr/bin/env python3
"""`weighin explain`: words, numbers, and how an answer came about.

SPDX-License-Identifier: Apache-2.0
"""
import unittest

from weighin import Case, REPORT_ONLY, main, needs_machine, needs_maker, needs_program


@needs_program
class Topics(Case):
    def topics(self, *words):
        return self.answer(self.call("explain", *words, "--json"), "explain")["topics"]

    def test_every_topic_explains_itself(self):
        listed = self.topics()
        self.assertGreater(len(listed), 150)
        index = self.call("explain").stdout
        for topic in listed:
            with self.subTest(topic=topic["name"]):
                self.assertIn(topic["name"], index)
                if topic["family"] == "tier":  # "explain tier NAME" is about a device
                    found = self.topics(topic["name"])
                else:
                    found = self.topics(topic["family"], topic["name"])
                self.assertEqual(found, [topic])
                self.assertNotRegex(topic["text"], "[{}]")
                if not REPORT_ONLY:  # such a build does not know how others measure
                    self.assertNotIn("a set limit", topic["text"])
        for result in (self.call("explain"), self.call("explain", "terms"), self.call("explain", "defaults")):
            self.ends(result, 0)
            self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)

    def test_what_is_data_has_topics_too(self):
        families = {(t["family"], t["name"]) for t in self.topics()}
        for thing, key, family in (("models", None, None), ("tiers", "id", "tier"), ("precisions", "id", "precision"), ("engines", "id", "engine")):
            for item in self.answer(self.call("list", thing, "--json"), "list")["items"]:
                if family:
                    self.assertIn((family, item[key]), families)

    def test_words_of_several_meanings_show_them_all(self):
        self.assertEqual({t["family"] for t in self.topics("memory")}, {"limit", "bound"})
        self.assertEqual(self.topics("first", "token"), self.topics("first_token"))

    def test_an_unknown_topic_is_wrong_usage_with_a_suggestion(self):
        self.refuses(self.call("explain", "noisey"), 2, "did you mean noisy?", "weighin explain")
        self.refuses(self.call("explain", "dubts"), 2, "did you mean doubts?")
        self.refuses(self.call("explain", "xyzzyxyzzy"), 2, "xyzzyxyzzy")
        self.refuses(self.call("explain", "defaults", "now"), 2, "now")

    def test_defaults_are_those_that_answers_use(self):
        answer = self.answer(self.call("explain", "defaults", "--json"), "explain")
        values = {c["name"]: c["value"] for c in answer["constants"]}
        tiers = self.answer(self.call("list", "tiers", "--json"), "list")["items"]
        self.assertEqual([t["id"] for t in answer["tiers"]["items"]], [t["id"] for t in tiers])
        self.assertEqual([t["decode_tok_s"] for t in answer["tiers"]["items"]], [t["decode_tok_s"] for t in tiers])
        if REPORT_ONLY:
            self.assertFalse([n for n in values if n.startswith("doubts.")])
            return
        targets = self.answer(self.call("check", "gemma-2b", "--json"), "check", 4)["targets"]
        self.assertEqual(values["targets.usable_decode"], targets["usable"]["decode_tokens_per_s"])
        self.assertEqual(values["targets.comfortable_first_token"], targets["comfortable"]["first_token_s"])
        self.assertEqual(values["targets.prompt"], targets["prompt_tokens"])
        self.assertGreater(len([n for n in values if n.startswith("doubts.")]), 10)


@needs_program
@needs_maker
class Answers(Case):
    """Scripted rows never count; made rows of the processor, they do."""

    def setUp(self):
        super().setUp()
        self.null_run()

    def of_the_processor(self):
        self.as_if("measurement", "backend = 'cpu', compute_device_id = 'cpu0', kernel_generation = 2, doubts = '', "
                                  "software_id = (SELECT software_id FROM backend_state WHERE backend = 'cpu')")

    def test_a_verdict_is_that_of_check(self):
        self.of_the_processor()
        check = self.call("check", "gemma-2b", "--json")
        want = self.answer(check, "check", check.returncode)
        self.assertTrue(want["evidence"], want["not_counted"])
        answer = self.answer(self.call("explain", "verdict", "e2e-device", "gemma-2b", "--json"), "explain")
        for key in ("verdict", "fits", "fast_enough", "binding_limit", "because", "basis", "evidence", "not_counted", "speed"):
            self.assertEqual(answer["answer"][key], want[key], key)
        chosen = [p for p in answer["places"] if p["chosen"]]
        self.assertEqual(len(chosen), 1)
        cited = {i for f in chosen[0]["figures"] for i in f["evidence"]}
        self.assertLessEqual(set(want["evidence"]), cited)
        self.assertEqual(chosen[0]["budget"]["bytes"], want["memory"]["budget_bytes"])
        text = self.call("explain", "verdict", "e2e-device", "gemma-2b")
        self.ends(text, 0)
        for step in ("The question", "The budget", "Does it fit?", "Which rows count", "How fast", "Against the targets", "The verdict"):
            self.assertIn(step, text.stdout)
        for measurement in want["evidence"]:
            self.assertIn(measurement, text.stdout)
        self.assertLessEqual(max(map(len, text.stdout.splitlines())), 80)

    def test_what_does_not_count_stands_in_the_steps(self):
        self.of_the_processor()
        self.as_if("measurement", "kernel_generation = 1")
        answer = self.answer(self.call("explain", "verdict", "e2e-device", "gemma-2b", "--json"), "explain")
        self.assertEqual(answer["answer"]["evidence"], [])
        self.assertIn("generation 1", answer["places"][0]["not_counted"][0]["reason"])
        self.assertIn("generation 1", " ".join(self.call("explain", "verdict", "e2e-device", "gemma-2b").stdout.split()))

    def test_evidence_ages_as_of_a_day(self):
        self.of_the_processor()
        words = ("explain", "verdict", "e2e-device", "gemma-2b", "--json")
        self.assertTrue(self.answer(self.call(*words), "explain")["answer"]["evidence"])
        later = self.answer(self.call(*words, "--as-of", "2199-01-01T00:00:00Z"), "explain")
        self.assertEqual(later["answer"]["evidence"], [])
        self.assertEqual(later["as_of_utc"], "2199-01-01T00:00:00Z")
        self.refuses(self.call(*words[:-1], "--as-of", "tomorrow"), 2, "--as-of", "tomorrow")

    def test_a_tier_is_that_of_derive(self):
        self.of_the_processor()
        derived = self.answer(self.call("derive", "--json"), "derive")["devices"][0]
        answer = self.answer(self.call("explain", "tier", "e2e-device", "--json"), "explain")
        for key in ("tier", "borderline", "because"):
            self.assertEqual(answer[key], derived[key])
        self.assertNotEqual(answer["tier"], "unrated")
        chosen = [p for p in answer["places"] if p["chosen"]][0]
        self.assertEqual(chosen["runs"][-1]["tier"], answer["tier"])
        self.assertEqual(set(answer["evidence"]), set(chosen["decode"]["evidence"]) | set(chosen["prefill"]["evidence"]))
        text = self.call("explain", "tier", "e2e-device").stdout
        self.assertIn(f"tier {answer['tier']}, on cpu0", text.splitlines()[0])
        self.assertIn("Run by run", text)

    def test_a_row_of_limits_is_known_as_one(self):
        self.null_run(script="roof_gb_per_s=60;roof_gflop_per_s=1000")
        rows = self.rows("SELECT measurement_id FROM measurement WHERE kind = 'roofline'")
        if not rows:
            self.skipTest("this machine is busy: a ceiling measured now is not believed")
        self.refuses(self.call("explain", "measurement", rows[0][0]), 2, rows[0][0], "its limits")

    def test_a_model_that_was_refused_says_so(self):
        answer = self.answer(self.call("explain", "verdict", "e2e-device", "gemma-2b", "--context", "1000000", "--json"), "explain")
        self.assertEqual((answer["answer"]["verdict"], answer["answer"]["binding_limit"]), ("unsupported", "context"))
        self.assertEqual(answer["places"], [])

    def test_wrong_questions_are_refused(self):
        for words, named in ((["verdict", "e2e-device", "no-such"], "no-such"), (["verdict", "nobody", "gemma-2b"], "nobody"),
                             (["tier", "nobody"], "nobody"), (["tier", "e2e-device", "now"], "no more"),
                             (["verdict", "e2e-device", "gemma-2b", "now"], "no more"), (["verdict", "e2e-device", "gemma-2b", "--compute", "gpu9"], "gpu9")):
            with self.subTest(words=words):
                self.refuses(self.call("explain", *words), 2, named)


main()
