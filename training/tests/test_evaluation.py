"""The evaluation: pairing, standard errors, accounting and scoring, each against something worked out another way."""
import json
import math
import os
import tempfile
import unittest

import numpy as np
import torch

from training.evaluate import Options, settled, with_switches
from training.evaluation import bits, questions, recall
from training.evaluation.facts import CHOICES, MAKERS
from training.evaluation.readings import (ByMethod, Gist, Raw, attention_operations, cost, repeated, untrained,
                                          with_positions)
from training.evaluation.report import claim, render
from training.evaluation.statistics import by_document, compare, paired, verdict
from training.evaluation.study import Clock, Study, token_losses
from training.evaluation.tables import everything
from training.evaluation.windows import Windows, bits_per_byte, pick_documents
from training.memory import assemble, decode, stored
from training.methods import METHODS, build_method
from training.methods.cache import Cache
from training.methods.recall import Recall
from training.tests.tiny import VOCAB, random_ids, relative, tiny_encoder, tiny_model

EXACT = 1e-5


class Letters:
    """A tokenizer of one token a byte: enough to write facts and to read answers."""

    def encode(self, text):
        return [8 + b for b in text.encode("utf-8")]

    def decode(self, ids):
        return bytes(i - 8 for i in ids if 8 <= i < 264).decode("utf-8", "replace")

    def byte_lengths(self):
        return [0] * 8 + [1] * (VOCAB - 8)

    def __len__(self):
        return VOCAB


class Tokens:
    """Four documents of random ids in memory, with the face of data.TokenSet."""

    def __init__(self, tokens=4000, count=4):
        self.ids = np.random.default_rng(0).integers(8, VOCAB, tokens * count).astype(np.uint16)
        self.documents = [dict(kind="docs" if i % 2 else "books", id=f"d{i}", start=i * tokens, tokens=tokens,
                               bytes=tokens) for i in range(count)]

    def slices(self, starts, length):
        return torch.from_numpy(np.stack([self.ids[s:s + length] for s in starts]).astype(np.int64))


def tiny_study(segment=64, with_encoder=True):
    model = with_positions(tiny_model(), 4000)
    encoder = tiny_encoder(model).requires_grad_(False) if with_encoder else None
    return Study.of(model, encoder, Letters(), Tokens(), 4, segment, 512, least=100)


def small_options(**changes):
    o = Options(data="", out="")
    usual = dict(past="3", ratios="8,16", recents="32", distances="128", rows=4, per_document=2, controls=0)
    for name, value in {**usual, **changes}.items():
        setattr(o, name, value)
    return settled(o)


class StatisticsTest(unittest.TestCase):
    def test_standard_error_is_that_of_document_means(self):
        owner = np.array([0, 0, 1, 1, 2, 2])
        means = by_document(np.array([1.0, 3.0, 2.0, 4.0, 0.0, 2.0]), owner)
        self.assertEqual(means.tolist(), [2.0, 3.0, 1.0])
        row = paired(means)                         # by hand: mean 2, variance (0 + 1 + 1) / 2 = 1, error 1 / sqrt 3
        self.assertAlmostEqual(row["gain"], 2.0)
        self.assertAlmostEqual(row["se"], 1 / math.sqrt(3))
        self.assertEqual((row["better"], row["documents"]), (3, 3))

    def test_pairing_takes_away_what_documents_differ_by(self):
        nothing = np.array([1.0, 5.0, 9.0])
        found = compare({"nothing": nothing, "memory": nothing - [0.1, 0.2, 0.3], "raw": nothing - 0.4},
                        np.array(["a", "a", "b"]), [("memory", "nothing"), ("memory", "not there")])
        self.assertEqual(list(found["pairs"]), ["memory better than nothing"])
        row = found["pairs"]["memory better than nothing"]
        self.assertAlmostEqual(row["gain"], 0.2)
        self.assertAlmostEqual(row["se"], 0.1 / math.sqrt(3))
        self.assertAlmostEqual(found["share_of_raw_gain"], 0.5)
        self.assertAlmostEqual(found["conditions"]["memory"]["by_kind"]["b"][1], 0.3)

    def test_verdict_needs_three_errors(self):
        self.assertEqual(verdict(dict(gain=0.31, se=0.1)), "better")
        self.assertEqual(verdict(dict(gain=-0.31, se=0.1)), "worse")
        self.assertEqual(verdict(dict(gain=0.29, se=0.1)), "not distinguishable")
        self.assertEqual(verdict(dict(gain=5.0, se=None)), "not distinguishable")

    def test_bits_per_byte_by_hand(self):
        losses = np.full((1, 3), math.log(2))       # one bit a token
        target, sizes = np.array([[1, 2, 2, 3]]), np.array([0, 1, 4, 2])
        self.assertAlmostEqual(bits_per_byte(losses, target, sizes)[0], 3 / 10)
        self.assertAlmostEqual(bits_per_byte(losses, target, sizes, 2)[0], 2 / 6)


