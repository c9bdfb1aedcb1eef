"""The retriever: its pairs, its network, its loss, how it is measured beside words."""
import importlib.util
import os
import random
import tempfile
import unittest

import numpy as np
import torch

from training.model import load_saved, save_checkpoint
from training.optim import MuonAdamW
from training.reader.questions import Question, Text, is_test
from training.retriever import fusing, measure, pairs
from training.retriever.check import ranks_of
from training.retriever.model import (END, PASSAGE, USER, Retriever, TextEncoder, collate, encode_all,
                                      load_retriever, new_retriever, save_retriever, vectors_in_parts)
from training.retriever.train import PairFiles, batch_loss, contrastive_loss
from training.tests.test_reader import byte_tokenizer
from training.tests.tiny import tiny_model

HAYSTACKS = os.path.join(os.path.dirname(__file__), "../../bench/retrieval/make-haystacks.py")
NAMES = ("Anna", "Peter", "Marta", "Olof", "Greta", "Henrik", "Sigrid", "Tor")
PLACES = ("cape", "island", "harbour", "village", "river", "forest", "castle", "mill")


def tiny_retriever(seed=0):
    model = tiny_model(seed=seed)
    torch.manual_seed(seed)
    return Retriever(model, dimensions=32)


def story(place, number):
    """Eight sentences, each with a builder and a year of its own."""
    return " ".join(f"The {place} lighthouse of year {1800 + 10 * number + i} was built with great care by old {name} "
                    f"Holm because ships were lost." for i, name in enumerate(NAMES))


def tiny_texts():
    """(texts, questions, numbers of stretches): of training, of the checked part and of held-out documents."""
    texts, questions = [], []
    for n in range(40):
        place = PLACES[n % len(PLACES)]
        texts.append(Text(f"squad/{place} {n}/0", f"## The {place}\n\n" + story(place, n)))
        answer = f"{NAMES[n % 8]} Holm"
        start = texts[n].text.index(answer)
        span = (start, start + len(answer))
        questions.append(Question(n, f"Who built the {place} lighthouse?", answer, "squad", [span]))
    numbers = [n for n, text in enumerate(texts) if not is_test(text.group)]
    return texts, questions, numbers


class Pairs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.texts, cls.questions, cls.numbers = tiny_texts()
        cls.sampler = pairs.PairSampler(cls.texts, cls.questions, cls.numbers, 1)

    def test_the_checked_part_is_that_of_the_haystacks(self):
        spec = importlib.util.spec_from_file_location("make_haystacks", HAYSTACKS)
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        groups = [f"{kind}/{n}/{n % 3}" for kind in ("squad", "squad-train:a", "fairy", "qed") for n in range(50)]
        measured = [made.side_of(made.document_of(group)) == 1 for group in groups]
        self.assertEqual([pairs.is_checked(group) for group in groups], measured)
        self.assertFalse(pairs.is_checked("docs/a/b"))

    def test_no_question_of_a_measured_document(self):
        used = {q.text for found in self.sampler.by.values() for q in found}
        self.assertTrue(used)
        for number in used:
            group = self.texts[number].group
            self.assertFalse(is_test(group) or pairs.is_checked(group), group)

    def test_a_persons_question_has_its_answer_and_a_rival_without(self):
        for _ in range(30):
            question, passage, other, number = self.sampler.asked("squad")
            answer = next(q.answer for q in self.questions if q.question == question and q.text == number)
            self.assertIn(answer, passage)
            self.assertNotIn(answer.lower(), (other or "").lower())

    def test_pairs_made_by_rule_come_from_one_text(self):
        for draw in (self.sampler.crop, self.sampler.neighbour, self.sampler.heading, self.sampler.cloze_pair):
            question, passage, _, number = draw()
            own = set(self.texts[number].text.split())
            self.assertTrue(set(question.replace("?", "").split()[1:]) & own)
            self.assertGreater(len(set(passage.split()) & own), 10)

    def test_files_give_back_what_was_drawn(self):
        with tempfile.TemporaryDirectory() as folder:
            encoder = TextEncoder(byte_tokenizer(folder), longest=40)
            batch = [("who?", "it was Anna", "it was not", 7), ("when?", "in the year", None, 9)]
            pairs.write_batches(os.path.join(folder, "asked-000.npz"), [batch, batch[::-1]], encoder)
            questions, passages, others, texts = PairFiles(folder, "asked").batch(2)       # around again
            self.assertEqual(questions[0].tolist(), encoder.question("who?"))
            self.assertEqual([p.tolist() for p in passages], [encoder.passage(p[1]) for p in batch])
            self.assertEqual((len(others), texts.tolist()), (1, [7, 9]))
            self.assertEqual(PairFiles(folder, "asked").batch(1)[3].tolist(), [9, 7])
            with self.assertRaises(SystemExit):
                PairFiles(folder, "made").batch(0)


