"""UIO-LLMs as specified: one pass over [segment | gists], LoRA on q and v of all rows, a transfer head on k and v.

Every gist starts as ONE shared vector, sees the raw tokens up to the end of its span and itself, and stands there.
What a segment leaves is the attention input of its gists per layer; the transfer head turns it into keys and values.
The parameters are those of memory.StaircaseEncoder with start="shared", so either can hold the other's weights.
Does not know: gradients (gradients.py has the paper's estimator), optimisers.

Source: Li et al. 2024, arXiv:2406.18173 (withdrawn), sections 3.1-3.2; constants of the released code except the rank.
"""
import torch

from ..kernels import Mask
from ..memory import StaircaseEncoder, span_ends
from ..model import project
from .kv import KvMethod


class Uio(KvMethod):
    name = "uio"
    lr = 1e-3                           # half of the others: the published scale of 4 is twice theirs

    def __init__(self, model, rank=32, scale=4.0, start="shared"):
        super().__init__(model, rank=rank, scale=scale, start=start)
        self.encoder = StaircaseEncoder(model, rank, scale, start)

    def pack(self, model, ids, ratio):
        """Per layer the attention input of the gists, dtype (B, M, C): the paper's memory."""
        length, device, hidden = ids.shape[1], ids.device, []
        ends, raw = span_ends(length, ratio).to(device), torch.arange(length, device=device)
        slots = len(ends)
        none = torch.zeros(length, slots, dtype=torch.bool, device=device)
        upper = torch.cat([raw[None, :] <= raw[:, None], none], 1)
        lower = torch.cat([raw[None, :] < ends[:, None], torch.eye(slots, dtype=torch.bool, device=device)], 1)
        stream = torch.cat([model.embed(ids), self.encoder.gist_stream(model, ids, ends)], 1)
        model.run(stream, torch.cat([raw, ends]), Mask(torch.cat([upper, lower])), lora=self.encoder.lora,
                  observe=lambda i, block, h, k, v: hidden.append(h[:, length:]))
        return hidden

    def unpack(self, model, tensors):
        """The transfer head: per layer (k, v) of memories. It belongs to the decoder: its gradient is always exact."""
        c, layers = model.config, []
        for i, (block, h) in enumerate(zip(model.blocks, tensors)):
            k, v = (project(h, getattr(block, name), self.encoder.transfer, name, i)
                    .view(*h.shape[:2], c.kv_heads, c.head_dim).transpose(1, 2) for name in ("k_proj", "v_proj"))
            layers.append((k, v))
        return layers

    def segment_slots(self, model, ids, memory, ratio):
        return self.unpack(model, self.pack(model, ids, ratio))
