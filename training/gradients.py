"""Gradients of a long sequence of segments through their memories, without holding every graph at once.

Everything here sees two functions: `encode(segment)` gives a list of tensors (the memory of one segment, a function of
that segment alone), and `loss_at(t, memories)` gives the loss of segment t from the memories of segments 0 .. t-1.
Does not know: models, tokens, what a memory is.

Source: incremental TBPTT, reservoir and compensation of UIO-LLMs (Li et al. 2024, arXiv:2406.18173, section 3.3);
gradient caching by a second encoding (Gao et al. 2021, arXiv:2101.06983), which is exact and what we prefer.
"""
import torch


def _leaves(memory):
    return [t.detach().requires_grad_() for t in memory]


def _push_back(outputs, gradients):
    """One vector-Jacobian product through the graph of an encoded segment."""
    pairs = [(o, g) for o, g in zip(outputs, gradients) if g is not None and o.requires_grad]
    if pairs:
        torch.autograd.backward([o for o, _ in pairs], [g for _, g in pairs])


def two_pass_gradient(segments, encode, loss_at):
    """Exact gradient with one segment's graph in memory; adds to .grad of all parameters, returns the summed loss.

    (a) encode all segments without a graph, (b) backpropagate each loss into the memories, (c) encode each segment again
    and backpropagate what its memory collected.
    """
    with torch.no_grad():
        memories = [encode(segment) for segment in segments[:-1]]
    memories = [_leaves(m) for m in memories]
    total = 0.0
    for t in range(1, len(segments)):
        loss = loss_at(t, memories[:t])
        loss.backward()
        total += float(loss.detach())
    for segment, leaves in zip(segments, memories):
        _push_back(encode(segment), [leaf.grad for leaf in leaves])
    return total


class Reservoir:
    """Keeps `slots` of the items offered so far, each with equal probability (algorithm R, Vitter 1985)."""

    def __init__(self, slots, generator=None):
        self.slots, self.generator = slots, generator
        self.kept, self.offered = [], 0

    def offer(self, item):
        """Offer one item; returns the item that is out now (an older one, or this one), or None."""
        self.offered += 1
        if len(self.kept) < self.slots:
            self.kept.append(item)
            return None
        j = int(torch.randint(self.offered, (1,), generator=self.generator))
        if j >= self.slots:
            return item
        evicted, self.kept[j] = self.kept[j], item
        return evicted

    def factor(self):
        """1 / keep-probability: what a kept item's new contribution counts for."""
        return max(1.0, self.offered / self.slots)


def reservoir_gradient(segments, encode, loss_at, slots, generator=None, is_compensated=True):
    """Unbiased gradient with at most `slots` encoder graphs alive, in one encoding per segment.

    After t segments each is still kept with probability min(1, slots / t), so what reaches a kept memory at that step is
    multiplied by the inverse before it is added up; the loss itself is not scaled. `is_compensated` False drops the
    factor (as the released code of the paper does) and is biased towards late segments: it is here as the control.
    """
    reservoir, memories, total = Reservoir(slots, generator), [], 0.0
    for t, segment in enumerate(segments):
        if t > 0:
            total += _backward_into_kept(loss_at(t, memories), reservoir, is_compensated)
        if t == len(segments) - 1:
            break
        outputs = encode(segment)
        leaves = _leaves(outputs)
        entry = (outputs, leaves, [torch.zeros_like(leaf) for leaf in leaves])
        memories.append(leaves)
        out = reservoir.offer(entry)
        if out is entry:                            # never kept: later losses need no gradient for it
            for leaf in leaves:
                leaf.requires_grad_(False)
        elif out is not None:
            _push_back(out[0], out[2])
            for leaf in out[1]:
                leaf.requires_grad_(False)
    for outputs, _, collected in reservoir.kept:
        _push_back(outputs, collected)
    return total


def _backward_into_kept(loss, reservoir, is_compensated):
    if loss.requires_grad:
        loss.backward()
    factor = reservoir.factor() if is_compensated else 1.0
    for _, leaves, collected in reservoir.kept:
        for leaf, so_far in zip(leaves, collected):
            if leaf.grad is not None:
                so_far.add_(leaf.grad, alpha=factor)
                leaf.grad = None
    return float(loss.detach())
