"""Seconds, bytes, operations and parameters of a reading of the past.

Encode: source tokens per second, all rows at once. Decode: tokens per second of local text behind `past` segments, read
in one pass as a prompt is. Does not know: quality.
"""
import time

import torch

from ..codes import ENTRIES
from ..model import DEVICE
from .readings import Raw, cost
from .study import BATCH


def _wait():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def operations(model, codes, segment):
    """MFLOP per token, from the shapes: reading a segment again (a prefill, without logits), restoring from codes, and
    finding the codes, which a prefill and a restoration come with."""
    c = model.config
    kv, q = c.kv_heads * c.head_dim, c.heads * c.head_dim
    last = 2 * 2 * kv * c.hidden                                    # the last layer keeps keys and values only
    attention = 4 * q * (segment + 1) / 2
    whole = 2 * c.hidden * (2 * q + 2 * kv + 3 * c.ffn) + attention
    prediction = 2 * 2 * kv * (codes.window * c.hidden + 2 * kv)
    turning, search = 2 * 2 * kv * kv, 2 * 2 * kv * ENTRIES         # keys and values
    layers = c.layers - 1
    return dict(prefill=round((layers * whole + last) / 1e6, 3),
                restore=round((last + layers * (prediction + turning)) / 1e6, 3),
                search=round(layers * (turning + search) / 1e6, 3))


@torch.no_grad()
def measure(readings, ids, clock, repeats=2):
    """Name to {encode, decode (tokens a second), slots, bytes_per_1000, megaflops, parameters}.

    Shapes   ids  int64  (B, past + 1, T)
    """
    found = {}
    segments, local = ids[:BATCH, :-1].to(DEVICE), ids[:BATCH, -1].contiguous().to(DEVICE)
    rows, past, segment = segments.shape
    for name, reading in readings.items():
        if not clock.has_time(f"speed: {name}"):
            continue
        spent = [0.0, 0.0]
        for n in range(repeats + 1):                # the first is a warm-up
            begin = time.perf_counter()
            memory = reading.read(segments)
            _wait()
            middle = time.perf_counter()
            reading.hidden(local, memory)
            _wait()
            if n:
                spent = [spent[0] + middle - begin, spent[1] + time.perf_counter() - middle]
        encoded, decoded = repeats * rows * past * segment, repeats * rows * segment
        encode = None if isinstance(reading, Raw) else round(encoded / max(spent[0], 1e-9))
        found[name] = dict(encode=encode, decode=round(decoded / max(spent[1], 1e-9)),
                           parameters=reading.parameters(), **cost(reading, memory, segment, past))
    return dict(device=torch.cuda.get_device_name() if DEVICE == "cuda" else f"CPU, {torch.get_num_threads()} threads",
                rows=rows, past=past, segment=segment, readings=found)
