"""Ours: span-tiled gists over the untouched raw stream (memory.SpanTiledEncoder), with what can be trained on top.

Options, all off at the start except the gist's start as its span's last token:
  left            raw tokens of the segment before that a segment's raw stream also sees (gists do not)
  autoencoding    weight of giving one segment a document back from its own slots, behind a task vector
  distractors     share of steps in which every row also holds `others` segments of another document
  ratios          "4,8,16": one is drawn per step in place of the run's ratio
  teacher         weight of the KL from the base with the segment before in raw form, on every 4th token
Does not know: optimisers, what ships (train_memory.py trains that).

Source: methods.md T3.3; CrossBatch of Tworkowski et al. 2023, arXiv:2307.03170; distillation of contexts as in CEPE
(Yen et al. 2024, arXiv:2402.16617).
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from ..kernels import Mask
from ..memory import SpanTiledEncoder, assemble, span_ends
from .kv import KvMemory, KvMethod, decode_behind, even_loss, joined, last_rows, reconstruction_loss, rotated

TEACHER_STRIDE = 4                      # every 4th token is compared with the teacher: 8,192 logits a token are wide


class Ours(KvMethod):
    name = "ours"

    def __init__(self, model, rank=32, scale=2.0, start="last", left=0, autoencoding=0.0, distractors=0.0, others=2,
                 ratios="", teacher=0.0):
        super().__init__(model, rank=rank, scale=scale, start=start, left=left, autoencoding=autoencoding,
                         distractors=distractors, others=others, ratios=ratios, teacher=teacher)
        self.encoder = SpanTiledEncoder(model, rank, scale, start)
        self.task = nn.Parameter(model.embedding[0].detach().clone()) if autoencoding else None
        self.left, self.autoencoding, self.teacher = left, autoencoding, teacher
        self.distractors, self.others = distractors, others
        self.ratios = [int(r) for r in str(ratios).split(",") if r]

    def segment_slots(self, model, ids, memory, ratio):
        return self.slots_after(model, ids, memory.tail, ratio)

    def slots_after(self, model, ids, tail, ratio):
        """Gists of segments ids (B, T) whose raw stream begins with `tail` (B, n) or None."""
        if tail is None:
            return self.encoder.encode(model, ids, ratio)
        extra, length, device = tail.shape[1], ids.shape[1], ids.device
        text = torch.cat([tail, ids], 1)
        with torch.set_grad_enabled(torch.is_grad_enabled() and model.embedding.requires_grad):
            raw = last_rows(model, model.embed(text), 0, torch.arange(text.shape[1], device=device))
            past = [(k[:, :, extra:], v[:, :, extra:]) for k, v in rotated(model, raw)]
        ends = span_ends(length, ratio).to(device)
        sees_raw = torch.arange(length, device=device)[None, :] < ends[:, None]
        sees_gist = torch.ones(len(ends), len(ends), dtype=torch.bool, device=device).tril()
        gists = self.encoder.gist_stream(model, ids, ends)
        return last_rows(model, gists, 0, extra + ends - 1, Mask(torch.cat([sees_raw, sees_gist], 1)), past,
                         self.encoder.lora)

    def append(self, memory, layers, ids):
        tail = ids[:, -self.left:] if self.left else None
        return KvMemory(joined([memory.layers, layers]), memory.segments + 1, tail)

    def all_slots(self, model, ids, ratio):
        if not self.left or ids.shape[1] == 1:
            return super().all_slots(model, ids, ratio)
        documents, encoded, length = ids.shape
        first = self.slots_after(model, ids[:, 0].contiguous(), None, ratio)
        tails = ids[:, :-1, -self.left:].reshape(-1, min(self.left, length))
        later = self.slots_after(model, ids[:, 1:].reshape(-1, length), tails, ratio)
        return [tuple(torch.cat([a[:, None], b.view(documents, encoded - 1, *b.shape[1:])], 1).flatten(0, 1)
                      for a, b in zip(*pair)) for pair in zip(first, later)]

    def with_others(self, index, documents, encoded, rng):
        """`index` with `others` segments of another document in front of each row's own."""
        shift = int(rng.integers(1, documents))
        document = torch.arange(documents).repeat_interleave(len(index) // documents)
        picked = torch.from_numpy(rng.integers(0, encoded, (len(index), self.others)))
        strangers = (document[:, None] + shift) % documents * encoded + picked
        own = (index >= 0).sum(1, keepdim=True)
        wide = torch.cat([torch.full_like(strangers, -1), index], 1)
        places = torch.arange(wide.shape[1])[None, :] - (wide.shape[1] - own - self.others)      # 0 ..: strangers first
        is_stranger = (places >= 0) & (places < self.others)
        return torch.where(is_stranger, strangers.gather(1, places.clamp(0, self.others - 1)), wide)

    def training_loss(self, model, ids, ratio, rng):
        documents, segments, length = ids.shape
        encoded = segments - 1
        if self.ratios:
            ratio = int(rng.choice(self.ratios))
        layers = self.all_slots(model, ids[:, :-1], ratio)
        index = self.views(documents, segments)
        if documents > 1 and rng.random() < self.distractors:
            index = self.with_others(index, documents, encoded, rng)
        seen, index = self.cut(layers, index, documents, segments)
        local = ids[:, 1:].reshape(-1, length)
        past, has_slot = assemble(model, seen, index)
        hidden = decode_behind(model, model.embed(local[:, :-1].contiguous()), past, has_slot)
        total = even_loss(model, hidden, local[:, 1:])[0]
        if self.teacher:
            total = total + self.teacher * self.distance_to_teacher(model, ids, hidden)
        if self.autoencoding:
            rows = torch.arange(documents) * encoded + torch.from_numpy(rng.integers(0, encoded, documents))
            rows = rows.to(ids.device)
            own = [(k[rows], v[rows]) for k, v in layers]
            segment = ids[:, :-1].flatten(0, 1)[rows]
            total = total + self.autoencoding * reconstruction_loss(model, own, segment, self.task)
        return total

    @staticmethod
    def distance_to_teacher(model, ids, hidden):
        """Mean KL(base that has read the segment before in raw form || decoder behind memories), in nats."""
        length = ids.shape[2]
        pairs = torch.cat([ids[:, :-1], ids[:, 1:, :-1]], 2).flatten(0, 1)                       # (B (S - 1), 2 T - 1)
        with torch.no_grad():
            raw = model.run(model.embed(pairs), torch.arange(pairs.shape[1], device=ids.device))
            wanted = F.log_softmax(model.logits(raw[:, length::TEACHER_STRIDE]), -1)
        found = F.log_softmax(model.logits(hidden[:, ::TEACHER_STRIDE]), -1)
        return (wanted.exp() * (wanted - found)).sum(-1).mean()
