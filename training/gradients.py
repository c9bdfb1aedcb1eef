"""Gradients of a long sequence of segments through their memories, with and without holding every graph at once.

Everything here sees two functions: `encode(segment)` gives a list of tensors (the memory of one segment, a function of
that segment alone), and `loss_at(t, memories)` gives the loss of segment t from the memories of segments 0 .. t-1.
Where `is_recurrent` is True it is `encode(segment, previous)`, with the memory before it (None for the first). Each
function adds to .grad of all parameters and returns the summed loss. Does not know: models, tokens, what a memory is.

Source: incremental TBPTT, reservoir and compensation of UIO-LLMs (Li et al. 2024, arXiv:2406.18173, section 3.3);
gradient caching by a second encoding (Gao et al. 2021, arXiv:2101.06983), which is exact and what we prefer.
"""
import torch


def _leaves(memory):
    return [t.detach().requires_grad_() for t in memory]


def _freeze(memory):
    for t in memory:
        t.requires_grad_(False)


def _push_back(outputs, gradients, keeps_graph=False):
    """One vector-Jacobian product through the graph of an encoded segment."""
    pairs = [(o, g) for o, g in zip(outputs, gradients) if g is not None and o.requires_grad]
    if pairs:
        torch.autograd.backward([o for o, _ in pairs], [g for _, g in pairs], retain_graph=keeps_graph)


def _backward(loss):
    """Backpropagates what has a graph; returns the detached loss, still on its device."""
    if loss.requires_grad:
        loss.backward()
    return loss.detach()


def _encoded(encode, segment, previous, is_recurrent):
    return encode(segment, previous) if is_recurrent else encode(segment)


def full_gradient(segments, encode, loss_at, is_recurrent=False):
    """Backpropagation through everything at once (BPTT): the reference, with all graphs in memory."""
    memories, total = [], 0.0
    for t, segment in enumerate(segments):
        if t > 0:
            total = total + loss_at(t, memories)
        if t < len(segments) - 1:
            memories.append(_encoded(encode, segment, memories[-1] if memories else None, is_recurrent))
    return float(_backward(total))


def truncated_gradient(segments, encode, loss_at, window, is_recurrent=False):
    """Truncated BPTT: the loss of segment t reaches the encodings of the last `window` segments before it.

    As it is usually written: those segments are encoded anew for each loss, T `window` encodings in all.
    """
    memories, total = [], 0.0                       # without graphs
    for t, segment in enumerate(segments):
        if t > 0:
            near = list(memories)
            for s in range(max(0, t - window), t):
                near[s] = _encoded(encode, segments[s], near[s - 1] if s else None, is_recurrent)
            total = total + _backward(loss_at(t, near))
        if t < len(segments) - 1:
            with torch.no_grad():
                memories.append(_encoded(encode, segment, memories[-1] if memories else None, is_recurrent))
    return float(total)


def incremental_gradient(segments, encode, loss_at, window, is_recurrent=False):
    """Incremental TBPTT: the gradient of `truncated_gradient` from one encoding per segment, graphs of `window` kept.

    Each loss is backpropagated into the memories at once, which frees the decoder's graph; memories older than the
    window are read on without a graph. A segment that leaves the window is pushed back once, with all that reached its
    memory; only where memories are recurrent and the window is shorter than the sequence, it is pushed back per loss.
    """
    memories, alive, total = [], [], 0.0            # alive: (outputs, leaves), oldest first
    is_stepwise = is_recurrent and window < len(segments) - 1
    for t, segment in enumerate(segments):
        if t > 0:
            total = total + _backward(loss_at(t, memories))
            if is_stepwise:
                _push_window_back(alive, keeps_graphs=t < len(segments) - 1)
        if t == len(segments) - 1:
            break
        outputs = _encoded(encode, segment, memories[-1] if memories else None, is_recurrent)
        memories.append(_leaves(outputs))
        alive.append((outputs, memories[-1]))
        if len(alive) > window:
            _push_window_back([alive.pop(0)], keeps_graphs=False)
            _freeze(memories[len(memories) - 1 - window])
    if not is_stepwise:
        _push_window_back(alive, keeps_graphs=False)
    return float(total)


def _push_window_back(alive, keeps_graphs):
    """Newest first, since a recurrent memory hands gradient on to the one before it; what was pushed counts once."""
    for outputs, leaves in reversed(alive):
        _push_back(outputs, [leaf.grad for leaf in leaves], keeps_graphs)
        for leaf in leaves:
            leaf.grad = None


def two_pass_gradient(segments, encode, loss_at, is_recurrent=False, drawn=None, generator=None):
    """Exact gradient with one segment's graph in memory.

    (a) encode all segments without a graph, (b) backpropagate each loss into the memories, (c) encode each segment
    again and backpropagate what its memory collected, newest first. `drawn`: only that many segments, drawn at random,
    are encoded again, each counting for T / drawn: unbiased (not for recurrent memories).
    """
    assert drawn is None or not is_recurrent, "a recurrent memory needs every segment's second encoding"
    memories = []
    with torch.no_grad():
        for segment in segments[:-1]:
            memories.append(_encoded(encode, segment, memories[-1] if memories else None, is_recurrent))
    memories, total = [_leaves(m) for m in memories], 0.0
    for t in range(1, len(segments)):
        total = total + _backward(loss_at(t, memories[:t]))
    count, again = len(memories), range(len(memories) - 1, -1, -1)
    if drawn is not None and drawn < count:
        again = torch.randperm(count, generator=generator)[:drawn].tolist()
    for s in again:
        outputs = _encoded(encode, segments[s], memories[s - 1] if s else None, is_recurrent)
        factor = count / len(again)
        _push_back(outputs, [leaf.grad if leaf.grad is None else leaf.grad * factor for leaf in memories[s]])
    return float(total)


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
    """Unbiased gradient with at most `slots` encoder graphs alive, one encoding per segment; not for recurrent memory.

    After t segments each is still kept with probability min(1, slots / t), so what reaches a kept memory at that step
    is multiplied by the inverse before it is added up; the loss itself is not scaled. `is_compensated` False drops the
    factor (as the released code of the paper does) and is biased towards late segments: it is here as the control.
    """
    reservoir, memories, total = Reservoir(slots, generator), [], 0.0
    for t, segment in enumerate(segments):
        if t > 0:
            total = total + _backward_into_kept(loss_at(t, memories), reservoir, is_compensated)
        if t == len(segments) - 1:
            break
        outputs = encode(segment)
        leaves = _leaves(outputs)
        entry = (outputs, leaves, [torch.zeros_like(leaf) for leaf in leaves])
        memories.append(leaves)
        out = reservoir.offer(entry)
        if out is entry:                            # never kept: later losses need no gradient for it
            _freeze(leaves)
        elif out is not None:
            _push_back(out[0], out[2])
            _freeze(out[1])
    for outputs, _, collected in reservoir.kept:
        _push_back(outputs, collected)
    return float(total)


def _backward_into_kept(loss, reservoir, is_compensated):
    loss = _backward(loss)
    factor = reservoir.factor() if is_compensated else 1.0
    for _, leaves, collected in reservoir.kept:
        for leaf, so_far in zip(leaves, collected):
            if leaf.grad is not None:
                so_far.add_(leaf.grad, alpha=factor)
                leaf.grad = None
    return loss
