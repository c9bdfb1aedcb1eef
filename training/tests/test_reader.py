"""The reader: its rows, its questions made by rule, its network, its package."""
import os
import random
import tempfile
import unittest

import numpy as np
import torch

from training.reader.cloze import alter, make_question, sentences
from training.reader.encoding import END, PASSAGE, USER, RowEncoder
from training.reader.examples import Bm25, write_shard
from training.reader.export import arrays_of, quantised
from training.reader.model import Reader
from training.reader.questions import is_test, source_document
from training.reader.reading import auroc, collate, exact_and_f1, read_pairs
from training.reader.train import Shards, loss_of, next_batch
from training.reader.words import stem
from training.tests.tiny import tiny_model
from training.tokenizer import Tokenizer, byte_symbols, SPECIAL, write_tokenizer_json

SENTENCE = "The lighthouse on the northern cape was built by Anna Holm in 1863, because two ships had been lost there."


def byte_tokenizer(folder):
    path = os.path.join(folder, "tokenizer.json")
    write_tokenizer_json(path, list(SPECIAL) + byte_symbols(), [])
    return Tokenizer(path, use_library=False)


def tiny_reader(seed=0):
    model = tiny_model(seed=seed)
    torch.manual_seed(seed)
    reader = Reader(model)
    with torch.no_grad():
        reader.token_head.weight.normal_(0, 0.3)
        reader.row_head.weight.normal_(0, 0.3)
        reader.marks.normal_(0, 0.3)
    return reader.requires_grad_(False)


class Words(unittest.TestCase):
    def test_stems_join_forms(self):
        for one, other in (("running", "runs"), ("studies", "study"), ("stopped", "stops"), ("classes", "class")):
            self.assertEqual(stem(one), stem(other))
        self.assertNotEqual(stem("bus"), "bu")


