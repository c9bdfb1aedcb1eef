"""Methods that keep real keys and values: exact where nothing is dropped, and what each drops is what it says."""
import unittest

import torch

from training.kernels import causal_mask
from training.methods.cache import Cache
from training.methods.fot import Fot, negative_rows, with_negatives
from training.methods.quantise import bytes_of, dequantise, low_bits, low_keys, low_values, pack, quantise, unpack
from training.methods.recall import Recall, best
from training.methods.selection import Selection
from training.methods.streaming import Streaming
from training.methods.stride import PICKS, Stride, thinning
from training.tests.tiny import random_ids, relative, tiny_model

ROWS, SEGMENTS, LENGTH, RATIO = 3, 4, 24, 8


def every_method(model):
    return [Cache(model), Cache(model, keep="slots"), Streaming(model), Recall(model, reach=0), Fot(model, negatives=2),
            Recall(model, keep="bytes", block=8, top=16, recent=8, rank=0), Selection(model),
            *(Stride(model, pick=pick) for pick in PICKS)]


def disturbed(method, size=0.05):
    """Every parameter away from its start, so that each part of the method shows."""
    with torch.no_grad():
        for p in method.parameters():
            p.add_(torch.randn(p.shape, generator=torch.Generator().manual_seed(2)) * size)
    return method


def read(method, model, ids, ratio=RATIO):
    """The memory of all segments of ids (B, S, T) but the last."""
    memory = method.start(model, len(ids))
    for t in range(ids.shape[1] - 1):
        memory = method.encode(model, ids[:, t], memory, ratio)
    return memory


def decode_last(method, model, ids, ratio=RATIO):
    return method.decode(model, ids[:, -1], read(method, model, ids, ratio))


def full_attention(model, ids):
    """Hidden states of the last segment when the base reads all of ids (B, S, T) at once."""
    flat = ids.reshape(len(ids), -1)
    x = model.run(model.embed(flat), torch.arange(flat.shape[1]), causal_mask(flat.shape[1]))
    return x[:, -ids.shape[2]:]


