"""What a memory must be before any training: exact where it can be exact, and a function of its segment alone."""
import unittest

import torch

from training.kernels import causal_mask
from training.memory import ENCODERS, SpanTiledEncoder, assemble, decode, span_ends
from training.memory_loss import earlier_segments, sequence_loss
from training.tests.tiny import random_ids, relative, tiny_encoder, tiny_model

EXACT = 1e-5                                # fp32 rounding of different orders of summation


def raw_keys_values(model, ids):
    kept = []
    model.run(model.embed(ids), torch.arange(ids.shape[1]), observe=lambda i, block, h, k, v: kept.append((k, v)))
    return kept


class RawMemoryTest(unittest.TestCase):
    """Raw keys and values as a memory of ratio 1."""

    def setUp(self):
        self.model = tiny_model()
        self.ids = random_ids(2, 96)
        self.full = decode(self.model, self.ids)[:, 64:]

    def test_raw_memory_equals_full_attention(self):
        past, has_slot = assemble(self.model, raw_keys_values(self.model, self.ids[:, :64]), torch.tensor([[0], [1]]))
        self.assertLess(relative(decode(self.model, self.ids[:, 64:], past, has_slot), self.full), EXACT)

    def test_empty_places_on_the_left_change_nothing(self):
        index = torch.tensor([[-1, -1, 0], [-1, -1, 1]])
        past, has_slot = assemble(self.model, raw_keys_values(self.model, self.ids[:, :64]), index)
        self.assertLess(relative(decode(self.model, self.ids[:, 64:], past, has_slot), self.full), EXACT)

    def test_rotation_at_an_offset_is_one_more_rotation(self):
        keys = torch.randn(1, 2, 5, 16)
        at_40 = self.model.rotate(keys, torch.arange(5) + 40)
        for_23_more = self.model.rotate(self.model.rotate(keys, torch.arange(5) + 17), torch.full((5,), 23))
        self.assertLess(relative(for_23_more, at_40), EXACT)

    def test_positions_only_matter_by_their_differences(self):
        start = decode(self.model, self.ids)
        later = self.model.run(self.model.embed(self.ids), torch.arange(96) + 200, causal_mask(96))
        self.assertLess(relative(later, start), EXACT)


class EncoderTest(unittest.TestCase):
    def setUp(self):
        self.model = tiny_model()
        self.encoders = [tiny_encoder(self.model, kind, start=start)
                         for kind in ENCODERS.values() for start in ("last", "shared")]

    def assert_same_memory(self, a, b):
        for layer_a, layer_b in zip(a, b):
            for x, y in zip(layer_a, layer_b):
                self.assertLess(relative(x, y), EXACT)

    def test_memory_is_a_function_of_its_segment_alone(self):
        ids = random_ids(3, 48)
        for encoder in self.encoders:
            together = encoder.encode(self.model, ids, 8)
            turned = encoder.encode(self.model, ids.flip(0), 8)
            alone = encoder.encode(self.model, ids[1:2], 8)
            self.assert_same_memory([(k.flip(0), v.flip(0)) for k, v in turned], together)
            self.assert_same_memory([(k[1:2], v[1:2]) for k, v in together], alone)

    def test_a_gist_does_not_see_behind_its_span(self):
        ids = random_ids(1, 48)
        changed = ids.clone()
        changed[:, 24:] = random_ids(1, 24, seed=9)
        for encoder in self.encoders:
            first, second = (encoder.encode(self.model, x, 8) for x in (ids, changed))
            earlier = [[(k[:, :, :3], v[:, :, :3]) for k, v in memory] for memory in (first, second)]
            self.assert_same_memory(*earlier)
            self.assertGreater(relative(second[-1][1][:, :, 3:], first[-1][1][:, :, 3:]), 0.01)

    def test_every_span_is_read(self):
        ids = random_ids(1, 48)
        for encoder in self.encoders:
            before = encoder.encode(self.model, ids, 8)[-1][1]
            for span in range(6):
                changed = ids.clone()
                changed[0, span * 8] = 8 + (changed[0, span * 8] - 7) % 500      # the span's first token, not its last
                after = encoder.encode(self.model, changed, 8)[-1][1]
                self.assertGreater(relative(after[:, :, span], before[:, :, span]), 1e-4)

    def test_untrained_first_layer_repeats_every_rth_token(self):
        ids = random_ids(1, 48)
        encoder = SpanTiledEncoder(self.model, start="last")
        gist_k, gist_v = encoder.encode(self.model, ids, 8)[0]
        raw_k, raw_v = raw_keys_values(self.model, ids)[0]
        self.assert_same_memory([(gist_k, gist_v)], [(raw_k[:, :, 7::8], raw_v[:, :, 7::8])])

    def test_ratio_one_without_training_is_raw_memory(self):
        # Every gist repeats its token, so attention over raw and gist keys counts each token twice: the same average.
        ids = random_ids(1, 16)
        kept = SpanTiledEncoder(self.model, start="last").encode(self.model, ids, 1)
        self.assert_same_memory(kept, raw_keys_values(self.model, ids))


