"""docs/memory-methods.md from the JSON of evaluate.py.

python3 -m training.evaluation.report FIGURES.json... [--ablation CODES.json] --out docs/memory-methods.md

The prose stands in report.md beside this file; tables, plots (SVG beside the page) and verdicts come from the figures.
Later files add to earlier ones; a part that no file holds is called not measured. The memory under test may be residual
codes, with gists beside them, or gists. Does not know: models.
"""
import argparse
import json
import os
import re
import shlex

from . import plots
from .statistics import verdict
from .tables import (ablation_table, bits_table, distances_table, kinds_table, method_details, methods_table, pairs_table, plus_minus,
                     questions_table, reach_table, recall_pairs_table, recall_table, speed_table, table)

HERE = os.path.dirname(os.path.abspath(__file__))
MISSING = "Not measured in these files."
TASKS = ("passkey", "keys", "one fact", "two facts")
SHOWN = ("memory", "gists", "recall 3 bits", "untrained stride", "raw recent", "raw", "wrong memory")
OF_GISTS = r"gists|stride( \d+x)?$"    # rows that the part about gists shows, where gists are not what ships
ENOUGH = 30                             # documents that a verdict needs
SHARE = 0.65                            # of the raw gain that a memory is to keep


def merged(files):
    """One set of figures; parts of later files replace those of earlier ones, of recall distance by distance."""
    figures = {}
    for _, found in files:
        for key, value in found.items():
            if key in ("skipped", "recall", "recall_chat"):
                figures.setdefault(key, {}).update(value)
            elif value or key not in figures:
                figures[key] = value if key != "setting" else {**figures.get(key, {}), **value}
    return figures


def main_tables(figures):
    """(title, whole segment, second half) of the first past and ratio, or None."""
    for title, found in figures.get("tables", {}).items():
        if title.endswith("whole segment"):
            return title.split(", whole")[0], found, figures["tables"][title.replace("whole segment", "second half")]
    return None


def is_coded(found):
    """Whether a table is of residual codes (evaluation/coded.py)."""
    return "memory, every 8th" in found["conditions"]


def claim(words, row, errors):
    """One line of the list of verdicts: '**met**: words: gain ± s.e. (n standard errors)'."""
    found = {"better": "met", "worse": "missed, and the other way round"}.get(verdict(row, errors), "missed")
    if row["documents"] < ENOUGH:
        found = f"not decided with fewer than {ENOUGH} documents"
    times = f", {row['gain'] / row['se']:+.1f} standard errors over {row['documents']} documents" if row["se"] else ""
    return f"- **{found}**: {words} by more than {errors:g} standard errors: {plus_minus(row, 4, True)}{times}"


# Pairs of a table with the standard errors that they are to be apart by.
BARS_OF_CODES = (
    ("memory better than wrong memory", 5), ("memory better than gists", 3), ("memory better than gists int8", 3),
    *((f"{memory} better than {other}", 3) for memory in ("memory, nearest", "memory, every 8th")
      for other in ("raw recent", "gists")))
BARS_OF_GISTS = (
    ("memory better than wrong memory", 5), ("memory better than untrained stride", 3),
    ("memory better than recall 3 bits", 3), ("memory int8 better than recall 3 bits, half", 3),
    ("memory int4 better than recall 3 bits, quarter", 3), ("memory better than stride of K,V", 3),
    ("memory better than density 1/d2", 3), ("memory better than raw recent", 3))
ON_RECENT = r"recent \d+ \+ memory better than recent \d+( \+ (raw|recall 3 bits|recall 2 bits|gists))?"


def best_at_equal_bytes(rows):
    """The better one of the untrained memories that take at least the bytes of the codes, or None."""
    there = [name for name in ("recall 3 bits", "recall 2 bits") if name in rows]
    return min(there, key=lambda n: rows[n]["bits"]) if there else None


def shares_text(rows):
    """What codes and others keep of the raw past's gain, and in how many bytes."""
    if not rows.get("raw", {}).get("gain"):
        return ""
    named = (("memory", "residual codes, the memory that ships,"), (best_at_equal_bytes(rows), "{}, untrained,"),
             ("gists int8", "gists in int8"), ("predicted only", "what the text alone predicts"))
    parts = [f"by {words.format(name)} {100 * rows[name]['gain'] / rows['raw']['gain']:.0f} % in "
             f"{rows[name]['bytes_per_1000']:,} bytes per 1,000 tokens" for name, words in named if name in rows]
    return "Of what the raw past gains is kept: " + "; ".join(parts) + ".\n\n"


