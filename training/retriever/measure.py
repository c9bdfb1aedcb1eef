"""Measure the retriever against and beside lexical search, and hold the gate.

    node bench/retrieval/dense-windows.ts WINDOWS.jsonl check-3.json check-4.json --questions 30 --fitted --development
    python3 -m training.retriever.measure --run DIR --windows WINDOWS.jsonl --data DIR [--json OUT]

Dense search alone ranks the windows; fusing.py says how words and vectors go together, by a weight that is fitted on
the group "fitted". Intervals: 95 % percentile bootstraps over questions, differences paired, as in statistics.ts.
Does not know: how candidates were found.
"""
import argparse
import json
import os
import time

import numpy as np
import torch

from ..tokenizer import Tokenizer
from .fusing import Asked, candidates_of, rank_of
from .model import TextEncoder, encode_all, load_retriever

LEAST_GAIN = 0.03               # of @1: the gate
WEIGHTS = [0.0, *np.geomspace(0.02, 5.0, 25).round(3)]
RESAMPLES, SEED = 2000, 20_261_121
LONGEST_WINDOW = 128            # tokens, so that 60 words are seldom cut off


def fit_weight(asked):
    """The weight with the best mean reciprocal rank."""
    def mrr(weight):
        return np.mean([1 / rank_of(one.weighted(weight), one.evidence) for one in asked])
    return max(WEIGHTS, key=mrr)


def interval(values):
    """(mean, low, high) over questions."""
    values = np.asarray(values, dtype=float)
    draws = np.random.default_rng(SEED).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(values[draws].mean(1), (0.025, 0.975))
    return float(values.mean()), float(low), float(high)


def shown(figure, signed=False):
    value, low, high = figure
    return f"{value:+.3f} [{low:.3f}, {high:.3f}]" if signed else f"{value:.3f} [{low:.3f}, {high:.3f}]"


def hits(orders, asked, k):
    return np.array([rank_of(order, one.evidence) <= k for order, one in zip(orders, asked)], dtype=float)


def systems_of(asked, weight):
    return {"lexical search": [one.lexical for one in asked],
            "dense alone": [one.dense for one in asked],
            "lexical + dense, reciprocal ranks": [one.fused() for one in asked],
            "lexical + dense, weighted": [one.weighted(weight) for one in asked],
            "lexical passages only, weighted": [one.again(weight) for one in asked]}


def table_of(asked, weight):
    """{system: {"@1": (value, low, high), "change @1": ...}} for one group of questions."""
    found, base = {}, None
    for name, orders in systems_of(asked, weight).items():
        row = {f"@{k}": hits(orders, asked, k) for k in (1, 8, 50)}
        base = base or row
        found[name] = {k: interval(v) for k, v in row.items()}
        found[name].update({f"change {k}": interval(v - base[k]) for k, v in row.items()})
    return found


