#!/usr/bin/python3
"""Writes the small random model packages and expected numbers under test/parity/golden/.

Owns a second, independent implementation of the models in plain torch (nothing is shared with engine/ or training/):
Llama (tied head), Qwen2 (biases, untied head), Qwen3 (normed heads, tied head), the two-call span-tiled memory, and
residual codes (tiny-codes: inputs.json holds `codes` too, the bytes of each segment, row-major (tokens, (layers - 1) 2 groups);
expected `memory.N.R` and `over_memory.R` at the ratios R = 1 and 8).
Run it only when a format changes; the files are committed, so that the parity test needs no PyTorch.

    /usr/bin/python3 test/parity/make_golden.py [NAME ...]         (Debian python3-torch 1.13 or any later torch)

Shapes follow engine/model/types.ts. Everything is float32 on one thread; seeds are fixed.
"""
import hashlib
import json
import math
import os
import struct
import sys

import numpy as np
import torch

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
SPECIAL = ["<|doc|>", "<|user|>", "<|assistant|>", "<|end|>", "<|memory|>", "<|passage|>", "<|pad|>", "<|reserved|>"]
VOCABULARY = len(SPECIAL) + 256
HIDDEN, LAYERS, HEADS, KV_HEADS, HEAD_DIM, FFN = 32, 2, 4, 2, 16, 64
RANK, SCALE, RATIOS = 4, 2.0, (8, 16)
GROUPS, ENTRIES, WINDOW, CODES_RATIOS = 4, 256, 3, (1, 8)
MARGIN = 1e-4                           # between the nearest codeword and the second: float32 elsewhere finds the same

MODELS = {
    "tiny-llama": dict(family="llama", seed=1, tied=True, bias=False, norms=False, theta=10000.0, eps=1e-5, dtype="BF16"),
    "tiny-qwen2": dict(family="qwen2", seed=2, tied=False, bias=True, norms=False, theta=1000000.0, eps=1e-6, dtype="F16"),
    "tiny-qwen3": dict(family="qwen3", seed=3, tied=True, bias=False, norms=True, theta=1000000.0, eps=1e-6, dtype="F32"),
    "tiny-codes": dict(family="llama", seed=4, tied=True, bias=False, norms=False, theta=10000.0, eps=1e-5, dtype="F16",
                       layers=3, codes=True),
}
layers_of = lambda o: o.get("layers", LAYERS)
ARCHITECTURES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}


def byte_symbols():
    keep = set(range(33, 127)) | set(range(161, 173)) | set(range(174, 256))
    others = [b for b in range(256) if b not in keep]
    return [chr(b) if b in keep else chr(256 + others.index(b)) for b in range(256)]


def tokenizer_json():
    vocab = {s: i for i, s in enumerate(SPECIAL)}
    vocab.update({s: len(SPECIAL) + b for b, s in enumerate(byte_symbols())})
    added = [dict(id=i, content=s, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
             for i, s in enumerate(SPECIAL)]
    byte_level = dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=False)
    return dict(version="1.0", truncation=None, padding=None, added_tokens=added, normalizer=None,
                pre_tokenizer=byte_level, post_processor=None, decoder=byte_level,
                model=dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix=None, end_of_word_suffix=None,
                           fuse_unk=False, byte_fallback=False, vocab=vocab, merges=[]))


def random_weights(o):
    g = torch.Generator().manual_seed(o["seed"])
    normal = lambda *shape, std: torch.randn(*shape, generator=g) * std
    w = {"model.embed_tokens.weight": normal(VOCABULARY, HIDDEN, std=0.5)}
    gain = lambda n: 1.0 + normal(n, std=0.2)
    for i in range(layers_of(o)):
        p = f"model.layers.{i}."
        for name, rows in (("q", HEADS), ("k", KV_HEADS), ("v", KV_HEADS)):
            w[p + f"self_attn.{name}_proj.weight"] = normal(rows * HEAD_DIM, HIDDEN, std=1.5 * HIDDEN ** -0.5)
            if o["bias"]:
                w[p + f"self_attn.{name}_proj.bias"] = normal(rows * HEAD_DIM, std=0.5)
        w[p + "self_attn.o_proj.weight"] = normal(HIDDEN, HEADS * HEAD_DIM, std=(HEADS * HEAD_DIM) ** -0.5)
        w[p + "mlp.gate_proj.weight"] = normal(FFN, HIDDEN, std=HIDDEN ** -0.5)
        w[p + "mlp.up_proj.weight"] = normal(FFN, HIDDEN, std=HIDDEN ** -0.5)
        w[p + "mlp.down_proj.weight"] = normal(HIDDEN, FFN, std=FFN ** -0.5)
        w[p + "input_layernorm.weight"], w[p + "post_attention_layernorm.weight"] = gain(HIDDEN), gain(HIDDEN)
        if o["norms"]:
            w[p + "self_attn.q_norm.weight"], w[p + "self_attn.k_norm.weight"] = gain(HEAD_DIM), gain(HEAD_DIM)
    w["model.norm.weight"] = gain(HIDDEN)
    if not o["tied"]:
        w["lm_head.weight"] = normal(VOCABULARY, HIDDEN, std=0.5)
    kind = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}[o["dtype"]]
    return {n: t.to(kind) for n, t in w.items()}


