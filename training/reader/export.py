"""Write a trained reader as a package that the application reads, with golden numbers that it checks itself by.

    python3 -m training.reader.export --run DIR --data DIR --out assets/models/reader

Layout   config.json (of the layers, and "reader"), model.safetensors (matrices I8 by rows with F32 scales, the rest F32),
         tokenizer.json, golden.json
A change of a name or a field here is a change of the contract with engine/reading.
"""
import argparse
import json
import os
import shutil

import numpy as np
import torch

from ..export import model_config, weight_names
from ..model import Config, Model
from ..safetensors import quantised, read_safetensors, write_safetensors
from ..tokenizer import Tokenizer
from .encoding import LONGEST_QUESTION, MARKS, RowEncoder
from .model import Reader, load_reader
from .reading import LONGEST_ANSWER, collate, read_pairs

GOLDEN = [
    ("Who built the lighthouse?", "The lighthouse on the northern cape was built by Anna Holm in 1863, after two ships had been lost."),
    ("When were the ships lost?", "The lighthouse on the northern cape was built by Anna Holm in 1863, after two ships had been lost."),
    ("How many glands does a leaf have?", "Dr. Sørensen's notes: “each leaf bears 12–14 glands,” which he’d counted (twice!) in the café…\n\nNothing else."),
    ("What happens when `retry()` fails 3 times?", "def retry(n):\n    # after 3 failures raises TimeoutError\n    raise TimeoutError"),
    ("门在哪里？", "门在花园的东边。"),
    ("What is the colour of the door", "Running, runner's, stopped & hoped: classes, ties, buses; quickly hidden studies."),
]


def arrays_of(reader):
    tensors = {name: t.detach().float().numpy() for name, t in weight_names(reader.base).items()}
    arrays = {}
    for name, array in tensors.items():
        if array.ndim == 2:
            arrays[name], arrays[name + ".scales"] = quantised(array)
        else:
            arrays[name] = array.astype(np.float32)
    heads = torch.cat([reader.token_head.weight, reader.row_head.weight]).detach()
    bias = torch.cat([reader.token_head.bias, reader.row_head.bias]).detach()
    arrays["reader.marks"] = reader.marks.detach().numpy()
    arrays["reader.heads.weight"], arrays["reader.heads.bias"] = heads.numpy(), bias.numpy()
    return arrays


@torch.no_grad()
def read_reader(folder):
    """The packaged reader, computing in float32."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        c = json.load(f)
    config = Config(vocab=c["vocab_size"], hidden=c["hidden_size"], layers=c["num_hidden_layers"],
                    heads=c["num_attention_heads"], kv_heads=c["num_key_value_heads"], head_dim=c["head_dim"],
                    ffn=c["intermediate_size"], theta=c["rope_theta"], positions=c["max_position_embeddings"],
                    eps=c["rms_norm_eps"])
    reader = Reader(Model(config, torch.float32))
    arrays = read_safetensors(os.path.join(folder, "model.safetensors"))
    for name, tensor in weight_names(reader.base).items():
        array = arrays[name].astype(np.float32)
        if name + ".scales" in arrays:
            array = array * arrays[name + ".scales"][:, None]
        tensor.copy_(torch.from_numpy(array))
    reader.marks.copy_(torch.from_numpy(arrays["reader.marks"].copy()))
    heads, bias = arrays["reader.heads.weight"], arrays["reader.heads.bias"]
    reader.token_head.weight.copy_(torch.from_numpy(heads[:3].copy()))
    reader.token_head.bias.copy_(torch.from_numpy(bias[:3].copy()))
    reader.row_head.weight.copy_(torch.from_numpy(heads[3:].copy()))
    reader.row_head.bias.copy_(torch.from_numpy(bias[3:].copy()))
    return reader.eval()


def golden(folder):
    reader = read_reader(folder)
    encoder = RowEncoder(Tokenizer(os.path.join(folder, "tokenizer.json"), use_library=False))
    cases = []
    for question, passage in GOLDEN:
        row = encoder.encode(question, passage)
        begin, end, relevance = reader(*collate([row]))
        found = read_pairs(reader, encoder, [(question, passage)])[0]
        inside = slice(row[3], len(row[0]) - 1)
        # Python counts letters, the engine UTF-16 units: none of the passages has letters beyond 16 bits.
        cases.append(dict(question=question, passage=passage, ids=row[0], marks=row[1], first=row[3],
                          spans=[list(s) for s in row[2]], begin=begin[0, inside].tolist(), end=end[0, inside].tolist(),
                          relevance=relevance[0].item(), answer=found[1], answerScore=found[2]))
    with open(os.path.join(folder, "golden.json"), "w", encoding="utf-8") as f:
        json.dump(dict(cases=cases), f, ensure_ascii=False)
        f.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, help="folder with reader.pt")
    parser.add_argument("--data", required=True, help="folder with tokenizer.json")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    reader, saved = load_reader(os.path.join(args.run, "reader.pt"))
    os.makedirs(args.out, exist_ok=True)
    weights = os.path.join(args.out, "model.safetensors")
    write_safetensors(weights, arrays_of(reader))
    config = dict(model_config(reader.base.config), torch_dtype="int8",
                  reader=dict(version=1, marks=MARKS, longestQuestion=LONGEST_QUESTION, longestRow=256,
                              longestAnswer=LONGEST_ANSWER))
    with open(os.path.join(args.out, "config.json"), "w", encoding="utf-8") as f:
        json.dump(config, f, indent=2)
        f.write("\n")
    shutil.copyfile(os.path.join(args.data, "tokenizer.json"), os.path.join(args.out, "tokenizer.json"))
    golden(args.out)
    print(f"step {saved['step']}, {saved['minutes']:.1f} minutes: {os.path.getsize(weights) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
