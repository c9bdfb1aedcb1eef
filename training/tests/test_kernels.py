"""kernels.c and plain PyTorch give the same numbers and gradients, up to bfloat16 rounding."""
import unittest

import torch

from training import kernels
from training.model import build
from training.tests.tiny import random_ids, relative

BF16, F32 = torch.bfloat16, torch.float32
TOLERANCE = 0.02                            # bfloat16 keeps 8 bits: 0.4 % a number, added up over a few operations


@unittest.skipUnless(kernels.library, "no C compiler, or LONGLEAF_PLAIN=1: plain PyTorch is all there is")
class KernelsTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.library = kernels.library
        self.addCleanup(setattr, kernels, "library", self.library)

    def assert_same(self, function, *inputs):
        """Outputs and input gradients with and without the library."""
        results = []
        for library in (self.library, None):
            kernels.library = library
            leaves = [x.clone().requires_grad_() for x in inputs]
            y = function(*leaves)
            torch.manual_seed(1)
            y.backward(torch.randn(y.shape).to(y.dtype))
            results.append([y.detach()] + [leaf.grad for leaf in leaves])
        for fast, plain in zip(*results):
            self.assertLess(relative(fast, plain), TOLERANCE)

    def test_rms_norm(self):
        self.assert_same(lambda x, w: kernels.rms_norm(x, w, 1e-5, BF16), torch.randn(5, 7, 64), torch.randn(64))

    def test_swiglu(self):
        self.assert_same(kernels.swiglu, torch.randn(3, 9, 128).to(BF16))

    def test_rope(self):
        angles = torch.outer(torch.arange(64.0), 10000 ** (-torch.arange(16.0) / 16))
        cosine, sine, positions = angles.cos().contiguous(), angles.sin().contiguous(), torch.arange(9) + 3
        self.assert_same(lambda x: kernels.rope(x, cosine, sine, positions), torch.randn(2, 9, 4, 32).to(BF16))

    def test_attention_behind_a_prefix(self):
        mask = kernels.causal_mask(24, 40)
        q, k, v = (torch.randn(2, heads, length, 32).to(BF16) for heads, length in ((4, 24), (2, 40), (2, 40)))
        self.assert_same(lambda q, k, v: kernels.attention(q, k, v, mask), q, k, v)

    def test_attention_with_a_mask_per_row(self):
        visible = torch.rand(3, 10, 30) < 0.5
        visible[:, :, 0] = True
        q, k, v = (torch.randn(3, heads, length, 16).to(BF16) for heads, length in ((4, 10), (2, 30), (2, 30)))
        self.assert_same(lambda q, k, v: kernels.attention(q, k, v, kernels.Mask(visible)), q, k, v)

    def test_cross_entropy_with_weights_and_z_loss(self):
        x, head = torch.randn(32, 64).to(BF16), torch.randn(100, 64).to(BF16)
        target, weight = torch.randint(0, 100, (32,)), torch.rand(32)
        self.assert_same(lambda x, head: kernels.cross_entropy(x, head, target, weight, 1e-3)[0], x, head)

    def test_whole_model(self):
        model = build("tiny", vocab=512)
        with torch.no_grad():
            for block in model.blocks:
                block.o_proj.normal_(0, 0.1)
                block.down.normal_(0, 0.1)
        ids, results = random_ids(2, 65), []
        for library in (self.library, None):
            kernels.library = library
            model.zero_grad()
            total, losses = model(ids[:, :-1].contiguous(), ids[:, 1:].contiguous(), torch.full((2, 64), 1 / 128), 1e-4)
            total.backward()
            results.append([losses] + [p.grad.clone() for p in model.parameters()])
        for fast, plain in zip(*results):
            self.assertLess(relative(fast, plain), 2 * TOLERANCE)


if __name__ == "__main__":
    unittest.main()