class Rows(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.encoder = RowEncoder(byte_tokenizer(self.folder.name))
        self.addCleanup(self.folder.cleanup)

    def test_borders_and_marks(self):
        ids, marks, spans, first = self.encoder.encode("Who built it?", "Holm built it.")
        self.assertEqual((ids[0], ids[first - 1], ids[-1]), (USER, PASSAGE, END))
        self.assertEqual(len(ids), first + len(spans) + 1)
        text = "Holm built it."
        marked = {text[a:b].strip(): marks[first + k] for k, (a, b) in enumerate(spans)}
        self.assertEqual(marked, {"Holm": 1, "built": 3, "it": 2, ".": 1})
        self.assertIn(4, marks[:first])

    def test_long_rows_end_with_the_border(self):
        ids, marks, _, _ = self.encoder.encode("Who? " * 60, "word " * 400)
        self.assertLessEqual(len(ids), 257)
        self.assertEqual((ids[-1], len(ids)), (END, len(marks)))


class Questions(unittest.TestCase):
    def test_split_keeps_documents_together(self):
        self.assertEqual(source_document("squad/Oil/3"), source_document("squad/Oil/7"))
        self.assertTrue(is_test("openstax/anatomy-physiology/m1"))
        self.assertTrue(is_test("book/classic/Wilkie Collins/The Haunted Hotel/12"))
        share = np.mean([is_test(f"squad/{n}/0") for n in range(2000)])
        self.assertTrue(0.17 < share < 0.23)

    def test_a_made_question_does_not_hold_its_answer(self):
        for seed in range(40):
            made = make_question(SENTENCE, random.Random(seed))
            if made:
                question, (start, end) = made
                self.assertNotIn(SENTENCE[start:end], question)
                self.assertTrue(question.endswith("?"))

    def test_altering_changes_what_is_asked(self):
        rng = random.Random(1)
        altered = alter("When was Anna Holm the first keeper?", SENTENCE, ["Peter Lund", "Anna Holm"], rng)
        self.assertNotEqual(altered, "When was Anna Holm the first keeper?")
        self.assertIsNone(alter("why so?", SENTENCE, [], rng))

    def test_sentences_are_of_reading_length(self):
        found = [SENTENCE[a:b] for a, b in sentences(SENTENCE + " Yes. No.")]
        self.assertEqual(found, [SENTENCE])


class Network(unittest.TestCase):
    def test_padding_and_neighbours_change_nothing(self):
        reader = tiny_reader()
        rows = [([1, 20, 30, 5, 40, 50, 60, 3], [0, 4, 0, 0, 3, 1, 1, 0], [(0, 1)] * 3, 4),
                ([1, 25, 5] + list(range(70, 90)) + [3], [0] * 24, [(0, 1)] * 20, 3)]
        alone = reader(*collate(rows[:1]))
        both = reader(*collate(rows))
        for a, b in zip(alone, both):
            width = a.shape[1] if a.dim() > 1 else None
            self.assertTrue(torch.allclose(a[0], b[0, :width] if width else b[0], atol=1e-4))

    def test_every_token_sees_what_follows(self):
        reader = tiny_reader()
        row = ([1, 20, 5, 40, 50, 60, 3], [0, 0, 0, 1, 1, 1, 0], [(0, 1)] * 3, 3)
        changed = ([1, 20, 5, 40, 50, 99, 3],) + row[1:]
        before, after = reader(*collate([row]))[0], reader(*collate([changed]))[0]
        self.assertGreater((before[0, 3] - after[0, 3]).abs().item(), 1e-4)

    def test_answers_lie_inside_the_passage(self):
        with tempfile.TemporaryDirectory() as folder:
            encoder = RowEncoder(byte_tokenizer(folder))
            (_, text, _, (start, end)), = read_pairs(tiny_reader(), encoder, [("Who?", SENTENCE)])
        self.assertEqual(text, SENTENCE[start:end].strip())

    def test_learning_one_group(self):
        with tempfile.TemporaryDirectory() as folder:
            encoder = RowEncoder(byte_tokenizer(folder))
            answer = (SENTENCE.index("Anna"), SENTENCE.index("Anna") + 9)
            group = ([("Who built the lighthouse?", SENTENCE, answer, 1),
                      ("Who built the lighthouse?", "The sea is deep and cold and wide there.", None, 0),
                      ("Who built the windmill?", SENTENCE, None, -1)], True)
            write_shard(os.path.join(folder, "groups-000.npz"), [group] * 4, encoder)
            rows, groups, at = next_batch(Shards(folder), 0, 300)
        self.assertEqual([row[5] for row in rows[:3]], [1, 0, -1])
        self.assertEqual(at, len(groups))
        reader = tiny_reader().requires_grad_(True)
        optimizer = torch.optim.Adam(reader.parameters(), lr=3e-3)
        first = sum(loss_of(reader, rows, groups)[:3]).item()
        for _ in range(25):
            optimizer.zero_grad()
            sum(loss_of(reader, rows, groups)[:3]).backward()
            optimizer.step()
        self.assertLess(sum(loss_of(reader, rows, groups)[:3]).item(), 0.5 * first)


class Package(unittest.TestCase):
    def test_rows_of_8_bits(self):
        matrix = np.random.default_rng(0).normal(size=(6, 32)).astype(np.float32)
        values, scales = quantised(matrix)
        self.assertEqual(np.abs(values).max(), 127)
        self.assertLess(np.abs(values * scales[:, None] - matrix).max(), scales.max() / 2 + 1e-6)

    def test_all_matrices_are_small(self):
        arrays = arrays_of(tiny_reader())
        large = {name for name, a in arrays.items() if a.ndim == 2 and a.dtype != np.int8}
        self.assertEqual(large, {"reader.marks", "reader.heads.weight"})


class Scores(unittest.TestCase):
    def test_against_cases_by_hand(self):
        self.assertEqual(exact_and_f1("The lighthouse", "lighthouse"), (1.0, 1.0))
        self.assertAlmostEqual(exact_and_f1("Anna Holm", "Anna")[1], 2 / 3)
        self.assertEqual(auroc([2, 3], [1, 1]), 1.0)
        self.assertEqual(auroc([1, 1], [1, 1]), 0.5)

    def test_bm25_prefers_rare_words(self):
        index = Bm25([["sea", "ship"], ["sea", "lamp"], ["sea", "sea"]])
        self.assertEqual(index.best(["sea", "lamp"], 1)[0], 1)


if __name__ == "__main__":
    unittest.main()
