"""Write a trained base and its memory as a model package, and read such a package back.

python3 -m training.export --data DIR --base base.pt --memory codes.pt --out assets/models/starter
`--memory` is a checkpoint of training.fit_codes (residual codes) or of training.train_memory (gists).

Layout   config.json, model.safetensors (Hugging Face Llama names), tokenizer.json, tokenizer_config.json, LICENSE
         memory/adapter_config.json, memory/adapter_model.safetensors
         matrices as 8-bit rows with their scales (safetensors.py), vectors F32
The engine reads exactly these files; a change of a name or a field here is a change of the contract with it.
Does not know: ONNX graphs, which the application builds from these files.
"""
import argparse
import hashlib
import json
import os
import shutil

import numpy as np
import torch

from .chat import CHAT_TEMPLATE
from .codes import ENTRIES, KINDS, ResidualCodes
from .fit_codes import load_codes
from .memory import SpanTiledEncoder
from .model import Config, Model, PROJECTIONS, load_checkpoint, load_saved
from .safetensors import dequantised, quantised, read_safetensors, write_safetensors
from .tokenizer import DOC, END, PAD, SPECIAL, Tokenizer
from .train_memory import load_encoder

LICENCE_NOTE = """Longleaf starter model: weights, tokenizer and memory adapter.

The weights were trained from scratch by the Longleaf project and are given under the same terms as Longleaf (MIT).

They were trained on public-domain books, and on documentation, source code and questions with answers under free
licences; SOURCES.md lists every source with its licence. No training text is part of this folder. This note makes no
claim about rights that the authors of those texts may hold.
"""


@torch.no_grad()
def weight_names(model):
    """Hugging Face Llama name to our tensor, in file order; the joined gate and up matrix is split."""
    names = {"model.embed_tokens.weight": model.embedding}
    for i, block in enumerate(model.blocks):
        prefix = f"model.layers.{i}."
        gate, up = block.gate_up.chunk(2)
        names[prefix + "input_layernorm.weight"] = block.attention_gain
        for target in PROJECTIONS:
            names[prefix + f"self_attn.{target}.weight"] = getattr(block, target)
        names[prefix + "post_attention_layernorm.weight"] = block.ffn_gain
        names[prefix + "mlp.gate_proj.weight"], names[prefix + "mlp.up_proj.weight"] = gate, up
        names[prefix + "mlp.down_proj.weight"] = block.down
    names["model.norm.weight"] = model.final_gain
    return names


def adapter_names(encoder, layers):
    """Adapter file name to our tensor. The last layer's q and o are never used and add zero."""
    names = {"memory.embed": encoder.offset}
    for i in range(layers):
        for target in PROJECTIONS:
            for part in ("lora_A", "lora_B"):
                names[f"layers.{i}.{target}.{part}"] = encoder.lora.pairs[f"{i}_{target}"][part]
    return names


def codes_names(codes):
    """Adapter file name to our tensor, for residual codes; the first layer has none, its rows follow from the text."""
    names = {}
    for layer in range(1, codes.layers):
        for part in ("predictor", "bias"):
            names[f"layers.{layer}.{part}"] = codes.part(part, layer)
        for kind in KINDS:
            for part in ("analysis", "synthesis", "codebooks"):
                names[f"layers.{layer}.{kind}.{part}"] = codes.part(f"{part}_{kind}", layer)
    return names


def memory_names(encoder, layers):
    """Adapter file name to tensor, of a memory of either kind."""
    return codes_names(encoder) if isinstance(encoder, ResidualCodes) else adapter_names(encoder, layers)


# Full memories in one view that the adapter saw in training, for checkpoints that do not say (`trained_memories`).
TRAINED_MEMORIES = 8
# How the application keeps gists (engine/memory/codec.ts); int4 for an adapter that was trained with such rounding.
PRECISIONS = ("int8", "int4")
# Of decoder and adapter together, in what ships.
MOST_BYTES = 18 * 2 ** 20


