"""The package format, read by a second implementation: plain numpy in float64, written from the contract alone.

It shares no code with training/, so a mistake in a name, a transposition, a position or a mask of either side shows.
"""
import collections
import json
import os
import tempfile
import unittest

import numpy as np
import torch

from training.export import read_package, write_package
from training.memory import assemble, decode
from training.tests.tiny import random_ids, tiny_encoder, tiny_model
from training.tokenizer import learn_bpe, write_tokenizer_json


def read_file(path):
    with open(path, "rb") as f:
        blob = f.read()
    start = 8 + int.from_bytes(blob[:8], "little")
    header = json.loads(blob[8:start])
    header.pop("__metadata__", None)
    arrays = {}
    for name, h in header.items():
        begin, end = (start + offset for offset in h["data_offsets"])
        kind = {"I8": np.int8, "F32": np.float32}[h["dtype"]]
        arrays[name] = np.frombuffer(blob[begin:end], kind).astype(np.float64).reshape(h["shape"])
    for name in [n for n in arrays if n + ".scales" in arrays]:
        arrays[name] = arrays[name] * arrays.pop(name + ".scales")[:, None]
    return arrays


class Reference:
    """Hugging Face Llama by the book, one sequence, with an optional prefix and adapter."""

    def __init__(self, folder):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
            self.c = json.load(f)
        with open(os.path.join(folder, "memory", "adapter_config.json"), encoding="utf-8") as f:
            self.adapter = json.load(f)
        self.w = read_file(os.path.join(folder, "model.safetensors"))
        self.a = read_file(os.path.join(folder, "memory", "adapter_model.safetensors"))

    def norm(self, x, name):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.c["rms_norm_eps"]) * self.w[name]

    def rotate(self, x, positions):
        """x (T, heads, D); transformers' rotate_half."""
        d = x.shape[-1]
        inverse = self.c["rope_theta"] ** (-np.arange(0, d, 2) / d)
        angle = np.concatenate([np.outer(positions, inverse)] * 2, -1)[:, None]
        half = np.concatenate([-x[..., d // 2:], x[..., :d // 2]], -1)
        return x * np.cos(angle) + half * np.sin(angle)

    def project(self, x, layer, target, with_adapter):
        y = x @ self.w[f"model.layers.{layer}.self_attn.{target}.weight"].T
        if with_adapter:
            low = x @ self.a[f"layers.{layer}.{target}.lora_A"].T
            y = y + self.adapter["scale"] * (low @ self.a[f"layers.{layer}.{target}.lora_B"].T)
        return y

    def run(self, x, positions, visible, past=None, with_adapter=False):
        """Last hidden state, and un-rotated (k, v) per layer, each (T, K, D)."""
        c, kept = self.c, []
        d, groups = c["head_dim"], c["num_attention_heads"] // c["num_key_value_heads"]
        for i in range(c["num_hidden_layers"]):
            p = f"model.layers.{i}."
            h = self.norm(x, p + "input_layernorm.weight")
            q, k, v = (self.project(h, i, target, with_adapter).reshape(len(x), -1, d)
                       for target in ("q_proj", "k_proj", "v_proj"))
            kept.append((k, v))
            keys, values = self.rotate(k, positions), v
            if past is not None:
                keys, values = np.concatenate([past[i][0], keys]), np.concatenate([past[i][1], values])
            keys, values = keys.repeat(groups, 1), values.repeat(groups, 1)
            scores = np.einsum("qhd,khd->hqk", self.rotate(q, positions), keys) / np.sqrt(d)
            scores = np.where(visible[None], scores, -np.inf)
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            weights /= weights.sum(-1, keepdims=True)
            attended = np.einsum("hqk,khd->qhd", weights, values).reshape(len(x), -1)
            x = x + self.project(attended, i, "o_proj", with_adapter)
            h = self.norm(x, p + "post_attention_layernorm.weight")
            gate = h @ self.w[p + "mlp.gate_proj.weight"].T
            wide = gate / (1 + np.exp(-gate)) * (h @ self.w[p + "mlp.up_proj.weight"].T)
            x = x + wide @ self.w[p + "mlp.down_proj.weight"].T
        return self.norm(x, "model.norm.weight"), kept

    def encode(self, ids, ratio):
        """Un-rotated (k, v) of the gists per layer, each (M, K, D)."""
        length, slots = len(ids), -(-len(ids) // ratio)
        embedded = self.w["model.embed_tokens.weight"][ids]
        _, raw = self.run(embedded, np.arange(length), np.tril(np.ones((length, length), bool)))
        past = [(self.rotate(k, np.arange(length)), v) for k, v in raw]
        ends = [min((j + 1) * ratio, length) for j in range(slots)]
        visible = np.zeros((slots, length + slots), bool)
        for j, end in enumerate(ends):
            visible[j, :end] = True
            visible[j, length:length + j + 1] = True
        last = np.array(ends) - 1
        return self.run(embedded[last] + self.a["memory.embed"], last, visible, past, with_adapter=True)[1]

    def continue_after(self, memories, ids):
        """Logits at the last of `ids`, read after memories laid at positions 0 .. n - 1."""
        layers = range(self.c["num_hidden_layers"])
        joined = [tuple(np.concatenate([m[i][part] for m in memories]) for part in (0, 1)) for i in layers]
        slots, local = len(joined[0][0]), len(ids)
        past = [(self.rotate(k, np.arange(slots)), v) for k, v in joined]
        visible = np.concatenate([np.ones((local, slots), bool), np.tril(np.ones((local, local), bool))], 1)
        hidden, _ = self.run(self.w["model.embed_tokens.weight"][ids], np.arange(slots, slots + local), visible, past)
        return hidden[-1] @ self.w["model.embed_tokens.weight"].T


class ContractTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        folder = os.path.join(cls.temporary.name, "package")
        tokenizer = os.path.join(cls.temporary.name, "tokenizer.json")
        write_tokenizer_json(tokenizer, *learn_bpe(collections.Counter({"some": 3, "words": 4}), 268))
        model = tiny_model()
        write_package(folder, model, tiny_encoder(model), tokenizer, [8, 16], 32)
        cls.model, cls.encoder, _, _ = read_package(folder)
        cls.reference = Reference(folder)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def assert_close(self, ours, theirs):
        theirs = torch.from_numpy(theirs)
        self.assertLess(((ours.double() - theirs).norm() / theirs.norm()).item(), 1e-4)

    def test_logits_without_memory(self):
        ids, embedding = random_ids(1, 20), self.reference.w["model.embed_tokens.weight"]
        causal = np.tril(np.ones((20, 20), bool))
        hidden, _ = self.reference.run(embedding[ids[0].numpy()], np.arange(20), causal)
        self.assert_close(self.model.logits(decode(self.model, ids))[0], hidden @ embedding.T)

    def test_memory_of_full_and_partial_segments(self):
        for length, ratio in ((32, 8), (32, 16), (27, 8), (3, 8)):
            ids = random_ids(1, length)
            theirs = self.reference.encode(ids[0].numpy(), ratio)
            for (k, v), (k0, v0) in zip(self.encoder.encode(self.model, ids, ratio), theirs):
                self.assert_close(k[0].transpose(0, 1), k0)
                self.assert_close(v[0].transpose(0, 1), v0)

    def test_continuation_after_memories_of_two_ratios(self):
        first, second, local = random_ids(1, 32, seed=2), random_ids(1, 27, seed=3), random_ids(1, 6, seed=4)
        ours = [self.encoder.encode(self.model, first, 8), self.encoder.encode(self.model, second, 16)]
        joined = [tuple(torch.cat([m[i][part] for m in ours], 2) for part in (0, 1)) for i in range(2)]
        past, has_slot = assemble(self.model, joined, torch.tensor([[0]]))
        logits = self.model.logits(decode(self.model, local, past, has_slot))[0, -1]
        theirs = [self.reference.encode(first[0].numpy(), 8), self.reference.encode(second[0].numpy(), 16)]
        self.assert_close(logits, self.reference.continue_after(theirs, local[0].numpy()))


if __name__ == "__main__":
    unittest.main()