def verdicts(figures):
    """The bars that the project set, each worded by its interval."""
    lines, main = [], main_tables(figures)
    if main:
        title, whole, _ = main
        rows, pairs = whole["conditions"], whole["pairs"]
        lines.append((shares_text(rows) if is_coded(whole) else "") + f"Bits per byte at {title}, whole segment:\n")
        lines.append(claim("with memory lower than without", rows["memory"], 5))
        if is_coded(whole):
            best = best_at_equal_bytes(rows)
            if best:
                lines.append(claim(f"memory better than {best}, the best untrained memory in as many bytes",
                                   pairs[f"memory better than {best}"], 3))
        for name, errors in BARS_OF_CODES if is_coded(whole) else BARS_OF_GISTS:
            if name in pairs:
                lines.append(claim(name, pairs[name], errors))
        for name, row in pairs.items():
            if re.fullmatch(ON_RECENT, name):
                lines.append(claim(name, row, 3))
        share = whole["share_of_raw_gain"]
        if share is not None:
            found = "met" if share >= SHARE else "missed"
            lines.append(f"- **{found}**: the memory keeps at least {100 * SHARE:.0f} % of what the raw past gains: "
                         f"{100 * share:.0f} %")
    lines += recall_verdicts(figures) + method_verdicts(figures)
    return "\n".join(lines) or MISSING


AGAINST = ("gists", "recall 3 bits", "raw", "raw, found")            # of codes; of gists the untrained stride


def recall_verdicts(figures):
    lines = []
    for distance, entry in figures.get("recall", {}).items():
        for task in (*TASKS, "quote"):
            against = AGAINST if "gists" in entry.get(task, {}).get("readings", {}) else ("untrained stride",)
            for memory, other in ((m, o) for m in ("memory", "memory, found", "memory, found last") for o in against):
                rows = {kind: entry.get(task, {}).get(kind, {}).get(f"{memory} better than {other}")
                        for kind in ("pairs", "margins")}
                apart = [kind for kind, row in rows.items() if row and verdict(row) != "not distinguishable"]
                if apart:
                    row = rows[apart[0]]
                    unit = ("nats a token" if task == "quote" else
                            "of the answers" if apart[0] == "pairs" else "nats of margin of the right answer")
                    lines.append(f"- {task}, {int(distance):,} tokens back: {memory} is {verdict(row)} than {other}: "
                                 f"{plus_minus(row, 3, True)} {unit}")
    return ["\nFar recall, where three standard errors separate memory and others:\n", *lines] if lines else []


def method_verdicts(figures):
    lines, methods = [], figures.get("methods")
    if not methods:
        return lines
    for title, found in methods["tables"].items():
        for name, row in found["pairs"].items():
            if re.fullmatch(r"ours\S* better than uio", name):
                lines.append(claim(f"{name} ({title})", row, 3))
    for name, row in methods.get("questions", {}).get("pairs", {}).items():
        if re.fullmatch(r"ours\S* better than uio, nats", name):
            lines.append(claim(f"{name} a token of the answer, from memory alone", row, 3))
    return ["\nMethods on one base, data and steps:\n", *lines] if lines else []


def setting_text(files):
    lines = []
    for name, found in files:
        s = found["setting"]
        lines.append(f"`{name}`: {s['documents']} documents of the split {s['split']}, segments of {s['segment']} "
                     f"tokens, computed on {s['device']} in {s.get('seconds_in_all', '?')} seconds, with\n\n"
                     f"    python3 -m training.evaluate {shlex.join(s['arguments'])}\n")
    return "\n".join(lines)


def bits_text(figures, plot):
    main = main_tables(figures)
    if not main:
        return MISSING
    out = []
    for title, found in figures["tables"].items():
        share = found["share_of_raw_gain"]
        rows, pairs = found["conditions"], found["pairs"]
        if is_coded(found):                             # gists have a part of their own; one row to compare with
            rows = {n: r for n, r in rows.items() if not re.search(OF_GISTS, n) or n == "gists int8"}
            pairs = {n: r for n, r in pairs.items() if not re.match("(recent .*)?gists", n)}
        out.append(f"### {title[0].upper() + title[1:]}\n\n{bits_table(found, rows)}\n")
        if share is not None:
            out.append(f"The memory keeps {100 * share:.0f} % of what the raw past gains.\n")
        if found is main[1]:
            gains = [(n, r["gain"], r["se"]) for n, r in rows.items() if n != "nothing"]
            out.append(plot("bits", plots.bars(f"Gain over nothing, {main[0]}", "bits per byte", gains)))
            out.append(kinds_table(found, ("nothing", *SHOWN)) + "\n")
        out.append(pairs_table(pairs) + "\n")
    return "\n".join(out)


