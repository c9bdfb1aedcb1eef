"""Residual codes: what they promise to the engine and to a reader, on tiny random models."""
import collections
import contextlib
import io
import json
import os
import tempfile
import unittest
import unittest.mock
from dataclasses import asdict

import numpy as np
import torch

from training import codes_ablation
from training.codes import KINDS, ResidualCodes, every, fit_codes, rounded
from training.codes_ablation import Options, Textless, Uncoded, Unchained
from training.evaluation import coded, recall
from training.evaluation.readings import Codes, FoundCodes, at_bytes, cost, with_positions
from training.evaluation.report import render
from training.evaluation.speed import operations
from training.evaluation.study import Clock, Study
from training.evaluation.tables import everything
from training.export import codes_names, load_memory, packed, read_package, write_package
from training.fit_codes import as_packed, load_codes, main as fit_main, save_codes
from training.memory import assemble, decode
from training.methods.cache import observe_segment
from training.methods.quantise import bytes_of
from training.model import build, save_checkpoint
from training.model_card import memory_words
from training.safetensors import read_safetensors
from training.scripts.make_golden import codes_entries
from training.tests.test_evaluation import Letters, Tokens, small_options
from training.tests.tiny import VOCAB, random_ids, relative, tiny_encoder, tiny_model
from training.tokenizer import learn_bpe, write_tokenizer_json

GOLDEN = os.path.join(os.path.dirname(__file__), "../../test/parity/golden/tiny-codes")


def fitted(model=None, **options):
    """Codes fitted to random text, few rounds."""
    samples = [random_ids(8, 64, seed=n) for n in range(2)]
    return fit_codes(model or tiny_model(), samples, rounds=2, report=lambda line: None, **options)


class CodesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = as_packed(tiny_model())
        cls.codes = fitted(cls.model, groups=4)
        cls.ids = random_ids(3, 64, seed=0)

    def true(self, ids=None):
        return [(k, v) for _, k, v in observe_segment(self.model, self.ids if ids is None else ids)]

    def test_codes_of_fitted_text_leave_less_than_predictions_and_far_less_than_nothing(self):
        true = self.true(random_ids(8, 64, seed=0))
        coded_, plain = (self.codes.rows(self.model, random_ids(8, 64, seed=0), c)
                         for c in (self.codes.codes(self.model, random_ids(8, 64, seed=0)), None))
        for a, b, c in zip(true[1], coded_[1], plain[1]):
            self.assertLess(relative(b, a), 0.75 * relative(c, a))
            self.assertLess(relative(c, a), 1.0)

    def test_the_first_layer_is_exact_with_or_without_codes(self):
        for codes in (None, self.codes.codes(self.model, self.ids)):
            for a, b in zip(self.codes.rows(self.model, self.ids, codes)[0], self.true()[0]):
                self.assertLess(relative(a, b), 1e-6)

    def test_shapes_and_bytes(self):
        codes = self.codes.codes(self.model, self.ids)
        self.assertEqual((codes.dtype, tuple(codes.shape)), (torch.uint8, (3, 64, 2 * 4)))
        self.assertEqual(self.codes.bytes_per_token(), 2 * 4 + 2)
        with self.assertRaisesRegex(AssertionError, "equal groups"):
            ResidualCodes(self.model, groups=5)

    def test_decoding_is_deterministic_and_encode_is_decoding_of_codes(self):
        codes = self.codes.codes(self.model, self.ids)
        self.assertTrue(torch.equal(codes, self.codes.codes(self.model, self.ids)))
        rows = self.codes.rows(self.model, self.ids, codes)
        for pair, again in zip(rows, self.codes.encode(self.model, self.ids)):
            self.assertTrue(all(torch.equal(a, b) for a, b in zip(pair, again)))

    def test_rows_do_not_depend_on_what_comes_later_nor_on_other_codes(self):
        other = self.ids.clone()
        other[:, 40:] = random_ids(3, 24, seed=9)
        a, b = (self.codes.encode(self.model, ids) for ids in (self.ids, other))
        codes = self.codes.codes(self.model, self.ids)
        changed = codes.clone()
        changed[:, :20] += 1
        c = self.codes.rows(self.model, self.ids, changed)
        for layer in range(2):
            for part in (0, 1):
                self.assertTrue(torch.allclose(a[layer][part][:, :, :40], b[layer][part][:, :, :40], atol=1e-5))
                self.assertTrue(torch.equal(a[layer][part][:, :, 20:], c[layer][part][:, :, 20:]))
        self.assertFalse(torch.equal(a[1][0][:, :, :20], c[1][0][:, :, :20]))

    def test_a_segment_alone_and_in_a_batch_have_the_same_codes(self):
        together = self.codes.codes(self.model, self.ids)
        for n in range(3):
            self.assertTrue(torch.equal(together[n:n + 1], self.codes.codes(self.model, self.ids[n:n + 1])))

    def test_a_ratio_picks_the_last_token_of_every_span(self):
        whole = self.codes.encode(self.model, self.ids[:, :29])
        for pair, picked in zip(whole, self.codes.encode(self.model, self.ids[:, :29], 8)):
            for x, y in zip(pair, picked):
                self.assertTrue(torch.equal(x[:, :, [7, 15, 23, 28]], y))

    def test_the_nearest_codeword_is_taken(self):
        residual = torch.randn(1, 5, self.codes.width, generator=torch.Generator().manual_seed(3))
        for kind in KINDS:
            found = self.codes.nearest(1, kind, residual)[0]
            z = residual[0] @ self.codes.part(f"analysis_{kind}", 1).t()
            books = self.codes.part(f"codebooks_{kind}", 1).view(4, 256, -1)
            for t, g in np.ndindex(5, 4):
                distances = ((z[t].view(4, -1)[g] - books[g]) ** 2).sum(1)
                self.assertEqual(int(found[t, g]), int(distances.argmin()))

    def test_variants_of_the_ablation_leave_out_what_they_say(self):
        model = as_packed(tiny_model())
        ids, x = random_ids(2, 40, seed=4), torch.randn(2, 40, 64)
        unchained, textless = fitted(model, groups=4, make=Unchained), fitted(model, groups=4, make=Textless)
        inputs = unchained.inputs(model, ids)
        self.assertTrue(torch.equal(unchained.predicted(1, inputs, x), unchained.predicted(1, inputs, -x)))
        self.assertFalse(torch.equal(self.codes.predicted(1, inputs, x), self.codes.predicted(1, inputs, -x)))
        self.assertTrue(torch.equal(textless.predicted(1, inputs, x), textless.predicted(1, -inputs, x)))
        uncoded = fitted(model, groups=4, make=Uncoded)
        self.assertEqual(uncoded.bytes_per_token(), 2)
        for a, b in zip(uncoded.encode(model, ids), uncoded.rows(model, ids)):
            self.assertTrue(torch.equal(a[0], b[0]))


class FilesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = os.path.join(cls.temporary.name, "package")
        tokenizer = os.path.join(cls.temporary.name, "tokenizer.json")
        write_tokenizer_json(tokenizer, *learn_bpe(collections.Counter({"some": 3, "words": 4}), 268))
        cls.model = as_packed(tiny_model())
        cls.codes = fitted(cls.model, groups=4)
        write_package(cls.folder, cls.model, cls.codes, tokenizer, [8, 1], 64)
        cls.read = read_package(cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_a_package_loses_nothing(self):
        model, codes, _, _ = self.read
        for name, tensor in codes_names(codes).items():
            self.assertTrue(torch.equal(tensor, codes_names(self.codes)[name]), name)
        stored = read_safetensors(os.path.join(self.folder, "memory", "adapter_model.safetensors"))
        for name, array in packed(codes_names(codes)).items():
            self.assertTrue(np.array_equal(array, stored[name]), name)
        ids = random_ids(2, 64, seed=7)
        self.assertTrue(torch.equal(codes.codes(model, ids), self.codes.codes(self.model, ids)))

    def test_rounding_twice_is_rounding_once(self):
        matrix = torch.randn(300, 7, generator=torch.Generator().manual_seed(1))
        self.assertTrue(torch.equal(rounded(matrix), rounded(rounded(matrix))))

    def test_the_adapter_follows_the_contract(self):
        with open(os.path.join(self.folder, "memory", "adapter_config.json"), encoding="utf-8") as f:
            config = json.load(f)
        base = config.pop("base")
        self.assertEqual(config, dict(kind="residual-codes-kv", version=1, segmentLength=64, ratios=[1, 8], defaultRatio=1,
                                      groups=4, entries=256, window=3, leftContext=0))
        self.assertEqual((base["hiddenSize"], base["layers"], len(base["sha256"])), (64, 2, 64))
        arrays = read_safetensors(os.path.join(self.folder, "memory", "adapter_model.safetensors"))
        shapes = {name: array.shape for name, array in arrays.items() if not name.endswith(".scales")}
        self.assertEqual(shapes, {"layers.1.predictor": (64, 3 * 64 + 64), "layers.1.bias": (64,),
                                  **{f"layers.1.{kind}.{part}": (32, 32) for kind in "kv"
                                     for part in ("analysis", "synthesis")},
                                  **{f"layers.1.{kind}.codebooks": (4 * 256, 8) for kind in "kv"}})
        self.assertTrue(all(a.dtype == (np.int8 if a.ndim == 2 else np.float32) for a in arrays.values()))

    def test_a_checkpoint_comes_back_and_says_what_does_not_fit(self):
        path = os.path.join(self.temporary.name, "codes.pt")
        save_codes(path, self.codes, ratios=[1, 8], segment=64)
        codes, saved = load_memory(path, self.model)
        self.assertEqual((type(codes), saved["segment"]), (ResidualCodes, 64))
        self.assertTrue(torch.equal(codes.part("predictor", 1), self.codes.part("predictor", 1)))
        wider = build("tiny", vocab=VOCAB, positions=64, hidden=128)
        with self.assertRaisesRegex(SystemExit, r"codes.pt: predictor_1 has the shape \(64, 256\), expected \(64, 448\)"):
            load_codes(path, wider)
        torch.save(dict(kind="span-tiled"), path)
        with self.assertRaisesRegex(SystemExit, "codes.pt: holds 'span-tiled'"):
            load_codes(path, self.model)

    def test_the_command_fits_over_8_bit_weights_and_names_a_corpus_that_is_too_short(self):
        folder, ids = self.temporary.name, random_ids(2000).numpy().astype(np.uint16)
        ids.tofile(os.path.join(folder, "train.bin"))
        with open(os.path.join(folder, "meta.json"), "w", encoding="utf-8") as f:
            json.dump(dict(train=[dict(kind="docs", id="d", start=0, tokens=2000, bytes=2000)]), f)
        base, out = os.path.join(folder, "base.pt"), os.path.join(folder, "out.pt")
        save_checkpoint(base, tiny_model())
        words = ["", "--base", base, "--data", folder, "--out", out, "--tokens", "500", "--groups", "4", "--rounds", "1"]
        with contextlib.redirect_stdout(io.StringIO()) as said:
            with unittest.mock.patch("sys.argv", [*words, "--segment", "64"]):
                fit_main()
            self.assertIn("10 bytes a token, from 512 tokens", said.getvalue())
            with unittest.mock.patch("sys.argv", [*words, "--segment", "4096"]):
                self.assertRaisesRegex(SystemExit, "no training document has 4096 tokens", fit_main)
        codes, saved = load_codes(out, self.model)
        self.assertEqual((saved["ratios"], saved["segment"], saved["settings"]["tokens"]), ([1, 8], 64, 500))
        ids = torch.from_numpy(ids[:64].astype(np.int64))[None]
        self.assertLess(relative(codes.encode(self.model, ids)[0][0], observe_segment(self.model, ids)[0][1]), 1e-6)

    def test_the_card_says_what_the_memory_is(self):
        log = os.path.join(self.temporary.name, "fit.log")
        with open(log, "w", encoding="utf-8") as f:
            f.write("== python\n3 s: layer 1: 0.185 of the variance\n")
        with open(os.path.join(self.folder, "memory", "adapter_config.json"), encoding="utf-8") as f:
            words = memory_words(self.folder, json.load(f), log)
        self.assertIn("8 bytes of codes a token", words["memory_row"])
        self.assertEqual(words["version"], 2)
        self.assertIn("    3 s: layer 1: 0.185", words["fit"])
        self.assertNotIn("==", words["fit"])

    def test_golden_entries(self):
        model, codes, _, _ = self.read
        ids = random_ids(120, seed=3).tolist()
        memories, continuations = codes_entries(model, codes, ids, 64, ids[64:80])
        self.assertEqual(len(memories[0]["codes"]), 64 * 8)
        self.assertEqual((memories[1]["slots"], memories[1]["rows"]), (45, [0, 1, 2, 22, 44]))
        self.assertEqual([(c["ratio"], c["memories"]) for c in continuations],
                         [(r, n) for r in (1, 8) for n in ([0], [1], [0, 1])])
        kept = codes.encode(model, torch.tensor([ids[:64]]), 8)
        past, has_slot = assemble(model, kept, torch.tensor([[0]]))
        logits = model.logits(decode(model, torch.tensor([ids[64:80]]), past, has_slot)[0, -1])
        self.assertEqual(continuations[3]["last"]["ids"], logits.topk(8).indices.tolist())

    def test_a_second_implementation_finds_the_same_codes_and_rows(self):
        model, codes, _, _ = read_package(GOLDEN)           # made by test/parity/make_golden.py, which shares no code
        with open(os.path.join(GOLDEN, "inputs.json"), encoding="utf-8") as f:
            inputs = json.load(f)
        expected = read_safetensors(os.path.join(GOLDEN, "expected.safetensors"))
        for n, ids in enumerate(inputs["segments"]):
            ids = torch.tensor([ids])
            self.assertEqual(codes.codes(model, ids).flatten().tolist(), inputs["codes"][n])
            for ratio in (1, 8):
                rows = torch.stack([torch.cat([x[0].transpose(0, 1).flatten(1) for x in pair], 1)
                                    for pair in codes.encode(model, ids, ratio)])
                self.assertLess(relative(rows, torch.from_numpy(expected[f"memory.{n}.{ratio}"].copy())), 1e-5)


class EvaluationTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = with_positions(as_packed(tiny_model()), 4000)
        cls.codes = fitted(cls.model, groups=4)

    def study(self):
        study = Study.of(self.model, self.codes, Letters(), Tokens(), 4, 64, 512, least=100)
        study.gists = tiny_encoder(self.model).requires_grad_(False)
        return study

    def test_a_view_shows_near_segments_whole_and_old_ones_thinly(self):
        ids, local = random_ids(2, 5, 64), random_ids(2, 6, seed=8)
        reading = Codes(self.model, self.codes, 1, room=200)
        self.assertEqual(reading.whole(64, 5), 2)               # 2 x 64 + 3 x 8 = 152; a third would make 208
        past, has_slot = reading.read(ids)
        self.assertEqual(tuple(has_slot.shape), (2, 152))
        rows = self.codes.encode(self.model, ids.flatten(0, 1))
        by_hand = []
        for layer in rows:
            parts = []
            for x in layer:
                x = x.view(2, 5, *x.shape[1:])
                old = [x[:, s, :, 7::8] for s in range(3)]
                parts.append(torch.cat([*old, x[:, 3], x[:, 4]], 2))
            by_hand.append(tuple(parts))
        view = assemble(self.model, by_hand, torch.tensor([[0], [1]]))
        self.assertTrue(torch.equal(reading.hidden(local, (past, has_slot)), decode(self.model, local, *view)))
        found = Codes(self.model, self.codes, 1, room=200, oldest=1).read(ids)
        first, last = (self.codes.encode(self.model, ids[:, s].contiguous())[1][1] for s in (0, 4))
        self.assertEqual(found[1].shape[1], 152)
        self.assertLess(relative(found[0][1][1][:, :, :64], first), 1e-5)
        self.assertLess(relative(found[0][1][1][:, :, -64:], last), 1e-5)
        alone, behind = (FoundCodes(self.model, self.codes, 1, 200, is_last).read(ids) for is_last in (False, True))
        self.assertLess(relative(alone[0][1][1], first), 1e-5)
        self.assertLess(relative(behind[0][1][1][:, :, -64:], first), 1e-5)
        nearest = Codes(self.model, self.codes, 1, room=200, nearest=10).read(ids)
        self.assertEqual(nearest[1].shape[1], 10)
        self.assertTrue(torch.equal(nearest[0][0][1], past[0][1][:, :, -10:]))

    def test_kept_codes_read_the_same_and_a_suffix_of_segments_is_a_suffix(self):
        ids, kept = random_ids(2, 3, 64), {}
        plain, keeping = Codes(self.model, self.codes, 8), Codes(self.model, self.codes, 8, kept=kept)
        for _ in range(2):
            self.assertTrue(torch.equal(plain.read(ids)[0][1][0], keeping.read(ids)[0][1][0]))
        self.assertEqual(len(kept), 6)
        suffix = plain.view(plain.encode(ids), 2, 3, 2)[0][1][1]
        self.assertLess(relative(suffix, plain.read(ids[:, 1:])[0][1][1]), 1e-5)

    def test_costs_by_hand(self):
        reading = Codes(self.model, self.codes, 8)
        spent = cost(reading, reading.read(random_ids(1, 3, 64)), 64, 3)
        self.assertEqual((spent["slots"], spent["bytes_per_1000"]), (24, 10_000))
        c = self.model.config                       # 2 layers of 64, 4 heads and 2 kv heads of 16, feed-forward 128
        found = operations(self.model, self.codes, 64)
        whole = 2 * 64 * (64 + 64 + 32 + 32 + 3 * 128) + 4 * 64 * 65 / 2
        self.assertAlmostEqual(found["prefill"], round((whole + 2 * 64 * 64) / 1e6, 3))
        self.assertAlmostEqual(found["restore"], round((2 * 64 * 64 + 2 * 64 * (3 * 64 + 64) + 2 * 2 * 32 * 32) / 1e6, 3))
        self.assertEqual(c.layers, 2)

    def test_recall_at_equal_bytes_has_at_least_the_bytes_of_the_codes(self):
        model = build("nano", vocab=VOCAB)              # the shape that ships
        size = ResidualCodes(model).bytes_per_token()
        self.assertEqual(size, 50)
        for bits in (3, 2):
            reading = at_bytes(model, bits, size, 1536)
            fit = reading.method.tokens_that_fit(model.config, 1536, reading.ratio)
            self.assertGreaterEqual(bytes_of(fit, model.config, bits, 256, 32), size * 1536)
            self.assertGreaterEqual(reading.bytes_per_token(512), size)

    def test_every_row_is_in_the_tables(self):
        study, o = self.study(), small_options(past="3,9", short=3, ratios="8,16")
        o.controls = 1
        tables, distances = coded.measure(study, o, Clock(100))
        found = tables["past 3, whole segment"]
        for name in ("memory", "memory, every 8th", "memory, nearest", "wrong memory", "predicted only", "recall 3 bits",
                     "recall 2 bits", "raw", "raw recent", "gists", "gists int8", "gists 16x", "wrong gists",
                     "untrained stride", "recent 32 + memory", "recent 32 + gists", "recent 32 + recall 3 bits"):
            self.assertIn(name, found["conditions"])
        rows = found["conditions"]
        self.assertEqual(rows["memory"]["slots"], rows["raw"]["slots"])
        for name in ("memory, every 8th", "memory, nearest", "gists"):
            self.assertEqual(rows[name]["slots"], rows["raw recent"]["slots"])
        self.assertIn("memory better than recall 3 bits", found["pairs"])
        self.assertIn("1 to 63", distances["past 3"])

    def test_the_page_shows_codes_first_then_gists_and_the_ablation(self):
        study, o = self.study(), small_options(past="3", ratios="8,16")
        tables, distances = coded.measure(study, o, Clock(100))
        figures = dict(setting=dict(segment=64, documents=4, split="test", trained=512, device="cpu", past=[3],
                                    ratios=[8, 16], arguments=["--data", "x"]), tables=tables, distances=distances,
                       operations=operations(self.model, self.codes, 64))
        found = dict(settings=asdict(Options(base="b", data="d", out="o")), documents=4, variants={}, scored={})
        options, saved = Options(base="", data="", out="", segment=64, trained=512, past=2), []
        with unittest.mock.patch.dict(codes_ablation.VARIANTS, {"4 codes": dict(groups=4)}, clear=True), \
                unittest.mock.patch.object(codes_ablation, "SHIPPED", "4 codes"), contextlib.redirect_stdout(io.StringIO()):
            codes_ablation.measure(options, [random_ids(8, 64)], study, torch.float32, found, lambda: saved.append(1))
        figures, found = json.loads(json.dumps(figures)), json.loads(json.dumps(found))
        with tempfile.TemporaryDirectory() as folder:
            page = render([("a.json", figures)], folder, ("c.json", found))
        first, gists = page.split("## Gists")
        row, variant = tables["past 3, whole segment"]["pairs"]["memory better than gists"], found["variants"]["4 codes"]
        self.assertIn(f"{row['gain']:+.4f}", first)
        self.assertNotIn("| wrong gists |", first)
        self.assertIn("| gists 16x |", gists)
        self.assertIn(f"| 4 codes | 10,000 | {variant['gain']['gain']:+.4f}", first)
        self.assertIn(f"{figures['operations']['restore']:.2f}", first)
        self.assertEqual(len(saved), 1)
        self.assertIn("predicted only", everything(figures))

    def test_facts_are_asked_beside_gists_and_raw_text(self):
        found = recall.measure(self.study(), small_options(), Clock(100))
        row = found["128"]["passkey"]
        for name in ("memory, found", "memory, found last", "memory, found first"):
            self.assertIn(f"{name} better than raw, found", row["margins"])
        self.assertEqual({"memory", "wrong memory", "nothing", "gists", "raw recent", "recall 3 bits", "untrained stride",
                          "memory, every 8th", "memory, found", "memory, found last", "memory, found first",
                          "raw, found"}, set(row["readings"]))
        self.assertIn("memory better than gists", row["pairs"])


if __name__ == "__main__":
    unittest.main()
