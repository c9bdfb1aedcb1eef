"""A random tiny model, and the comparisons that several tests use."""
import torch

from training.memory import SpanTiledEncoder
from training.model import build

VOCAB = 512


def tiny_model(dtype=torch.float32, seed=0):
    """Two layers of 64, fp32 unless said otherwise, with every block doing something."""
    torch.manual_seed(seed)
    model = build("tiny", vocab=VOCAB, positions=512)
    model.dtype = dtype
    with torch.no_grad():
        model.embedding.normal_(0, 1.0)
        for block in model.blocks:
            block.o_proj.normal_(0, 0.2)
            block.down.normal_(0, 0.2)
    return model.requires_grad_(False)


def tiny_encoder(model, kind=SpanTiledEncoder, **options):
    """An encoder whose LoRA and offset are not zero, so that every part of it shows."""
    encoder = kind(model, rank=4, **options)
    with torch.no_grad():
        for p in encoder.parameters():
            p.normal_(0, 0.1)
    return encoder


def random_ids(*shape, seed=1):
    return torch.randint(8, VOCAB, shape, generator=torch.Generator().manual_seed(seed))


def relative(a, b):
    """Norm of the difference over the norm of b."""
    return ((a - b).float().norm() / b.float().norm().clamp(min=1e-12)).item()


def gradients_of(module):
    return {name: p.grad.clone() for name, p in module.named_parameters() if p.grad is not None}
