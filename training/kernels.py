"""The five operations that decide speed: RMSNorm, SwiGLU, RoPE, masked attention, cross-entropy.

For bfloat16 on a CPU they run through kernels.c when a C compiler is found (about 2.7 times faster training with
Debian's PyTorch); everywhere else, and for every other dtype, plain PyTorch. Both give the same numbers up to bfloat16
rounding (tests/test_kernels.py). Does not know: layers, memories, optimisers.
"""
import ctypes
import os
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernels.c")
HIDDEN = -1e30                              # score of an invisible key; finite, so a row without keys stays finite
library = None                              # the loaded kernels.c; None: plain PyTorch everywhere


def load_library():
    """Compile kernels.c once into the temporary folder and load it; on failure stay with plain PyTorch."""
    global library
    folder = os.environ.get("LONGLEAF_KERNELS", tempfile.gettempdir())
    path = os.path.join(folder, f"longleaf-kernels-{os.getuid() if hasattr(os, 'getuid') else 0}.so")
    try:
        if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(SOURCE):
            fresh = f"{path}.{os.getpid()}"          # a new file: never overwrite a library that is mapped
            subprocess.run(["gcc", "-O3", "-march=native", "-ffast-math", "-fopenmp", "-fPIC", "-c", SOURCE,
                            "-o", fresh + ".o"], check=True)
            subprocess.run(["gcc", "-fopenmp", "-shared", fresh + ".o", "-o", fresh, "-lm", "-lmvec"], check=True)
            os.remove(fresh + ".o")
            os.replace(fresh, path)
        library = ctypes.CDLL(path)
    except (OSError, subprocess.CalledProcessError) as error:
        print("kernels.c is not used:", error, file=sys.stderr)


def is_fast(x):
    """True when the C kernels take this tensor."""
    return library is not None and x.dtype == torch.bfloat16 and x.device.type == "cpu"


def _pointer(tensor):
    return ctypes.c_void_p(tensor.data_ptr())


def _long(number):
    return ctypes.c_long(number)


def _float(number):
    return ctypes.c_float(number)


class Mask:
    """Which keys each query sees: bool (1 or B, T, keys), with the byte form that kernels.c reads made once."""

    def __init__(self, visible):
        self.visible = visible if visible.dim() == 3 else visible[None]
        self._bytes = self._seen = None

    def to(self, device):
        return Mask(self.visible.to(device))

    def for_kernels(self):
        """uint8 (1 or B, T, keys) and int32 (1 or B, T): the last visible key + 1."""
        if self._bytes is None:
            self._bytes = self.visible.to(torch.uint8).contiguous()
            numbered = self.visible * torch.arange(1, self.visible.shape[2] + 1)
            self._seen = numbered.max(2).values.to(torch.int32).contiguous()
        return self._bytes, self._seen


def causal_mask(queries, keys=None):
    """The last query sees every key (bottom-right aligned)."""
    keys = keys or queries
    return Mask(torch.arange(keys)[None, :] <= torch.arange(queries)[:, None] + keys - queries)


