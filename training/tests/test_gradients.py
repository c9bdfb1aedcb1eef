"""Gradients through memories: two passes are exact, the compensated reservoir is unbiased, the uncompensated is not."""
import unittest

import torch

from training.gradients import Reservoir, reservoir_gradient, two_pass_gradient
from training.memory import ENCODERS
from training.memory_loss import sequence_loss, two_pass_sequence_gradient
from training.tests.tiny import gradients_of, random_ids, relative, tiny_encoder, tiny_model

SEGMENTS, SLOTS, RUNS = 9, 2, 4000


class LinearEncoder:
    """memory = W x, loss at t = sum over earlier memories of their dot product with a fixed vector: linear in W."""

    def __init__(self):
        generator = torch.Generator().manual_seed(3)
        self.weight = torch.randn(3, 3, generator=generator).requires_grad_()
        self.segments = list(torch.rand(SEGMENTS, 3, generator=generator) + 0.5)
        self.readers = torch.rand(SEGMENTS, 3, generator=generator) + 0.5

    def encode(self, segment):
        return [self.weight @ segment]

    def loss_at(self, t, memories):
        return sum((self.readers[t] * m[0]).sum() for m in memories)

    def full_gradient(self):
        """Backpropagation through everything at once."""
        self.weight.grad = None
        memories = [self.encode(s) for s in self.segments[:-1]]
        sum(self.loss_at(t, memories[:t]) for t in range(1, SEGMENTS)).backward()
        return self.weight.grad.clone()

    def sampled_gradients(self, is_compensated, runs=RUNS):
        """(runs, 3, 3) of reservoir estimates."""
        generator, out = torch.Generator().manual_seed(7), []
        for _ in range(runs):
            self.weight.grad = None
            reservoir_gradient(self.segments, self.encode, self.loss_at, SLOTS, generator, is_compensated)
            out.append(self.weight.grad.clone())
        return torch.stack(out)


class TwoPassTest(unittest.TestCase):
    def test_equals_full_backpropagation_on_a_linear_encoder(self):
        toy = LinearEncoder()
        full = toy.full_gradient()
        toy.weight.grad = None
        two_pass_gradient(toy.segments, toy.encode, toy.loss_at)
        self.assertLess(relative(toy.weight.grad, full), 1e-6)

    def test_equals_full_backpropagation_through_a_model(self):
        model, ids = tiny_model(), random_ids(2, 4, 24)
        for kind in ENCODERS.values():
            encoder = tiny_encoder(model, kind)
            total, _ = sequence_loss(model, encoder, ids, 8)
            total.backward()
            full = gradients_of(encoder)
            encoder.zero_grad(set_to_none=True)
            loss = two_pass_sequence_gradient(model, encoder, ids, 8)
            self.assertAlmostEqual(loss, float(total.detach()), places=4)
            for name, gradient in gradients_of(encoder).items():
                self.assertTrue(torch.allclose(gradient, full[name], rtol=1e-3, atol=1e-6), name)

    def test_reservoir_that_holds_everything_is_exact(self):
        toy = LinearEncoder()
        full = toy.full_gradient()
        toy.weight.grad = None
        reservoir_gradient(toy.segments, toy.encode, toy.loss_at, SEGMENTS)
        self.assertLess(relative(toy.weight.grad, full), 1e-6)


class ReservoirTest(unittest.TestCase):
    def test_keep_probability_is_slots_over_offered(self):
        generator, runs, offered = torch.Generator().manual_seed(5), 4000, 8
        kept = torch.zeros(offered)
        for _ in range(runs):
            reservoir = Reservoir(SLOTS, generator)
            for item in range(offered):
                reservoir.offer(item)
            kept[reservoir.kept] += 1
        expected = SLOTS / offered
        error = 4 * (expected * (1 - expected) / runs) ** 0.5               # four standard errors
        self.assertTrue(((kept / runs - expected).abs() < error).all(), kept / runs)
        self.assertAlmostEqual(reservoir.factor(), offered / SLOTS)

    def test_compensated_mean_is_the_full_gradient(self):
        toy = LinearEncoder()
        full, samples = toy.full_gradient(), toy.sampled_gradients(True)
        error = samples.std(0) / RUNS ** 0.5
        self.assertTrue(((samples.mean(0) - full).abs() < 4 * error).all(), (samples.mean(0), full, error))

    def test_uncompensated_mean_is_too_small(self):
        toy = LinearEncoder()
        full, samples = toy.full_gradient(), toy.sampled_gradients(False)
        error = samples.std(0) / RUNS ** 0.5
        self.assertTrue((full - samples.mean(0) > 10 * error).all(), (samples.mean(0), full, error))


if __name__ == "__main__":
    unittest.main()
