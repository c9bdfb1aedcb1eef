"""Gradients through memories: what is exact is exact, what truncates truncates, what is unbiased has the right mean."""
import os
import tempfile
import unittest
from xml.etree import ElementTree

import torch

from training.compare import segment_wise
from training.gradients import (Reservoir, full_gradient, incremental_gradient, reservoir_gradient, truncated_gradient,
                                two_pass_gradient)
from training.memory import ENCODERS
from training.memory_loss import sequence_loss, two_pass_sequence_gradient
from training.methods import build_method
from training.scripts.gradient_bias import (Batch, Counting, draw_counts, draws_to_overtake, encoded_with_gradient,
                                            pair_gradients, pair_list, reconstruction_error)
from training.scripts.gradient_plot import write_plot
from training.tests.tiny import gradients_of, random_ids, relative, tiny_encoder, tiny_model

SEGMENTS, SLOTS, RUNS = 9, 2, 1500


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

    def gradient_of(self, function, *arguments, **options):
        self.weight.grad = None
        function(self.segments, self.encode, self.loss_at, *arguments, **options)
        return self.weight.grad.clone()

    def full_gradient(self):
        """Written out, without gradients.py."""
        self.weight.grad = None
        memories = [self.encode(s) for s in self.segments[:-1]]
        sum(self.loss_at(t, memories[:t]) for t in range(1, SEGMENTS)).backward()
        return self.weight.grad.clone()

    def sampled_gradients(self, function, runs=RUNS, **options):
        """(runs, 3, 3) of estimates."""
        generator = torch.Generator().manual_seed(7)
        return torch.stack([self.gradient_of(function, generator=generator, **options) for _ in range(runs)])


class RecurrentEncoder(LinearEncoder):
    """memory s = tanh(W x + U memory s-1), and a loss that bends: nothing is linear, gradient flows along the chain."""

    def __init__(self):
        super().__init__()
        self.link = torch.eye(3) * 0.7 + 0.1

    def encode(self, segment, previous=None):
        before = self.link @ previous[0] if previous else 0.0
        return [torch.tanh(0.3 * self.weight @ segment + before)]

    def loss_at(self, t, memories):
        return sum((self.readers[t] * m[0]).sum() ** 2 / (t - s) for s, m in enumerate(memories))


class WindowTest(unittest.TestCase):
    """Full, truncated and incremental backpropagation."""

    def test_full_is_plain_backpropagation(self):
        toy = LinearEncoder()
        self.assertLess(relative(toy.gradient_of(full_gradient), toy.full_gradient()), 1e-6)

    def test_incremental_with_infinite_window_is_full(self):
        for toy in (LinearEncoder(), RecurrentEncoder()):
            option = dict(is_recurrent=isinstance(toy, RecurrentEncoder))
            full = toy.gradient_of(full_gradient, **option)
            for window in (SEGMENTS - 1, 10 ** 6):
                self.assertLess(relative(toy.gradient_of(incremental_gradient, window, **option), full), 1e-5)
                self.assertLess(relative(toy.gradient_of(truncated_gradient, window, **option), full), 1e-5)

    def test_incremental_is_truncated_with_one_encoding_each(self):
        for toy in (LinearEncoder(), RecurrentEncoder()):
            option = dict(is_recurrent=isinstance(toy, RecurrentEncoder))
            full, before = toy.gradient_of(full_gradient, **option), None
            for window in range(1, SEGMENTS - 1):
                calls, encode = [], toy.encode
                toy.encode = lambda *a: calls.append(1) or encode(*a)
                found = toy.gradient_of(incremental_gradient, window, **option)
                self.assertEqual(len(calls), SEGMENTS - 1)
                toy.encode = encode
                truncated = toy.gradient_of(truncated_gradient, window, **option)
                self.assertLess(relative(found, truncated), 1e-5, (type(toy), window))
                self.assertGreater(relative(found, full), 1e-3)
                if not option["is_recurrent"]:      # all parts point the same way: more of them, nearer
                    self.assertTrue(before is None or relative(found, full) < before)
                    before = relative(found, full)

    def test_window_drops_exactly_the_far_pairs(self):
        toy, window = LinearEncoder(), 3
        expected = sum(torch.outer(toy.readers[t], toy.segments[s]) for t in range(1, SEGMENTS)
                       for s in range(max(0, t - window), t))
        self.assertLess(relative(toy.gradient_of(incremental_gradient, window), expected), 1e-6)

    def test_incremental_equals_full_through_a_model(self):
        model, ids = tiny_model(), random_ids(2, 4, 24)
        for name in ("ours", "uio"):
            method = build_method(name, model, rank=4)
            with torch.no_grad():
                for p in method.parameters():
                    p.normal_(0, 0.1)
            method.sequence_loss(model, ids, 8)[0].backward()
            full = gradients_of(method)
            functions = (incremental_gradient, [10 ** 6]), (truncated_gradient, [3]), (full_gradient, [])
            for function, arguments in functions:
                method.zero_grad(set_to_none=True)
                function(*segment_wise(method, model, ids, 8), *arguments)
                for key, gradient in gradients_of(method).items():
                    self.assertLess(relative(gradient, full[key]), 1e-4, (name, function, key))


