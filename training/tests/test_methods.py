"""Trained memory methods: causal, the same in parallel as one by one, every parameter reached, and they learn."""
import os
import tempfile
import unittest

import numpy as np
import torch

from training import compare
from training.gradients import two_pass_gradient
from training.kernels import causal_mask
from training.memory import SpanTiledEncoder, StaircaseEncoder
from training.memory_loss import sequence_loss
from training.methods import METHODS, build_method, load_method
from training.methods.gist import gist_mask
from training.methods.kv import FromRow, even_loss, last_rows
from training.methods.method import Method
from training.tests.tiny import gradients_of, random_ids, relative, tiny_model

EXACT = 1e-5
CASES = {"uio": {}, "beacon": {}, "autocompressor": dict(slots=8), "rmt": dict(slots=4), "gist": {},
         "icae": dict(slots=8), "ccm": dict(slots=8), "ccm merged": dict(slots=8, merge=1), "ours": {},
         "ours with left context": dict(left=6)}
PLAIN_DECODER = ("uio", "beacon", "icae", "ccm", "ours")      # a decoder without memory is the base, trained or not


def shaken(name, model, **options):
    """A method none of whose parameters is at a special value."""
    torch.manual_seed(7)
    method = build_method(name.split(" ")[0], model, **options)
    with torch.no_grad():
        for p in method.parameters():
            p.add_(torch.randn_like(p) * 0.1)
    return method


def read(method, model, ids, ratio=8):
    """The memory after all segments of ids (B, S, T)."""
    memory = method.start(model, len(ids))
    for s in range(ids.shape[1]):
        memory = method.encode(model, ids[:, s].contiguous(), memory, ratio)
    return memory


class EveryMethodTest(unittest.TestCase):
    def setUp(self):
        self.model = tiny_model()
        self.methods = {name: shaken(name, self.model, **options) for name, options in CASES.items()}
        self.ids = random_ids(2, 4, 32)

    def test_registry_builds_each_under_its_own_name(self):
        for name, kind in METHODS.items():
            self.assertEqual(kind.name, name)
            self.assertEqual(kind(self.model).name, name)

    def test_parallel_loss_equals_reading_one_after_the_other(self):
        for name, method in self.methods.items():
            total, losses = method.sequence_loss(self.model, self.ids, 8)
            plain_total, plain = Method.sequence_loss(method, self.model, self.ids, 8)
            self.assertLess(relative(losses, plain), EXACT, name)
            self.assertLess(abs(float(total - plain_total)), 1e-4, name)

    def test_gradient_equals_that_of_reading_one_after_the_other(self):
        for name, method in self.methods.items():
            found = []
            for form in (type(method).sequence_loss, Method.sequence_loss):
                method.zero_grad()
                form(method, self.model, self.ids, 8)[0].backward()
                found.append(gradients_of(method))
            for key, gradient in found[1].items():
                self.assertLess(relative(found[0][key], gradient), 1e-3, f"{name} {key}")

    def test_later_text_changes_no_earlier_loss_and_earlier_text_changes_later_losses(self):
        changed = self.ids.clone()
        changed[:, 2] = random_ids(2, 32, seed=9)
        for name, method in self.methods.items():
            before, after = (method.sequence_loss(self.model, x, 8)[1] for x in (self.ids, changed))
            self.assertLess(relative(after[:, :1], before[:, :1]), EXACT, name)
            self.assertGreater(relative(after[:, 2], before[:, 2]), 1e-4, name)

    def test_empty_memory_is_the_plain_decoder(self):
        local = self.ids[:, 0].contiguous()
        plain = self.model.run(self.model.embed(local), torch.arange(32))
        for name, method in self.methods.items():
            hidden = method.decode(self.model, local, method.start(self.model, 2))
            if name.split(" ")[0] in PLAIN_DECODER:
                self.assertLess(relative(hidden, plain), EXACT, name)
            else:
                self.assertGreater(relative(hidden, plain), 1e-3, name)          # these tune the decoder too

    def test_slots_are_counted(self):
        for name, method in self.methods.items():
            wanted = 4 if name in ("rmt", "ccm merged") else 12
            self.assertEqual(method.slots(read(method, self.model, self.ids[:, :3])), wanted, name)

    def test_every_parameter_gets_a_gradient(self):
        for name, method in self.methods.items():
            method.zero_grad()
            method.training_loss(self.model, self.ids, 8, np.random.default_rng(0)).backward()
            unused = {n for n, p in method.named_parameters() if p.grad is None or not bool(p.grad.abs().sum() > 0)}
            # of the last layer's rows only keys and values are kept, of UIO's only the attention's input
            last = len(self.model.blocks) - 1
            idle = [f".{last}_q_proj", f".{last}_o_proj"] + [f"encoder.lora.pairs.{last}_v_proj"] * (name == "uio")
            unused = {n for n in unused if not any(part in n for part in idle)}
            self.assertEqual(unused, set(), name)

    def test_a_row_does_not_see_its_neighbours(self):
        for name, method in self.methods.items():
            both = method.sequence_loss(self.model, self.ids, 8)[1]
            alone = method.sequence_loss(self.model, self.ids[1:], 8)[1]
            self.assertLess(relative(both[1:], alone), EXACT, name)

    def test_a_short_last_span_and_another_ratio(self):
        for name, method in self.methods.items():
            ids = self.ids[:, :, :30].contiguous()
            losses, plain = (form(method, self.model, ids, 7)[1]
                             for form in (type(method).sequence_loss, Method.sequence_loss))
            self.assertTrue(bool(torch.isfinite(losses).all()), name)
            self.assertLess(relative(losses, plain), EXACT, name)


