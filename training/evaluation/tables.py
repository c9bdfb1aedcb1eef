"""Markdown of what evaluate.py measured: the same tables in the log, the model card and docs/memory-methods.md.

Does not know: models, how anything was measured.
"""


def number(value, digits=4, sign=False):
    if value is None:
        return ""
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"


def plus_minus(row, digits=4, sign=False):
    """mean ± standard error of {mean, se} or {gain, se}."""
    if row is None:
        return ""
    value = row["mean"] if "mean" in row else row["gain"]
    error = "" if row.get("se") is None else f" ± {row['se']:.{digits}f}"
    return number(value, digits, sign) + error


def percent(row):
    return f"{100 * row['mean']:.0f} ± {100 * (row['se'] or 0):.0f} %"


def table(head, rows):
    """Markdown; empty rows give an empty string."""
    if not rows:
        return ""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def bits_table(found, only=None):
    """One table of bits per byte with what each reading costs; `only`: names of rows."""
    head = ["past given", "bits per byte", "gain over nothing", "s.e.", "documents better", "slots",
            "bytes per 1,000 tokens", "MFLOP a token"]
    rows = []
    for name, row in found["conditions"].items():
        if only is not None and name not in only:
            continue
        spent = [row.get("slots", ""), "" if not row.get("slots") else f"{row['bytes_per_1000']:,}",
                 "" if not row.get("slots") else f"{row['megaflops']:.2f}"]
        gain = ["", "", ""] if name == "nothing" else [
            number(row["gain"], sign=True), number(row["se"]), f"{row['better']} of {row['documents']}"]
        rows.append([name, number(row["bits"]), *gain, *spent])
    return table(head, rows)


def pairs_table(pairs, digits=4):
    return table(["paired difference", "gain", "s.e.", "documents better"],
                 [[name, number(row["gain"], digits, True), number(row["se"], digits),
                   f"{row['better']} of {row['documents']}"] for name, row in pairs.items()])


def kinds_table(found, only=None):
    conditions = {n: r for n, r in found["conditions"].items() if only is None or n in only}
    kinds = list(found["conditions"]["nothing"]["by_kind"])
    return table(["past given", *kinds], [[name] + [f"{row['by_kind'][k][0]:.4f} ({row['by_kind'][k][1]:+.4f})"
                                                   for k in kinds] for name, row in conditions.items()])


def distances_table(found, only):
    """Gain over nothing by the distance of the token from its segment's start."""
    names = [n for n in only if n in next(iter(found.values()))]
    return table(["tokens since the start", *names],
                 [[span, *[plus_minus(row[n], 4, True) for n in names]] for span, row in found.items()])


def reach_table(reach):
    """Gains by how many segments the memory holds."""
    if not reach:
        return ""
    names = list(dict.fromkeys(name for row in reach["past"].values() for name in row))
    return table(["earlier segments", "slots", *names],
                 [[past, row.get("memory", {}).get("slots", ""), *[plus_minus(row.get(n), 4, True) for n in names]]
                  for past, row in reach["past"].items()])


def recall_table(found, task):
    """One task by distance: readings as columns; accuracy of the choice among eight, and exact answers."""
    names = list(dict.fromkeys(n for entry in found.values() for n in entry.get(task, {}).get("readings", {})))
    rows = []
    for distance, entry in found.items():
        scores = entry.get(task, {}).get("readings", {})
        if not scores:
            continue
        cells = []
        for name in names:
            s = scores.get(name)
            if s is None:
                cells.append("")
            elif task == "quote":
                cells.append(f"{s['nats']['mean']:.3f}, {100 * s['tokens']['mean']:.0f} %")
            else:
                cells.append(f"{percent(s['choice'])}, {100 * s['exact']['mean']:.0f} %")
        rows.append([f"{int(distance):,}", *cells])
    return table(["tokens back", *names], rows)


def recall_pairs_table(found):
    """Paired differences of the memory by distance and task: of choices (quote: nats a token), and of margins."""
    rows = []
    for distance, entry in found.items():
        for task, scores in entry.items():
            for name, row in scores["pairs"].items():
                if name.startswith(("memory better than", "memory, found")):
                    values = [plus_minus(r, 3, True) for r in (row, scores.get("margins", {}).get(name))]
                    rows.append([f"{int(distance):,}", task, name, *values])
    return table(["tokens back", "task", "paired difference", "right (quote: nats a token)", "margin in nats"], rows)


def questions_table(found):
    return table(["given", "exact match", "F1", "copied", "nats a token of the right answer"],
                 [[name, plus_minus(r.get("exact"), 3), plus_minus(r.get("f1"), 3), plus_minus(r.get("copied"), 2),
                   plus_minus(r.get("nats"), 3)] for name, r in found["readings"].items()])


def ablation_table(found):
    """Variants of the codes: what they gain, of what raw text gains, and against the first, the one that ships."""
    head = ["variant", "bytes per 1,000 tokens", "gain over nothing", "of the raw gain", "over the first row"]
    return table(head, [[name, f"{row['bytes_per_1000']:,}", plus_minus(row["gain"], 4, True), f"{100 * row['share']:.0f} %",
                         plus_minus(row.get("over_shipped"), 4, True)] for name, row in found["variants"].items()])


