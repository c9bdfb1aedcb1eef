"""What is a memory worth? Bits per byte, far recall, copying, answers, speed and bytes over unseen documents.

python3 -m training.evaluate --package assets/models/starter --gists memory.pt --data DIR --out figures.json
python3 -m training.evaluate --base base.pt --memory memory.pt --data DIR --out figures.json
python3 -m training.evaluate --methods DIR --method_base base.pt --data DIR --out methods.json

Prints markdown tables with standard errors over documents and writes the same figures as JSON (setting, tables,
distances, reach, recall, recall_chat, questions, speed, operations, methods, skipped). Every part stops at its seconds and says
what it left out. Copying word for word is the task "quote" of recall.
Does not know: how any of it was trained. The parts lie in evaluation/.
"""
import glob
import json
import os
import sys
import time
from dataclasses import asdict, dataclass

import torch

from .data import TokenSet, read_tokenizer
from .codes import ResidualCodes
from .evaluation import bits, coded, questions, recall, speed
from .evaluation.readings import ByMethod, Codes, Gist, Raw, controls, memory_reading, untrained, with_positions
from .evaluation.study import BATCH, Clock, Study
from .evaluation.tables import everything
from .evaluation.windows import MIN_TOKENS, Windows
from .export import load_memory, read_json, read_package
from .methods import load_method
from .model import DEVICE, load_checkpoint
from .options import parse_options
from .train_memory import load_encoder

PARTS = ("bits", "recall", "copy", "questions", "speed", "methods")


@dataclass
class Options:
    data: str                           # folder with the split, meta.json, tokenizer.json
    out: str                            # JSON file for the figures
    package: str = ""                   # exported package, or
    base: str = ""                      # checkpoint of the base that the memory belongs to, and
    memory: str = ""                    # checkpoint of the memory, codes or gists
    gists: str = ""                     # checkpoint of gists over the same base, to be compared with codes
    methods: str = ""                   # folder of checkpoints of training.compare
    method_base: str = ""               # checkpoint of the base they were trained over; empty: --base
    examples: str = ""                  # folder that `training.instruct examples` wrote, for questions
    chat: int = 0                       # 1: the model has seen questions, so facts are asked in its chat form too
    split: str = "test"                 # of the token files; val where there is no such split
    documents: int = 40                 # unseen documents, the long ones
    least: int = MIN_TOKENS             # tokens that such a document has
    per_document: int = 4               # windows a document
    only: str = ""                      # only documents whose id holds this, e.g. 'The Lost World'
    segment: int = 0                    # tokens; 0: as trained
    trained: int = 0                    # positions that the base was trained on; 0: what it promises
    past: str = "3,7,15,31"             # earlier segments a window
    short: int = 7                      # up to so many with all conditions; more only for memory and stride
    ratios: str = "8,16,32"             # source tokens a slot; the first one is the main one
    recents: str = "256,512"            # raw tokens next to the predicted segment, with memory on top of them
    controls: int = 1                   # 1: also the untrained choices beside the stride
    distances: str = "256,512,1024,2048,4096,8192,16384"      # of facts, in tokens
    near: int = 4096                    # up to this distance facts are asked at all ratios and precisions
    rows: int = 48                      # questions a distance and task
    questions: int = 160                # supervised questions
    parts: str = "bits,recall,copy,questions,speed,methods"   # copy: quotations, which recall holds
    seconds: float = 20.0               # at most, per part
    threads: int = 1                    # of PyTorch on a CPU
    quick: int = 0                      # 1: 6 documents, past 3, the first ratio, few facts
    seed: int = 0                       # of the texts and facts that are drawn


def with_switches(arguments):
    """`--quick` and `--chat` without a number mean 1."""
    found = []
    for word, following in zip(arguments, [*arguments[1:], "--"]):
        found += [word, "1"] if word in ("--quick", "--chat") and following.startswith("--") else [word]
    return found


def numbers(text):
    return [int(n) for n in str(text).split(",") if n]


def settled(o):
    """The options with lists parsed and `quick` applied."""
    if o.quick:
        o.past, o.ratios, o.recents, o.distances, o.controls = "3", o.ratios.split(",")[0], "256", "512,2048", 0
        o.documents, o.per_document = min(o.documents, 6), min(o.per_document, 2)
        o.rows, o.questions = min(o.rows, 12), min(o.questions, 12)
    for name in ("past", "ratios", "recents", "distances"):
        setattr(o, name, numbers(getattr(o, name)))
    unknown = set(o.parts.split(",")) - set(PARTS)
    if unknown:
        raise SystemExit(f"--parts: unknown {sorted(unknown)[0]!r}, expected some of {', '.join(PARTS)}")
    return o


def load_split(o):
    """The unseen documents; a folder without the split gives val, and says so."""
    if not os.path.exists(os.path.join(o.data, o.split + ".bin")):
        print(f"{o.data} has no split {o.split}: val instead", flush=True)
        o.split = "val"
    return TokenSet(o.data, o.split)