class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, scores, mask, scale, queries):
        seen_bytes, seen = mask.for_kernels()
        batch, keys = scores.shape[0], scores.shape[-1]
        rows = scores.numel() // keys
        library.softmax_forward(_pointer(scores), _pointer(seen_bytes), _pointer(seen), _long(rows),
                                _long(rows // batch), _long(queries), _long(keys), _long(len(seen_bytes)),
                                _float(scale))
        ctx.mark_dirty(scores)
        ctx.scale = scale
        ctx.save_for_backward(scores)
        return scores

    @staticmethod
    def backward(ctx, gradient):
        p, = ctx.saved_tensors
        gradient = gradient.contiguous()
        keys = p.shape[-1]
        library.softmax_backward(_pointer(p), _pointer(gradient), _long(p.numel() // keys), _long(keys),
                                 _float(ctx.scale))
        return gradient, None, None, None


class _CrossEntropy(torch.autograd.Function):
    """Head and loss in one: the logits are turned into their own gradient in place."""

    @staticmethod
    def forward(ctx, x, head, target, weight, z):
        logits = x @ head.t()                                                   # (N, V)
        losses, lse = torch.empty(len(x)), torch.empty(len(x))
        wanted = ctx.needs_input_grad[0] or ctx.needs_input_grad[1]
        library.cross_entropy(_pointer(logits), _pointer(target), _pointer(weight), _pointer(losses), _pointer(lse),
                              _long(len(x)), _long(len(head)), _float(z), ctypes.c_int(int(wanted)))
        if wanted:
            ctx.save_for_backward(x, head, logits)
        ctx.mark_non_differentiable(losses)
        return ((losses + z * lse * lse) * weight).sum(), losses

    @staticmethod
    def backward(ctx, gradient, _):
        x, head, d = ctx.saved_tensors
        factor = float(gradient)
        if factor != 1.0:
            d = d * factor
        return (d @ head if ctx.needs_input_grad[0] else None, d.t() @ x if ctx.needs_input_grad[1] else None,
                None, None, None)


class _RmsNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gain, eps):
        x = x.contiguous()
        width = x.shape[-1]
        rows = x.numel() // width
        y, inverse = torch.empty(x.shape, dtype=torch.bfloat16), torch.empty(rows)
        library.rms_forward(_pointer(x), _pointer(gain), _pointer(y), _pointer(inverse), _long(rows), _long(width),
                            _float(eps))
        ctx.save_for_backward(x, gain, inverse)
        return y

    @staticmethod
    def backward(ctx, gradient):
        x, gain, inverse = ctx.saved_tensors
        gradient = gradient.contiguous()
        width = x.shape[-1]
        dx, dgain = torch.empty_like(x), torch.empty_like(gain)
        library.rms_backward(_pointer(x), _pointer(gain), _pointer(inverse), _pointer(gradient), _pointer(dx),
                             _pointer(dgain), _long(x.numel() // width), _long(width))
        return dx, dgain, None


class _SwiGlu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, gate_up):
        gate_up = gate_up.contiguous()
        width = gate_up.shape[-1] // 2
        y = torch.empty(gate_up.shape[:-1] + (width,), dtype=torch.bfloat16)
        library.swiglu_forward(_pointer(gate_up), _pointer(y), _long(y.numel() // width), _long(width))
        ctx.save_for_backward(gate_up)
        return y

    @staticmethod
    def backward(ctx, gradient):
        gate_up, = ctx.saved_tensors
        gradient, d = gradient.contiguous(), torch.empty_like(gate_up)
        width = gradient.shape[-1]
        library.swiglu_backward(_pointer(gate_up), _pointer(gradient), _pointer(d),
                                _long(gradient.numel() // width), _long(width))
        return d


class _Rope(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, cosine, sine, positions):
        ctx.tables = cosine, sine, positions
        return _Rope._turn(x, cosine, sine, positions, 1)

    @staticmethod
    def _turn(x, cosine, sine, positions, sign):
        x = x.contiguous()
        y = torch.empty_like(x)
        heads, width = x.shape[-2:]
        library.rope(_pointer(x), _pointer(y), _pointer(cosine), _pointer(sine), _pointer(positions),
                     _long(x.numel() // (heads * width)), _long(len(positions)), _long(heads), _long(width),
                     _float(sign))
        return y

    @staticmethod
    def backward(ctx, gradient):
        return _Rope._turn(gradient, *ctx.tables, -1), None, None, None


def rms_norm(x, gain, eps, dtype):
    """Root-mean-square normalisation of the fp32 stream, given out in the compute dtype.

    Source: Zhang & Sennrich 2019, arXiv:1910.07467.
    Shapes   x  float32  (..., C)    gain  float32  (C)    returns  dtype  (..., C)
    """
    if library is not None and dtype == torch.bfloat16 and x.device.type == "cpu":
        return _RmsNorm.apply(x, gain, eps)
    return (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * gain).to(dtype)


def swiglu(gate_up):
    """silu(gate) * up of the two halves of the last axis (Shazeer 2020, arXiv:2002.05202)."""
    if is_fast(gate_up):
        return _SwiGlu.apply(gate_up)
    gate, up = gate_up.chunk(2, -1)
    return F.silu(gate) * up


def rope(x, cosine, sine, positions):
    """Rotary positions, half-split as in the Hugging Face Llama graph (Su et al. 2021, arXiv:2104.09864).

    Shapes   x  (..., T, heads, D)    cosine, sine  float32  (positions, D / 2)    positions  int64  (T)
    """
    if is_fast(x):
        return _Rope.apply(x, cosine, sine, positions)
    c, s = cosine[positions][:, None], sine[positions][:, None]                 # (T, 1, D / 2)
    a, b = x.float().chunk(2, -1)
    return torch.cat([a * c - b * s, b * c + a * s], -1).to(x.dtype)


def attention(q, k, v, mask=None):
    """Softmax attention with grouped queries; `mask` None means causal over a square.

    Shapes   q  (B, H, T, D)    k, v  (B, K, keys, D)    returns  (B, H, T, D)
    """
    b, h, t, d = q.shape
    groups = h // k.shape[1]
    if q.device.type == "cuda":                     # no fused kernel takes both a mask and groups
        if mask is None:
            return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask.visible[:, None])
    mask = mask or causal_mask(t)
    scores = q.reshape(b, k.shape[1], groups * t, d) @ k.transpose(2, 3)         # (B, K, groups T, keys)
    if is_fast(scores):
        p = _Softmax.apply(scores, mask, d ** -0.5, t)
    else:
        split = scores.view(b, k.shape[1], groups, t, -1).float() * d ** -0.5
        p = split.masked_fill(~mask.visible[:, None, None], HIDDEN).softmax(-1).to(q.dtype).view(scores.shape)
    return (p @ v).view(b, h, t, d)


def cross_entropy(x, head, target, weight, z=0.0):
    """Weighted next-token loss; only the first result carries a gradient.

    Shapes   x  (N, C)    head  (V, C)    target  int64  (N)    weight  float32  (N): carries the 1/n of a mean
             returns  scalar sum(weight * (loss + z * logsumexp^2)), and loss  float32  (N)  in nats
    """
    if is_fast(x):
        return _CrossEntropy.apply(x, head, target, weight, z)
    logits = (x @ head.t()).float()
    lse = torch.logsumexp(logits, -1)
    losses = lse - logits.gather(1, target[:, None])[:, 0]
    return ((losses + z * lse * lse) * weight).sum(), losses.detach()


if not torch.cuda.is_available() and os.environ.get("LONGLEAF_PLAIN") != "1":
    load_library()
