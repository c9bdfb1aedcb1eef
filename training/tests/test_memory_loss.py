"""The losses that the shipped memory is trained with: what stands in front of what, and what is counted."""
import unittest

import torch

from training.memory import SpanTiledEncoder, stored
from training.memory_loss import distilled_loss, mixed_loss, pairs_after_memories, quotes, sequence_loss, with_distractors
from training.tests.tiny import random_ids, tiny_encoder, tiny_model


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


class IndexTest(unittest.TestCase):
    def test_pairs_follow_the_memories_before_them(self):
        self.assertEqual(pairs_after_memories(2, 5).tolist(), [[-1, -1, 0], [0, 1, 2], [-1, -1, 3], [3, 4, 5]])
        with self.assertRaises(AssertionError):
            pairs_after_memories(1, 4)

    def test_distractors_are_memories_of_other_documents(self):
        index = pairs_after_memories(3, 9)
        mixed = with_distractors(index, 3, 7, 1.0, generator())
        own = torch.arange(3).repeat_interleave(4)[:, None].expand(index.shape)
        changed = mixed != index
        self.assertTrue(changed.any() and not changed.all())
        self.assertTrue((mixed[index < 0] == -1).all())
        self.assertTrue((mixed[changed] // 7 != own[changed]).all())
        self.assertTrue(((mixed[changed] - index[changed]) % 7 == 0).all(), "the place in the document stays")
        self.assertTrue(torch.equal(with_distractors(index, 3, 7, 0.0, generator()), index))

    def test_quotes_come_from_what_was_encoded(self):
        ids = torch.arange(2 * 5 * 8).view(2, 5, 8)
        spans = quotes(ids, 50, 6, generator())
        self.assertEqual(spans.shape, (100, 6))
        self.assertTrue((spans[:, 1:] - spans[:, :-1] == 1).all())
        self.assertTrue((spans[:50].max() < 24) and (spans[50:].min() >= 40) and (spans[50:].max() < 64))
        self.assertTrue(spans[:50].max() == 23, "the last encoded token can be reached")


class StoredTest(unittest.TestCase):
    def test_few_bits_round_and_pass_the_gradient(self):
        k = torch.randn(3, 2, 5, 4, requires_grad=True)
        (low, _), = stored([(k, k)], 4)
        step = k.detach().abs().amax(2, keepdim=True) / 7
        self.assertTrue(((low - k).abs() <= step / 2 + 2e-3).all())
        self.assertLessEqual(len((low / step)[0, 0, :, 0].round().unique()), 5)
        low.sum().backward()
        self.assertTrue(torch.equal(k.grad, torch.ones_like(k)))
        self.assertIs(stored([(k, k)], 16)[0][0], k)


class MixedLossTest(unittest.TestCase):
    def setUp(self):
        self.model = tiny_model()
        self.encoder = tiny_encoder(self.model, SpanTiledEncoder)
        self.ids = random_ids(2, 5, 16)

    def test_the_segment_after_the_memories_is_read_as_in_the_sequence_loss(self):
        _, found = mixed_loss(self.model, self.encoder, self.ids, 4, generator())
        _, losses = sequence_loss(self.model, self.encoder, self.ids, 4)            # (B, S - 1, T - 1)
        self.assertAlmostEqual(float(found["alone"]), float(losses[:, 0::2].mean()), places=4)

    def test_recent_raw_text_and_quotes_are_counted(self):
        total, found = mixed_loss(self.model, self.encoder, self.ids, 4, generator(), quoted=3, quote_length=12, cue=4)
        self.assertEqual(set(found), {"alone", "recent", "quote"})
        plain, _ = mixed_loss(self.model, self.encoder, self.ids, 4, generator())
        self.assertAlmostEqual(float(total - plain), 0.5 * float(found["quote"]), places=4)
        other = self.ids.clone()
        other[:, 0] = random_ids(2, 16, seed=9)                                     # the oldest memory is seen by all
        _, changed = mixed_loss(self.model, self.encoder, other, 4, generator())
        for name in ("alone", "recent"):
            self.assertNotAlmostEqual(float(changed[name]), float(found[name]), places=4)

    def test_every_part_of_the_adapter_learns_through_four_bits(self):
        total, _ = mixed_loss(self.model, self.encoder, self.ids, 4, generator(), bits=4, distractors=0.5, quoted=2,
                              quote_length=12)
        total.backward()
        missing = [n for n, p in self.encoder.named_parameters()
                   if p.grad is None and not n.startswith(("lora.pairs.1_q", "lora.pairs.1_o"))]
        self.assertEqual(missing, [])


class DistilledLossTest(unittest.TestCase):
    def test_nothing_is_left_to_learn_where_the_past_does_not_matter(self):
        model = tiny_model()
        with torch.no_grad():
            for block in model.blocks:
                block.o_proj.zero_()                        # without attention no past can be seen
        _, found = distilled_loss(model, tiny_encoder(model), random_ids(2, 4, 16), 4)
        self.assertAlmostEqual(float(found["divergence"]), 0.0, places=5)

    def test_training_brings_the_memory_nearer_to_the_raw_text(self):
        model, ids, found = tiny_model(), random_ids(2, 4, 16), []
        encoder = tiny_encoder(model)
        optimizer = torch.optim.AdamW(encoder.parameters(), lr=1e-2)
        for _ in range(15):
            optimizer.zero_grad(set_to_none=True)
            total, one = distilled_loss(model, encoder, ids, 4, bits=8)
            total.backward()
            optimizer.step()
            found.append(float(one["divergence"]))
        self.assertGreater(found[-1], 0)
        self.assertLess(found[-1], 0.9 * found[0])


if __name__ == "__main__":
    unittest.main()