class WindowsTest(unittest.TestCase):
    def test_past_recent_and_target_are_one_run_of_text(self):
        tokens = Tokens()
        w = Windows(tokens, tokens.documents, past=3, segment=16, per_document=2, margin=8)
        self.assertEqual(w.flat.shape, (8, 8 + 64))
        for recent in (0, 8):
            joined = torch.cat([w.older(3, recent).flatten(1), w.recent(recent), w.target], 1)
            self.assertTrue(torch.equal(joined, w.flat[:, 8 - recent:]))
        for row, number in zip(w.flat, w.owner):
            d = tokens.documents[number]
            text = tokens.ids[d["start"]:d["start"] + d["tokens"]].astype(np.int64)
            self.assertTrue(any(np.array_equal(text[i:i + 72], row.numpy()) for i in range(len(text) - 71)))

    def test_a_margin_moves_no_window_that_has_room(self):
        tokens = Tokens()
        plain, wide = (Windows(tokens, tokens.documents, 3, 16, 2, margin) for margin in (0, 8))
        self.assertTrue(torch.equal(plain.flat, wide.flat[:, 8:]))

    def test_too_short_a_document_is_named(self):
        tokens = Tokens(tokens=100)
        with self.assertRaisesRegex(SystemExit, "d0 has 100 tokens"):
            Windows(tokens, tokens.documents, 7, 16, 1)

    def test_a_missing_kind_is_made_up_for(self):
        self.assertEqual(len(pick_documents(Tokens(), 4, least=100)), 4)


