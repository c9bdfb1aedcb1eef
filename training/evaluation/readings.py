"""Ways to read the past before local tokens: nothing, raw text, residual codes, gists, any method of training/methods.

A reading takes segments int64 (B, S, T) into something opaque and gives hidden states of local tokens after it; what it
costs is counted the same way for all. Does not know: tasks, statistics, tables.
"""
from dataclasses import fields, is_dataclass, replace

import torch

from ..codes import ResidualCodes, every
from ..memory import SpanTiledEncoder, assemble, decode, stored
from ..methods.cache import Cache
from ..methods.recall import Recall
from ..methods.streaming import Streaming
from ..methods.stride import Stride

WHOLE = 16                              # bits of a number as computed
ID_BYTES = 2                            # of a token's number


def with_positions(model, rows):
    """The model with rotary tables of at least `rows` rows; what it was trained on stays a matter of the caller."""
    c = model.config
    if len(model.cosine) < rows:
        frequencies = c.theta ** (-torch.arange(0, c.head_dim, 2).float() / c.head_dim)
        angles = torch.outer(torch.arange(rows).float(), frequencies).to(model.cosine.device)
        model.cosine, model.sine = angles.cos().contiguous(), angles.sin().contiguous()
        c.positions = rows
    return model


def bytes_per_slot(config, bits):
    """Keys and values of one slot in all layers, without scales."""
    return 2 * config.layers * config.kv_heads * config.head_dim * bits / 8


def attention_operations(config, slots):
    """Floating-point operations that `slots` slots add to one decoded token: scores and sums, all layers and heads."""
    return 4 * config.layers * config.heads * config.head_dim * slots


def repeated(memory, rows, times):
    """A memory of `rows` documents as one of rows * times, each document `times` times in a row.

    Whatever a method keeps: tensors of at least two axes whose first is `rows`, in tuples, lists, dicts, dataclasses.
    """
    if torch.is_tensor(memory):
        return memory.repeat_interleave(times, 0) if memory.dim() > 1 and len(memory) == rows else memory
    if isinstance(memory, (tuple, list)):
        return type(memory)(repeated(part, rows, times) for part in memory)
    if isinstance(memory, dict):
        return {name: repeated(part, rows, times) for name, part in memory.items()}
    if is_dataclass(memory):
        return replace(memory, **{f.name: repeated(getattr(memory, f.name), rows, times) for f in fields(memory)})
    return memory


class Raw:
    """The last `tokens` tokens of the past as text; 0: nothing."""

    def __init__(self, model, tokens):
        self.model, self.tokens = model, tokens

    def read(self, segments):
        flat = segments.reshape(len(segments), -1)
        return flat[:, flat.shape[1] - min(self.tokens, flat.shape[1]):]

    def hidden(self, ids, memory):
        behind = memory.shape[1]
        return decode(self.model, torch.cat([memory, ids], 1))[:, behind:].contiguous()

    def slots(self, memory):
        return memory.shape[1]

    def bytes_per_token(self, segment):
        return bytes_per_slot(self.model.config, WHOLE)

    def parameters(self):
        return 0


class Found(Raw):
    """The first `tokens` tokens of the past as text, as where search has found them."""

    def read(self, segments):
        return segments.reshape(len(segments), -1)[:, :self.tokens]