class PartialSegmentTest(unittest.TestCase):
    """A last segment whose length is no multiple of the ratio."""

    def test_spans_tile_from_the_start_and_the_last_is_short(self):
        self.assertEqual(span_ends(300, 16).tolist(), [16 * (j + 1) for j in range(18)] + [300])
        self.assertEqual(span_ends(5, 8).tolist(), [5])
        self.assertEqual(span_ends(16, 8).tolist(), [8, 16])

    def test_full_spans_are_those_of_the_longer_segment(self):
        model = tiny_model()
        ids = random_ids(1, 48)
        for kind in ENCODERS.values():
            encoder = tiny_encoder(model, kind)
            whole, part = encoder.encode(model, ids, 8), encoder.encode(model, ids[:, :43], 8)
            for (wk, wv), (pk, pv) in zip(whole, part):
                self.assertEqual(pk.shape[2], 6)
                self.assertLess(relative(pk[:, :, :5], wk[:, :, :5]), EXACT)
                self.assertLess(relative(pv[:, :, :5], wv[:, :, :5]), EXACT)

    def test_last_gist_starts_as_the_last_token(self):
        model = tiny_model()
        ids = random_ids(1, 43)
        gist_k, _ = SpanTiledEncoder(model, start="last").encode(model, ids, 8)[0]
        raw_k, _ = raw_keys_values(model, ids)[0]
        self.assertLess(relative(gist_k[:, :, -1], raw_k[:, :, 42]), EXACT)


class SequenceLossTest(unittest.TestCase):
    def test_index_holds_all_earlier_segments_of_the_same_document(self):
        self.assertEqual(earlier_segments(2, 3).tolist(), [[-1, 0], [0, 1], [-1, 2], [2, 3]])

    def test_a_later_segment_does_not_change_earlier_losses(self):
        model = tiny_model()
        encoder, ids = tiny_encoder(model), random_ids(2, 4, 32)
        later = ids.clone()
        later[:, 3] = 9
        before, after = (sequence_loss(model, encoder, x, 8)[1] for x in (ids, later))
        self.assertLess(relative(after[:, :2], before[:, :2]), EXACT)

    def test_each_loss_equals_decoding_behind_its_own_memories(self):
        model = tiny_model()
        encoder, ids = tiny_encoder(model), random_ids(2, 4, 32)
        losses = sequence_loss(model, encoder, ids, 8)[1]
        for document in range(2):
            for t in range(1, 4):
                memories = encoder.encode(model, ids[document, :t], 8)
                past, has_slot = assemble(model, memories, torch.arange(t)[None])
                hidden = decode(model, ids[document, t:t + 1, :-1], past, has_slot)
                target = ids[document, t:t + 1, 1:].contiguous()
                alone = model.loss(hidden, target, torch.ones(target.shape))[1]
                self.assertLess(relative(losses[document, t - 1], alone), EXACT)


if __name__ == "__main__":
    unittest.main()
