"""Bits per byte behind residual codes, beside everything that they have to be measured against; one table a past.

  memory               the codes, restored: of the nearest segments every token, as far as the trained positions hold,
                       of older ones every 8th
  memory, every 8th    one slot per 8 tokens: the cost of decoding that gists have
  memory, nearest      the nearest tokens alone, in as many slots
  predicted only       what the text alone predicts, no codes
  recall 3 bits        keys and values of the nearest tokens in 3 bits, as many as fit into at least the bytes of the codes
  raw recent           as many raw tokens as "memory, every 8th" has slots
  gists                the trained gists at 8x, where there are any; 16x and 32x at the first past
The rest is named as in bits.py. Does not know: how any of it was learned.
"""
from .bits import Bits, score
from .readings import Codes, Gist, at_bytes, controls, untrained

PAIRS = [("memory", "wrong memory"), ("memory", "recall 3 bits"), ("memory", "recall 2 bits"), ("memory", "predicted only"),
         ("memory", "raw"), ("memory", "gists"), ("memory", "gists int8"), ("memory, every 8th", "raw recent"),
         ("memory, nearest", "raw recent"), ("memory, nearest", "gists"),
         *(("memory, every 8th", other) for other in ("gists", "untrained stride", "stride of K,V", "density 1/d2",
                                                      "streaming", "recall 3 bits")),
         ("gists", "wrong gists"), ("gists", "untrained stride"), ("gists", "raw recent"),
         ("gists 16x", "untrained stride 16x"), ("gists 32x", "untrained stride 32x")]
EQUAL_SLOTS = ("stride of K,V", "density 1/d2", "streaming")     # untrained choices, from readings.controls


def recent_pairs(recent):
    name = f"recent {recent}"
    others = (name, *(f"{name} + {other}" for other in ("wrong memory", "recall 3 bits", "recall 2 bits", "gists")))
    eighth = [(f"{name} + memory, every 8th", other) for other in (name, f"{name} + raw", f"{name} + gists")]
    return [(f"{name} + memory", other) for other in others] + eighth + [(f"{name} + gists", name)]


def readings(study, o, past, recent=0):
    """Name to reading, what decides most first. Positions: all slots, `recent` tokens and the segment within those trained."""
    model, ratio, room = study.model, Codes.FAR, study.trained - study.segment - recent
    kept = study.kept

    def codes(*options, **more):
        return Codes(model, study.encoder, *options, kept=kept, **more)
    size = study.encoder.bytes_per_token()
    made = {"memory": codes(1, room), "memory, every 8th": codes(ratio),
            **{f"recall {bits} bits": at_bytes(model, bits, size, room) for bits in (3, 2)}}
    if not recent:
        made["predicted only"] = codes(1, room, is_coded=False)
        made["memory, nearest"] = codes(1, room, nearest=past * -(-study.segment // ratio))
    if study.gists is not None:
        made["gists"] = Gist(model, study.gists, ratio)
    if recent:
        return made
    if study.gists is not None:
        made["gists int8"] = Gist(model, study.gists, ratio, 8)
    made["untrained stride"] = untrained(model, ratio)
    if o.controls:
        others = controls(model, ratio, study.trained, study.segment)
        made.update({name: others[name] for name in EQUAL_SLOTS})
    if study.gists is not None and past == o.past[0]:
        for other in [r for r in o.ratios if r > ratio]:
            made[f"gists {other}x"] = Gist(model, study.gists, other)
            made[f"untrained stride {other}x"] = untrained(model, other)
    return made


def measure(study, o, clock):
    """(tables, distances) as bits.measure_short gives them, titles 'past P, whole segment' and '.., second half'."""
    tables, distances = {}, {}
    for past in [p for p in o.past if p <= o.short] or o.past[:1]:
        title = f"past {past}"
        if not clock.has_time(title):
            continue
        bits = Bits(study, past, o.per_document, max(o.recents, default=0))
        measure_past(study, o, bits, past, clock)
        pairs = PAIRS + [p for r in o.recents for p in recent_pairs(r)]
        tables[f"{title}, whole segment"] = bits.table(pairs)
        tables[f"{title}, second half"] = bits.table(pairs, 1 + study.segment // 2)
        distances[title] = bits.by_distance()
    return tables, distances


def measure_past(study, o, bits, past, clock):
    slots, alone = past * -(-study.segment // Codes.FAR), readings(study, o, past)
    bits.raw("nothing", 0)
    bits.add("memory", score(alone["memory"], bits.windows, past))
    bits.add("wrong memory", score(alone["memory"], bits.windows, past, source=bits.wrong))
    bits.raw("raw", min(past * study.segment, study.trained - study.segment))
    bits.raw("raw recent", slots)
    for name, reading in alone.items():
        if name != "memory" and clock.has_time(f"past {past}: {name}"):
            bits.add(name, score(reading, bits.windows, past))
            if name == "gists":
                bits.add("wrong gists", score(reading, bits.windows, past, source=bits.wrong))
    for recent in [r for r in o.recents if r + study.segment <= study.trained]:
        name = f"recent {recent}"
        if not clock.has_time(f"past {past}: {name}"):
            continue
        bits.raw(name, 0, recent)
        bits.raw(f"{name} + raw", slots, recent)
        on_top = readings(study, o, past, recent)
        for other, reading in on_top.items():
            if clock.has_time(f"past {past}: {name} + {other}"):
                bits.add(f"{name} + {other}", score(reading, bits.windows, past, recent))
        bits.add(f"{name} + wrong memory", score(on_top["memory"], bits.windows, past, recent, bits.wrong))