def speed_table(found):
    head = ["reading", "encode tokens/s", "decode tokens/s", "bytes per 1,000 tokens", "slots", "trained parameters"]
    rows = []
    for name, r in found["readings"].items():
        encode = "" if r["encode"] is None else f"{r['encode']:,}"
        rows.append([name, encode, f"{r['decode']:,}", f"{r['bytes_per_1000']:,}", r["slots"], f"{r['parameters']:,}"])
    return table(head, rows)


def methods_table(tables, names, title="past"):
    """One row a method: gain over nothing per past, on top of recent text, over its own wrong memory, and its cost."""
    shown = [t for t in tables if t.endswith("whole segment")]
    head, rows = ["method"], []
    for t in shown:
        past = t.split(",")[0]
        head += [f"{past}: gain", f"{past}: second half", f"{past}: on recent", f"{past}: over wrong"]
    for name in names:
        cells = []
        for t in shown:
            whole, half = tables[t], tables[t.replace("whole segment", "second half")]
            cells += [plus_minus(found["conditions"].get(name), 4, True) for found in (whole, half)]
            cells += [plus_minus(whole["pairs"].get(f"recent + {name} better than recent"), 4, True),
                      plus_minus(whole["pairs"].get(f"{name} better than wrong {name}"), 4, True)]
        if any(cells):
            rows.append([name, *cells])
    return table(head, rows)


def method_details(methods, names):
    """Recall, answers, bytes and speed, one row a method."""
    distances = list(methods.get("recall", {}))
    tasks = ("passkey", "keys", "one fact", "two facts")
    head = ["method"] + [f"{t} {int(d):,}" for d in distances for t in tasks] + [f"quote {int(d):,}" for d in distances]
    head += ["answer nats", "bytes per 1,000", "encode/s", "decode/s", "parameters"]
    rows = []
    for name in names:
        cells = []
        for d in distances:
            for task in tasks:
                s = methods["recall"][d].get(task, {}).get("readings", {}).get(name)
                cells.append("" if s is None else percent(s["choice"]))
        for d in distances:
            s = methods["recall"][d].get("quote", {}).get("readings", {}).get(name)
            cells.append("" if s is None else plus_minus(s["nats"], 3))
        answers = methods.get("questions", {}).get("readings", {}).get(name)
        cells.append(plus_minus(answers["nats"], 3) if answers else "")
        s = methods.get("speed", {}).get("readings", {}).get(name)
        costs = ("bytes_per_1000", "encode", "decode", "parameters")
        cells += [f"{s[column]:,}" if s else "" for column in costs]
        rows.append([name, *cells])
    return table(head, rows)


def everything(figures):
    """All tables of one run, as evaluate.py prints them."""
    s, out = figures["setting"], []
    for title, found in figures.get("tables", {}).items():
        share = found["share_of_raw_gain"]
        kept = "" if share is None else f"\nThe memory keeps {100 * share:.0f} % of what the raw past gains.\n"
        out += [f"### {title}: segments of {s['segment']} tokens, {s['documents']} documents of {s['split']}", kept,
                bits_table(found), "", pairs_table(found["pairs"]), ""]
        if title.endswith("whole segment"):
            out += [kinds_table(found), ""]
    for title, found in figures.get("distances", {}).items():
        out += [f"### {title}: gain by distance from the segment's start", "",
                distances_table(found, ("memory", "untrained stride", "raw recent", "raw")), ""]
    if figures.get("reach"):
        out += ["### How far back", "", reach_table(figures["reach"]), ""]
    for part in ("recall", "recall_chat"):
        found = figures.get(part, {})
        for task in ("passkey", "keys", "one fact", "two facts", "quote"):
            if recall_table(found, task):
                out += [f"### {part}: {task}", "", recall_table(found, task), ""]
        if found:
            out += [f"### {part}: paired differences", "", recall_pairs_table(found), ""]
    if figures.get("questions"):
        out += ["### Questions", "", questions_table(figures["questions"]), "",
                pairs_table(figures["questions"]["pairs"], 3), ""]
    if figures.get("operations"):
        out += ["### MFLOP a token", "", ", ".join(f"{n} {v}" for n, v in figures["operations"].items()), ""]
    if figures.get("speed"):
        out += ["### Speed", "", speed_table(figures["speed"]), ""]
    methods = figures.get("methods")
    if methods:
        out += ["### Methods", "", methods_table(methods["tables"], methods["names"]), "",
                method_details(methods, methods["names"]), ""]
        for title, found in methods["tables"].items():
            out += [f"#### {title}", "", pairs_table(found["pairs"]), ""]
    skipped = [f"- {part}: {name}" for part, names in figures.get("skipped", {}).items() for name in names]
    if skipped:
        out += ["### Out of time", "", *skipped, ""]
    return "\n".join(out)
