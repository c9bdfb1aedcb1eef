"""The registry of memory methods: name to class, and a trained method read from its file.

Does not know: how any of them works or is trained.
"""
from ..model import load_saved, load_weights
from .autocompressor import AutoCompressor
from .beacon import Beacon
from .cache import Cache
from .ccm import Ccm
from .fot import Fot
from .gist import Gist
from .icae import Icae
from .ours import Ours
from .recall import Recall
from .rmt import Rmt
from .selection import Selection
from .streaming import Streaming
from .stride import Stride
from .uio import Uio

METHODS = {method.name: method for method in (
    Uio, Beacon, AutoCompressor, Rmt, Gist, Icae, Ccm, Ours,
    Cache, Streaming, Stride, Fot, Recall, Selection,
)}


def build_method(name, model, **options):
    """A new method over `model`, on the model's device. Errors: SystemExit that names what is unknown."""
    if name not in METHODS:
        raise SystemExit(f"unknown method {name!r}, expected one of {', '.join(METHODS)}")
    return METHODS[name](model, **options).to(model.embedding.device)


def load_method(path, model):
    """(method over `model`, everything that compare.py saved). Errors: SystemExit: the file, and what is wrong."""
    saved = load_saved(path)
    method = build_method(saved["method"], model, **saved["options"])
    load_weights(method, saved["state"], path)
    return method.to(model.embedding.device), saved