class IdentityTest(unittest.TestCase):
    def setUp(self):
        self.model = tiny_model()
        self.ids = random_ids(2, 4, 32)

    def test_uio_is_the_staircase_encoder(self):
        method = shaken("uio", self.model)
        encoder = StaircaseEncoder(self.model, 32, 4.0, "shared")
        encoder.load_state_dict(method.encoder.state_dict())
        wanted = encoder.encode(self.model, self.ids[:, 0], 8)
        for pair, other in zip(read(method, self.model, self.ids[:, :1]).layers, wanted):
            self.assertLess(max(relative(a, b) for a, b in zip(pair, other)), EXACT)

    def test_ours_is_the_span_tiled_encoder_and_its_loss(self):
        method = shaken("ours", self.model)
        encoder = SpanTiledEncoder(self.model, 32, 2.0, "last")
        encoder.load_state_dict(method.encoder.state_dict())
        losses = sequence_loss(self.model, encoder, self.ids, 8)[1]
        self.assertLess(relative(method.sequence_loss(self.model, self.ids, 8)[1], losses), EXACT)

    def test_left_context_of_no_tokens_is_none(self):
        method = shaken("ours", self.model)
        segment = self.ids[:, 1].contiguous()
        with_none = method.slots_after(self.model, segment, segment[:, :0], 8)
        for pair, other in zip(with_none, method.slots_after(self.model, segment, None, 8)):
            self.assertLess(max(relative(a, b) for a, b in zip(pair, other)), EXACT)

    def test_untrained_beacons_are_the_stock_model_over_interleaved_text(self):
        """Copied projections: keys and values at the beacons of one plain causal pass, in the order of positions."""
        method = build_method("beacon", self.model)
        x = self.model.embed(self.ids[:, 0]).view(2, 4, 8, -1)
        woven = torch.cat([x, method.vector.expand(2, 4, 1, -1)], 2).flatten(1, 2)               # (2, 36, C)
        at = torch.arange(8, 36, 9)
        plain = last_rows(self.model, woven, 0, torch.arange(36))
        for (k, v), (pk, pv) in zip(read(method, self.model, self.ids[:, :1]).layers, plain):
            self.assertLess(relative(k, pk[:, :, at]), EXACT)
            self.assertLess(relative(v, pv[:, :, at]), EXACT)

    def test_gist_mask_in_one_pass_equals_keeping_keys_and_values(self):
        method = shaken("gist", self.model)
        first, second = self.ids[:, 0].contiguous(), self.ids[:, 1].contiguous()
        stream = torch.cat([self.model.embed(first), method.vector.expand(2, 4, -1), self.model.embed(second)], 1)
        hidden = self.model.run(stream, torch.arange(68), gist_mask(32, 4, 32), lora=method.lora)[:, 36:]
        two_calls = method.decode(self.model, second, read(method, self.model, self.ids[:, :1]))
        self.assertLess(relative(two_calls, hidden), EXACT)

    def test_merged_memory_is_the_mean_of_what_segments_gave(self):
        method = shaken("ccm", self.model, slots=8, merge=1)
        memory, parts = method.start(self.model, 2), []
        for s in range(3):
            segment = self.ids[:, s].contiguous()
            parts.append(method.segment_slots(self.model, segment, memory, 8))
            memory = method.encode(self.model, segment, memory, 8)
        for i, (k, v) in enumerate(memory.layers):
            self.assertLess(relative(k, sum(p[i][0] for p in parts) / 3), EXACT)
            self.assertLess(relative(v, sum(p[i][1] for p in parts) / 3), EXACT)

    def test_raw_rows_of_ccm_run_the_base(self):
        """A LoRA at the compression tokens only: raw keys and values behind it are stock, whatever it holds."""
        method = shaken("ccm", self.model, slots=8)
        segment, kept = self.ids[:, 0].contiguous(), []
        self.model.run(torch.cat([self.model.embed(segment), method.vectors(2, 32, 8)], 1), torch.arange(36),
                       causal_mask(36), lora=FromRow(method.lora, 32),
                       observe=lambda i, block, h, k, v: kept.append((k[:, :, :32], v[:, :, :32])))
        for pair, other in zip(kept, last_rows(self.model, self.model.embed(segment), 0, torch.arange(32))):
            self.assertLess(max(relative(a, b) for a, b in zip(pair, other)), EXACT)