def model_config(c):
    """config.json as transformers writes it for LlamaForCausalLM."""
    return dict(architectures=["LlamaForCausalLM"], model_type="llama", vocab_size=c.vocab, hidden_size=c.hidden,
                num_hidden_layers=c.layers, num_attention_heads=c.heads, num_key_value_heads=c.kv_heads,
                head_dim=c.head_dim, intermediate_size=c.ffn, rope_theta=c.theta, rope_scaling=None,
                max_position_embeddings=c.positions, rms_norm_eps=c.eps, hidden_act="silu", tie_word_embeddings=True,
                attention_bias=False, mlp_bias=False, attention_dropout=0.0, initializer_range=0.02, use_cache=True,
                bos_token_id=DOC, eos_token_id=END, pad_token_id=PAD, torch_dtype="int8")


def adapter_config(encoder, c, ratios, segment, weights_path, memories, precision):
    """memory/adapter_config.json; `base.sha256` ties the memory to the weights it was trained over."""
    with open(weights_path, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    base = dict(hiddenSize=c.hidden, layers=c.layers, sha256=digest)
    ratios = sorted(set(ratios))                # a run names those twice that it draws more often
    if isinstance(encoder, ResidualCodes):      # codes are kept of every token; a ratio is what a view may show
        return dict(kind=encoder.kind, version=1, segmentLength=segment, ratios=ratios, defaultRatio=min(ratios),
                    groups=encoder.groups, entries=ENTRIES, window=encoder.window, leftContext=0, base=base)
    return dict(kind="span-tiled-gist-kv", version=1, segmentLength=segment, ratios=ratios, defaultRatio=min(ratios),
                rank=encoder.options["rank"], scale=encoder.options["scale"], start=encoder.options["start"],
                leftContext=0, maxSlots=memories * -(-segment // min(ratios)), precision=precision,
                targets=list(PROJECTIONS), base=base)


# A model that has seen texts and never a turn: one paragraph a message.
PLAIN_TEMPLATE = "{{ bos_token }}{% for message in messages %}{{ message['content'] }}\n\n{% endfor %}"


def tokenizer_config(positions, is_taught):
    """`is_taught`: the model went through training.instruct, so it knows the turns of chat.py."""
    added = {str(i): dict(content=t, lstrip=False, normalized=False, rstrip=False, single_word=False, special=True)
             for i, t in enumerate(SPECIAL)}
    return dict(tokenizer_class="PreTrainedTokenizerFast", model_max_length=positions, bos_token=SPECIAL[DOC],
                eos_token=SPECIAL[END], pad_token=SPECIAL[PAD], add_bos_token=False, clean_up_tokenization_spaces=False,
                added_tokens_decoder=added, chat_template=CHAT_TEMPLATE if is_taught else PLAIN_TEMPLATE)


def packed(tensors):
    """Name to array as a package stores them: matrices as 8-bit rows with their scales, vectors float32."""
    arrays = {}
    for name, tensor in tensors.items():
        array = tensor.detach().float().cpu().numpy()
        assert np.isfinite(array).all(), f"{name} holds a number that is not finite"
        if array.ndim == 2:
            arrays[name], arrays[name + ".scales"] = quantised(array)
        else:
            arrays[name] = array
    return arrays


def write_package(folder, model, encoder, tokenizer_path, ratios, segment, memories=TRAINED_MEMORIES, precision="int8",
                  is_taught=False):
    """All files of a package except README.md, SOURCES.md and golden.json.

    `encoder`: ResidualCodes or SpanTiledEncoder. For gists, `memories`: full memories in one view that the encoder was
    trained with; `precision`: how memories are to be kept.
    """
    assert isinstance(encoder, (ResidualCodes, SpanTiledEncoder)), \
        "the package format holds residual codes or the span-tiled encoder only"
    assert precision in PRECISIONS, f"precision is {precision!r}, expected one of {PRECISIONS}"
    os.makedirs(os.path.join(folder, "memory"), exist_ok=True)
    weights = os.path.join(folder, "model.safetensors")
    write_safetensors(weights, packed(weight_names(model)))
    write_safetensors(os.path.join(folder, "memory", "adapter_model.safetensors"),
                      packed(memory_names(encoder, model.config.layers)))
    _write_json(folder, "config.json", model_config(model.config))
    _write_json(folder, "tokenizer_config.json", tokenizer_config(model.config.positions, is_taught))
    _write_json(folder, "memory/adapter_config.json",
                adapter_config(encoder, model.config, ratios, segment, weights, memories, precision))
    shutil.copyfile(tokenizer_path, os.path.join(folder, "tokenizer.json"))
    with open(os.path.join(folder, "LICENSE"), "w", encoding="utf-8") as f:
        f.write(LICENCE_NOTE)


def _write_json(folder, name, content):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        json.dump(content, f, indent=2)
        f.write("\n")


def read_json(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        return json.load(f)


def read_package(folder, dtype=torch.float32, positions=None):
    """(model, memory, tokenizer, adapter config) from the exported weights, computing in `dtype`.

    The memory is ResidualCodes or a SpanTiledEncoder, by the adapter's kind.

    `positions`: rows of the rotary tables, where other than config.json promises.
    """
    c, a = read_json(folder, "config.json"), read_json(folder, "memory/adapter_config.json")
    config = Config(vocab=c["vocab_size"], hidden=c["hidden_size"], layers=c["num_hidden_layers"],
                    heads=c["num_attention_heads"], kv_heads=c["num_key_value_heads"], head_dim=c["head_dim"],
                    ffn=c["intermediate_size"], theta=c["rope_theta"],
                    positions=positions or c["max_position_embeddings"], eps=c["rms_norm_eps"])
    model = Model(config, dtype)
    if a["kind"] == ResidualCodes.kind:
        encoder = ResidualCodes(model, a["groups"], a["window"])
    else:
        encoder = SpanTiledEncoder(model, a["rank"], a["scale"], a["start"])
    _fill(weight_names(model), os.path.join(folder, "model.safetensors"))
    _fill(memory_names(encoder, config.layers), os.path.join(folder, "memory", "adapter_model.safetensors"))
    model.requires_grad_(False)
    encoder.requires_grad_(False)
    return model, encoder, Tokenizer(os.path.join(folder, "tokenizer.json")), a


@torch.no_grad()
def _fill(targets, path):
    arrays = dequantised(read_safetensors(path))
    assert set(targets) == set(arrays), f"{path}: names differ: {sorted(set(targets) ^ set(arrays))}"
    for name, tensor in targets.items():
        assert tensor.shape == arrays[name].shape, f"{path}: {name} is {arrays[name].shape}, expected {tensor.shape}"
        tensor.copy_(torch.from_numpy(arrays[name]))


def load_memory(path, model):
    """(memory of either kind on DEVICE, everything that was saved)."""
    is_codes = load_saved(path).get("kind") == ResidualCodes.kind
    return (load_codes if is_codes else load_encoder)(path, model)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--base", "--memory", "--out"):
        parser.add_argument(name, required=True)
    parser.add_argument("--positions", type=int, help="positions to promise, where fewer are well trained than exist")
    parser.add_argument("--taught", action="store_true", help="the base comes from training.instruct: write its chat template")
    parser.add_argument("--precision", choices=PRECISIONS, default="int8", help="in which gists are to be kept")
    args = parser.parse_args()
    model, _ = load_checkpoint(args.base)
    model.config.positions = args.positions or model.config.positions
    encoder, saved = load_memory(args.memory, model)
    write_package(args.out, model, encoder, os.path.join(args.data, "tokenizer.json"), saved["ratios"],
                  saved["segment"], saved.get("trained_memories", TRAINED_MEMORIES), args.precision, args.taught)
    sizes = {name: os.path.getsize(os.path.join(args.out, name))
             for name in ("model.safetensors", "memory/adapter_model.safetensors", "tokenizer.json")}
    for name, size in sizes.items():
        print(f"{name}: {size/1e6:.2f} MB")
    total = sizes["model.safetensors"] + sizes["memory/adapter_model.safetensors"]
    print(f"decoder and memory: {total/2**20:.2f} MiB, at most {MOST_BYTES/2**20:.0f}")
    if total > MOST_BYTES:
        raise SystemExit(f"{args.out} is too large to ship")


if __name__ == "__main__":
    main()