class Network(unittest.TestCase):
    def test_rows_have_borders_and_an_end(self):
        with tempfile.TemporaryDirectory() as folder:
            encoder = TextEncoder(byte_tokenizer(folder), longest=20)
        self.assertEqual((encoder.question("Who?")[0], encoder.question("Who?")[-1]), (USER, END))
        long = encoder.passage("word " * 50)
        self.assertEqual((long[0], long[-1], len(long)), (PASSAGE, END, 20))

    def test_vectors_have_length_one_and_padding_changes_nothing(self):
        retriever = tiny_retriever().requires_grad_(False)
        short, long = [1, 20, 30, 3], [5] + list(range(40, 70)) + [3]
        alone, both = retriever(*collate([short])), retriever(*collate([short, long]))
        self.assertTrue(torch.allclose(both.norm(dim=1), torch.ones(2), atol=1e-5))
        self.assertTrue(torch.allclose(alone[0], both[0], atol=1e-5))

    def test_the_order_of_tokens_counts_in_both_directions(self):
        retriever = tiny_retriever().requires_grad_(False)
        with torch.no_grad():
            retriever.weight.normal_(0, 0.3)
        one, other = retriever(*collate([[5, 20, 30, 40, 3], [5, 40, 30, 20, 3]]))
        self.assertLess((one * other).sum().item(), 0.9999)

    def test_parts_keep_the_order(self):
        retriever = tiny_retriever().requires_grad_(False)
        rng = random.Random(2)
        rows = [[5] + [rng.randrange(8, 500) for _ in range(rng.randrange(2, 30))] + [3] for _ in range(9)]
        whole = retriever(*collate(rows))
        self.assertTrue(torch.allclose(vectors_in_parts(retriever, rows, 3), whole, atol=1e-5))
        self.assertTrue(np.allclose(encode_all(retriever, rows, batch=2), whole.numpy(), atol=1e-5))

    def test_saved_and_loaded_it_is_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            base, path = os.path.join(folder, "base.pt"), os.path.join(folder, "retriever.pt")
            save_checkpoint(base, tiny_model(torch.bfloat16))
            retriever = new_retriever(load_saved(base)).requires_grad_(False)
            save_retriever(path, retriever, step=3)
            again, saved = load_retriever(path)
        ids = collate([[5, 20, 30, 3]])
        self.assertTrue(torch.equal(retriever(*ids), again.requires_grad_(False)(*ids)))
        self.assertEqual(saved["step"], 3)


class Loss(unittest.TestCase):
    def test_it_is_the_mean_of_both_directions(self):
        questions, passages = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[0.6, 0.8], [0.0, 1.0]])
        others, texts = torch.tensor([[-1.0, 0.0]]), torch.tensor([1, 2])
        loss, first = contrastive_loss(questions, passages, others, texts, torch.tensor(1.0))
        forward = (np.log(np.exp([0.6, 0.0, -1.0]).sum()) - 0.6 + np.log(np.exp([0.8, 1.0, 0.0]).sum()) - 1.0) / 2
        backward = (np.log(np.exp([0.6, 0.8]).sum()) - 0.6 + np.log(np.exp([0.0, 1.0]).sum()) - 1.0) / 2
        self.assertAlmostEqual(loss.item(), (forward + backward) / 2, places=5)
        self.assertEqual(first.item(), 1.0)

    def test_pairs_of_one_text_are_no_rivals(self):
        same = torch.eye(2)[[0, 0]]
        apart = contrastive_loss(same, same, torch.zeros(0, 2), torch.tensor([1, 2]), torch.tensor(20.0))[0]
        together = contrastive_loss(same, same, torch.zeros(0, 2), torch.tensor([1, 1]), torch.tensor(20.0))[0]
        self.assertAlmostEqual(apart.item(), np.log(2), places=4)
        self.assertAlmostEqual(together.item(), 0.0, places=4)

    def test_it_learns_which_belong_together(self):
        retriever = tiny_retriever()
        retriever.requires_grad_(True)
        rng = random.Random(1)
        rows = [[rng.randrange(8, 500) for _ in range(6)] for _ in range(12)]
        batch = ([[1] + row[:2] + [3] for row in rows], [[5] + row + [3] for row in rows], [], torch.arange(12))
        optimizer = MuonAdamW(retriever.base, 0.01, 1e-2)
        before = batch_loss(retriever, batch)[0].item()
        for _ in range(12):
            retriever.zero_grad(set_to_none=True)
            loss, first = batch_loss(retriever, batch)
            loss.backward()
            optimizer.step(1.0)
        self.assertLess(loss.item(), 0.7 * before)
        self.assertGreater(first.item(), 0.9)
        self.assertIsNotNone(retriever.log_scale.grad)


