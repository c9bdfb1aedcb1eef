"""The reader: its rows, its questions made by rule, its network, its package."""
import os
import random
import tempfile
import unittest

import numpy as np
import torch

from training.reader.batches import ABSENT, Blocks
from training.reader.check import ranked
from training.reader.cloze import alter, make_question, make_recurring, sentences
from training.reader.encoding import END, PASSAGE, USER, RowEncoder
from training.reader.examples import SHARD, Bm25, Sampler, write_shard
from training.reader.export import arrays_of, quantised
from training.reader.grouped_loss import add_noise, grouped_loss
from training.reader.model import Reader
from training.reader.questions import Question, Text, is_test, source_document
from training.reader.reading import auroc, collate, exact_and_f1, read_pairs
from training.reader.train import Shards, loss_of, next_batch
from training.reader.trunk import HIDDEN_TOKEN, hidden_loss, hide
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

    def test_a_recurring_name_is_asked_for_elsewhere(self):
        text = ("In the cold spring old Anna Holm built the lighthouse on the northern cape. The sea was wild and the wind was "
                "strong. Two ships had been lost before young Anna Holm built the lighthouse for the village.")
        for seed in range(20):
            made = make_recurring(text, random.Random(seed))
            if made:
                question, (begin, stop), (start, end) = made
                self.assertEqual(text[begin:stop], "Anna Holm")
                self.assertNotIn("Anna Holm", question)
                self.assertFalse(start <= begin < end)

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


