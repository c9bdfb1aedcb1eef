"""README.md and SOURCES.md of an exported package, from the logs and figures of its own training.

python3 -m training.model_card --package DIR --data DIR --base_log base.jsonl --stage "adapter" memory.jsonl \
    [--codes_log fit.log] --lengths lengths.md --figures figures.json --book_figures book.json --corpus DIR ... \
    --machine "..." --run "..."
The memory is residual codes or gists, by the package. No number is typed in: each comes from a file that the run wrote.
Does not know: models.
"""
import argparse
import collections
import json
import os
import shlex

from .codes import ResidualCodes
from .corpus import ALWAYS_HELD_OUT, corpus_files, read_rows
from .evaluation.tables import kinds_table
from .export import read_json


def last_line(path):
    with open(path, encoding="utf-8") as f:
        return json.loads(f.read().strip().splitlines()[-1])


def markdown_table(path):
    """The lines of a table from a file that may hold others."""
    with open(path, encoding="utf-8") as f:
        return "".join(line for line in f if line.startswith("|")).strip()


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


# Rows of the main comparison; the rest stands in docs/memory-methods.md.
SHOWN = ("nothing", "memory", "memory, every 8th", "memory, nearest", "memory int8", "memory int4", "wrong memory",
         "predicted only", "untrained stride", "wrong stride", "raw recent", "raw", "recall 3 bits", "recall 2 bits",
         "gists", "gists int8", "recent 256", "recent 256 + memory", "recent 256 + raw", "recent 512",
         "recent 512 + memory", "recent 512 + raw")


def figure_table(table):
    """Markdown of one table that evaluate.py wrote."""
    lines = ["| past given | bits per byte | gain over nothing | s.e. | documents better |", "|---|---|---|---|---|"]
    for name, row in table["conditions"].items():
        if name in SHOWN:
            rest = "| | | |" if name == "nothing" else _gain_cells(row)
            lines.append(f"| {name} | {row['bits']:.4f} {rest}")
    lines += ["", "| paired difference | gain | s.e. | documents better |", "|---|---|---|---|"]
    lines += [f"| {name} {_gain_cells(row)}" for name, row in table["pairs"].items()
              if all(part in SHOWN for part in name.split(" better than "))]
    return "\n".join(lines)


def main_title(figures):
    """Title of the first table: the first past, the first ratio, the whole segment."""
    return next(title for title in figures["tables"] if title.endswith("whole segment"))


def _gain_cells(row):
    error = "" if row["se"] is None else f"{row['se']:.4f}"
    return f"| {row['gain']:+.4f} | {error} | {row['better']} of {row['documents']} |"


def by_kind_table(table):
    return kinds_table(table, SHOWN)


def data_table(meta):
    lines = ["| split | kind | documents | M tokens | MB |", "|---|---|---|---|---|"]
    for split in ("train", "val"):
        for kind in ("books", "docs", "code"):
            d = [x for x in meta[split] if x["kind"] == kind]
            tokens, size = sum(x["tokens"] for x in d), sum(x["bytes"] for x in d)
            lines.append(f"| {split} | {kind} | {len(d):,} | {tokens/1e6:.2f} | {size/1e6:.1f} |")
    return "\n".join(lines)


def verdict(table):
    """One sentence per comparison, worded by whether two standard errors exclude zero."""
    words = []
    for name, row in table["pairs"].items():
        first, against = name.split(" better than ")
        if first != "memory" or against.startswith("memory"):
            continue
        if row["se"] is None or abs(row["gain"]) <= 2 * row["se"]:
            words.append(f"not distinguishable from {against}")
        else:
            words.append(("better than " if row["gain"] > 0 else "worse than ") + against)
    return ", ".join(words)


def share_kept(table):
    """Worded only where the raw past itself gains clearly: a share of nothing says nothing."""
    raw = table["conditions"]["raw"]
    if raw["se"] is None or raw["gain"] <= 2 * raw["se"]:
        return "the raw past itself does not gain clearly here"
    return f"it keeps {100 * table['share_of_raw_gain']:.0f} % of the gain of the raw past"


def memory_words(package, adapter, codes_log):
    """What the card says about the memory, by its kind."""
    size = os.path.getsize(os.path.join(package, "memory", "adapter_model.safetensors")) / 1e6
    ratios = " and ".join(map(str, adapter["ratios"]))
    if adapter["kind"] != ResidualCodes.kind:
        return dict(version=1, memory_name="a gist-memory adapter", memory_row=(
            f"segments of {adapter['segmentLength']} tokens, ratio {ratios}, LoRA rank {adapter['rank']} on the gist rows "
            f"only, {size:.1f} MB"), memory_about=GISTS, fit="")
    kept = 2 * adapter["groups"] * (adapter["base"]["layers"] - 1)
    return dict(version=2, memory_name="a memory of residual codes", memory_row=(
        f"segments of {adapter['segmentLength']} tokens; {kept} bytes of codes a token beside its number; views of every "
        f"token or every {max(adapter['ratios'])}th; {size:.1f} MB"), memory_about=CODES, fit=fit_words(codes_log))