class TwoPassTest(unittest.TestCase):
    def test_recurrent_two_passes_are_full(self):
        toy = RecurrentEncoder()
        full = toy.gradient_of(full_gradient, is_recurrent=True)
        self.assertLess(relative(toy.gradient_of(two_pass_gradient, is_recurrent=True), full), 1e-5)

    def test_mean_of_drawn_segments_is_the_full_gradient(self):
        toy = LinearEncoder()
        full, samples = toy.full_gradient(), toy.sampled_gradients(two_pass_gradient, drawn=SLOTS)
        error = samples.std(0) / RUNS ** 0.5
        self.assertTrue(((samples.mean(0) - full).abs() < 4 * error).all(), (samples.mean(0), full, error))

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


class BiasTest(unittest.TestCase):
    """scripts/gradient_bias.py."""

    def test_counts_of_pairs(self):
        problem, pairs = Counting(6), pair_list(6)
        self.assertEqual(problem.counts(full_gradient).tolist(), [1.0] * len(pairs))
        self.assertEqual(problem.counts(incremental_gradient, 2).tolist(), [float(t - s <= 2) for t, s in pairs])
        self.assertEqual(problem.counts(reservoir_gradient, 5).tolist(), [1.0] * len(pairs))
        one = problem.counts(reservoir_gradient, 1, torch.Generator().manual_seed(0))
        self.assertEqual([sum(c > 0 for c, (t, _) in zip(one.tolist(), pairs) if t == u) for u in range(1, 6)], [1] * 5)
        self.assertTrue(all(c in (0, t) for c, (t, _) in zip(one.tolist(), pairs)))     # one of t is kept: counts t
        self.assertEqual(encoded_with_gradient(problem.counts(two_pass_gradient, drawn=2)[None]), 2)

    def test_pairs_rebuild_a_real_run_and_figures_show_the_bias(self):
        model, ids = tiny_model(), random_ids(1, 5, 16)
        found, batch = draw_counts([1], 5, 400), Batch()
        for name in ("ours", "uio"):
            method = build_method(name, model, rank=4)
            functions = segment_wise(method, model, ids, 8)
            pairs = pair_gradients(method, *functions)
            self.assertLess(reconstruction_error(method, functions, pairs), 1e-5)
        batch.add(pairs, found)
        by_name = {(f["name"], f["slots"]): f for f in batch.figures()}
        self.assertLess(by_name["two passes", None]["bias"], 1e-5)
        self.assertLess(by_name["reservoir, compensated", 1]["bias"], 0.15 * by_name["reservoir, compensated", 1]["sd"])
        self.assertGreater(by_name["reservoir as released", 1]["bias"], 0.2)
        sure, noisy = (dict(batch_mean_cosine=0.8, batch_cosine=0.8), dict(batch_mean_cosine=1.0, batch_cosine=0.5))
        self.assertAlmostEqual(draws_to_overtake(noisy, sure), 16 / 3)          # 1 / (1 + 3 / N) = .64
        self.assertEqual(draws_to_overtake(sure, noisy), float("inf"))
        with tempfile.TemporaryDirectory() as folder:
            write_plot(os.path.join(folder, "plot.svg"), [("a < b", batch.figures())])
            drawn = ElementTree.parse(os.path.join(folder, "plot.svg")).getroot()
        self.assertEqual(len(list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))), 16)


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
        full, samples = toy.full_gradient(), toy.sampled_gradients(reservoir_gradient, slots=SLOTS)
        error = samples.std(0) / RUNS ** 0.5
        self.assertTrue(((samples.mean(0) - full).abs() < 4 * error).all(), (samples.mean(0), full, error))

    def test_uncompensated_mean_is_too_small(self):
        toy = LinearEncoder()
        full = toy.full_gradient()
        samples = toy.sampled_gradients(reservoir_gradient, slots=SLOTS, is_compensated=False)
        error = samples.std(0) / RUNS ** 0.5
        self.assertTrue((full - samples.mean(0) > 10 * error).all(), (samples.mean(0), full, error))


if __name__ == "__main__":
    unittest.main()
