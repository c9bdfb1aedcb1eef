"""Keys and values in 2 to 8 bits: keys per channel over a group of tokens, values per token over a group of channels.

x is kept as low + step * code with 16-bit low and step per group; `low_bits` gives the same numbers with a
straight-through gradient, so that a model can be trained for its tolerance. `pack` makes the bytes `bytes_of` counts.
Does not know: models, memories, positions.

Source: KIVI (Liu et al. 2024, arXiv:2402.02750), section 3, without its full-precision residual; straight-through
estimator: Bengio et al. 2013, arXiv:1308.3432.
"""
import torch
import torch.nn.functional as F

WHOLE = 16                              # bits that mean "as computed": nothing is rounded
SCALE_BYTES = 4                         # low and step of a group, 16 bits each


def quantise(x, bits):
    """Codes of groups along the last axis.

    Shapes   x  (..., G)    returns  uint8 (..., G), float16 low (..., 1), float16 step (..., 1)
    """
    x = x.float()
    low = x.amin(-1, keepdim=True).half()
    step = ((x.amax(-1, keepdim=True) - low.float()) / (2 ** bits - 1)).clamp(min=1e-6).half()
    codes = ((x - low.float()) / step.float()).round().clamp(0, 2 ** bits - 1)
    return codes.to(torch.uint8), low, step


def dequantise(codes, low, step):
    """float32, the shape of codes."""
    return codes.float() * step.float() + low.float()


class _LowBits(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, bits):
        return dequantise(*quantise(x, bits)).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None                       # straight through: rounding counts as the identity


def low_bits(x, bits):
    """x (..., G) as it comes back from `bits` bits a value, one low and step per row; the gradient passes unchanged."""
    return x if bits >= WHOLE else _LowBits.apply(x, bits)


def _key_groups(k, group):
    """(B, K, T, D) to channel-wise groups (B, K, n, D, group); a short last group repeats its last token."""
    b, heads, t, d = k.shape
    short = -t % group
    if short:
        k = torch.cat([k, k[:, :, -1:].expand(-1, -1, short, -1)], 2)
    return k.view(b, heads, -1, group, d).transpose(3, 4)


def low_keys(k, bits, group):
    """Keys (B, K, T, D) after `bits` bits, a scale per channel and `group` tokens."""
    if bits >= WHOLE or k.shape[2] == 0:
        return k
    y = low_bits(_key_groups(k, min(group, k.shape[2])), bits)
    return y.transpose(3, 4).flatten(2, 3)[:, :, :k.shape[2]]


def low_values(v, bits, group):
    """Values (B, K, T, D) after `bits` bits, a scale per token and `group` channels."""
    if bits >= WHOLE or v.shape[2] == 0:
        return v
    return low_bits(v.unflatten(-1, (-1, min(group, v.shape[-1]))), bits).flatten(-2)


def pack(codes, bits):
    """uint8 codes of any shape to a byte string of `bits` bits each, as a uint8 vector."""
    shifts = torch.arange(bits, device=codes.device)
    stream = ((codes.reshape(-1, 1).long() >> shifts) & 1).view(-1)
    stream = F.pad(stream, (0, -len(stream) % 8)).view(-1, 8)
    return (stream << torch.arange(8, device=codes.device)).sum(1).to(torch.uint8)


def unpack(packed, bits, shape):
    """The codes that `pack` was given."""
    stream = ((packed[:, None].long() >> torch.arange(8, device=packed.device)) & 1).view(-1)
    count = int(torch.Size(shape).numel())
    codes = stream[:count * bits].view(count, bits) << torch.arange(bits, device=packed.device)
    return codes.sum(1).to(torch.uint8).view(shape)


def bytes_of(tokens, config, bits, key_group, value_group):
    """Bytes of the keys and values of `tokens` tokens, scales included; a group that is begun is paid in full."""
    heads, d = config.layers * config.kv_heads, config.head_dim
    if bits >= WHOLE:
        return tokens * heads * d * 2 * 2
    codes = 2 * tokens * d * bits / 8
    scales = SCALE_BYTES * (-(-tokens // key_group) * d + tokens * -(-d // value_group))
    return heads * (codes + scales)