def gists_text(figures):
    """The trained gists, where the memory that ships is another one."""
    main = main_tables(figures)
    if not main or not is_coded(main[1]):
        return "Here gists are the memory that ships: see above."
    out = []
    for words, found in zip(("whole segment", "second half"), main[1:]):
        names = [n for n in found["conditions"] if re.search(OF_GISTS, n) or n in ("nothing", "raw recent", "raw")]
        pairs = {n: r for n, r in found["pairs"].items() if re.match("(recent .*)?gists", n)}
        out.append(f"### {main[0].capitalize()}, {words}\n\n{bits_table(found, names)}\n\n{pairs_table(pairs)}\n")
    return "\n".join(out)


def operations_text(figures):
    found = figures.get("operations")
    if not found:
        return MISSING
    return (f"Counted from the shapes, without logits: reading a token of a segment again takes {found['prefill']:.2f} "
            f"MFLOP (a prefill), restoring its keys and values from the text and its codes {found['restore']:.2f}, "
            f"{found['prefill'] / found['restore']:.1f} times fewer. Finding the codes, once, takes both and "
            f"{found['search']:.2f} more.")


def ablation_text(found):
    if not found:
        return MISSING
    o = found["settings"]
    command = " ".join(f"--{name} {shlex.quote(str(value))}" for name, value in o.items())
    return (f"Each variant fitted on {o['tokens']:,} tokens; past {o['past']}, {found['documents']} documents, "
            f"{o['per_document']} window each; the raw past gains {plus_minus(found['raw'], 4, True)}. Written by\n\n"
            f"    python3 -m training.codes_ablation {command}\n\n{ablation_table(found)}")


def equal_text(figures):
    """The fair opponents of the memory at each past and ratio, by what is held equal."""
    rows = []
    for title, found in figures.get("tables", {}).items():
        for held, name in (("slots", "memory better than raw recent"), ("slots", "memory better than stride of K,V"),
                           ("slots", "memory better than untrained stride"),
                           ("bytes, 16 bits", "memory better than recall 3 bits"),
                           ("slots", "memory better than density 1/d2"),
                           ("bytes, int8", "memory int8 better than recall 3 bits, half"),
                           ("bytes, int4", "memory int4 better than recall 3 bits, quarter"),
                           ("bytes", "memory better than recall 2 bits"),
                           *(("slots", f"memory, {view} better than {other}") for view in ("nearest", "every 8th")
                             for other in ("raw recent", "gists", "untrained stride", "density 1/d2", "streaming"))):
            row = found["pairs"].get(name)
            held = "bytes" if is_coded(found) and held.startswith("bytes") else held
            if row:
                rows.append([title, held, name, plus_minus(row, 4, True), verdict(row)])
        for name, row in found["pairs"].items():
            if re.fullmatch(r"recent \d+ \+ memory(, every 8th)? better than recent \d+ \+ raw", name):
                rows.append([title, "slots and decoding cost", name, plus_minus(row, 4, True), verdict(row)])
            if re.fullmatch(r"recent \d+ \+ memory better than recent \d+ \+ recall \d bits", name):
                rows.append([title, "bytes", name, plus_minus(row, 4, True), verdict(row)])
    head = ["setting", "held equal", "paired difference", "bits per byte", "at three standard errors"]
    return table(head, rows) or MISSING


def reach_text(figures, plot):
    reach = figures.get("reach")
    if not reach:
        return MISSING
    series = {}
    for past, row in reach["past"].items():
        for name, r in row.items():
            series.setdefault(name, []).append((int(past), r["gain"], r["se"]))
    picture = plots.lines("Gain by how many segments the memory holds", "earlier segments", "bits per byte", series)
    note = (f"On top of {reach['recent']} raw tokens the gain is over those tokens alone; else over nothing. "
            f"Ratio {reach['ratio']}, {reach['windows']} windows.")
    return f"{reach_table(reach)}\n\n{note}\n\n{plot('reach', picture)}"


def recall_text(figures, plot, tasks):
    out = []
    for part, words in (("recall", "continued"), ("recall_chat", "asked in the chat form")):
        found = figures.get(part)
        if not found:
            continue
        for task in tasks:
            body = recall_table(found, task)
            if not body:
                continue
            out.append(f"### {task[0].upper() + task[1:]}, {words}\n\n{body}\n")
            series = {}
            for distance, entry in found.items():
                for name, r in entry.get(task, {}).get("readings", {}).items():
                    score = r["nats"] if task == "quote" else r["choice"]
                    series.setdefault(name, []).append((int(distance), score["mean"], score["se"]))
            label = "nats a token" if task == "quote" else "right among eight"
            picture = plots.lines(f"{task}, {words}", "tokens back", label, series, has_zero=task != "quote")
            out.append(plot(f"{part}-{task.replace(' ', '-')}", picture))
        if tasks == TASKS:
            out.append(f"### Paired differences, {words}\n\n{recall_pairs_table(found)}\n")
    return "\n".join(out) or MISSING