class Gist:
    """Memories of a gist encoder, each segment read on its own, kept in `bits` bits a number."""

    def __init__(self, model, encoder, ratio, bits=WHOLE, is_trained=True):
        self.model, self.encoder, self.ratio, self.bits, self.is_trained = model, encoder, ratio, bits, is_trained

    def encode(self, segments):
        """Per layer (k, v) (B S, K, M, D), un-rotated, as computed; a suffix of segments is a suffix of these."""
        return self.encoder.encode(self.model, segments.reshape(-1, segments.shape[-1]), self.ratio)

    def view(self, memories, rows, segments, past):
        """What `hidden` reads, of the last `past` of `segments` segments that `encode` read for each of `rows` rows."""
        index = torch.arange(rows * segments).view(rows, segments)[:, segments - past:]
        return assemble(self.model, stored(memories, self.bits), index)

    def read(self, segments):
        rows, count = segments.shape[:2]
        return self.view(self.encode(segments), rows, count, count)

    def hidden(self, ids, memory):
        return decode(self.model, ids, *memory)

    def slots(self, memory):
        return memory[1].shape[1]

    def bytes_per_token(self, segment):
        c, slots = self.model.config, -(-segment // self.ratio)
        scales = 4 * 2 * c.layers * c.kv_heads * c.head_dim if self.bits < WHOLE else 0
        return (slots * bytes_per_slot(c, self.bits) + scales) / segment

    def parameters(self):
        return sum(p.numel() for p in self.encoder.parameters()) if self.is_trained else 0


class Codes(Gist):
    """Residual codes of every token, restored. `ratio` 1: the nearest segments are shown whole as far as `room` slots go
    and of the older ones every `FAR`-th token; else of all segments every ratio-th token. `oldest`: so many of the oldest
    segments are shown whole before any near one, as where search has found them. `nearest`: no more slots than that.
    `is_coded` False: what the text alone predicts, without codes. `kept`: codes by segment, shared by several readings;
    None: found anew."""

    FAR = 8

    def __init__(self, model, codes, ratio=1, room=0, nearest=0, oldest=0, is_coded=True, kept=None):
        super().__init__(model, codes, ratio)
        self.room, self.nearest, self.oldest, self.is_coded, self.kept = room, nearest, oldest, is_coded, kept

    def encode(self, segments):
        """Per layer (k, v) (B S, K, T, D) of all tokens."""
        ids = segments.reshape(-1, segments.shape[-1])
        return self.encoder.rows(self.model, ids, self.codes(ids) if self.is_coded else None)

    def codes(self, ids):
        """Codes of segments (N, T); those of a segment that was read before are kept, as the application keeps them."""
        if self.kept is None:
            return self.encoder.codes(self.model, ids)
        names = [row.tobytes() for row in ids.cpu().numpy()]
        new = [n for n, name in enumerate(names) if name not in self.kept]
        if new:
            self.kept.update(zip((names[n] for n in new), self.encoder.codes(self.model, ids[new]).unbind()))
        return torch.stack([self.kept[name] for name in names])

    def whole(self, segment, past):
        """How many segments a view shows whole."""
        if self.ratio > 1:
            return 0
        far = -(-segment // self.FAR)
        spare = (self.room or past * segment) - past * far
        return max(0, min(past, spare // (segment - far)))

    def view(self, memories, rows, segments, past):
        segment = memories[0][0].shape[2]
        whole = self.whole(segment, past)
        found = min(self.oldest, whole)
        near = past - (whole - found)                   # segments from here on are shown whole
        old, new = every(memories, self.ratio if self.ratio > 1 else self.FAR), memories
        index = torch.arange(rows * segments).view(rows, segments)[:, segments - past:].to(memories[0][0].device)

        def joined(older, newer):                       # (rows, K, slots, D), segments one behind the other
            parts = [x[index[:, i:j].reshape(-1)].view(rows, j - i, *x.shape[1:]).transpose(1, 2).flatten(2, 3)
                     for x, i, j in ((newer, 0, found), (older, found, near), (newer, near, past))]
            return torch.cat(parts, 2)[:, :, -self.nearest:]
        layers = [tuple(joined(a, b) for a, b in zip(*pair)) for pair in zip(old, new)]
        return assemble(self.model, layers, torch.arange(rows)[:, None])

    def bytes_per_token(self, segment):
        return self.encoder.bytes_per_token() if self.is_coded else ID_BYTES

    def parameters(self):
        return sum(b.numel() for b in self.encoder.buffers())


class FoundCodes(Codes):
    """Of the oldest `count` segments, as where search has found them: alone, or shown whole behind all others."""

    def __init__(self, model, codes, count, room, is_last=False, kept=None):
        super().__init__(model, codes, 1, room, kept=kept)
        self.count, self.is_last = count, is_last

    def read(self, segments):
        found = segments[:, :self.count]
        return super().read(torch.cat([segments[:, self.count:], found], 1) if self.is_last else found)


class ByMethod:
    """Any method of training/methods at a ratio."""

    def __init__(self, model, method, ratio):
        self.model, self.method, self.ratio = model, method, ratio

    def read(self, segments):
        memory = self.method.start(self.model, len(segments))
        for t in range(segments.shape[1]):
            memory = self.method.encode(self.model, segments[:, t].contiguous(), memory, self.ratio)
        return memory

    def hidden(self, ids, memory):
        return self.method.decode(self.model, ids, memory)

    def slots(self, memory):
        """Slots whose keys a query is compared with, which for a recall memory are more than it occupies."""
        kept = len(memory.places) if isinstance(self.method, Recall) else 0
        return max(int(self.method.slots(memory)), kept)

    def bytes_per_token(self, segment):
        return self.method.bytes_per_token(self.model.config, self.ratio)

    def parameters(self):
        return sum(p.numel() for p in self.method.parameters()) if self.method.is_trained else 0


def untrained(model, ratio):
    """The gist encoder without training: every r-th token repeated. What a trained memory must beat."""
    encoder = SpanTiledEncoder(model, rank=1, start="last").to(model.embedding.device)
    return Gist(model, encoder, ratio, is_trained=False)


def controls(model, ratio, trained, segment):
    """Untrained choices of the past beside the stride, name to reading.

    Units    trained = positions that the base was trained on; recall re-indexes what is farther away
    """
    reach = max(segment, trained - segment)
    recall = dict(bits=3, top=0, trained=False, reach=reach)
    made = {"stride of K,V": (Stride(model, pick="stride"), 1), "density 1/d2": (Stride(model, pick="density"), 1),
            "streaming": (Streaming(model, is_local=True), 1), "recent K,V": (Cache(model, keep="slots"), 1),
            "recall 3 bits": (Recall(model, keep="bytes", **recall), 1),
            "recall 3 bits, half": (Recall(model, keep="bytes", **recall), 2),
            "recall 3 bits, quarter": (Recall(model, keep="bytes", **recall), 4),
            "recall 3 bits, all": (Recall(model, keep="all", **dict(recall, top=32, recent=64)), 1)}
    return {name: ByMethod(model, method.to(model.embedding.device), ratio * factor)
            for name, (method, factor) in made.items()}


def memory_reading(study, ratio, recent=0):
    """The memory under test: gists at a ratio, or residual codes in what a segment and `recent` tokens leave of the
    trained positions."""
    if isinstance(study.encoder, ResidualCodes):
        return Codes(study.model, study.encoder, 1, study.trained - study.segment - recent, kept=study.kept)
    return Gist(study.model, study.encoder, ratio)


def at_bytes(model, bits, bytes_per_token, reach):
    """Untrained recall of the nearest tokens' keys and values in `bits` bits, in so many bytes a token, rounded in its
    favour."""
    slot = bytes_per_slot(model.config, WHOLE)
    method = Recall(model, bits=bits, keep="bytes", top=0, trained=False, reach=reach)
    return ByMethod(model, method, int(slot // bytes_per_token))


def cost(reading, memory, segment, past, extra=0):
    """Slots that a query is compared with (`extra` raw tokens among them), bytes of 1,000 source tokens, operations."""
    slots = reading.slots(memory)
    kept = reading.bytes_per_token(segment)
    if isinstance(reading, Raw):                    # as keys and values, spread over all of the past
        kept = kept * slots / max(1, past * segment)
    config = reading.model.config
    return dict(slots=slots + extra, bytes_per_1000=round(1000 * kept), megaflops=round(
        attention_operations(config, slots + extra) / 1e6, 3))
