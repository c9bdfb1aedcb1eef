"""docs/memory-methods.md from the JSON of evaluate.py.

python3 -m training.evaluation.report FIGURES.json... --out docs/memory-methods.md

The prose stands in report.md beside this file; tables, plots (SVG beside the page) and verdicts come from the figures.
Later files add to earlier ones; a part that no file holds is called not measured. Does not know: models.
"""
import argparse
import json
import os
import re
import shlex

from . import plots
from .statistics import verdict
from .tables import (bits_table, distances_table, kinds_table, method_details, methods_table, pairs_table, plus_minus,
                     questions_table, reach_table, recall_pairs_table, recall_table, speed_table, table)

HERE = os.path.dirname(os.path.abspath(__file__))
MISSING = "Not measured in these files."
TASKS = ("passkey", "keys", "one fact", "two facts")
SHOWN = ("memory", "untrained stride", "raw recent", "raw", "wrong memory")
ENOUGH = 30                             # documents that a verdict needs
SHARE = 0.65                            # of the raw gain that a memory is to keep


def merged(files):
    """One set of figures; parts of later files replace those of earlier ones."""
    figures = {}
    for _, found in files:
        for key, value in found.items():
            if key == "skipped":
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


def claim(words, row, errors):
    """One line of the list of verdicts: '**met**: words: gain ± s.e. (n standard errors)'."""
    found = {"better": "met", "worse": "missed, and the other way round"}.get(verdict(row, errors), "missed")
    if row["documents"] < ENOUGH:
        found = f"not decided with fewer than {ENOUGH} documents"
    times = f", {row['gain'] / row['se']:+.1f} standard errors over {row['documents']} documents" if row["se"] else ""
    return f"- **{found}**: {words} by more than {errors:g} standard errors: {plus_minus(row, 4, True)}{times}"


def verdicts(figures):
    """The bars that the project set, each worded by its interval."""
    lines, main = [], main_tables(figures)
    if main:
        title, whole, _ = main
        rows, pairs = whole["conditions"], whole["pairs"]
        lines.append(f"Bits per byte at {title}, whole segment:\n")
        lines.append(claim("with memory lower than without", rows["memory"], 5))
        for name, errors in (("memory better than wrong memory", 5), ("memory better than untrained stride", 3),
                             ("memory better than recall 3 bits", 3),
                             ("memory int8 better than recall 3 bits, half", 3),
                             ("memory int4 better than recall 3 bits, quarter", 3),
                             ("memory better than stride of K,V", 3), ("memory better than density 1/d2", 3),
                             ("memory better than raw recent", 3)):
            if name in pairs:
                lines.append(claim(name, pairs[name], errors))
        for name, row in pairs.items():
            if re.fullmatch(r"recent \d+ \+ memory better than recent \d+( \+ raw)?", name):
                lines.append(claim(name, row, 3))
        share = whole["share_of_raw_gain"]
        if share is not None:
            found = "met" if share >= SHARE else "missed"
            lines.append(f"- **{found}**: the memory keeps at least {100 * SHARE:.0f} % of what the raw past gains: "
                         f"{100 * share:.0f} %")
    lines += recall_verdicts(figures) + method_verdicts(figures)
    return "\n".join(lines) or MISSING


def recall_verdicts(figures):
    lines = []
    for distance, entry in figures.get("recall", {}).items():
        for task in (*TASKS, "quote"):
            for kind in ("pairs", "margins"):
                row = entry.get(task, {}).get(kind, {}).get("memory better than untrained stride")
                if row and verdict(row) != "not distinguishable":
                    unit = ("nats a token" if task == "quote" else
                            "of the answers" if kind == "pairs" else "nats of margin of the right answer")
                    lines.append(f"- {task}, {int(distance):,} tokens back: memory is {verdict(row)} than the "
                                 f"untrained stride: {plus_minus(row, 3, True)} {unit}")
    return ["\nFar recall, where three standard errors separate memory and stride:\n", *lines] if lines else []


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
        out.append(f"### {title[0].upper() + title[1:]}\n\n{bits_table(found)}\n")
        if share is not None:
            out.append(f"The memory keeps {100 * share:.0f} % of what the raw past gains.\n")
        if found is main[1]:
            rows = [(n, r["gain"], r["se"]) for n, r in found["conditions"].items() if n != "nothing"]
            out.append(plot("bits", plots.bars(f"Gain over nothing, {main[0]}", "bits per byte", rows)))
            out.append(kinds_table(found, ("nothing", *SHOWN)) + "\n")
        out.append(pairs_table(found["pairs"]) + "\n")
    return "\n".join(out)


def equal_text(figures):
    """The fair opponents of the memory at each past and ratio, by what is held equal."""
    rows = []
    for title, found in figures.get("tables", {}).items():
        for held, name in (("slots", "memory better than raw recent"), ("slots", "memory better than stride of K,V"),
                           ("slots", "memory better than untrained stride"),
                           ("bytes, 16 bits", "memory better than recall 3 bits"),
                           ("slots", "memory better than density 1/d2"),
                           ("bytes, int8", "memory int8 better than recall 3 bits, half"),
                           ("bytes, int4", "memory int4 better than recall 3 bits, quarter")):
            row = found["pairs"].get(name)
            if row:
                rows.append([title, held, name, plus_minus(row, 4, True), verdict(row)])
        for name, row in found["pairs"].items():
            if re.fullmatch(r"recent \d+ \+ memory better than recent \d+ \+ raw", name):
                rows.append([title, "slots and decoding cost", name, plus_minus(row, 4, True), verdict(row)])
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


def render(files, folder):
    """The page; plots are written into `folder` as memory-methods-NAME.svg. `files`: [(name, figures)]."""
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
        inputs=" ".join(name for name, _ in files), verdicts=verdicts(figures), setting=setting_text(files),
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
    parser.add_argument("--out", required=True, help="the page; plots go beside it")
    args = parser.parse_args()
    files = []
    for path in args.figures:
        with open(path, encoding="utf-8") as f:
            files.append((path, json.load(f)))
    page = render(files, os.path.dirname(os.path.abspath(args.out)))
    with open(args.out, "w", encoding="utf-8") as f:
        f.write(page)
    print(f"{args.out}: {len(page.splitlines())} lines")


if __name__ == "__main__":
    main()