class ObjectiveTest(unittest.TestCase):
    def setUp(self):
        self.model = tiny_model()
        self.ids = random_ids(3, 4, 32)

    def test_strangers_stand_in_front_of_each_rows_own_segments(self):
        method = build_method("ours", self.model, others=2)
        index = method.views(3, 4)
        wide = method.with_others(index, 3, 3, np.random.default_rng(0))
        for row, own in zip(wide.tolist(), index.tolist()):
            kept = [s for s in own if s >= 0]
            empty = len(row) - len(kept) - 2
            self.assertEqual(row[:empty], [-1] * empty)
            self.assertEqual(row[empty + 2:], kept)
            self.assertTrue(all(s // 3 != kept[0] // 3 and s >= 0 for s in row[empty:empty + 2]), row)

    def test_distractors_and_other_objectives_change_the_loss(self):
        plain = float(build_method("ours", self.model).training_loss(self.model, self.ids, 8, np.random.default_rng(0)))
        for options in (dict(distractors=1.0), dict(autoencoding=0.5), dict(teacher=0.5), dict(ratios="16")):
            method = build_method("ours", self.model, **options)
            loss = method.training_loss(self.model, self.ids, 8, np.random.default_rng(0))
            self.assertGreater(abs(float(loss) - plain), 1e-4, options)

    def test_truncation_beyond_the_text_is_the_full_gradient_and_a_short_one_is_not(self):
        for name in ("uio", "beacon", "ccm", "autocompressor", "rmt", "ours"):
            method, found = shaken(name, self.model), {}
            for horizon in (None, 4, 1):
                method.horizon = horizon
                method.zero_grad()
                method.sequence_loss(self.model, self.ids, 8)[0].backward()
                found[horizon] = torch.cat([p.grad.flatten() for p in method.parameters() if p.grad is not None])
            self.assertLess(relative(found[4], found[None]), EXACT, name)
            self.assertGreater(relative(found[1], found[None]), 1e-3, name)

    def test_two_passes_give_the_gradient_of_the_parallel_loss(self):
        for name in ("uio", "gist", "ours"):
            method = shaken(name, self.model)
            method.sequence_loss(self.model, self.ids, 8)[0].backward()
            wanted = gradients_of(method)
            method.zero_grad()
            two_pass_gradient(*compare.segment_wise(method, self.model, self.ids, 8))
            for key, gradient in gradients_of(method).items():
                self.assertLess(relative(gradient, wanted[key]), 1e-3, f"{name} {key}")

    def test_uio_reservoir_as_long_as_the_text_is_exact_and_the_transfer_head_always_is(self):
        method, found = shaken("uio", self.model), {}
        for kind, slots in (("full", 0), ("reservoir", 3), ("reservoir", 1)):
            o = compare.Options("", "", "", "uio", gradient=kind, slots=slots)
            method.zero_grad()
            compare.backward(method, self.model, self.ids, o, np.random.default_rng(0), 5)
            found[kind, slots] = gradients_of(method)
        for key, gradient in found["full", 0].items():
            self.assertLess(relative(found["reservoir", 3][key], gradient), 1e-3, key)
            if "transfer" in key:
                self.assertLess(relative(found["reservoir", 1][key], gradient), 1e-3, key)
        key = "encoder.offset"
        self.assertGreater(relative(found["reservoir", 1][key], found["full", 0][key]), 0.01)

    def test_a_recurrent_method_refuses_the_reservoir(self):
        with self.assertRaisesRegex(SystemExit, "beacon"):
            compare.segment_wise(build_method("beacon", self.model), self.model, self.ids, 8)


class TrainingTest(unittest.TestCase):
    def test_thirty_steps_beat_the_untrained_self(self):
        """The text repeats its first segment: what a memory holds is what is asked."""
        model = tiny_model()
        def batch(step):
            return random_ids(4, 1, 16, seed=100 + step % 3).repeat(1, 3, 1)
        for name, options in CASES.items():
            method = build_method(name.split(" ")[0], model, **options)
            o = compare.Options("", "", "", method.name, ratio=2 if name != "rmt" else 8)
            optimizer = torch.optim.AdamW(method.parameters(), lr=1e-2)
            before = float(method.sequence_loss(model, batch(0), o.ratio)[0])
            for step in range(30):
                optimizer.zero_grad()
                compare.backward(method, model, batch(step), o, np.random.default_rng(step), step)
                torch.nn.utils.clip_grad_norm_(method.parameters(), 1.0)
                optimizer.step()
            after = float(method.sequence_loss(model, batch(0), o.ratio)[0])
            self.assertLess(after, before - 0.02, name)

    def test_a_saved_method_comes_back_the_same(self):
        model, ids = tiny_model(), random_ids(1, 3, 32)
        with tempfile.TemporaryDirectory() as folder:
            for name, options in CASES.items():
                text = ";".join(f"{k}={v}" for k, v in options.items())
                o = compare.Options("", "", folder, name.split(" ")[0], name=name, options=text)
                run = compare.Run(model, o)
                with torch.no_grad():
                    for p in run.parameters:
                        p.add_(torch.randn_like(p) * 0.1)
                run.save()
                method, saved = load_method(os.path.join(folder, name + ".pt"), model)
                wanted = run.method.sequence_loss(model, ids, 8)[1]
                self.assertLess(relative(method.sequence_loss(model, ids, 8)[1], wanted), 1e-7, name)
                self.assertEqual(saved["settings"]["ratio"], 8)

    def test_a_run_stops_on_a_loss_that_is_not_a_number_and_keeps_the_file(self):
        with tempfile.TemporaryDirectory() as folder:
            run = compare.Run(tiny_model(), compare.Options("", "", folder, "uio"))
            run.save()
            run.state["step"] = 7
            with open(os.path.join(folder, "log"), "w", encoding="utf-8") as log, \
                    self.assertRaisesRegex(SystemExit, "step 6 is nan"):
                run.report([torch.tensor(1.0), torch.tensor(float("nan")), torch.tensor(1.0)], log)
            with torch.no_grad():
                run.parameters[0].fill_(float("nan"))
            with self.assertRaisesRegex(SystemExit, "not finite at step 7"):
                run.save()
            load_method(run.path, run.model)

    def test_another_setting_is_not_resumed(self):
        with tempfile.TemporaryDirectory() as folder:
            compare.Run(tiny_model(), compare.Options("", "", folder, "uio")).save()
            with self.assertRaisesRegex(SystemExit, "steps=400, not 500"):
                compare.Run(tiny_model(), compare.Options("", "", folder, "uio", steps=500))

    def test_even_loss_is_the_mean(self):
        model, ids = tiny_model(), random_ids(2, 9)
        hidden = model.run(model.embed(ids[:, :-1].contiguous()), torch.arange(8))
        total, each = even_loss(model, hidden, ids[:, 1:])
        self.assertLess(abs(float(total - each.mean())), 1e-5)


if __name__ == "__main__":
    unittest.main()
