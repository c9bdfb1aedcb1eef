"""The optimiser and the schedules, and that both kinds of training lower a loss they can lower."""
import unittest

import torch

from training.memory_loss import sequence_loss
from training.model import build
from training.optim import MuonAdamW, orthogonalise, schedule
from training.options import parse_options
from training.tests.tiny import random_ids, tiny_model
from training.memory import SpanTiledEncoder
from training.train_base import Options, window_length
from training.corpus import ALWAYS_HELD_OUT, is_held_out


class OptimiserTest(unittest.TestCase):
    def test_orthogonalise_brings_singular_values_near_one(self):
        torch.manual_seed(0)
        values = torch.linalg.svdvals(orthogonalise(torch.randn(2, 24, 40), torch.float32))
        self.assertTrue(((values > 0.5) & (values < 1.5)).all(), values)

    def test_training_lowers_the_loss(self):
        torch.manual_seed(0)
        model = build("tiny", vocab=512)
        optimizer, ids, first = MuonAdamW(model), random_ids(4, 33), None
        for _ in range(20):
            model.zero_grad(set_to_none=True)
            total, _ = model(ids[:, :-1].contiguous(), ids[:, 1:].contiguous(), torch.full((4, 32), 1 / 128))
            total.backward()
            optimizer.step(1.0)
            first = first or total.item()
        self.assertLess(total.item(), first - 0.5)

    def test_a_saved_optimiser_continues_as_if_uninterrupted(self):
        def steps(model, optimizer, count):
            for seed in range(count):
                ids = random_ids(2, 17, seed=seed)
                model.zero_grad(set_to_none=True)
                model(ids[:, :-1].contiguous(), ids[:, 1:].contiguous(), torch.full((2, 16), 1 / 32))[0].backward()
                optimizer.step(1.0)
        torch.manual_seed(0)
        first = build("tiny", vocab=512)
        optimizer = MuonAdamW(first)
        steps(first, optimizer, 3)
        second = build("tiny", vocab=512)
        second.load_state_dict(first.state_dict())
        resumed = MuonAdamW(second)
        resumed.load_state_dict(optimizer.state_dict())
        steps(first, optimizer, 2)
        steps(second, resumed, 2)
        for a, b in zip(first.parameters(), second.parameters()):
            self.assertTrue(torch.equal(a, b))

    def test_schedules(self):
        self.assertEqual([schedule(p) for p in (0.0, 0.01, 0.3, 1.0)], [0.0, 0.5, 1.0, 0.0])
        self.assertEqual([window_length("0:512,0.8:1024", p) for p in (0.0, 0.79, 0.8, 1.0)], [512, 512, 1024, 1024])

    def test_options_come_from_the_dataclass(self):
        options = parse_options(Options, "", ["--data", "d", "--out", "o", "--minutes", "2"])
        self.assertEqual((options.data, options.minutes, options.size), ("d", 2.0, "nano"))


class AdapterTrainingTest(unittest.TestCase):
    def test_training_the_adapter_lowers_the_loss_and_leaves_the_base(self):
        model = tiny_model()
        encoder, before = SpanTiledEncoder(model, rank=4), model.embedding.clone()
        optimizer, ids, losses = torch.optim.AdamW(encoder.parameters(), lr=1e-2), random_ids(2, 3, 32), []
        for _ in range(15):
            optimizer.zero_grad(set_to_none=True)
            total, _ = sequence_loss(model, encoder, ids, 8)
            total.backward()
            optimizer.step()
            losses.append(total.item())
        self.assertLess(losses[-1], losses[0])
        self.assertTrue(torch.equal(model.embedding, before))


class SplitTest(unittest.TestCase):
    def test_the_bundled_book_is_never_trained_on(self):
        for document_id in ALWAYS_HELD_OUT:
            self.assertTrue(is_held_out("books", document_id, 10))

    def test_short_documents_are_trained_on(self):
        self.assertFalse(any(is_held_out("docs", str(i), 19_999) for i in range(500)))
        self.assertTrue(any(is_held_out("docs", str(i), 20_000) for i in range(500)))


if __name__ == "__main__":
    unittest.main()
