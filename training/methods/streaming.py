"""StreamingLLM: the first few tokens (attention sinks) and the most recent window, positions inside the cache.

Nothing of the middle survives: the control that shows what recency and sinks alone are worth. Does not know: training.

Source: Xiao et al. 2023, arXiv:2309.17453, section 3.2. Difference: `window` 0 gives it as many slots as a memory at
the ratio has, so that it is compared at equal slots.
"""
from .cache import RawMethod


class Streaming(RawMethod):
    """A segment is read behind the cache, as a stream is; `is_local` True reads it on its own."""

    name = "streaming"

    def __init__(self, model, sinks=4, window=0, is_local=False):
        super().__init__(model, sinks=sinks, window=window, is_local=is_local)
        self.sinks, self.window, self.is_local = sinks, window, is_local

    def keeps(self, store, length):
        window = self.window or max(0, int(store.read / store.ratio) - self.sinks)
        return (store.places < self.sinks) | (store.places >= store.read - window)