def fit_words(path):
    if not path:
        return ""
    with open(path, encoding="utf-8") as f:
        lines = [line.strip() for line in f if line.strip() and not line.startswith("==")]
    return ("\nThe memory is not trained: a linear regression and k-means, which `python3 -m training.fit_codes` says of\n"
            "itself (share of the variance of a layer's keys and values):\n\n"
            + "\n".join("    " + line for line in lines) + "\n")


def render(args):
    config, adapter = read_json(args.package, "config.json"), read_json(args.package, "memory/adapter_config.json")
    meta, base = load(os.path.join(args.data, "meta.json")), last_line(args.base_log)
    stages = [("base", base)] + [(name, last_line(log)) for name, log in args.stage]
    figures, book = load(args.figures), load(args.book_figures)
    train_tokens = sum(d["tokens"] for d in meta["train"])
    main = main_title(figures)
    main_table, past = figures["tables"][main], int(main.split(",")[0].split()[1])
    s, spent = figures["setting"], sum(line["minutes"] for _, line in stages)
    sections = []
    for title, table in figures["tables"].items():
        sections.append(f"### {title[0].upper() + title[1:]}\n\nThe memory is {verdict(table)}; "
                        f"{share_kept(table)}.\n\n{figure_table(table)}\n")
    return TEMPLATE.format(
        layers=config["num_hidden_layers"], hidden=config["hidden_size"], heads=config["num_attention_heads"],
        kv_heads=config["num_key_value_heads"], head_dim=config["head_dim"], ffn=config["intermediate_size"],
        vocab=config["vocab_size"], positions=config["max_position_embeddings"], segment=adapter["segmentLength"],
        **memory_words(args.package, adapter, args.codes_log), command=shlex.join(s["arguments"]),
        size=os.path.getsize(os.path.join(args.package, "model.safetensors")) / 1e6,
        parameters=parameter_count(config) / 1e6,
        train_tokens=train_tokens / 1e6, stages="\n".join(stage_row(*stage, train_tokens) for stage in stages),
        spent=spent, machine=args.machine, data_table=data_table(meta), run=args.run,
        base_bits=", ".join(f"{k} {b:.4f}" for k, b in base["bits_per_byte"].items()), verdict=verdict(main_table),
        lengths=markdown_table(args.lengths), past_tokens=past * s["segment"], split=s["split"],
        raw_tokens=min(past * s["segment"], s["trained"] - s["segment"]), past=past, title=main.split(", whole")[0],
        documents=s["documents"], windows=s["windows"], sections="\n".join(sections),
        kinds=by_kind_table(main_table), book_name=", ".join(sorted(i.split("/")[-1] for i in ALWAYS_HELD_OUT)),
        book_table=figure_table(book["tables"][main_title(book)]), book_windows=book["setting"]["windows"])


def stage_row(name, line, train_tokens):
    """One row of the training table; a token that is read twice counts twice."""
    return (f"| {name} | {line['step']:,} | {line['tokens']/1e6:.1f} M ({line['tokens']/train_tokens:.2f} passes) | "
            f"{line['minutes']:.1f} | {line['cpu_minutes']:.1f} |")


def parameter_count(c):
    width, kv = c["num_attention_heads"] * c["head_dim"], c["num_key_value_heads"] * c["head_dim"]
    layer = 2 * c["hidden_size"] * (width + kv) + 3 * c["hidden_size"] * c["intermediate_size"] + 2 * c["hidden_size"]
    return c["vocab_size"] * c["hidden_size"] + c["num_hidden_layers"] * layer + c["hidden_size"]


def sources(folders):
    """SOURCES.md: what the training text came from, with its licences, as the corpus states them."""
    counts = collections.OrderedDict()
    for kind, path in corpus_files(folders):
        for row in read_rows(path):
            entry = counts.setdefault((kind, row["source"], row.get("commit", ""), row["licence"]), [0, 0])
            entry[0] += 1
            entry[1] += len(row["text"].encode("utf-8"))
    lines = ["# Where the training text came from", "",
             "Some documents of these sources were held out for validation. No text is in this folder.", "",
             "| kind | source | commit or version | licence | documents | MB |", "|---|---|---|---|---|---|"]
    for (kind, source, commit, licence), (documents, size) in counts.items():
        lines.append(f"| {kind} | {source} | {commit or ''} | {licence} | {documents:,} | {size/1e6:.2f} |")
    return "\n".join(lines) + "\n"


