"""Splits, overlap, sampling, and token files that travel: a damaged one is named and nothing is made of it."""
import json
import lzma
import os
import tempfile
import unittest

import numpy as np

from training.corpus import (EVALUATED, TUNED_ON, CorpusError, is_held_out, read_rows, split_of, supervised_files)
from training.data import TokenSet, parse_weights, write_tokens
from training.shards import pack, unpack
from training.shingles import WORDS, find_overlap, first_seen_shares, shingles
from training.tokenizer import SPECIAL, Tokenizer, byte_symbols, write_tokenizer_json

RNG = np.random.default_rng


def words(seed, count):
    """Made-up running text: no 13 words of it occur in a text of another seed."""
    return " ".join(f"w{n}" for n in RNG(seed).integers(0, 100_000, count))


def write_rows(path, rows):
    with lzma.open(path, "wt", encoding="utf-8") as f:
        for row in rows:
            f.write(json.dumps(row) + "\n")


def truncate(path):
    with open(path, "r+b") as f:
        f.truncate(os.path.getsize(path) // 2)


class SplitTest(unittest.TestCase):
    def test_every_held_out_document_is_of_one_split_and_no_other_is(self):
        splits = [split_of("docs", str(i), 20_000) for i in range(2000)]
        self.assertEqual([s != "train" for s in splits], [is_held_out("docs", str(i), 20_000) for i in range(2000)])
        self.assertGreater(splits.count("val"), 50)
        self.assertGreater(splits.count("test"), 50)

    def test_what_the_evaluation_asks_about_is_test_and_what_was_tuned_on_is_not(self):
        for document_id in EVALUATED:
            self.assertEqual(split_of("docs" if "openstax" in document_id else "books", document_id, 50_000), "test")
        for document_id in TUNED_ON:
            self.assertEqual(split_of("docs" if "debian" in document_id else "books", document_id, 50_000), "val")


class ReadingTest(unittest.TestCase):
    def test_a_cut_off_file_is_named_with_its_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "books.jsonl.xz")
            write_rows(path, [{"id": str(i), "text": words(i, 3000)} for i in range(20)])
            truncate(path)
            with self.assertRaisesRegex(CorpusError, r"books\.jsonl\.xz, after line \d+: cut off"):
                list(read_rows(path))

    def test_a_broken_row_is_named_with_its_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "docs.jsonl.xz")
            for broken in ('{"id": ', "[1]"):
                with lzma.open(path, "wt") as f:
                    f.write('{"id": "a"}\n' + broken + "\n")
                with self.assertRaisesRegex(CorpusError, r"docs\.jsonl\.xz, line 2"):
                    list(read_rows(path))

    def test_an_unknown_supervised_file_is_named(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(CorpusError, "sup-absent"):
            supervised_files([folder], ("absent",))


class ShinglesTest(unittest.TestCase):
    def test_case_and_punctuation_do_not_count_and_order_does(self):
        text = words(1, 30)
        self.assertEqual(list(shingles(text)), list(shingles(text.upper().replace(" ", ",\n  "))))
        self.assertEqual(len(shingles(text)), 30 - WORDS + 1)
        self.assertNotEqual(list(shingles("a b c")), list(shingles("c b a")))
        self.assertEqual(len(shingles("...")), 0)

    def test_first_seen_shares(self):
        a, b = shingles(words(1, 40)), shingles(words(2, 40))
        shares = first_seen_shares([a, b, a[:10], np.concatenate([b[:5], shingles(words(3, 17))])])
        np.testing.assert_allclose(shares, [0, 0, 1, .5])


class CorpusCase(unittest.TestCase):
    """A small corpus: one test book, copies of a part of it, an evaluation text, and supervised rows."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.corpus, self.out = (os.path.join(self.folder, n) for n in ("corpus", "out"))
        evaluation = os.path.join(self.folder, "evaluation")
        for path in (self.corpus, self.out, evaluation):
            os.mkdir(path)
        lost, ours, asked = words(1, 900), words(2, 600), words(3, 600)
        write_rows(os.path.join(self.corpus, "books.jsonl.xz"), [
            {"id": "classic/Arthur Conan Doyle/The Lost World", "title": "The Lost World", "text": lost},
            {"id": "mine", "title": "Mine", "text": ours},
            {"id": "copy", "title": "Copy", "text": words(4, 300) + " " + lost[:900]},
            {"id": "quote", "title": "Quote", "text": words(5, 3000) + " " + " ".join(lost.split()[:14])}])
        write_rows(os.path.join(self.corpus, "docs.jsonl.xz"), [
            {"id": "asked", "title": "A", "text": asked}, {"id": "page", "title": "P", "text": words(6, 500)}])
        write_rows(os.path.join(self.corpus, "sup-long.jsonl.xz"), [
            {"group": "new/1", "context": words(7, 300), "qa": []},
            {"group": "new/2", "context": words(7, 300), "qa": []},
            {"group": "new/3", "context": " ".join(ours.split()[50:200]), "qa": []},
            {"group": "new/4", "context": words(8, 100) + " " + " ".join(lost.split()[100:150]), "qa": []},
            {"group": "book/classic/Arthur Conan Doyle/The Lost World/3", "context": words(9, 100), "qa": []}])
        write_rows(os.path.join(self.corpus, "sup-more.jsonl.xz"), [{"group": "more/2", "context": words(10, 90)}])
        with open(os.path.join(evaluation, "set.json"), "w", encoding="utf-8") as f:
            json.dump({"document": {"id": "asked"}, "questions": []}, f)
        with open(os.path.join(evaluation, "page.html"), "w", encoding="utf-8") as f:
            f.write("<p>" + words(6, 500).replace(" ", "</p> <p>"))
        write_tokenizer_json(os.path.join(self.out, "tokenizer.json"), list(SPECIAL) + byte_symbols(), [])
        self.evaluation = [evaluation]

    def check(self):
        tokenizer = Tokenizer(os.path.join(self.out, "tokenizer.json"))
        return find_overlap([self.corpus], supervised_files([self.corpus]), self.evaluation, tokenizer, 1)

    def tokens(self):
        return write_tokens([self.corpus], self.out, 1, self.check())


class OverlapTest(CorpusCase):
    def test_copies_of_held_out_text_are_dropped_and_a_quotation_is_not(self):
        check = self.check()
        self.assertEqual({d["id"] for d in check["dropped"]}, {"copy", "asked", "page"})
        self.assertEqual([d["id"] for d in check["near"]], ["quote"])
        self.assertEqual(check["missing"], [])

    def test_notes_are_new_text_once_and_nothing_held_out(self):
        check = self.check()
        self.assertEqual(check["notes"]["sup-long.jsonl.xz"], [0])
        self.assertEqual(sum(check["left_out"]["sup-long.jsonl.xz"].values()), 4)

    def test_token_files_hold_what_the_check_left(self):
        meta = self.tokens()
        ids = {split: [d["id"] for d in meta[split]] for split in meta}
        self.assertEqual(ids["train"][:2], ["mine", "quote"])
        self.assertEqual(ids["test"], ["classic/Arthur Conan Doyle/The Lost World"])
        self.assertIn("sup-long.jsonl.xz:0", ids["train"])
        self.assertNotIn("sup-long.jsonl.xz:1", ids["train"])
        train = TokenSet(self.out, "train")
        tokenizer, d = Tokenizer(os.path.join(self.out, "tokenizer.json")), train.documents[0]
        self.assertEqual(tokenizer.decode(train.ids[d["start"]:d["start"] + d["tokens"]].tolist()),
                         "# Mine\n\n" + words(2, 600))

    def test_a_token_file_of_another_length_is_named(self):
        self.tokens()
        truncate(os.path.join(self.out, "train.bin"))
        with self.assertRaisesRegex(CorpusError, r"train\.bin: \d+\.?5? tokens"):
            TokenSet(self.out, "train")


class SamplingTest(CorpusCase):
    def setUp(self):
        super().setUp()
        self.tokens()
        self.train = TokenSet(self.out, "train")
        self.kind_at = np.concatenate([[d["kind"]] * d["tokens"] for d in self.train.documents])

    def kinds_drawn(self, weights):
        """Kind of the first token of 4,000 windows; found again by their text, which occurs once."""
        x, y = self.train.random_windows(4000, 40, RNG(0), weights)
        self.assertTrue(bool((x[:, 1:] == y[:, :-1]).all()))
        place = {row.tobytes(): i for i, row in enumerate(np.lib.stride_tricks.sliding_window_view(self.train.ids, 40))}
        starts = [place[row.tobytes()] for row in x.numpy().astype(np.uint16)]
        return {kind: np.mean(self.kind_at[starts] == kind) for kind in ("books", "notes")}

    def test_weights_change_the_shares(self):
        natural, much = self.kinds_drawn({"books": 1}), self.kinds_drawn({"notes": 20})
        share = np.mean(self.kind_at == "notes")
        self.assertAlmostEqual(natural["notes"], share, delta=.03)
        self.assertAlmostEqual(much["notes"], 20 * share / (1 + 19 * share), delta=.05)
        self.assertEqual(self.kinds_drawn({"books": 0})["books"], 0)

    def test_windows_gathered_on_a_device_are_the_same(self):
        here = self.train.random_windows(9, 30, RNG(1), {"notes": 2})
        other = TokenSet(self.out, "train").random_windows_on("cpu", 9, 30, RNG(1), {"notes": 2})
        for a, b in zip(here, other):
            self.assertTrue(bool((a == b).all()))
            self.assertEqual(str(b.dtype), "torch.int64")
        segments = [t.random_segments(t.documents[:1], 3, 2, 16, RNG(2))
                    for t in (self.train, TokenSet(self.out, "train", "cpu"))]
        self.assertEqual(tuple(segments[0].shape), (3, 2, 16))
        self.assertTrue(bool((segments[0] == segments[1]).all()))

    def test_weights_that_mean_nothing_are_refused(self):
        self.assertEqual(parse_weights("books:1,code:0.6"), {"books": 1.0, "code": .6})
        self.assertIsNone(parse_weights(""))
        for wrong in ("books", "books:x"):
            with self.assertRaises(ValueError):
                parse_weights(wrong)
        for wrong in ({"novels": 1.0}, {"books": -1.0}, {"books": 0.0, "docs": 0.0, "code": 0.0, "notes": 0.0}):
            with self.assertRaises(ValueError):
                self.train.random_windows(2, 30, RNG(0), wrong)


class ShardsTest(CorpusCase):
    def setUp(self):
        super().setUp()
        self.meta = self.tokens()
        self.shards, self.there = os.path.join(self.folder, "shards"), os.path.join(self.folder, "there")
        self.folders = [os.path.join(self.shards, letter)
                        for letter, _, _ in pack(self.out, self.shards, [self.corpus], .014, 1)]

    def test_round_trip(self):
        self.assertGreater(len(self.folders), 1)
        meta, missing = unpack(self.folders, self.there, 2)
        self.assertEqual(missing, [])
        self.assertEqual(meta, self.meta)
        for name in ("train.bin", "val.bin", "test.bin", "tokenizer.json"):
            with open(os.path.join(self.out, name), "rb") as a, open(os.path.join(self.there, name), "rb") as b:
                self.assertEqual(a.read(), b.read(), name)

    def test_a_part_gives_a_part_and_says_what_is_missing(self):
        meta, missing = unpack(self.folders[:1], self.there, 1)
        self.assertTrue(missing)
        self.assertLess(len(meta["train"]), len(self.meta["train"]))
        for split in ("train", "val", "test"):
            TokenSet(self.there, split)

    def test_a_cut_off_or_changed_piece_is_refused_by_name(self):
        path = next(os.path.join(f, n) for f in self.folders for n in os.listdir(f) if n.startswith("train-"))
        with open(path, "rb") as f:
            content = f.read()
        for wrong, message in ((content[:-9], "cut off"), (content[:50] + b"!" + content[51:], "damaged")):
            with open(path, "wb") as f:
                f.write(wrong)
            with self.assertRaisesRegex(CorpusError, rf"{os.path.basename(path)}: {message}"):
                unpack(self.folders, self.there, 1)
            self.assertFalse(os.path.exists(os.path.join(self.there, "train.bin")))


if __name__ == "__main__":
    unittest.main()