def recall_of(asked):
    """Recall of as many candidates from words alone as from words and vectors, half of each."""
    def within(pick):
        return np.array([rank_of(pick(one), one.evidence) < np.inf for one in asked], dtype=float)
    words = {n: within(lambda one, n=n: one.words[:n]) for n in (50, 100)}
    both = {n: within(lambda one, n=n: one.union(n // 2)) for n in (50, 100)}
    return {f"@{n}": dict(lexical=interval(words[n]), union=interval(both[n]), change=interval(both[n] - words[n]))
            for n in (50, 100)}


def read_questions(path, retriever, encoder):
    """{group: [Asked]} and what encoding cost."""
    groups, cost = {}, dict(tokens=0, windows=0, seconds=0.0, question_seconds=0.0, search_seconds=0.0, questions=0)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            spans, needed = np.array(document["spans"]), candidates_of(document)
            rows = [encoder.passage(document["texts"][number]) for number in needed]
            begin = time.process_time()
            vectors = np.zeros((len(spans), len(retriever.projection)), np.float32)
            vectors[needed] = encode_all(retriever, rows)
            cost["seconds"] += time.process_time() - begin
            cost["tokens"] += sum(map(len, rows))
            cost["windows"] += len(rows)
            for question in document["questions"]:
                begin = time.process_time()
                vector = encode_all(retriever, [encoder.question(question["question"])])[0]
                middle = time.process_time()
                cosine = vectors @ vector
                cost["search_seconds"] += time.process_time() - middle
                cost["question_seconds"] += middle - begin
                cost["questions"] += 1
                groups.setdefault(document["group"], []).append(Asked(question, cosine, spans, document["windows"]))
            print(f"{document['group']} {document['name']}: {len(rows)} texts", flush=True)
    return groups, cost


def cost_of(retriever, cost):
    """ms, bytes: weights in int8 by rows, vectors in int8; windows overlap by half, so each token is encoded twice."""
    tensors = list(retriever.parameters())
    weights = sum(p.numel() + 4 * len(p) if p.dim() == 2 else 4 * p.numel() for p in tensors)
    a_window = cost["tokens"] / cost["windows"]
    return dict(weights_bytes=weights, parameters=sum(p.numel() for p in tensors),
                vector_bytes_of_1000_tokens=round(1000 / (a_window / 2) * len(retriever.projection)),
                tokens_a_second=round(cost["tokens"] / cost["seconds"]),
                ms_of_1000_tokens=round(1000 * 2000 / (cost["tokens"] / cost["seconds"]), 1),
                question_ms=round(1000 * cost["question_seconds"] / cost["questions"], 2),
                search_ms=round(1000 * cost["search_seconds"] / cost["questions"], 2))


def print_group(name, asked, table, recall):
    print(f"\n{name}: {len(asked)} questions\n\n| | @1 | @8 | @50 | @1 over words | @8 over words | @50 over words |")
    print("|---|---|---|---|---|---|---|")
    for system, row in table.items():
        cells = [shown(row[k]) for k in ("@1", "@8", "@50")]
        cells += ["" if system == "lexical search" else shown(row[f"change {k}"], True) for k in ("@1", "@8", "@50")]
        print(f"| {system} | {' | '.join(cells)} |")
    for k, row in recall.items():
        print(f"recall {k}: words {shown(row['lexical'])}, half of each {shown(row['union'])}, "
              f"change {shown(row['change'], True)}")


def print_curve(path):
    print("\n| minutes | steps | M tokens | @1 | @8 | @50 |\n|---|---|---|---|---|---|")
    with open(path, encoding="utf-8") as lines:
        for entry in map(json.loads, lines):
            print(f"| {entry['minutes']:.0f} | {entry['step']} | {entry['tokens'] / 1e6:.2f} | "
                  f"{' | '.join(f'{x:.3f}' for x in entry['held_out']['all'])} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, help="folder with retriever.pt and retriever.jsonl")
    parser.add_argument("--windows", required=True, help="file of bench/retrieval/dense-windows.ts")
    parser.add_argument("--data", required=True, help="folder with tokenizer.json")
    parser.add_argument("--json", help="figures as JSON too")
    args = parser.parse_args()
    torch.set_num_threads(1)
    retriever, _ = load_retriever(os.path.join(args.run, "retriever.pt"))
    tokenizer = Tokenizer(os.path.join(args.data, "tokenizer.json"), use_library=False)
    groups, cost = read_questions(args.windows, retriever.eval(), TextEncoder(tokenizer, LONGEST_WINDOW))
    weight = fit_weight(groups["fitted"])
    result = dict(weight=weight, cost=cost_of(retriever, cost), groups={})
    print(f"\nweight of the cosine, fitted on {len(groups['fitted'])} questions: {weight}")
    for name, asked in groups.items():
        table, recall = table_of(asked, weight), recall_of(asked)
        result["groups"][name] = dict(questions=len(asked), systems=table, recall=recall)
        print_group(name, asked, table, recall)
    value, low, _ = result["groups"]["check"]["systems"]["lexical + dense, weighted"]["change @1"]
    result["enters"] = bool(value >= LEAST_GAIN and low > 0)
    print(f"\nthe gate: @1 {value:+.3f}, {'it enters' if result['enters'] else 'it does not enter'}")
    print(f"\n{json.dumps(result['cost'])}")
    print_curve(os.path.join(args.run, "retriever.jsonl"))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump(result, f, indent=1)


if __name__ == "__main__":
    main()