def rows_needed(o, segment):
    """Rotary rows that the longest view takes."""
    slots = max(o.past) * -(-segment // min(o.ratios)) + max(o.recents, default=0)
    far = -(-(max(o.distances, default=0) + recall.STRETCH) // segment) * -(-segment // min(o.ratios))
    return max(slots + segment, far + 256, max(p for p in o.past if p <= o.short or p == o.past[0]) * segment
               + segment, 2 * segment + 512) + 64


def open_memory(o, token_set):
    """Study of the trained memory, or None where only methods are asked for."""
    if o.package:
        model, encoder, tokenizer, adapter = read_package(o.package, torch.bfloat16)
        promised, segment = model.config.positions, adapter["segmentLength"]
    elif o.memory:
        if not o.base:
            raise SystemExit("--memory needs the --base that it belongs to")
        model, _ = load_checkpoint(o.base)
        encoder, saved = load_memory(o.memory, model)
        segment = max(numbers(saved["segment"]))
        promised, tokenizer = model.config.positions, read_tokenizer(o.data)
    else:
        return None
    model, encoder = model.to(DEVICE).requires_grad_(False), encoder.to(DEVICE).requires_grad_(False)
    gists = load_encoder(o.gists, model)[0].requires_grad_(False) if o.gists else None
    segment = o.segment or segment
    trained = min(o.trained or promised, promised)
    with_positions(model, rows_needed(o, segment))
    study = Study.of(model, encoder, tokenizer, token_set, o.documents, segment, trained, o.only, o.least, o.seed)
    study.gists = gists
    return study


def open_methods(o, token_set):
    """(Study over the methods' base, name to method) of a folder of checkpoints; a file that does not load is named."""
    base = o.method_base or o.base
    if not base:
        raise SystemExit("--methods needs --method_base, the base they were trained over")
    model = load_checkpoint(base)[0].requires_grad_(False)
    promised, found, segments = model.config.positions, {}, {}
    for path in sorted(glob.glob(os.path.join(o.methods, "*.pt"))):
        name = os.path.basename(path)[:-len(".pt")]
        try:
            method, saved = load_method(path, model)
        except SystemExit as error:
            print(f"left out: {error}", flush=True)
            continue
        found[name], segments[name] = method.requires_grad_(True).eval(), int(saved["settings"]["segment"])
    if not found:
        raise SystemExit(f"{o.methods}: no checkpoint of a method could be read")
    segment = o.segment or max(set(segments.values()), key=list(segments.values()).count)
    for name in [n for n in found if segments[n] != segment]:
        print(f"left out: {name} was trained with segments of {segments[name]} tokens, not {segment}", flush=True)
        del found[name]
    with_positions(model, max(rows_needed(o, segment), o.short * segment + 3 * segment))
    trained = min(o.trained or promised, promised)
    tokenizer = read_tokenizer(o.data)
    return Study.of(model, None, tokenizer, token_set, o.documents, segment, trained, o.only, o.least, o.seed), found


def write(path, figures):
    """The JSON so far: a run that is cut off leaves what it has measured."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path + ".tmp", "w", encoding="utf-8") as f:
        json.dump(figures, f, indent=1)
    os.replace(path + ".tmp", path)


def timed_text(study, past):
    """Text to measure speed on, int64 (B, past + 1, T)."""
    documents = study.documents[:BATCH]
    windows = Windows(study.token_set, documents, past, study.segment, max(1, BATCH // len(documents)))
    return windows.flat.view(len(windows), past + 1, study.segment)


def run_memory(study, o, figures, clocks):
    """All parts that look at the one memory under test; fills `figures` and saves after each part."""
    parts, ratio = o.parts.split(","), o.ratios[0]
    is_codes = isinstance(study.encoder, ResidualCodes)
    if "bits" in parts:
        measure_bits = coded.measure if is_codes else bits.measure_short
        figures["tables"], figures["distances"] = measure_bits(study, o, clocks("bits"))
        write(o.out, figures)
        figures["reach"] = bits.measure_reach(study, o, clocks("reach"))
        write(o.out, figures)
    if "recall" in parts or "copy" in parts:
        figures["recall"] = recall.measure(study, o, clocks("recall"))
        if o.chat:
            figures["recall_chat"] = recall.measure(study, o, clocks("recall_chat"), is_chat=True)
        write(o.out, figures)
    gist = memory_reading(study, ratio)
    if "questions" in parts and o.examples:
        asked = questions.load_questions(o.examples, o.split, study.segment, o.questions)
        figures["questions"] = questions.measure(study, gist, asked, clocks("questions"), bool(o.chat))
        write(o.out, figures)
    if "speed" in parts:
        past = max(p for p in o.past if p <= o.short or p == o.past[0])
        ids = timed_text(study, past)
        readings = {"memory": gist, "untrained stride": untrained(study.model, ratio),
                    "raw": Raw(study.model, min(past * study.segment, study.trained - study.segment))}
        if is_codes:
            room = study.trained - study.segment
            readings = {"memory, codes and rows": Codes(study.model, study.encoder, 1, room),
                        "memory, rows from kept codes": gist,
                        "memory, every 8th, from kept codes": Codes(study.model, study.encoder, Codes.FAR, kept=study.kept),
                        **({"gists": Gist(study.model, study.gists, ratio)} if study.gists is not None else {}),
                        "untrained stride": readings["untrained stride"], "raw": readings["raw"]}
            figures["operations"] = speed.operations(study.model, study.encoder, study.segment)
        for other in o.ratios[1:] if not is_codes else ():
            readings[f"memory {other}x"] = Gist(study.model, study.encoder, other)
        figures["speed"] = speed.measure(readings, ids, clocks("speed"))
        write(o.out, figures)


def run_methods(study, methods, o, clocks):
    """All methods over one base on the same text: tables, recall, answers, speed; the untrained stride beside them."""
    ratio, model = o.ratios[0], study.model
    made = {name: ByMethod(model, method, ratio) for name, method in methods.items()}
    made["untrained stride"] = untrained(model, ratio)
    made.update(controls(model, ratio, study.trained, study.segment) if o.controls else {})
    first = [n for n in made if n == "uio"] + ["untrained stride"] + [n for n in made if n.startswith("ours")]
    readings = {name: made[name] for name in dict.fromkeys([*first, *made])}       # time runs out for the last ones
    against = [name for name in ("uio", "untrained stride", "recall 3 bits") if name in readings]
    found = dict(names=list(readings), segment=study.segment, documents=len(study.documents), ratio=ratio,
                 tables=bits.measure_methods(study, readings, o, clocks("methods: bits"), against))
    near = [d for d in (1024, 4096) if d in o.distances] or o.distances[:1]

    def for_recall(study, o, distance, ratio):
        made = {name: (reading, False) for name, reading in readings.items()}
        made["nothing"] = (Raw(model, 0), False)
        return made

    if "recall" in o.parts.split(","):
        clock = clocks("methods: recall")
        found["recall"] = recall.measure(study, o, clock, for_recall, near, paired_with=tuple(against))
    if o.examples and "questions" in o.parts.split(","):
        clock, rows = clocks("methods: questions"), {}
        asked = questions.load_questions(o.examples, o.split, study.segment, o.questions)
        for name, reading in {**readings, "nothing": Raw(model, 0)}.items():
            if clock.has_time(name):
                rows[name] = questions.run_condition(study, reading, asked, False, False, False, clock, writes=False)
        found["questions"] = questions.summarise({n: r for n, r in rows.items() if r}, asked, against)
    past = min(7, max(p for p in o.past if p <= o.short or p == o.past[0]))
    found["speed"] = speed.measure(readings, timed_text(study, past), clocks("methods: speed"))
    return found


def main(arguments=None):
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    o = settled(parse_options(Options, __doc__, with_switches(arguments)))
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    begin, started = time.time(), {}

    def clocks(name):
        if started:
            print(f"{time.time() - begin:.0f} s: {name}", flush=True)
        started[name] = Clock(o.seconds)
        return started[name]

    token_set = load_split(o)
    study = open_memory(o, token_set)
    if study is None and not o.methods:
        raise SystemExit("give --package, or --base and --memory, or --methods and --method_base")
    figures = dict(setting=dict(split=o.split, device=DEVICE, arguments=arguments, options=asdict(o)))
    if study is not None:
        figures["setting"].update(
            segment=study.segment, trained=study.trained, documents=len(study.documents), past=o.past, ratios=o.ratios,
            windows=len(study.documents) * o.per_document, only=o.only or None,
            document_ids=[d["id"] for d in study.documents],
            parameters=sum(p.numel() for p in study.model.parameters()))
        if o.package:
            adapter = read_json(o.package, "memory/adapter_config.json")
            figures["setting"]["kind"] = adapter["kind"]
            if adapter["kind"] != ResidualCodes.kind:
                figures["setting"]["precision"] = adapter.get("precision", "int8")
        run_memory(study, o, figures, clocks)
    if o.methods and "methods" in o.parts:
        method_study, methods = open_methods(o, token_set)
        figures["setting"].setdefault("segment", method_study.segment)
        figures["setting"].setdefault("documents", len(method_study.documents))
        figures["methods"] = run_methods(method_study, methods, o, clocks)
    figures["setting"]["seconds"] = {name: round(clock.spent()) for name, clock in started.items()}
    figures["setting"]["seconds_in_all"] = round(time.time() - begin)
    figures["skipped"] = {name: clock.skipped for name, clock in started.items() if clock.skipped}
    write(o.out, figures)
    print(everything(figures))
    print(f"{figures['setting']['seconds_in_all']} s, figures in {o.out}", flush=True)


if __name__ == "__main__":
    main()
