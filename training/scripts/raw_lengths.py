"""How far back is raw text of use to the base? Bits per byte of a segment by the number of raw tokens before it.

python3 -m training.scripts.raw_lengths --package assets/models/starter --data DIR

The same unseen segments in every row, so the rows compare. This is what `--positions` of training.export is chosen by:
a model trained too little on far positions predicts worse with more past. Does not know: memories.
"""
import argparse

import numpy as np
import torch

from ..data import TokenSet
from ..evaluation.bits import score
from ..evaluation.readings import Raw
from ..evaluation.windows import Windows, bits_per_byte, byte_lengths, pick_documents
from ..export import read_package
from ..model import DEVICE


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--lengths", default="0,192,384,512,640,768,896,1024,1280,1536", help="raw tokens before the segment")
    parser.add_argument("--documents", type=int, default=32)
    parser.add_argument("--per_document", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(1)
    lengths = [int(x) for x in args.lengths.split(",")]
    segment = read_package(args.package)[3]["segmentLength"]
    model, _, tokenizer, _ = read_package(args.package, torch.bfloat16, positions=max(lengths) + segment)
    token_set = TokenSet(args.data, "val")
    documents = pick_documents(token_set, args.documents)
    windows = Windows(token_set, documents, -(-max(lengths) // segment), segment, args.per_document)
    sizes, model = byte_lengths(tokenizer, model.config.vocab), model.to(DEVICE)
    print("| raw tokens before | positions in use | bits per byte | second half |\n|---|---|---|---|")
    for length in lengths:
        losses, _ = score(Raw(model, length), windows, windows.past)
        whole, half = (bits_per_byte(losses, windows.target, sizes, first).mean() for first in (1, 1 + segment // 2))
        print(f"| {length} | {length + segment} | {whole:.4f} | {half:.4f} |", flush=True)


if __name__ == "__main__":
    main()