class Groups(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        encoder = RowEncoder(byte_tokenizer(folder.name))
        answer = (SENTENCE.index("Anna"), SENTENCE.index("Anna") + 9)
        question = "Who built the lighthouse?"
        full = ([(question, SENTENCE, answer, 1), (question, "The sea is deep and cold there.", None, 0),
                 ("Who built the windmill?", SENTENCE, None, -1)], True)
        short = ([(question, "The sea is wide.", None, 0), (question, "No answer stands here.", None, 0)], False)
        write_shard(os.path.join(folder.name, "groups-000.npz"), [full, short] * 2, encoder)
        self.folder, self.shards = folder.name, Shards(folder.name)

    def batches(self):
        """One of answered groups, one of groups of two rows filled up to three: their widths differ."""
        blocks = Blocks(self.folder, SHARD, 192 * 3 * 2, None, "cpu")
        return sorted((blocks.batch(0.5) for _ in range(2)), key=lambda batch: batch["ids"].shape[1])

    def batch(self):
        return self.batches()[1]

    def test_rows_are_gathered_as_written(self):
        rows, _, _ = next_batch(self.shards, 0, 500)
        written = {(tuple(row[0]), tuple(row[1]), row[2:5]) for row in rows}
        short, full = self.batches()
        self.assertEqual(short["label"].tolist()[0], [0, 0, ABSENT])
        self.assertEqual(full["label"].tolist()[0], [1, 0, -1])
        for batch in (short, full):
            for i, length in enumerate(batch["lengths"].tolist()):
                ids, marks = batch["ids"][i, :length].tolist(), batch["marks"][i, :length].tolist()
                own = tuple(batch[name][i].item() for name in ("firsts", "begin", "end"))
                self.assertIn((tuple(ids), tuple(marks), own), written)
                self.assertEqual(batch["ids"][i, length:].sum().item(), 0)

    def test_the_loss_is_the_one_computed_row_by_row(self):
        batch, reader = self.batch(), tiny_reader()
        label = batch["label"]
        rows = [(batch["ids"][i, :n].numpy(), batch["marks"][i, :n].numpy(), *(int(batch[name][i]) for name in
                 ("firsts", "begin", "end")), int(label.flatten()[i])) for i, n in enumerate(batch["lengths"].tolist())]
        groups = [(3 * i, 3 if label[i, 2] != ABSENT else 2, bool(label[i, 0] == 1)) for i in range(len(label))]
        answer, _, ranking, first = loss_of(reader, rows, groups)
        _, parts = grouped_loss(reader, batch)
        self.assertTrue(np.allclose(parts[[0, 2, 3]], [answer.item(), ranking.item(), first], atol=1e-4))

    def test_absent_rows_have_no_part(self):
        batch, reader = self.batches()[0], tiny_reader()
        before = grouped_loss(reader, batch)[0].item()
        absent = (batch["label"] == ABSENT).flatten()
        batch["ids"][absent] = 99
        self.assertAlmostEqual(grouped_loss(reader, batch)[0].item(), before, places=4)

    def test_noise_spares_borders_and_answers(self):
        batch = self.batch()
        noisy = add_noise(batch, 1.0)
        at = torch.arange(noisy.shape[1])[None]
        is_answer = (at >= batch["begin"][:, None]) & (at <= batch["end"][:, None])
        kept = is_answer | (batch["ids"] < 8)
        self.assertTrue(torch.equal(noisy == batch["ids"], kept))


class Trunk(unittest.TestCase):
    def test_a_quarter_is_hidden_in_stretches_of_words(self):
        torch.manual_seed(0)
        ids = torch.randint(8, 512, (64, 128))
        starts = torch.rand(512) < 0.5
        inputs, at = hide(ids, starts, 512)
        self.assertEqual(tuple(at.shape), (64, 32))
        is_hidden = torch.zeros_like(ids).scatter(1, at, 1).bool()
        self.assertTrue(torch.equal(inputs[~is_hidden], ids[~is_hidden]))
        self.assertTrue(0.7 < (inputs[is_hidden] == HIDDEN_TOKEN).float().mean().item() < 0.9)
        inside = is_hidden[:, 1:] & ~starts[ids[:, 1:]]                 # a word goes as a whole but for the budget's rest
        self.assertGreater(is_hidden[:, :-1][inside].float().mean().item(), 0.9)

    def test_it_learns_from_both_sides(self):
        model = tiny_model().requires_grad_(True)
        ids = torch.randint(8, 512, (2, 32), generator=torch.Generator().manual_seed(0))
        at = torch.tensor([[5, 9], [7, 20]])
        target = ids.gather(1, at)
        inputs = ids.scatter(1, at, HIDDEN_TOKEN)
        loss = hidden_loss(model, inputs, at, target, torch.full(at.shape, 0.25))
        loss.backward()
        for later in (ids[0, 10], ids[1, 21]):                          # the token after a hidden one
            self.assertGreater(model.embedding.grad[later].abs().max().item(), 0)
        changed = inputs.clone()
        changed[0, 31] = 8 + (changed[0, 31] - 7) % 500
        other = hidden_loss(model, changed, at, target, torch.full(at.shape, 0.25))
        self.assertNotEqual(loss.item(), other.item())


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

    def test_ranking_among_windows(self):
        row = ranked([3, 1, 2, 0, 1, 2], [3, 3])
        self.assertEqual((row["first_of_8"], row["first_of_50"]), (0.5, 0.5))
        self.assertEqual(row["refusal_auroc"], auroc([3, 2], [2, 2]))

    def test_a_question_without_an_answer_meets_the_passage_that_tempts_most(self):
        filler = ". ".join(f"The herring boats of harbour {i} came home late and empty" for i in range(40))
        text = Text("book/a/b", f"{filler}. {SENTENCE} {filler}.")
        asked = Question(0, "In which year did Anna Holm leave the lighthouse?", "The text does not say.",
                         "written_unanswerable", [])
        sampler = Sampler([text], [asked], [], seed=3)
        for _ in range(5):
            rows, is_answered = sampler.human()
            self.assertFalse(is_answered)
            self.assertIn("Anna Holm", rows[0][1])

    def test_bm25_prefers_rare_words(self):
        index = Bm25([["sea", "ship"], ["sea", "lamp"], ["sea", "sea"]])
        self.assertEqual(index.best(["sea", "lamp"], 1)[0], 1)


if __name__ == "__main__":
    unittest.main()