def random_adapter(o):
    g = torch.Generator().manual_seed(o["seed"] + 100)
    a = {"memory.embed": torch.randn(HIDDEN, generator=g) * 0.2}
    widths = dict(q_proj=(HEADS * HEAD_DIM, HIDDEN), k_proj=(KV_HEADS * HEAD_DIM, HIDDEN),
                  v_proj=(KV_HEADS * HEAD_DIM, HIDDEN), o_proj=(HIDDEN, HEADS * HEAD_DIM))
    for i in range(LAYERS):
        for target, (rows, columns) in widths.items():
            if i == LAYERS - 1 and target in ("q_proj", "o_proj"):
                continue                                        # never used: the last layer keeps keys and values only
            a[f"layers.{i}.{target}.lora_A"] = torch.randn(RANK, columns, generator=g) * columns ** -0.5
            a[f"layers.{i}.{target}.lora_B"] = torch.randn(rows, RANK, generator=g) * 0.3
    return a


class Reference:
    """The model as plain formulas. Keys and values of the past come un-rotated with their positions."""

    def __init__(self, options, weights, adapter):
        self.o, self.w, self.a = options, {n: t.float() for n, t in weights.items()}, adapter

    def norm(self, x, gain):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.o["eps"]) * gain

    def rotate(self, x, positions):
        """x (T, heads, D), half-split rotary."""
        half = HEAD_DIM // 2
        angles = positions.double()[:, None] * self.o["theta"] ** (-torch.arange(half).double() * 2 / HEAD_DIM)[None, :]
        c, s = angles.cos().float()[:, None, :], angles.sin().float()[:, None, :]
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * c - b * s, b * c + a * s], -1)

    def project(self, x, layer, name, lora):
        p = f"model.layers.{layer}.self_attn.{name}"
        y = x @ self.w[p + ".weight"].t()
        if p + ".bias" in self.w:
            y = y + self.w[p + ".bias"]
        low = f"layers.{layer}.{name}.lora_A"
        if lora and low in self.a:
            y = y + SCALE * ((x @ self.a[low].t()) @ self.a[low[:-1] + "B"].t())
        return y

    def run(self, x, positions, past=None, sees=None, lora=False):
        """x (T, C) embedded. past: per layer (k, v, positions). Returns (logits (T, V), per layer un-rotated (k, v))."""
        t, kept = x.shape[0], []
        for i in range(layers_of(self.o)):
            h = self.norm(x, self.w[f"model.layers.{i}.input_layernorm.weight"])
            q = self.project(h, i, "q_proj", lora).view(t, HEADS, HEAD_DIM)
            k = self.project(h, i, "k_proj", lora).view(t, KV_HEADS, HEAD_DIM)
            v = self.project(h, i, "v_proj", lora).view(t, KV_HEADS, HEAD_DIM)
            if self.o["norms"]:
                q = self.norm(q, self.w[f"model.layers.{i}.self_attn.q_norm.weight"])
                k = self.norm(k, self.w[f"model.layers.{i}.self_attn.k_norm.weight"])
            kept.append((k, v))
            keys, values, where = k, v, positions
            if past is not None:
                keys, values = torch.cat([past[i][0], k]), torch.cat([past[i][1], v])
                where = torch.cat([past[i][2], positions])
            q, keys = self.rotate(q, positions), self.rotate(keys, where)
            keys = keys.repeat_interleave(HEADS // KV_HEADS, 1)
            values = values.repeat_interleave(HEADS // KV_HEADS, 1)
            scores = torch.einsum("thd,shd->hts", q, keys) / math.sqrt(HEAD_DIM)
            before = keys.shape[0] - t
            if sees is None:
                mask = torch.cat([torch.ones(t, before, dtype=torch.bool), torch.ones(t, t, dtype=torch.bool).tril()], 1)
            else:
                mask = sees
            attended = scores.masked_fill(~mask[None], -math.inf).softmax(-1)
            out = torch.einsum("hts,shd->thd", attended, values).reshape(t, HEADS * HEAD_DIM)
            x = x + self.project(out, i, "o_proj", lora)
            h = self.norm(x, self.w[f"model.layers.{i}.post_attention_layernorm.weight"])
            m = lambda name: self.w[f"model.layers.{i}.mlp.{name}_proj.weight"]
            x = x + (torch.nn.functional.silu(h @ m("gate").t()) * (h @ m("up").t())) @ m("down").t()
        head = self.w["model.embed_tokens.weight"] if self.o["tied"] else self.w["lm_head.weight"]
        return self.norm(x, self.w["model.norm.weight"]) @ head.t(), kept

    def embed(self, ids):
        return self.w["model.embed_tokens.weight"][ids]

    def memory(self, ids, ratio, trained=True):
        """(L, M, 2 K D): un-rotated keys, then values, of the gist rows. Call A, then call B."""
        ids = torch.tensor(ids)
        length = ids.shape[0]
        raw = torch.arange(length)
        _, stock = self.run(self.embed(ids), raw)
        slots = -(-length // ratio)
        ends = torch.clamp((torch.arange(slots) + 1) * ratio, max=length)
        offset = self.a["memory.embed"] if trained else 0.0
        x = self.embed(ids[ends - 1]) + offset
        own = torch.arange(slots)
        sees = torch.cat([raw[None, :] < ends[:, None], own[None, :] <= own[:, None]], 1)
        _, kept = self.run(x, ends - 1, [(k, v, raw) for k, v in stock], sees, lora=trained)
        return torch.stack([torch.cat([k.reshape(slots, -1), v.reshape(slots, -1)], 1) for k, v in kept])

    def over_memory(self, sinks, memories, local):
        """Logits of the local tokens: sinks at 0.., memory slots after them in order, local tokens last."""
        sinks, local = torch.tensor(sinks), torch.tensor(local)
        n = sinks.shape[0]
        _, past = self.run(self.embed(sinks), torch.arange(n))
        slots = torch.cat(memories, 1)
        count, width = slots.shape[1], KV_HEADS * HEAD_DIM
        where = torch.arange(n + count)
        joined = [(torch.cat([k, slots[i, :, :width].view(count, KV_HEADS, HEAD_DIM)]),
                   torch.cat([v, slots[i, :, width:].view(count, KV_HEADS, HEAD_DIM)]), where)
                  for i, (k, v) in enumerate(past)]
        logits, _ = self.run(self.embed(local), torch.arange(local.shape[0]) + n + count, joined)
        return logits


class Codes:
    """Residual codes as plain formulas: learned roughly (least squares, codewords drawn from what is left) on random text."""

    def __init__(self, model):
        self.model, self.tensors, self.plain = model, {}, {}
        g, width = torch.Generator().manual_seed(model.o["seed"] + 100), 2 * KV_HEADS * HEAD_DIM
        texts = [torch.randint(len(SPECIAL), VOCABULARY, (64,), generator=g) for _ in range(24)]
        true = [torch.cat(parts) for parts in zip(*(self.true_rows(ids) for ids in texts))]
        inputs, before = torch.cat([self.inputs(ids) for ids in texts]), true[0]
        for layer in range(1, layers_of(model.o)):
            x = torch.cat([inputs, before, torch.ones(len(before), 1)], 1)
            solved = torch.linalg.lstsq(x, true[layer]).solution
            self.keep(f"layers.{layer}.predictor", solved[:-1].t())
            self.keep(f"layers.{layer}.bias", solved[-1])
            left = true[layer] - self.predicted(layer, inputs, before)
            for kind, part in zip("kv", left.split(width // 2, 1)):
                turn = torch.linalg.qr(torch.randn(width // 2, width // 2, generator=g))[0]
                stretch = torch.rand(width // 2, generator=g) + 0.5
                self.keep(f"layers.{layer}.{kind}.analysis", stretch[:, None] * turn)
                self.keep(f"layers.{layer}.{kind}.synthesis", turn.t() / stretch)
                drawn = torch.randperm(len(part), generator=g)[:ENTRIES]
                z = (part[drawn] @ self.plain[f"layers.{layer}.{kind}.analysis"].t()).view(ENTRIES, GROUPS, -1)
                self.keep(f"layers.{layer}.{kind}.codebooks", z.transpose(0, 1).reshape(GROUPS * ENTRIES, -1))
            before = true[layer]

    def keep(self, name, tensor):
        """As a package has it: matrices in 8-bit rows with their scales."""
        if tensor.dim() == 1:
            self.tensors[name] = self.plain[name] = tensor
            return
        scales = tensor.abs().amax(1) / 127
        values = (tensor / scales[:, None]).round().clamp(-127, 127)
        self.tensors[name], self.tensors[name + ".scales"] = values.to(torch.int8), scales
        self.plain[name] = values * scales[:, None]

    def true_rows(self, ids):
        """Per layer (T, 2 K D): un-rotated keys, then values."""
        _, kept = self.model.run(self.model.embed(ids), torch.arange(len(ids)))
        return [torch.cat([k.reshape(len(ids), -1), v.reshape(len(ids), -1)], 1) for k, v in kept]

    def inputs(self, ids):
        """(T, window C): normed embeddings of the token, of the one before, ..; zeros before the segment."""
        e = self.model.norm(self.model.embed(ids), self.model.w["model.layers.0.input_layernorm.weight"])
        return torch.cat([torch.cat([torch.zeros(by, HIDDEN), e[:len(e) - by]]) for by in range(WINDOW)], 1)

    def predicted(self, layer, inputs, before):
        x = torch.cat([inputs, before], 1)
        return x @ self.plain[f"layers.{layer}.predictor"].t() + self.plain[f"layers.{layer}.bias"]

    def walk(self, ids, codes_of):
        """(L, T, 2 K D); codes_of(layer, kind, prediction (T, K D)) gives int64 (T, groups)."""
        inputs = self.inputs(ids)
        e = inputs[:, :HIDDEN]
        p = "model.layers.0.self_attn."
        rows = [torch.cat([e @ self.model.w[p + "k_proj.weight"].t(), e @ self.model.w[p + "v_proj.weight"].t()], 1)]
        for layer in range(1, layers_of(self.model.o)):
            halves = []
            prediction = self.predicted(layer, inputs, rows[-1])
            for kind, half in zip("kv", prediction.chunk(2, 1)):
                name, codes = f"layers.{layer}.{kind}.", codes_of(layer, kind, half)
                books = self.plain[name + "codebooks"].view(GROUPS, ENTRIES, -1)
                z = torch.cat([books[g][codes[:, g]] for g in range(GROUPS)], 1)
                halves.append(half + z @ self.plain[name + "synthesis"].t())
            rows.append(torch.cat(halves, 1))
        return torch.stack(rows)

    def encode(self, ids):
        """(codes int64 (T, (L - 1) 2 groups), rows, the smallest relative distance to a second-best codeword)."""
        ids = torch.tensor(ids)
        true, found, margins = self.true_rows(ids), [], []

        def nearest(layer, kind, half):
            name, side = f"layers.{layer}.{kind}.", "kv".index(kind)
            residual = true[layer].chunk(2, 1)[side] - half
            z = (residual @ self.plain[name + "analysis"].t()).view(len(ids), GROUPS, -1)
            books = self.plain[name + "codebooks"].view(GROUPS, ENTRIES, -1)
            distances = ((z[:, :, None] - books[None]) ** 2).sum(-1)                          # (T, groups, entries)
            two = distances.topk(2, -1, largest=False).values
            margins.append(((two[..., 1] - two[..., 0]) / two[..., 1].clamp(min=1e-9)).min())
            found.append(distances.argmin(-1))
            return found[-1]

        rows = self.walk(ids, nearest)
        return torch.cat(found, 1), rows, float(min(margins))


def write_safetensors(path, tensors):
    header, blobs, offset = {}, [], 0
    names = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int8: "I8"}
    for name, t in tensors.items():
        t = t.contiguous()
        raw = (t.view(torch.int16) if t.dtype == torch.bfloat16 else t).numpy().tobytes()
        header[name] = dict(dtype=names[t.dtype], shape=list(t.shape), data_offsets=[offset, offset + len(raw)])
        blobs.append(raw)
        offset += len(raw)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head + b"".join(blobs))


def write_json(path, value):
    with open(path, "w") as f:
        json.dump(value, f, indent=1)
        f.write("\n")


def config_json(o):
    c = dict(architectures=[ARCHITECTURES[o["family"]]], model_type=o["family"], vocab_size=VOCABULARY, hidden_size=HIDDEN,
             num_hidden_layers=layers_of(o), num_attention_heads=HEADS, num_key_value_heads=KV_HEADS, head_dim=HEAD_DIM,
             intermediate_size=FFN, rope_theta=o["theta"], max_position_embeddings=512, rms_norm_eps=o["eps"],
             hidden_act="silu", tie_word_embeddings=o["tied"], bos_token_id=0, eos_token_id=3, torch_dtype="float32")
    return c


def write_package(name, o):
    folder = os.path.join(FOLDER, name)
    os.makedirs(os.path.join(folder, "memory"), exist_ok=True)
    weights = random_weights(o)
    adapter = {} if o.get("codes") else random_adapter(o)
    model = Reference(o, weights, adapter)
    codes = Codes(model) if o.get("codes") else None
    write_safetensors(os.path.join(folder, "model.safetensors"), weights)
    write_safetensors(os.path.join(folder, "memory", "adapter_model.safetensors"), codes.tensors if codes else adapter)
    digest = hashlib.sha256(open(os.path.join(folder, "model.safetensors"), "rb").read()).hexdigest()
    write_json(os.path.join(folder, "config.json"), config_json(o))
    write_json(os.path.join(folder, "tokenizer.json"), tokenizer_json())
    write_json(os.path.join(folder, "tokenizer_config.json"), dict(tokenizer_class="PreTrainedTokenizerFast",
               bos_token="<|doc|>", eos_token="<|end|>", pad_token="<|pad|>", clean_up_tokenization_spaces=False))
    write_json(os.path.join(folder, "memory", "adapter_config.json"), dict(
        kind="residual-codes-kv", version=1, segmentLength=64, ratios=list(CODES_RATIOS), defaultRatio=1, groups=GROUPS,
        entries=ENTRIES, window=WINDOW, leftContext=0,
        base=dict(hiddenSize=HIDDEN, layers=layers_of(o), sha256=digest)) if codes else dict(
        kind="span-tiled-gist-kv", version=1, segmentLength=64, ratios=list(RATIOS), defaultRatio=8, rank=RANK, scale=SCALE,
        start="last", leftContext=0, targets=["q_proj", "k_proj", "v_proj", "o_proj"],
        base=dict(name=name, sha256=digest)))
    write_expected(folder, model, o, codes)


def write_expected(folder, model, o, codes=None):
    rng = np.random.default_rng(o["seed"])
    draw = lambda n: [int(i) for i in rng.integers(len(SPECIAL), VOCABULARY, n)]
    inputs = dict(prompt=draw(40), segments=[draw(64), draw(44)], sinks=[0], local=draw(21))
    logits, _ = model.run(model.embed(torch.tensor(inputs["prompt"])), torch.arange(40))
    expected = dict(logits=logits)
    if codes:
        expect_codes(model, codes, inputs, expected)
    for ratio in () if codes else RATIOS:
        for n, ids in enumerate(inputs["segments"]):
            expected[f"memory.{n}.{ratio}"] = model.memory(ids, ratio)
    if not codes:
        expected["stride.1.8"] = model.memory(inputs["segments"][1], 8, trained=False)
        expected["over_memory"] = model.over_memory(
            inputs["sinks"], [expected["memory.0.8"], expected["memory.1.8"]], inputs["local"])
    write_safetensors(os.path.join(folder, "expected.safetensors"), expected)
    write_json(os.path.join(folder, "inputs.json"), inputs)


def expect_codes(model, codes, inputs, expected):
    """Adds the codes of both segments to `inputs`, their rows and what is read behind them to `expected`."""
    inputs["codes"] = []
    for n, ids in enumerate(inputs["segments"]):
        found, rows, margin = codes.encode(ids)
        assert margin > MARGIN, f"segment {n}: two codewords are about as near ({margin:.1e}); take another seed"
        inputs["codes"].append(found.flatten().tolist())
        for ratio in CODES_RATIOS:
            last = [min(end, len(ids)) - 1 for end in range(ratio, len(ids) + ratio, ratio)]
            expected[f"memory.{n}.{ratio}"] = rows[:, last]
    for ratio in CODES_RATIOS:
        memories = [expected[f"memory.{n}.{ratio}"] for n in range(len(inputs["segments"]))]
        expected[f"over_memory.{ratio}"] = model.over_memory(inputs["sinks"], memories, inputs["local"])


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    for name in sys.argv[1:] or MODELS:
        write_package(name, MODELS[name])
