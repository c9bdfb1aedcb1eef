"""Write a trained base and its memory adapter as a model package, and read such a package back.

python3 -m training.export --data DIR --base base.pt --memory memory.pt --out assets/models/starter

Layout   config.json, model.safetensors (F16, Hugging Face Llama names), tokenizer.json, tokenizer_config.json, LICENSE
         memory/adapter_config.json, memory/adapter_model.safetensors (F16)
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

from .memory import SpanTiledEncoder
from .model import Config, Model, PROJECTIONS, load_checkpoint
from .safetensors import read_safetensors, write_safetensors
from .tokenizer import DOC, END, PAD, SPECIAL, Tokenizer
from .train_memory import load_encoder

# The starter was trained on plain documents, never on turns: its template is text, one paragraph per message.
CHAT_TEMPLATE = "{{ bos_token }}{% for message in messages %}{{ message['content'] }}\n\n{% endfor %}"

LICENCE_NOTE = """Longleaf starter model: weights, tokenizer and memory adapter.

The weights were trained from scratch by the Longleaf project and are given under the same terms as Longleaf (MIT).

They were trained on public-domain books and on documentation and source code under free licences; SOURCES.md lists every
source with its licence. No training text is part of this folder. This note makes no claim about rights that the authors
of those texts may hold.
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


# Full memories in one view that the adapter saw in training (`--segments` minus the segment that is predicted).
TRAINED_MEMORIES = 8


def model_config(c):
    """config.json as transformers writes it for LlamaForCausalLM."""
    return dict(architectures=["LlamaForCausalLM"], model_type="llama", vocab_size=c.vocab, hidden_size=c.hidden,
                num_hidden_layers=c.layers, num_attention_heads=c.heads, num_key_value_heads=c.kv_heads,
                head_dim=c.head_dim, intermediate_size=c.ffn, rope_theta=c.theta, rope_scaling=None,
                max_position_embeddings=c.positions, rms_norm_eps=c.eps, hidden_act="silu", tie_word_embeddings=True,
                attention_bias=False, mlp_bias=False, attention_dropout=0.0, initializer_range=0.02, use_cache=True,
                bos_token_id=DOC, eos_token_id=END, pad_token_id=PAD, torch_dtype="float16")


def adapter_config(encoder, c, ratios, segment, weights_path):
    """memory/adapter_config.json; `base.sha256` ties the adapter to the weights it was trained over."""
    with open(weights_path, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    return dict(kind="span-tiled-gist-kv", version=1, segmentLength=segment, ratios=ratios, defaultRatio=min(ratios),
                rank=encoder.options["rank"], scale=encoder.options["scale"], start=encoder.options["start"],
                leftContext=0, maxSlots=TRAINED_MEMORIES * segment // min(ratios), targets=list(PROJECTIONS),
                base=dict(hiddenSize=c.hidden, layers=c.layers, sha256=digest))


def tokenizer_config(positions):
    added = {str(i): dict(content=t, lstrip=False, normalized=False, rstrip=False, single_word=False, special=True)
             for i, t in enumerate(SPECIAL)}
    return dict(tokenizer_class="PreTrainedTokenizerFast", model_max_length=positions, bos_token=SPECIAL[DOC],
                eos_token=SPECIAL[END], pad_token=SPECIAL[PAD], add_bos_token=False, clean_up_tokenization_spaces=False,
                added_tokens_decoder=added, chat_template=CHAT_TEMPLATE)


def _to_f16(tensor):
    array = tensor.detach().float().cpu().numpy().astype("<f2")
    assert np.isfinite(array).all(), "a weight does not fit into float16"
    return array


def write_package(folder, model, encoder, tokenizer_path, ratios, segment):
    """All files of a package except README.md and golden.json."""
    assert isinstance(encoder, SpanTiledEncoder), "the package format holds the span-tiled encoder only"
    os.makedirs(os.path.join(folder, "memory"), exist_ok=True)
    weights = os.path.join(folder, "model.safetensors")
    write_safetensors(weights, {n: _to_f16(t) for n, t in weight_names(model).items()})
    write_safetensors(os.path.join(folder, "memory", "adapter_model.safetensors"),
                      {n: _to_f16(t) for n, t in adapter_names(encoder, model.config.layers).items()})
    _write_json(folder, "config.json", model_config(model.config))
    _write_json(folder, "tokenizer_config.json", tokenizer_config(model.config.positions))
    _write_json(folder, "memory/adapter_config.json", adapter_config(encoder, model.config, ratios, segment, weights))
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
    """(model, span-tiled encoder, tokenizer, adapter config) from the exported F16 weights, computing in `dtype`.

    `positions`: rows of the rotary tables, where other than config.json promises.
    """
    c, a = read_json(folder, "config.json"), read_json(folder, "memory/adapter_config.json")
    config = Config(vocab=c["vocab_size"], hidden=c["hidden_size"], layers=c["num_hidden_layers"],
                    heads=c["num_attention_heads"], kv_heads=c["num_key_value_heads"], head_dim=c["head_dim"],
                    ffn=c["intermediate_size"], theta=c["rope_theta"], positions=positions or c["max_position_embeddings"],
                    eps=c["rms_norm_eps"])
    model = Model(config, dtype)
    encoder = SpanTiledEncoder(model, a["rank"], a["scale"], a["start"])
    _fill(weight_names(model), read_safetensors(os.path.join(folder, "model.safetensors")))
    adapter_weights = read_safetensors(os.path.join(folder, "memory", "adapter_model.safetensors"))
    _fill(adapter_names(encoder, config.layers), adapter_weights)
    model.requires_grad_(False)
    encoder.requires_grad_(False)
    return model, encoder, Tokenizer(os.path.join(folder, "tokenizer.json")), a


@torch.no_grad()
def _fill(targets, arrays):
    assert set(targets) == set(arrays), f"names differ: {sorted(set(targets) ^ set(arrays))}"
    for name, tensor in targets.items():
        tensor.copy_(torch.from_numpy(arrays[name].astype(np.float32)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--base", "--memory", "--out"):
        parser.add_argument(name, required=True)
    parser.add_argument("--positions", type=int, help="positions to promise, where fewer are well trained than exist")
    args = parser.parse_args()
    model, _ = load_checkpoint(args.base)
    model.config.positions = args.positions or model.config.positions
    encoder, saved = load_encoder(args.memory, model)
    write_package(args.out, model, encoder, os.path.join(args.data, "tokenizer.json"), saved["ratios"], saved["segment"])
    for name in ("model.safetensors", "memory/adapter_model.safetensors", "tokenizer.json"):
        print(f"{name}: {os.path.getsize(os.path.join(args.out, name))/1e6:.2f} MB")


if __name__ == "__main__":
    main()
