"""The tokenizer gives back every text, and its file says what the usual libraries expect."""
import collections
import importlib.util
import json
import os
import re
import tempfile
import unittest

from training.tokenizer import (PATTERN, SPECIAL, Tokenizer, byte_symbols, learn_bpe, plain_pattern, split_words,
                                write_tokenizer_json)

# First sentence: Conan Doyle, The Lost World (1912), chapter 1; the rest is ours.
TEXTS = ["Mr. Hungerton, her father, really was the most tactless person upon earth.\n\n",
         "Résumé №7: x_1 += 0x1F;\n\n\tnaïve – “quotes” 12,345\n  end", "你好 🙂\r\n\r\n  ", "", " ",
         "don't DON'T we'll", "<|doc|>"]


@unittest.skipUnless(importlib.util.find_spec("regex"), "the Python encoder needs `regex`")
class TokenizerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        counts = collections.Counter()
        for text in TEXTS:
            counts.update(split_words(text * 3))
        cls.tokens, cls.merges = learn_bpe(counts, 320)
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "tokenizer.json")
        write_tokenizer_json(cls.path, cls.tokens, cls.merges)
        cls.tokenizer = Tokenizer(cls.path, use_library=False)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_decoding_gives_the_text_back(self):
        for text in TEXTS:
            self.assertEqual(self.tokenizer.decode(self.tokenizer.encode(text)), text)

    def test_pieces_join_to_the_text(self):
        for text in TEXTS:
            self.assertEqual("".join(split_words(text)), text)

    def test_a_machine_without_regex_splits_alike(self):
        plain = re.compile(plain_pattern())
        for text in TEXTS + ["a\x1cb\x1f c\x85d\u3000e\u2028 f", "x²³ ½ Ⅷ ٣ ßſ'S I'LL \u0301é", " \t\n \n\tz  "]:
            self.assertEqual(plain.findall(text), split_words(text))

    def test_document_text_never_becomes_a_special_token(self):
        self.assertTrue(all(i >= len(SPECIAL) for i in self.tokenizer.encode("<|doc|><|end|>")))

    def test_byte_lengths_add_up_to_the_size_of_the_text(self):
        lengths = self.tokenizer.byte_lengths()
        for text in TEXTS:
            self.assertEqual(sum(lengths[i] for i in self.tokenizer.encode(text)), len(text.encode("utf-8")))

    def test_merges_are_learned_and_used(self):
        self.assertEqual(len(self.tokens), 320)
        self.assertLess(len(self.tokenizer.encode(TEXTS[0])), len(TEXTS[0]))

    def test_file_has_the_layout_of_the_usual_libraries(self):
        with open(self.path, encoding="utf-8") as f:
            content = json.load(f)
        self.assertEqual([t["content"] for t in content["added_tokens"]], SPECIAL)
        self.assertEqual(content["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"], PATTERN)
        self.assertEqual(content["model"]["type"], "BPE")
        self.assertEqual(sorted(content["model"]["vocab"].values()), list(range(320)))

    def test_byte_symbols_are_distinct(self):
        self.assertEqual(len(set(byte_symbols())), 256)


if __name__ == "__main__":
    unittest.main()