class ReadingsTest(unittest.TestCase):
    def setUp(self):
        self.model, self.ids = with_positions(tiny_model(), 1000), random_ids(3, 4, 16)
        self.local = random_ids(3, 10, seed=5)

    def test_raw_reading_is_plain_text_before_the_tokens(self):
        reading = Raw(self.model, 20)
        memory = reading.read(self.ids)
        whole = decode(self.model, torch.cat([self.ids.flatten(1)[:, -20:], self.local], 1))[:, 20:]
        self.assertLess(relative(reading.hidden(self.local, memory), whole), EXACT)
        self.assertEqual(Raw(self.model, 0).read(self.ids).shape[1], 0)

    def test_a_suffix_of_segments_is_a_suffix_of_memories(self):
        gist = Gist(self.model, tiny_encoder(self.model), 4)
        view = gist.view(gist.encode(self.ids), 3, 4, 2)
        alone = gist.read(self.ids[:, 2:])
        self.assertLess(relative(gist.hidden(self.local, view), gist.hidden(self.local, alone)), EXACT)

    def test_slots_are_equal_where_a_table_says_so(self):
        gist = Gist(self.model, tiny_encoder(self.model), 4)
        slots = gist.slots(gist.read(self.ids))
        self.assertEqual(slots, 16)
        recent = ByMethod(self.model, Cache(self.model, "slots"), 4)
        for reading in (untrained(self.model, 4), Raw(self.model, slots), recent):
            self.assertEqual(reading.slots(reading.read(self.ids)), slots)

    def test_bytes_and_operations_by_hand(self):
        c = self.model.config                       # 2 layers, 2 kv heads and 4 heads of 16
        self.assertEqual(Gist(self.model, tiny_encoder(self.model), 4).bytes_per_token(16), 2 * 2 * 2 * 16 * 2 / 4)
        int8 = Gist(self.model, tiny_encoder(self.model), 4, 8).bytes_per_token(16)
        self.assertEqual(int8, (4 * 128 + 4 * 128) / 16)       # 4 slots of 128 numbers, 128 scales of 4 bytes
        self.assertEqual(attention_operations(c, 10), 10 * 2 * 4 * (2 * 16 + 2 * 16))
        recall_all = ByMethod(self.model, Recall(self.model, top=4, recent=4, reach=32, trained=False), 4)
        self.assertEqual(cost(recall_all, recall_all.read(self.ids), 16, 4)["slots"], 64)     # every key is scored
        self.assertEqual(cost(Raw(self.model, 16), self.ids[:, 0], 16, 4)["bytes_per_1000"], 1000 * 256 // 4)

    def test_equal_bytes_of_recall_are_not_more(self):
        few = Recall(self.model, bits=3, keep="bytes", trained=False)
        self.assertLessEqual(few.bytes_per_token(self.model.config, 4), 256 / 4)

    def test_quantisation_is_the_codec_formula(self):
        x = torch.randn(2, 2, 5, 3)
        x[0, 0, :, 1] = 0
        for bits_ in (8, 4):
            found, top = stored([(x, x)], bits_)[0][0], 2 ** (bits_ - 1) - 1
            for n, k, d in np.ndindex(2, 2, 3):     # engine/memory/codec.ts, number by number
                values = [float(np.float16(v)) for v in x[n, k, :, d].tolist()]
                scale = float(np.float32(max(abs(v) for v in values) / top))
                codes = [0 if scale == 0 else math.floor(v / scale + 0.5) for v in values]
                wanted = [float(np.float16(np.float32(code * scale))) for code in codes]
                self.assertEqual(found[n, k, :, d].tolist(), wanted)
                self.assertLessEqual(max(map(abs, codes)), top)

    def test_quantised_views_are_of_whole_segments(self):
        gist, low = (Gist(self.model, tiny_encoder(self.model), 4, b) for b in (16, 8))
        memories = gist.encode(self.ids)
        index = torch.arange(12).view(3, 4)
        by_hand = assemble(self.model, stored(memories, 8), index)
        self.assertTrue(torch.equal(low.view(memories, 3, 4, 4)[0][1][0], by_hand[0][1][0]))


class BitsTest(unittest.TestCase):
    def test_losses_are_those_of_the_target_after_the_past(self):
        study = tiny_study()
        w = Windows(study.token_set, study.documents, 3, 64, 1, 32)
        losses, spent = bits.score(Raw(study.model, 40), w, 3, 32)
        text = torch.cat([w.older(3, 32).flatten(1)[:, -40:], w.recent(32), w.target], 1)
        hidden = decode(study.model, text[:, :-1].contiguous())[:, 72:].contiguous()
        target = w.target[:, 1:].contiguous()
        by_hand = study.model.loss(hidden, target, torch.ones(target.shape))[1].view(target.shape)
        self.assertLess(relative(torch.from_numpy(losses), by_hand.double()), EXACT)
        self.assertEqual(spent["slots"], 72)

    def test_one_encoding_serves_all_pasts(self):
        study = tiny_study()
        w, gist = Windows(study.token_set, study.documents, 3, 64, 1), Gist(study.model, study.encoder, 8)
        together = bits.score_pasts([gist], w, [1, 3])
        for past in (1, 3):
            alone, _ = bits.score(gist, w, past)
            self.assertLess(relative(torch.from_numpy(together[0, past][0]), torch.from_numpy(alone)), EXACT)

    def test_every_condition_is_in_the_tables(self):
        study, o = tiny_study(), small_options(past="1,3,9", short=3)
        o.controls = 1
        tables, distances = bits.measure_short(study, o, Clock(100))
        found = tables["past 3, ratio 8, whole segment"]
        for name in ("memory", "memory int4", "wrong memory", "untrained stride", "raw recent", "raw",
                     "recent 32 + memory", "recent 32 + raw", "recall 3 bits", "density 1/d2", "stride of K,V"):
            self.assertIn(name, found["conditions"])
        rows = found["conditions"]
        self.assertEqual(rows["memory"]["slots"], rows["raw recent"]["slots"])
        self.assertEqual(rows["recent 32 + memory"]["slots"], rows["recent 32 + raw"]["slots"])
        self.assertIn("past 1, ratio 16, second half", tables)
        self.assertIn("1 to 63", distances["past 3, ratio 8"])
        reach = bits.measure_reach(study, o, Clock(100))
        self.assertEqual(list(reach["past"]), ["1", "3", "9"])
        self.assertIn("over the nearest segment alone", reach["past"]["9"])

    def test_no_time_is_said_and_not_run(self):
        clock = Clock(-1)
        tables, _ = bits.measure_short(tiny_study(), small_options(), clock)
        self.assertEqual(tables, {})
        self.assertEqual(clock.skipped, ["past 3, ratio 8", "past 3, ratio 16"])


class Copier:
    """A reading that can only copy: after four tokens it predicts what followed them last, far back or near."""

    def __init__(self):
        self.model = self

    def read(self, segments):
        return segments.reshape(len(segments), -1)

    def hidden(self, ids, memory):
        return torch.cat([memory, ids], 1), memory.shape[1]

    def logits(self, state):
        flat, first = state
        out = torch.zeros(len(flat), flat.shape[1] - first, VOCAB)
        for row in range(len(flat)):
            for t in range(first, flat.shape[1]):
                key = flat[row, t - 3:t + 1]
                for s in range(t - 1, 2, -1):
                    if torch.equal(flat[row, s - 3:s + 1], key):
                        out[row, t - first, flat[row, s + 1]] = 20
                        break
        return out

    def slots(self, memory):
        return memory.shape[1]


class RecallTest(unittest.TestCase):
    def test_a_repeated_memory_reads_as_the_one_it_is_of(self):
        model, ids, local = with_positions(tiny_model(), 1000), random_ids(3, 2, 16), random_ids(6, 5, seed=4)
        readings = [Raw(model, 9), Gist(model, tiny_encoder(model), 4), untrained(model, 8)]
        readings += [ByMethod(model, build_method(name, model), 4) for name in METHODS]
        readings += [ByMethod(model, Recall(model, top=4, recent=4, reach=64, trained=False), 4),
                     ByMethod(model, Cache(model, "slots"), 4)]
        with torch.no_grad():
            for reading in readings:
                memory = reading.read(ids)
                together = reading.hidden(local, repeated(memory, 3, 2))
                for first in (0, 1):
                    alone = reading.hidden(local[first::2].contiguous(), memory)
                    self.assertLess(relative(together[first::2], alone), EXACT, type(reading))

    def test_right_answers_come_first_and_only_once(self):
        rng = np.random.default_rng(3)
        for make in MAKERS.values():
            fact = make(rng)
            self.assertEqual(len(set(fact.candidates)), CHOICES)
        fact = MAKERS["keys"](rng)
        wanted = [s for s in fact.sentences if s.startswith(fact.cue)]
        self.assertEqual(wanted, [f"{fact.cue} {fact.candidates[0]}."])

    def test_facts_stand_at_their_distance_and_text_keeps_its_length(self):
        study = tiny_study()
        history = torch.full((1, 640), 9)
        recall.write_facts(history, study.tokenizer, [[" ab.", " cd."]], 128, 256)
        text = study.tokenizer.decode(history[0].tolist())
        self.assertEqual((len(text), text.count(" ab."), text.count(" cd.")), (640, 1, 1))
        self.assertTrue(128 <= text.index(" ab.") < text.index(" cd.") < 384)

    def test_a_copier_recalls_and_a_wrong_text_does_not(self):
        study = tiny_study(segment=128)
        rows = recall.make_rows(study, ("passkey",), 128, 4)
        flat = rows.history.flatten(1)
        reading, memory = Copier(), flat
        questions_ = recall.questions_of(study.tokenizer, [MAKERS["passkey"](np.random.default_rng(1))] * 4, False)
        nats, exact = recall.answer_scores(reading, memory, rows.asked["passkey"])
        self.assertTrue(exact.all())
        self.assertTrue((nats[:, 1:].min(1) > nats[:, 0]).all())
        _, exact = recall.answer_scores(reading, memory, questions_)              # asked for a key that is not there
        self.assertFalse(exact.any())
        _, exact = recall.answer_scores(reading, memory.roll(1, 0), rows.asked["passkey"])
        self.assertFalse(exact.any())

    def test_choice_and_margin_by_hand(self):
        nats = np.array([[1.0, 2.0, 4.0], [3.0, 2.0, 5.0]])
        self.assertEqual(recall.chosen(nats).tolist(), [1, 0])
        self.assertEqual(recall.margin(nats).tolist(), [2.0, 0.5])

    def test_nats_of_a_candidate_are_its_own_loss(self):
        study = tiny_study(segment=128)
        rows = recall.make_rows(study, ("one fact",), 128, 2)
        gist, asked = Gist(study.model, study.encoder, 8), rows.asked["one fact"]
        memory = gist.read(rows.history)
        nats, _ = recall.answer_scores(gist, memory, asked)
        ids, counts = asked.ids[:, 3], asked.counts[:, 3, 1:]
        losses = token_losses(study.model, gist, memory, ids)
        self.assertLess(relative(torch.from_numpy(nats[:, 3]), (losses * counts).sum(1)), EXACT)

    def test_tables_by_distance(self):
        study = tiny_study()
        found = recall.measure(study, small_options(), Clock(100))
        self.assertEqual(list(found["128"]), ["passkey", "quote", "keys", "one fact", "two facts"])
        passkey = found["128"]["passkey"]
        self.assertIn("memory better than untrained stride", passkey["pairs"])
        self.assertIn("memory better than wrong memory", passkey["margins"])
        self.assertLessEqual(passkey["readings"]["memory"]["choice"]["mean"], 1)
        self.assertGreater(found["128"]["quote"]["readings"]["memory"]["nats"]["mean"], 0)


class QuestionsTest(unittest.TestCase):
    def test_exact_match_and_f1_as_in_squad(self):
        self.assertEqual(questions.exact_match("The  Grey, harbour!", "grey harbour"), 1)
        self.assertAlmostEqual(questions.f1("the grey old harbour", "grey harbour wall"), 2 * 2 / 6)
        self.assertEqual(questions.f1("", "word"), 0)

    def test_generation_is_greedy_and_ends(self):
        study = tiny_study()
        gist = Gist(study.model, study.encoder, 8)
        memory, prompts = gist.read(random_ids(2, 2, 64)), [[8, 9, 10], [20, 21]]
        made = questions.generate(gist, memory, prompts, 3)
        for row, prompt in enumerate(prompts):
            ids = list(prompt)
            for token in made[row]:
                alone = gist.read(random_ids(2, 2, 64)[row:row + 1])
                logits = study.model.logits(gist.hidden(torch.tensor([ids]), alone))
                self.assertEqual(int(logits[0, -1].argmax()), token)
                ids.append(token)

    def test_conditions_and_pairs(self):
        study, rng = tiny_study(), np.random.default_rng(0)
        made = [questions.Question(rng.integers(8, VOCAB, 128), [30, 31], [40], [50, 3], n // 2) for n in range(6)]
        found = questions.measure(study, Gist(study.model, study.encoder, 8), made, Clock(100))
        self.assertEqual(list(found["readings"]), list(questions.CONDITIONS))
        self.assertEqual((found["documents"], found["questions"]), (3, 6))
        self.assertIn("memory better than wrong memory, nats", found["pairs"])
        with self.assertRaisesRegex(SystemExit, "training.instruct examples"):
            questions.load_questions("/nowhere", "test", 64, 4)


class ReportTest(unittest.TestCase):
    def test_a_bar_is_not_met_by_a_few_documents(self):
        row = dict(gain=0.2, se=0.01, documents=30)
        self.assertIn("**met**", claim("a better than b", row, 3))
        self.assertIn("**missed**", claim("a better than b", dict(row, se=0.1), 3))
        self.assertIn("not decided", claim("a better than b", dict(row, documents=29), 3))

    def test_switches(self):
        self.assertEqual(with_switches(["--quick", "--past", "3"]), ["--quick", "1", "--past", "3"])
        self.assertEqual(with_switches(["--chat", "0", "--quick"]), ["--chat", "0", "--quick", "1"])
        with self.assertRaisesRegex(SystemExit, "unknown 'bitz'"):
            small_options(parts="bitz")

    def test_every_number_of_the_page_comes_from_the_figures(self):
        study, o = tiny_study(), small_options(past="1,3,9", short=3)
        tables, distances = bits.measure_short(study, o, Clock(100))
        figures = dict(setting=dict(segment=64, documents=4, split="test", trained=512, device="cpu", past=[1, 3, 9],
                                    ratios=[8, 16], arguments=["--data", "a b"]),
                       tables=tables, distances=distances, reach=bits.measure_reach(study, o, Clock(100)),
                       recall=recall.measure(study, o, Clock(100)))
        self.assertIn("### past 3, ratio 8, whole segment", everything(figures := json.loads(json.dumps(figures))))
        with tempfile.TemporaryDirectory() as folder:
            page = render([("a.json", figures)], folder)
            self.assertIn("| memory |", page)
            self.assertIn("python3 -m training.evaluate --data 'a b'", page)
            plots = [name for name in os.listdir(folder) if name.endswith(".svg")]
            self.assertTrue(plots and all(name in page for name in plots))
        row = tables["past 1, ratio 8, whole segment"]["pairs"]["memory better than wrong memory"]
        self.assertIn(f"{row['gain']:+.4f}", page)


if __name__ == "__main__":
    unittest.main()
