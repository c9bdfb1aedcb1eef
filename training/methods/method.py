"""The one interface of every memory method: `encode(segment, memory) -> memory`, `decode(tokens, memory) -> hidden states`.

A method is a module over a frozen (or jointly trained) decoder of model.py. Its memory is opaque to everybody else: per-layer
keys and values, soft tokens, a cache. Trainers and the evaluation call these five functions and nothing more.
Does not know: optimisers, files, conditions of the evaluation.

Source: methods.md 0.2; the decoder's side follows Activation Beacon (Zhang et al. 2024, arXiv:2401.03462), section 3.
"""
import torch
import torch.nn as nn


class Method(nn.Module):
    """Base of all methods; `name` is the key of the registry, `options` what it takes to build it again."""

    name = ""
    is_trained = True               # False: a control without parameters of its own
    lr = 2e-3                       # of AdamW in compare.py

    def __init__(self, model, **options):
        super().__init__()
        self.options = options

    def start(self, model, rows):
        """The memory of `rows` documents of which nothing has been read."""
        raise NotImplementedError

    def encode(self, model, ids, memory, ratio):
        """The memory after one more segment.

        Shapes   ids  int64  (B, T): the next segment of each of the B documents that `memory` holds
        Units    ratio = source tokens per memory slot
        """
        raise NotImplementedError

    def decode(self, model, ids, memory):
        """Hidden states dtype (B, T, C) of local tokens ids (B, T) read after `memory`: raw recent text, then the target."""
        raise NotImplementedError

    def slots(self, memory):
        """Positions that this memory occupies in front of local tokens."""
        raise NotImplementedError

    def bytes_per_token(self, config, ratio):
        """Bytes of memory that one source token leaves on disk, in the precision the method keeps."""
        return 2 * config.layers * config.kv_heads * config.head_dim * 2 / ratio      # K and V in 16 bits

    def sequence_loss(self, model, ids, ratio):
        """Mean loss of tokens 1.. of segments 1 .. S-1, each read after the memory of all segments before it.

        Shapes   ids  int64  (B, S, T)    returns  scalar with gradient, float32 (B, S - 1, T - 1) in nats
        A method that can decode all segments at once overrides this with the same numbers.
        """
        rows, segments, length = ids.shape
        memory, total, losses = self.start(model, rows), 0.0, []
        for t in range(1, segments):
            memory = self.encode(model, ids[:, t - 1], memory, ratio)
            hidden = self.decode(model, ids[:, t, :-1].contiguous(), memory)
            target = ids[:, t, 1:].contiguous()
            weight = torch.full(target.shape, 1.0 / (rows * (segments - 1) * (length - 1)), device=ids.device)
            loss, each = model.loss(hidden, target, weight)
            total = total + loss
            losses.append(each.view(rows, length - 1))
        return total, torch.stack(losses, 1)

    def training_loss(self, model, ids, ratio, rng):
        """Scalar with gradient that is trained on; more than `sequence_loss` where a method has further objectives.

        `rng` is a numpy generator, for a method that draws something of its own.
        """
        return self.sequence_loss(model, ids, ratio)[0]
