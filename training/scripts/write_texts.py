"""Unseen documents as text, for the application's own evaluation: lines {id, text}.

python3 -m training.scripts.write_texts --data DIR --split test --out FILE.jsonl
npm run evaluate -- memory FILE.jsonl

The same documents that training.evaluate takes, each cut after `tokens` tokens. Does not know: models.
"""
import json
from dataclasses import dataclass

from ..data import TokenSet, read_tokenizer
from ..evaluation.windows import MIN_TOKENS, pick_documents
from ..options import parse_options


@dataclass
class Options:
    data: str                           # folder with the split, meta.json, tokenizer.json
    out: str                            # file of lines {id, text}
    split: str = "test"                 # of the token files
    documents: int = 40                 # the long ones
    tokens: int = 20000                 # of each document, from its start
    least: int = MIN_TOKENS             # tokens that such a document has


def main():
    o = parse_options(Options, __doc__)
    token_set, tokenizer = TokenSet(o.data, o.split), read_tokenizer(o.data)
    documents = pick_documents(token_set, o.documents, least=o.least)
    with open(o.out, "w", encoding="utf-8") as f:
        for d in documents:
            ids = token_set.slices([d["start"] + 1], min(o.tokens, d["tokens"] - 1))[0].tolist()
            f.write(json.dumps(dict(id=d["id"], text=tokenizer.decode(ids)), ensure_ascii=False) + "\n")
    print(f"{o.out}: {len(documents)} documents of {o.split}")


if __name__ == "__main__":
    main()