GISTS = """their gist memory; the memory of *another* document of the same kind; the *untrained stride* (every
r-th token repeated: the same encoder without training); as many *raw recent* tokens as the memory has slots; or as many
*raw* tokens as there are positions for. int8, int4: stored memories in that precision; recall 3 bits: keys and values of the
nearest tokens in as many bytes; recent R: the nearest R raw tokens, with or without the memory of the text before them."""

CODES = """their keys and values restored from the text and its codes (*memory*: every token as far as the positions
go; *every 8th*, *nearest*: an eighth of the slots); the memory of *another* document of the same kind; what the text *predicts
only*, without codes; *gists*, the trained memory of version 1; as many *raw recent* tokens as gists have slots; or as many
*raw* tokens as there are positions for. recall 3 bits: keys and values of the nearest tokens in at least as many bytes as the
codes; recent R: the nearest R raw tokens, with or without the memory of the text before them."""

TEMPLATE = """# Longleaf starter model, version {version}

A language model of {parameters:.2f} M parameters with {memory_name}, trained from scratch on a CPU so that
Longleaf runs without a download. **It is a demonstrator, not a question answerer**: it continues text, it has seen no
instructions and no chat, and what it writes is often wrong. What it shows is that the whole path works: read a document
in segments, keep a compressed memory of each, and predict later text from it.

| | |
|---|---|
| graph | Llama: {layers} layers x {hidden}, {heads} query heads, {kv_heads} key/value heads of {head_dim}, \
feed-forward {ffn}, tied head |
| vocabulary | {vocab:,} byte-level BPE tokens, own |
| positions | {positions:,} (memory slots and tokens together) |
| weights | `model.safetensors`, 8 bits a number, {size:.1f} MB |
| memory | `memory/`: {memory_row} |

## Training

{spent:.0f} minutes of training on one thread of {machine}, shared with other work; no GPU. The training text holds
{train_tokens:.1f} M tokens.

| | steps | tokens read | minutes | CPU minutes |
|---|---|---|---|---|
{stages}
{fit}
{data_table}

The sources and their licences are in `SOURCES.md`. The books stop at 1929; much of the rest is software documentation and
code. `{book_name}` (the book bundled with the application) and the other validation documents were never trained on; the
merges of the tokenizer were learned from a sample that leaves the bundled book out but may hold other validation
documents. One seed, nothing repeated. All of it again: {run}.

Bits per byte of the base on validation windows of 1,024 tokens at the end of its own training: {base_bits}
(last line of `base.jsonl`, printed by `python3 -m training.train_base`).

### How far back is raw text of use?

Bits per byte of the same unseen
segments with more and more raw text before them, printed by `python3 -m training.scripts.raw_lengths --package
assets/models/starter --data /tmp/longleaf-training/data`:

{lengths}

## Does the memory carry anything?

Bits per byte (lower is better) of a segment of {segment} unseen tokens after {past} earlier segments, of which the model
is given: nothing; {memory_about} Raw: at most {raw_tokens:,} of {past_tokens:,} tokens. {documents} documents of the split
{split}, {windows} windows, standard errors of paired differences over documents. Printed by

    python3 -m training.evaluate {command}

(the token files are made by the first two commands of `training/runs/starter-v0.sh`).

Short answer at {title}, whole segment: the memory is {verdict}.

{sections}
### By kind, {title}, whole segment: bits per byte (gain over nothing)

{kinds}

### The bundled book alone, {title}, whole segment ({book_windows} windows of one document, so no standard error)

{book_table}

The same command with `--only "{book_name}" --per_document {book_windows}`.

## Limits

- No instruction tuning: asked a question, it continues the text. The chat template is plain text, one paragraph a message.
- The model cannot tell whose memory it is given (see *wrong memory*): show it memories of the document at hand only.
- Where raw text fits into the window, raw text is better than its memory.
- "Second half" leaves out the tokens next to the border, where raw recent text has the advantage of being adjacent.
- English prose of before 1930, documentation, code; it repeats what its sources say, with their errors and prejudices.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("package", "data", "base_log", "lengths", "figures", "book_figures", "machine", "run"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--stage", nargs=2, action="append", default=[], metavar=("NAME", "LOG"), help="after the base")
    parser.add_argument("--codes_log", help="what training.fit_codes printed, where the memory is codes")
    parser.add_argument("--corpus", nargs="+", required=True)
    args = parser.parse_args()
    for name, text in (("README.md", render(args)), ("SOURCES.md", sources(args.corpus))):
        with open(os.path.join(args.package, name), "w", encoding="utf-8") as f:
            f.write(text)


if __name__ == "__main__":
    main()
