"""A package holds the model: what is read back computes the same, and its files say what the engine expects."""
import collections
import importlib.util
import json
import os
import tempfile
import unittest

import numpy as np

from training.export import adapter_names, packed, read_package, weight_names, write_package
from training.memory import decode
from training.safetensors import dequantised, quantised, read_safetensors, write_safetensors
from training.scripts.make_answers import Options, answered
from training.scripts.make_golden import continuation_entry, logits_entry, memory_entry
from training.tests.tiny import random_ids, relative, tiny_encoder, tiny_model
from training.tokenizer import learn_bpe, write_tokenizer_json


class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = os.path.join(cls.temporary.name, "package")
        tokenizer = os.path.join(cls.temporary.name, "tokenizer.json")
        write_tokenizer_json(tokenizer, *learn_bpe(collections.Counter({"some": 3, "words": 4}), 268))
        cls.model = tiny_model()
        cls.encoder = tiny_encoder(cls.model)
        write_package(cls.folder, cls.model, cls.encoder, tokenizer, [8, 16, 8], 30, memories=6, precision="int4")
        cls.read = read_package(cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_logits_and_memories_come_back_up_to_8_bits(self):
        model, encoder, _, adapter = self.read
        ids = random_ids(2, 32)
        self.assertEqual(adapter["segmentLength"], 30)
        self.assertLess(relative(decode(model, ids), decode(self.model, ids)), 2e-2)
        for (k, v), (k0, v0) in zip(encoder.encode(model, ids, 8), self.encoder.encode(self.model, ids, 8)):
            self.assertLess(relative(k, k0), 2e-2)
            self.assertLess(relative(v, v0), 2e-2)

    def test_what_is_read_back_packs_to_the_same_bytes(self):
        model, encoder, _, _ = self.read
        for names, path in ((weight_names(model), "model.safetensors"),
                            (adapter_names(encoder, 2), "memory/adapter_model.safetensors")):
            stored, again = read_safetensors(os.path.join(self.folder, path)), packed(names)
            self.assertEqual(list(stored), list(again))
            for name, array in stored.items():
                is_whole = array.dtype == np.int8
                self.assertTrue(np.allclose(array, again[name], rtol=0 if is_whole else 1e-6, atol=0), name)

    def test_tensors_have_the_usual_names_and_types(self):
        arrays = read_safetensors(os.path.join(self.folder, "model.safetensors"))
        self.assertEqual(len(arrays), 2 + 9 * 2 + 1 + 7 * 2)
        self.assertEqual(arrays["model.layers.1.mlp.up_proj.weight"].shape, (128, 64))
        self.assertEqual(arrays["model.layers.0.self_attn.k_proj.weight"].shape, (32, 64))
        self.assertEqual(arrays["model.layers.1.mlp.up_proj.weight.scales"].shape, (128,))
        self.assertTrue(all(a.dtype == (np.int8 if a.ndim == 2 else np.float32) for a in arrays.values()))

    def test_adapter_follows_the_contract(self):
        arrays = read_safetensors(os.path.join(self.folder, "memory", "adapter_model.safetensors"))
        self.assertEqual(arrays["memory.embed"].shape, (64,))
        self.assertEqual(arrays["layers.1.q_proj.lora_A"].shape, (4, 64))
        self.assertEqual(arrays["layers.1.q_proj.lora_B"].shape, (64, 4))
        with open(os.path.join(self.folder, "memory", "adapter_config.json"), encoding="utf-8") as f:
            config = json.load(f)
        self.assertEqual(set(config), {"kind", "version", "segmentLength", "ratios", "defaultRatio", "rank", "scale",
                                       "start", "leftContext", "maxSlots", "precision", "targets", "base"})
        self.assertEqual((config["maxSlots"], config["precision"]), (6 * 4, "int4"))
        self.assertEqual((config["ratios"], config["defaultRatio"]), ([8, 16], 8))
        self.assertEqual((config["kind"], config["start"], config["base"]["layers"]), ("span-tiled-gist-kv", "last", 2))
        self.assertEqual(len(config["base"]["sha256"]), 64)

    def test_a_number_that_is_not_finite_is_named(self):
        broken = tiny_model()
        broken.blocks[1].down[3, 4] = float("nan")
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(AssertionError, "layers.1.mlp.down_proj"):
            write_package(folder, broken, self.encoder, "", [8], 32)

    @unittest.skipUnless(importlib.util.find_spec("regex"), "the tokenizer needs `regex`")
    def test_tokenizer_comes_back(self):
        tokenizer = self.read[2]
        self.assertEqual(tokenizer.decode(tokenizer.encode("some words")), "some words")

    def test_answers_are_what_greedy_decoding_gives_with_and_without_a_memory(self):
        model, encoder, _, _ = self.read
        options, ids = Options(package="", data="", out="", most=4, ratio=8), random_ids(9, seed=5).tolist()
        for memory in ([], random_ids(30, seed=6).tolist()):
            entry = answered(model, encoder, memory, ids, options)
            self.assertEqual((len(entry["answer"]), len(entry["last"]["values"])), (4, 8))
            self.assertEqual(entry["answer"][0], entry["last"]["ids"][0])
            again = answered(model, encoder, memory, ids + entry["answer"][:2], options)
            self.assertEqual(again["answer"][:2], entry["answer"][2:])
            self.assertGreater(entry["nats"], 0)

    def test_golden_entries_cover_a_partial_segment(self):
        model, encoder, _, _ = self.read
        first, first_memory = memory_entry(model, encoder, random_ids(32).tolist(), 8)
        second, second_memory = memory_entry(model, encoder, random_ids(19, seed=2).tolist(), 8)
        self.assertEqual((first["slots"], second["slots"], second["rows"]), (4, 3, [0, 1, 2]))
        entry = continuation_entry(model, [first_memory, second_memory], [0, 1], random_ids(5, seed=4).tolist())
        self.assertEqual(len(entry["last"]["ids"]), 8)
        self.assertEqual(len(logits_entry(model, random_ids(6).tolist())["top1"]), 6)


class SafetensorsTest(unittest.TestCase):
    def test_arrays_come_back(self):
        arrays = {"a": np.arange(6, dtype=np.float16).reshape(2, 3), "b": np.array([1.5], dtype=np.float32)}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.safetensors")
            write_safetensors(path, arrays)
            with open(path, "rb") as f:
                self.assertEqual(int.from_bytes(f.read(8), "little") % 8, 0)
            for name, array in read_safetensors(path).items():
                self.assertTrue(np.array_equal(array, arrays[name]))

    def test_8_bit_rows_come_back_within_half_a_step_of_each_row(self):
        matrix = np.random.default_rng(0).normal(size=(4, 9)).astype(np.float32) * np.array([[1], [100], [1e-3], [0]])
        values, scales = quantised(matrix)
        back = dequantised({"a": values, "a.scales": scales, "b": np.array([0.5], np.float16)})
        self.assertEqual(set(back), {"a", "b"})
        self.assertEqual(back["b"].dtype, np.float32)
        step = np.abs(matrix).max(1, keepdims=True) / 127
        self.assertTrue(np.all(np.abs(back["a"] - matrix) <= step * 0.5001))
        self.assertTrue(np.all(np.abs(values[:3]).max(1) == 127))


if __name__ == "__main__":
    unittest.main()