class CacheTest(unittest.TestCase):
    def test_cache_of_everything_is_full_attention(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        full = full_attention(model, ids)
        self.assertLess(relative(decode_last(Cache(model, is_local=False), model, ids), full), 1e-5)
        self.assertGreater(relative(decode_last(Cache(model), model, ids), full), 1e-3)     # chunk-local differs

    def test_slots_keep_the_nearest(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        past, slots = (SEGMENTS - 1) * LENGTH, (SEGMENTS - 1) * LENGTH // RATIO
        memory = read(Cache(model, keep="slots"), model, ids)
        self.assertEqual(memory.places.tolist(), list(range(past - slots, past)))
        everything = read(Cache(model), model, ids)
        self.assertTrue(torch.equal(memory.layers[1][0], everything.layers[1][0][:, :, -slots:]))
        self.assertEqual(len(read(Cache(model, most=10), model, ids).places), 10)

    def test_streaming_keeps_sinks_and_window(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        method, past = Streaming(model, sinks=4, window=7), (SEGMENTS - 1) * LENGTH
        memory = read(method, model, ids)
        self.assertEqual(memory.places.tolist(), [0, 1, 2, 3] + list(range(past - 7, past)))
        self.assertEqual(method.slots(memory), 11)
        first = read(Cache(model), model, ids[:, :2])
        self.assertTrue(torch.equal(memory.layers[0][0][:, :, :4], first.layers[0][0][:, :, :4]))

    def test_untrained_choices(self):
        model, ids = tiny_model(), random_ids(ROWS, 3, LENGTH)
        self.assertEqual(read(Stride(model, pick="stride"), model, ids).places.tolist(), [7, 15, 23, 31, 39, 47])
        self.assertEqual(read(Stride(model, pick="last"), model, ids).places.tolist(), [21, 22, 23, 45, 46, 47])
        density = Stride(model, pick="density")
        places = density.view(read(density, model, ids)).places
        gaps = (places[1:] - places[:-1]).tolist()
        self.assertEqual(gaps, sorted(gaps, reverse=True))                      # thins out with the distance
        self.assertEqual(places[-1], 2 * LENGTH - 1)
        self.assertAlmostEqual(int(thinning(1000, 100).sum()), 100, delta=4)

    def test_repeat_is_the_untrained_gist_encoder(self):
        model, ids = tiny_model(), random_ids(ROWS, 2, LENGTH)
        repeat, plain = (read(Stride(model, pick=pick), model, ids) for pick in ("repeat", "stride"))
        self.assertEqual(repeat.places.tolist(), plain.places.tolist())
        self.assertLess(relative(repeat.layers[0][0], plain.layers[0][0]), 1e-5)     # the same token in layer 0
        self.assertGreater(relative(repeat.layers[1][0], plain.layers[1][0]), 1e-3)


class QuantiseTest(unittest.TestCase):
    def test_error_is_at_most_half_a_step(self):
        x, previous = torch.randn(50, 32, generator=torch.Generator().manual_seed(0)) * 3, 1e9
        for bits in (2, 3, 4, 8):
            step = (x.amax(-1) - x.amin(-1)) / (2 ** bits - 1)
            error = (low_bits(x, bits) - x).abs().amax(-1)
            self.assertTrue((error <= 0.5 * step + 0.01).all(), (bits, error.max()))         # 0.01: 16-bit scales
            self.assertLess(error.mean(), previous)
            previous = error.mean()
        self.assertTrue(torch.equal(low_bits(x, 16), x))

    def test_gradient_passes_straight_through(self):
        x = torch.randn(4, 2, 24, 16, generator=torch.Generator().manual_seed(0)).requires_grad_()
        weight = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
        for squeeze in (low_keys, low_values):
            x.grad = None
            (squeeze(x, 2, 10) if squeeze is low_keys else squeeze(x, 2, 8)).mul(weight).sum().backward()
            self.assertTrue(torch.equal(x.grad, weight))

    def test_keys_share_a_scale_per_channel_and_values_per_token(self):
        k = torch.randn(1, 1, 8, 16, generator=torch.Generator().manual_seed(0))
        loud = k.clone()
        loud[..., 3] *= 100                             # one loud channel leaves the other channels' keys alone
        others = [c for c in range(16) if c != 3]
        self.assertTrue(torch.equal(low_keys(loud, 3, 8)[..., others], low_keys(k, 3, 8)[..., others]))
        loud = k.clone()
        loud[:, :, 5] *= 100                            # one loud token leaves the other tokens' values alone
        rest = [t for t in range(8) if t != 5]
        self.assertTrue(torch.equal(low_values(loud, 3, 16)[:, :, rest], low_values(k, 3, 16)[:, :, rest]))

    def test_packed_bytes_are_the_bytes_that_are_counted(self):
        c, tokens, key_group, value_group = tiny_model().config, 24, 8, 16
        x = torch.randn(c.layers * c.kv_heads, tokens, c.head_dim, generator=torch.Generator().manual_seed(0))
        for bits in (2, 3, 4):
            total = 0
            for grouped in (x.unflatten(1, (-1, key_group)).transpose(2, 3), x.unflatten(2, (-1, value_group))):
                codes, low, step = quantise(grouped, bits)
                packed = pack(codes, bits)
                self.assertTrue(torch.equal(unpack(packed, bits, codes.shape), codes))
                self.assertTrue(torch.equal(dequantise(codes, low, step), low_bits(grouped, bits)))
                total += sum(t.numel() * t.element_size() for t in (packed, low, step))
            self.assertEqual(total, bytes_of(tokens, c, bits, key_group, value_group))

    def test_bytes_per_token(self):
        model = tiny_model()
        c = model.config
        raw = 2 * c.layers * c.kv_heads * c.head_dim * 2
        self.assertEqual(Cache(model).bytes_per_token(c, 8), raw)
        self.assertEqual(Cache(model, keep="slots").bytes_per_token(c, 8), raw / 8)
        self.assertEqual(Fot(model).bytes_per_token(c, 8), raw / c.layers)
        self.assertEqual(Recall(model, bits=4, value_group=16).bytes_per_token(c, 8),
                         raw * (4 + 32 / 256 + 4 + 32 / 16) / 32)
        self.assertEqual(Recall(model, keep="bytes").bytes_per_token(c, 8), raw / 8)
        for read_tokens in (256, 768, 1000):
            method = Recall(model, bits=3, keep="bytes")
            count = method.tokens_that_fit(c, read_tokens, 8)
            self.assertLessEqual(bytes_of(count, c, 3, 256, 32), raw * read_tokens // 8)
            self.assertGreater(bytes_of(count + 2, c, 3, 256, 32), raw * (read_tokens // 8) * 0.98)


class RecallTest(unittest.TestCase):
    def test_reading_everything_is_the_dense_cache(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        dense = decode_last(Cache(model), model, ids)
        for options in (dict(top=0), dict(top=200), dict(top=200, block=16, recent=0)):
            method = Recall(model, bits=16, reach=0, **options)
            self.assertLess(relative(decode_last(method, model, ids), dense), 1e-5, options)
        few = Recall(model, bits=16, reach=0, top=4, recent=4)
        self.assertGreater(relative(decode_last(few, model, ids), dense), 1e-3)

    def test_best_picks_the_highest_per_row(self):
        scores = torch.randn(2, 3, 37, generator=torch.Generator().manual_seed(0))
        picked = best(scores, 5)
        self.assertTrue((picked.sum(-1) == 5).all())
        self.assertGreaterEqual(scores[picked].view(6, 5).min(), scores.flatten(0, 1)[~picked.flatten(0, 1)].min())
        worst_picked = torch.where(picked, scores, torch.full_like(scores, 99.)).amin(-1)
        best_left = torch.where(picked, torch.full_like(scores, -99.), scores).amax(-1)
        self.assertTrue((worst_picked > best_left).all())

    def test_best_blocks_by_mean_key(self):
        scores = torch.zeros(1, 37)                     # blocks of 8 from the end: [0, 5) [5, 13) [13, 21) ..
        scores[0, 14], scores[0, 2] = 4.0, 3.0          # means .5 and .6: the short block wins
        self.assertEqual(best(scores, 8, 8)[0].nonzero()[:, 0].tolist(), list(range(5)))
        self.assertEqual(best(scores, 16, 8)[0].nonzero()[:, 0].tolist(), list(range(5)) + list(range(13, 21)))

    def test_old_positions_stop_at_reach(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        near, far = Recall(model, reach=16), Recall(model, reach=10_000)
        memory = read(near, model, ids)
        self.assertEqual((near.slots(memory), far.slots(memory)), (16, (SEGMENTS - 1) * LENGTH))
        a, b = (method.decode(model, ids[:, -1], memory) for method in (near, far))
        self.assertGreater(relative(a, b), 1e-4)

    def test_starts_at_the_untrained(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        untrained = decode_last(Recall(model, trained=False), model, ids)
        for rank in (0, 4):
            method = Recall(model, rank=rank)
            self.assertTrue(torch.equal(decode_last(method, model, ids), untrained))
            self.assertGreater(relative(decode_last(disturbed(method), model, ids), untrained), 1e-4)
        nothing = Recall(model).start(model, ROWS)
        alone = model.run(model.embed(ids[:, 0]), torch.arange(LENGTH))
        self.assertLess(relative(disturbed(Recall(model)).decode(model, ids[:, 0], nothing), alone), 1e-6)


class RowsTest(unittest.TestCase):
    def test_no_method_mixes_rows(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        for method in map(disturbed, every_method(model)):
            together, alone = decode_last(method, model, ids), decode_last(method, model, ids[1:2])
            self.assertLess(relative(together[1:2], alone), 1e-4, method.options)

    def test_local_tokens_are_causal(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        changed = ids.clone()
        changed[:, -1, -1] = 9
        for method in map(disturbed, every_method(model)):
            a, b = (decode_last(method, model, x)[:, :-1] for x in (ids, changed))
            self.assertLess(relative(a, b), 1e-6, method.options)

    def test_every_parameter_that_is_used_gets_a_gradient(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        for method in map(disturbed, every_method(model)):
            if not method.is_trained:
                self.assertFalse(any(p.requires_grad for p in method.parameters()), method.options)
                continue
            method.training_loss(model, ids, RATIO, None).backward()
            _, losses = method.sequence_loss(model, ids, RATIO)
            self.assertEqual(losses.shape, (ROWS, SEGMENTS - 1, LENGTH - 1))
            for name, p in method.named_parameters():
                self.assertIsNotNone(p.grad, (method.options, name))
                self.assertGreater(p.grad.abs().max(), 0, (method.options, name))

    def test_bfloat16_runs_and_is_near(self):
        exact, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        rough = tiny_model(torch.bfloat16)
        for a, b in zip(every_method(exact), every_method(rough)):
            if isinstance(a, (Recall, Fot)):
                a.top = b.top = 0                       # which keys are best may differ by rounding
            with torch.no_grad():
                found = decode_last(b, rough, ids).float()
                self.assertLess(relative(found, decode_last(a, exact, ids)), 0.2, a.options)


class FotTest(unittest.TestCase):
    def test_negatives_are_of_other_documents(self):
        owners = torch.tensor([4, 4, 7, 9, 7])
        for count in (1, 3, 4):
            rows = negative_rows(owners, count)
            self.assertEqual(rows.shape, (5, count))
            for b in range(5):
                found = [int(r) for r in rows[b] if r >= 0]
                self.assertEqual(len(found), len(set(found)))
                self.assertEqual(len(found), min(count, int((owners != owners[b]).sum())))
                self.assertTrue(all(owners[r] != owners[b] for r in found), (b, found))

    def test_missing_negatives_are_hidden_and_own_slots_are_last(self):
        k = torch.arange(3.).view(3, 1, 1, 1).expand(3, 1, 2, 4)
        wide, hidden = with_negatives({1: (k, k)}, torch.tensor([[1, 2], [2, -1], [-1, -1]]))
        self.assertEqual(wide[1][0][:, 0, :, 0].tolist(), [[1, 1, 2, 2, 0, 0], [2, 2, 0, 0, 1, 1], [0, 0, 0, 0, 2, 2]])
        self.assertEqual(hidden.long().tolist(), [[0] * 6, [0, 0, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0]])

    def test_hidden_negatives_leave_the_loss_alone(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        method = disturbed(Fot(model, top=0, negatives=2))
        with torch.no_grad():
            crossed = float(method.training_loss(model, ids, RATIO))
            method.owners = torch.zeros(ROWS, dtype=torch.long)                 # one document: nobody is a negative
            alone = float(method.training_loss(model, ids, RATIO))
            plain = float(method.sequence_loss(model, ids, RATIO)[0])
        self.assertAlmostEqual(alone, plain, places=5)
        self.assertGreater(abs(crossed - plain), 1e-3)

    def test_memory_has_no_order(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        method = disturbed(Fot(model))
        turned = torch.cat([ids[:, [2, 0, 1]], ids[:, 3:]], 1)
        self.assertLess(relative(decode_last(method, model, turned), decode_last(method, model, ids)), 1e-5)
        self.assertEqual(method.slots(read(method, model, ids)), 0)

    def test_only_memory_layers_are_trained(self):
        model = tiny_model()
        for rank in (0, 4):
            names = {n.split(".")[2] for n, _ in Fot(model, layers="1", rank=rank).named_parameters()}
            self.assertEqual(names, {"1_q_proj", "1_k_proj", "1_v_proj", "1_o_proj"})


class SelectionTest(unittest.TestCase):
    def test_starts_as_the_last_of_each_segment(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        last = decode_last(Stride(model, pick="last"), model, ids)
        self.assertLess(relative(decode_last(Selection(model), model, ids), last), 1e-6)

    def test_divergence_is_zero_at_its_target_and_training_lowers_it(self):
        model, ids = tiny_model(), random_ids(ROWS, SEGMENTS, LENGTH)
        method = Selection(model)
        optimizer = torch.optim.AdamW(method.parameters(), lr=0.05, weight_decay=0.0)
        values = []
        for _ in range(12):
            optimizer.zero_grad(set_to_none=True)
            total = method.training_loss(model, ids, RATIO)
            total.backward()
            optimizer.step()
            values.append(float(total.detach()))
        self.assertTrue(all(v >= 0 for v in values))
        self.assertLess(values[-1], 0.8 * values[0])


if __name__ == "__main__":
    unittest.main()
