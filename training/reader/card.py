"""The reader's model card: python3 -m training.reader.card --package DIR --run DIR --scores FILE --machine TEXT --made SCRIPT

Every number comes out of the files of the run. Does not know: how they were made.
"""
import argparse
import json
import os

from ..corpus import read_rows

CARD = """# Longleaf reader

Takes a question and a passage of about a hundred words; says whether the passage answers the question, and with which
words. Longleaf shows it the fifty best passages that search found. It is not a language model and writes nothing.

| | |
| --- | --- |
| form | {layers} layers of {hidden}, {heads}/{kv} heads, no causal mask, {marks} marks for words that question and passage share; {parameters:.2f} M parameters, {megabytes:.2f} MB in 8 bits by rows |
| begun from | {begun} |
| trained on | {groups:,} groups of one question with the passage that answers it and others that do not, most of them of the same document; {tokens:.1f} M tokens with padding, {steps:,} steps |
| written for it | {written:,} questions with and {unanswerable:,} without an answer over {passages:,} passages of the corpus (`training/reader/written-questions.jsonl.xz`), by Longleaf's developers, who are language models: in part the reader learned from them |
| cost | {seconds:,.0f} seconds on {machine}, with the examples built beside it |
| made by | `{made}` |
| licence | MIT, as Longleaf; SQuAD, natural questions (QED) and others are share-alike texts that are not part of the weights' files: see `assets/models/starter/SOURCES.md` and the corpus's manifest |

## On documents that it was not trained on (`python3 -m training.reader.score`)

| questions | number | exact | F1 | own passage first of ten |
| --- | --- | --- | --- | --- |
{scores}

Questions that people wrote to look answerable, against answered ones on the same texts: area under the curve {auroc:.3f}
(.5 is chance). Refusals rest on search and on the reader together (`docs/answers.md`).

The likeliest 50 windows of one document, with the answering one and without it:

| questions | number | answering window first of 8 | first of 50 | refusal, area under the curve |
| --- | --- | --- | --- | --- |
{windows}

## Learning curve ({curve_questions})

| seconds of questions | M tokens | SQuAD exact | SQuAD F1 | FairytaleQA F1 | own passage first (training) |
| --- | --- | --- | --- | --- | --- |
{curve}

## Limits

English only. Answers of more than 24 tokens are cut. One reading sees one passage; it does not join two. It was trained
on encyclopedia articles, stories, manuals and policies; it guesses on poems, tables and formulas.
"""

TRUNK = ("nothing: the trunk was first trained on {trunk_tokens:,} tokens of the corpus, a third of the time guessing the next "
         "token, then hidden words from both sides ({trunk_seconds:.0f} seconds)")


def written_counts():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "written-questions.jsonl.xz")
    rows = list(read_rows(path))
    tasks = [q["task"] for row in rows for q in row["qa"]]
    return dict(passages=len(rows), written=tasks.count("written"), unanswerable=tasks.count("written_unanswerable"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--package", "--run", "--scores", "--machine", "--made"):
        parser.add_argument(name, required=True)
    parser.add_argument("--begun", help="what the reader was before the questions of this run; absent: a trunk of its own")
    args = parser.parse_args()
    with open(os.path.join(args.package, "config.json"), encoding="utf-8") as f:
        c = json.load(f)
    with open(args.scores, encoding="utf-8") as f:
        scores = json.load(f)
    with open(os.path.join(args.run, "reader.jsonl"), encoding="utf-8") as f:
        log = [json.loads(line) for line in f]
    last = log[-1]
    weights = os.path.join(args.package, "model.safetensors")
    megabytes = os.path.getsize(weights) / 1e6
    rows = []
    for task, row in scores.items():
        if isinstance(row, dict):
            cells = [f"{row[k][0]:.3f} ± {row[k][1]:.3f}" if k in row else "" for k in ("em", "f1", "firstOfTen")]
            rows.append(f"| {task} | {row['questions']} | {' | '.join(cells)} |")
    curve = []
    for entry in log[::max(1, len(log) // 8)] + ([last] if (len(log) - 1) % max(1, len(log) // 8) else []):
        held = entry["held_out"]
        curve.append(f"| {60 * entry['minutes']:.0f} | {entry['tokens'] / 1e6:.1f} | {held['squad']['em']:.3f} | "
                     f"{held['squad']['f1']:.3f} | {held['fairytale_qa']['f1']:.3f} | {entry['losses'][3]:.3f} |")
    parameters = c["vocab_size"] * c["hidden_size"] + c["num_hidden_layers"] * c["hidden_size"] * (
        c["head_dim"] * (2 * c["num_attention_heads"] + 2 * c["num_key_value_heads"]) + 3 * c["intermediate_size"])
    held = last["held_out"]
    windows = [f"| {task[7:]} | {row['questions']} | {row['first_of_8']:.3f} | {row['first_of_50']:.3f} | "
               f"{row['refusal_auroc']:.3f} |" for task, row in held.items() if task.startswith("ranked ")]
    text = CARD.format(
        layers=c["num_hidden_layers"], hidden=c["hidden_size"], heads=c["num_attention_heads"], kv=c["num_key_value_heads"],
        marks=c["reader"]["marks"], parameters=parameters / 1e6, megabytes=megabytes, groups=last["at"],
        **written_counts(), begun=args.begun or TRUNK.format(**last), made=args.made, tokens=last["tokens"] / 1e6,
        steps=last["step"], seconds=60 * last["minutes"] + (0 if args.begun else last["trunk_seconds"]),
        windows="\n".join(windows),
        curve_questions=f"{held['squad']['questions']} held-out SQuAD questions, {held['fairytale_qa']['questions']} of FairytaleQA",
        machine=args.machine,
        scores="\n".join(rows), auroc=scores["notStatedAuroc"], curve="\n".join(curve))
    with open(os.path.join(args.package, "README.md"), "w", encoding="utf-8") as f:
        f.write(text)
    print(text)


if __name__ == "__main__":
    main()