def speed_text(found):
    if not found:
        return MISSING
    return (f"On {found['device']}, {found['rows']} documents at once, {found['past']} segments of {found['segment']} "
            f"tokens.\n\n{speed_table(found)}")


def methods_text(figures, plot):
    methods = figures.get("methods")
    if not methods:
        return MISSING
    first = next(iter(methods["tables"].values()))["conditions"]
    rows = sorted(((n, first[n]["gain"], first[n]["se"]) for n in methods["names"] if n in first), key=lambda r: -r[1])
    references = [(n, first[n]["gain"], first[n]["se"]) for n in ("raw recent", "raw") if n in first]
    title = next(iter(methods["tables"]))
    out = [f"Segments of {methods['segment']} tokens, ratio {methods['ratio']}, {methods['documents']} documents. "
           "Gains in bits per byte: over nothing, in the second half of the segment, on top of recent raw tokens over "
           "those alone, and over the method's own memory of a wrong document.\n",
           methods_table(methods["tables"], [r[0] for r in rows]), "",
           plot("methods", plots.bars(f"Gain over nothing, {title}", "bits per byte", references + rows)),
           "Recall (right among eight), quotation (nats a token), answers from memory alone (nats a token of the right "
           "answer), bytes, tokens a second, trained parameters:\n", method_details(methods, methods["names"]), ""]
    for title, found in methods["tables"].items():
        rows = [[name, plus_minus(row, 4, True), f"{row['better']} of {row['documents']}", verdict(row)]
                for name, row in found["pairs"].items()
                if " better than wrong " not in name and not name.endswith("than recent")]
        head = ["paired difference", "bits per byte", "documents better", "at three standard errors"]
        out.append(f"### {title[0].upper() + title[1:]}: paired differences\n\n{table(head, rows)}\n")
    return "\n".join(out)


def render(files, folder, ablation=None):
    """The page; plots are written into `folder` as memory-methods-NAME.svg. `files`: [(name, figures)]; `ablation`:
    (name, what codes_ablation wrote)."""
    figures = merged(files)
    with open(os.path.join(HERE, "report.md"), encoding="utf-8") as f:
        template = f.read()

    def plot(name, svg):
        path = f"memory-methods-{name}.svg"
        with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
            f.write(svg)
        return f"![{name}]({path})\n"

    found, main = figures.get("questions"), main_tables(figures)
    distances = figures.get("distances", {}).get(main[0]) if main else None
    skipped = [f"- {part}: {name}" for part, names in figures.get("skipped", {}).items() for name in names]
    blocks = dict(
        inputs=" ".join([name for name, _ in files] + (["--ablation " + ablation[0]] if ablation else [])),
        gists=gists_text(figures), operations=operations_text(figures),
        ablation=ablation_text(ablation[1] if ablation else None), verdicts=verdicts(figures), setting=setting_text(files),
        bits=bits_text(figures, plot), equal=equal_text(figures), reach=reach_text(figures, plot),
        distances=distances_table(distances, SHOWN) if distances else MISSING, recall=recall_text(figures, plot, TASKS),
        quote=recall_text(figures, plot, ("quote",)),
        questions=f"{found['questions']} questions from {found['documents']} documents.\n\n{questions_table(found)}\n\n"
                  f"{pairs_table(found['pairs'], 3)}" if found else MISSING,
        speed=speed_text(figures.get("speed")),
        methods=methods_text(figures, plot), skipped="\n".join(skipped) or "Nothing ran out of time.")
    return re.sub(r"\{\{(\w+)\}\}", lambda m: blocks[m.group(1)], template)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", nargs="+", help="JSON of training.evaluate")
    parser.add_argument("--ablation", help="JSON of training.codes_ablation")
    parser.add_argument("--out", required=True, help="the page; plots go beside it")
    args = parser.parse_args()

    def load(path):
        with open(path, encoding="utf-8") as f:
            return path, json.load(f)
    page = render([load(path) for path in args.figures], os.path.dirname(os.path.abspath(args.out)),
                  load(args.ablation) if args.ablation else None)
    with open(args.out, "w", encoding="utf-8") as f:
        f.write(page)
    print(f"{args.out}: {len(page.splitlines())} lines")


if __name__ == "__main__":
    main()