class Measure(unittest.TestCase):
    def asked(self, cosine, evidence, lexical=((4, 2.0), (5, 1.0))):
        spans = np.array([(0, 60), (30, 90), (60, 120), (200, 260), (0, 50), (90, 150)])
        return fusing.Asked(dict(evidence=evidence, lexical=[list(pair) for pair in lexical]),
                             np.array(cosine, dtype=float), spans, 4)

    def test_all_needed_places_have_to_be_shown(self):
        self.assertEqual(fusing.rank_of([7, 3, 9], [[3], [9, 8]]), 3)
        self.assertEqual(fusing.rank_of([7, 3], [[3], [8]]), np.inf)
        self.assertEqual(ranks_of(np.array([[0.1, 0.9, 0.5]]), [[0, 2]]).tolist(), [2])

    def test_windows_that_words_found_are_not_added(self):
        one = self.asked([0.9, 0.8, 0.1, 0.7, 0.2, 0.3], [[3]])
        self.assertEqual(one.fresh, [1, 3])                         # 0 lies in 4, 2 in 5
        self.assertEqual(one.candidates.tolist(), [4, 5, 1, 3])
        self.assertEqual(one.scores.tolist(), [2.0, 1.0, 1.0, 1.0])

    def test_orders(self):
        one = self.asked([0.1, 0.2, 0.1, 0.9, 0.0, 0.3], [[3]])
        self.assertEqual(one.weighted(0.0).tolist(), [4, 5, 3, 1])
        self.assertEqual(one.weighted(9.0)[0], 3)
        self.assertEqual(one.fused().tolist()[0], 5)                # second in both
        self.assertEqual(one.again(9.0).tolist(), [5, 4])
        self.assertEqual(one.union(1), [4, 3])

    def test_the_weight_is_fitted(self):
        helped = [self.asked([0.1, 0.2, 0.1, 0.9, 0.0, 0.3], [[3]])] * 3
        misled = [self.asked([0.1, 0.2, 0.1, 0.9, 0.0, 0.3], [[4]])] * 3
        self.assertGreater(measure.fit_weight(helped), 1.0)
        self.assertEqual(measure.fit_weight(misled), 0.0)
        table = measure.table_of(helped, measure.fit_weight(helped))
        self.assertEqual(table["lexical + dense, weighted"]["change @1"], (1.0, 1.0, 1.0))
        self.assertEqual(table["lexical search"]["@50"][0], 0.0)
        self.assertEqual(measure.recall_of(helped)["@50"]["change"][0], 1.0)

    def test_only_candidates_get_vectors(self):
        lexical = [[3 + n, 1.0] for n in range(fusing.LEXICAL + 5)]
        found = fusing.candidates_of(dict(windows=4, questions=[dict(lexical=lexical)]))
        self.assertEqual(found, list(range(3 + fusing.LEXICAL)))

    def test_a_difference_of_nothing_has_no_width(self):
        self.assertEqual(measure.interval(np.zeros(10)), (0.0, 0.0, 0.0))
        value, low, high = measure.interval(np.arange(100) % 2)
        self.assertTrue(low < value == 0.5 < high)


if __name__ == "__main__":
    unittest.main()
