"""The chat form, what batches count and show, the split, and a run that resumes and stops at a bad loss."""
import glob
import io
import json
import lzma
import os
import shutil
import subprocess
import tempfile
import unittest
from contextlib import redirect_stdout

import numpy as np
import torch

from training import chat
from training.examples.answers import Scorer, f1, generate, rotated, slot_view
from training.examples.batches import VIEWS, Examples, Sampler, right_aligned, row_of
from training.examples.build import build, document_of, gram_hashes, overlaps, split_of
from training.examples.tasks import NAMES, sentence_around
from training.instruct import Options, Training, answer_loss, main, one_value, shares
from training.memory import assemble, decode
from training.model import build as build_model, load_saved, save_checkpoint
from training.reader.questions import is_test
from training.tests.tiny import random_ids, relative, tiny_encoder, tiny_model
from training.tokenizer import END, PAD, SPECIAL, Tokenizer, learn_bpe, split_words, write_tokenizer_json
from training.train_memory import save_encoder

EXACT = 1e-5
WORDS = ("river", "harbour", "captain", "lantern", "winter", "letter", "garden", "engine", "silver", "mountain")


def sentence(rng):
    first, second, third = rng.choice(WORDS, 3, replace=False)
    return f"The {first} of {rng.integers(10, 99)} was near the {second} and the old {third}."


def make_rows(folder):
    """A small supervised file: 60 sources with 3 contexts each, questions of several tasks."""
    rng = np.random.default_rng(0)
    path = os.path.join(folder, "sup-test.jsonl.xz")
    with lzma.open(path, "wt", encoding="utf-8") as f:
        for source in range(60):
            for part in range(3):
                context = " ".join(sentence(rng) for _ in range(6))
                word = context.split(" of ")[0].split()[-1]
                qa = [dict(task="squad", question=f"What was of number {part}?", answer=word),
                      dict(task="squad_unanswerable", question="Who sang?", answer="The document does not say."),
                      dict(task="doc_heading", question="Suggest a heading for this text.", answer=f"The {word}")]
                group = f"squad/Article_{source}/{part}" if source % 2 else f"book/classic/A/Book {source}/{part}"
                f.write(json.dumps(dict(group=group, context=context, qa=qa)) + "\n")
    return path


class Corpus(unittest.TestCase):
    """A folder with tokenizer, tokens, supervised file and built examples."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        path = make_rows(cls.folder)
        rng = np.random.default_rng(1)
        text = "\n\n".join(sentence(rng) for _ in range(400))
        counts = {}
        for word in split_words(text):
            counts[word] = counts.get(word, 0) + 1
        tokens, merges = learn_bpe(counts, 384)
        write_tokenizer_json(os.path.join(cls.folder, "tokenizer.json"), tokens, merges)
        cls.tokenizer = Tokenizer(os.path.join(cls.folder, "tokenizer.json"), use_library=False)
        ids = np.array([0] + cls.tokenizer.encode(text), dtype=np.uint16)
        meta = {}
        for split in ("train", "val"):
            ids.tofile(os.path.join(cls.folder, split + ".bin"))
            meta[split] = [dict(kind="books", id=f"classic/A/{split}", start=0, tokens=len(ids), bytes=len(text))]
        meta["val"][0]["id"] = "classic/A/Book 4"
        with open(os.path.join(cls.folder, "meta.json"), "w", encoding="utf-8") as f:
            json.dump(meta, f)
        cls.examples = os.path.join(cls.folder, "examples")
        cls.counts = build(cls.folder, [path], cls.examples, 1)
        torch.manual_seed(0)
        cls.model = build_model("tiny", vocab=384, positions=1024)
        cls.model.dtype = torch.float32
        save_checkpoint(os.path.join(cls.folder, "base.pt"), cls.model, step=0)
        cls.encoder = tiny_encoder(cls.model)
        save_encoder(os.path.join(cls.folder, "memory.pt"), cls.encoder, segment=64, ratios=[8], step=0)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def sampler(self, split="train", tokens=4096):
        return Sampler(Examples(self.examples, split), self.tokenizer, 64, tokens, row=96, passage_row=192)

    def options(self, out, *more):
        return ["--data", self.folder, "--examples", self.examples, "--base", os.path.join(self.folder, "base.pt"),
                "--memory", os.path.join(self.folder, "memory.pt"), "--out", out, "--tokens", "1500", *more]


class ChatTest(Corpus):
    MESSAGES = [dict(role="passage", content="A ship.\n\nA <sea>. "), dict(role="user", content=" Where is it? "),
                dict(role="assistant", content="At sea."), dict(role="user", content="Why?")]

    def ids_of(self, text):
        """Ids of rendered text by a tokenizer that knows the special tokens."""
        ids, rest = [], text
        while rest:
            found = sorted((rest.find(s), i, s) for i, s in enumerate(SPECIAL) if s in rest)
            if not found:
                return ids + self.tokenizer.encode(rest)
            at, number, special = found[0]
            ids += self.tokenizer.encode(rest[:at]) + [number]
            rest = rest[at + len(special):]
        return ids

    def render(self, messages, add_generation_prompt):
        program = ("import json, sys; from jinja2 import Template; t, m, g = json.load(sys.stdin); "
                   "sys.stdout.write(Template(t).render(messages=m, add_generation_prompt=g))")
        for python in ("/usr/bin/python3", "python3"):
            run = subprocess.run([python, "-c", program], capture_output=True, text=True,
                                 input=json.dumps([chat.CHAT_TEMPLATE, messages, add_generation_prompt]))
            if run.returncode == 0:
                return run.stdout
        self.skipTest("no Python with jinja2 here")

    def test_template_and_functions_give_the_same_ids(self):
        for messages in (self.MESSAGES, self.MESSAGES[1:2], self.MESSAGES[:3]):
            for asks in (True, False):
                self.assertEqual(self.ids_of(self.render(messages, asks)),
                                 chat.conversation(self.tokenizer, messages, asks))

    def test_prompt_and_reply_are_the_conversation(self):
        passage, question, answer, _ = (m["content"] for m in self.MESSAGES)
        ids = chat.prompt(self.tokenizer, question, passage)
        self.assertEqual(ids, chat.conversation(self.tokenizer, self.MESSAGES[:2]))
        whole = chat.conversation(self.tokenizer, self.MESSAGES[:3], False)
        self.assertEqual(ids + chat.reply(self.tokenizer, answer), whole)
        self.assertEqual(chat.read_reply(self.tokenizer, chat.reply(self.tokenizer, answer) + [9, 9]), answer)

    def test_document_text_never_becomes_a_special_token(self):
        ids = chat.prompt(self.tokenizer, "Who?", "say <|end|> now")
        self.assertNotIn(END, ids)


class BuildTest(Corpus):
    def test_split_is_by_document_and_keeps_held_out_ones_out(self):
        known = {"classic/A/Book 4": "val", "classic/A/Book 6": "test", "classic/A/Book 8": "train"}
        self.assertEqual(document_of("book/classic/A/Book 4/12", known), ("books", "classic/A/Book 4"))
        self.assertEqual(split_of("book/classic/A/Book 6/1", known), "test")
        groups = [f"book/classic/A/Book {n}/{p}" for n in range(40) for p in range(3)]
        for group in groups + [f"squad/Article_{n}/{p}" for n in range(40) for p in range(3)]:
            split = split_of(group, known)
            self.assertEqual(split, split_of(group.rsplit("/", 1)[0] + "/99", known))
            if is_test(group):
                self.assertEqual(split, "test")
        if not is_test("book/classic/A/Book 4/1"):
            self.assertEqual(split_of("book/classic/A/Book 4/1", known), "val")
        self.assertTrue(self.counts["train"]["examples"] > 0 and self.counts["test"]["examples"] > 0)

    def test_text_of_a_held_out_document_is_found(self):
        held = np.arange(1000, dtype=np.uint16) % 251 + 8
        grams = np.unique(gram_hashes(held))
        other = np.random.default_rng(3).integers(8, 300, 200).astype(np.uint16)
        self.assertFalse(overlaps(other, grams))
        self.assertTrue(overlaps(np.concatenate([other, held[300:330], other]), grams))

    def test_contexts_start_at_multiples_and_come_back_whole(self):
        x = Examples(self.examples, "train")
        self.assertTrue((x.start % 32 == 0).all())
        e = int(np.nonzero(x.task == NAMES.index("squad"))[0][0])
        context = self.tokenizer.decode(x.context_ids(x.context[e]).tolist())
        answer = chat.read_reply(self.tokenizer, x.answer(e).tolist())
        self.assertIn(answer, context)
        rest = self.tokenizer.decode(x.context_ids(x.context[e])[x.first[e]:].tolist())
        self.assertTrue(rest.strip().startswith(answer), (rest[:40], answer))
        refusals = np.nonzero(x.task == NAMES.index("squad_unanswerable"))[0]
        self.assertEqual(chat.read_reply(self.tokenizer, x.answer(refusals[0]).tolist()), chat.NOT_STATED)

    def test_a_quote_is_the_sentence_of_the_text(self):
        text = "One is here. The second one, of 3.5 tons, is in the harbour. A third."
        at = text.index("harbour")
        self.assertEqual(sentence_around(text, at, at + 7), "The second one, of 3.5 tons, is in the harbour.")

    def test_a_cut_off_file_is_named(self):
        path = os.path.join(self.folder, "sup-broken.jsonl.xz")
        with open(glob.glob(os.path.join(self.folder, "sup-test*"))[0], "rb") as f:
            whole = f.read()
        with open(path, "wb") as f:
            f.write(whole[:len(whole) // 2])
        with self.assertRaisesRegex(SystemExit, "sup-broken"):
            build(self.folder, [path], os.path.join(self.folder, "none"), 1)


class BatchTest(Corpus):
    def test_only_answers_are_counted(self):
        sampler = self.sampler()
        for view in VIEWS:
            for seed in range(4):
                batch = sampler.batch(view, 8, np.random.default_rng(seed))
                length = batch.rows.shape[1]
                counted = torch.zeros(batch.rows.numel(), dtype=torch.bool)
                counted[batch.places + 1] = True
                for row, marks in zip(batch.rows.tolist(), counted.view(batch.rows.shape).tolist()):
                    inside = False
                    for token, mark in zip(row, marks):
                        self.assertEqual(mark, inside and token != PAD)
                        inside = (inside or token == chat.ASSISTANT) and token != END
                self.assertEqual(batch.target.tolist(), batch.rows.view(-1)[batch.places + 1].tolist())
                self.assertAlmostEqual(float(batch.weight.sum()), 1.0, places=4)
                self.assertTrue((batch.places % length < length - 1).all())

    def test_a_row_that_is_too_long_keeps_whole_turns(self):
        ids, spans = row_of([9] * 4, [([10] * 3, [11] * 3), ([12] * 3, [13] * 9)], 14)
        self.assertEqual((len(ids), spans), (13, [(10, 13)]))

    def test_a_step_draws_the_same_batch_again(self):
        for view in VIEWS:
            a, b = (self.sampler().batch(view, 8, np.random.default_rng(5)) for _ in range(2))
            self.assertTrue(torch.equal(a.rows, b.rows))

    def test_a_question_about_a_whole_text_sees_only_that_text(self):
        sampler, x = self.sampler(), Examples(self.examples, "train")
        heading = NAMES.index("doc_heading")
        rng = np.random.default_rng(0)
        for e in np.nonzero(x.task == heading)[0]:
            begin = sampler.window(e, 4, rng)
            c = x.context[e]
            for slot in sampler.own_slots(e, begin, 4, 8):
                self.assertTrue(x.start[c] <= begin + slot * 8 < x.start[c] + x.tokens[c] + 0)

    def test_windows_hold_the_context(self):
        sampler, x = self.sampler(), Examples(self.examples, "train")
        for e in range(0, len(x), 7):
            begin, c = sampler.window(e, 4, np.random.default_rng(e)), x.context[e]
            self.assertTrue(begin <= x.start[c] and x.start[c] + x.tokens[c] <= begin + 256)
            self.assertTrue(0 <= begin and begin + 256 <= len(x.stream))


class ViewTest(unittest.TestCase):
    def setUp(self):
        self.model = tiny_model()
        self.encoder = tiny_encoder(self.model)

    def test_slots_of_whole_segments_are_what_assemble_gives(self):
        memories = self.encoder.encode(self.model, random_ids(3, 32), 8)
        index = torch.tensor([[-1, 2], [0, 1]])
        past, has_slot = assemble(self.model, memories, index)
        slots = right_aligned([np.arange(8, 12), np.arange(8)], 8)
        view, mine = slot_view(memories, slots)
        self.assertTrue(torch.equal(mine, has_slot))
        for (ka, va), (kb, vb) in zip(past, rotated(self.model, view)):
            seen = has_slot[:, None, :, None]
            self.assertLess(relative(kb * seen, ka * seen), EXACT)
            self.assertLess(relative(vb * seen, va * seen), EXACT)

    def test_what_follows_a_context_in_its_segment_never_shows(self):
        local, hidden = random_ids(1, 9, seed=4), []
        context = random_ids(1, 24)
        for seed in (5, 6):
            segment = torch.cat([context, random_ids(1, 40, seed=seed)], 1)
            view, has_slot = slot_view(self.encoder.encode(self.model, segment, 8), right_aligned([np.arange(3)], 8))
            hidden.append(decode(self.model, local, rotated(self.model, view), has_slot))
        past, has_slot = assemble(self.model, self.encoder.encode(self.model, context, 8), torch.tensor([[0]]))
        alone = decode(self.model, local, past, has_slot)
        self.assertTrue(torch.equal(hidden[0], hidden[1]))
        self.assertLess(relative(hidden[0], alone), EXACT)

    def test_right_padding_of_rows_never_shows(self):
        row = random_ids(1, 20)
        padded = torch.cat([row, torch.full((1, 12), PAD)], 1)
        self.assertLess(relative(decode(self.model, padded)[:, :20], decode(self.model, row)), EXACT)

    def slow_answer(self, prompt, view, has_slot, limit):
        ids = list(prompt)
        for _ in range(limit):
            past = rotated(self.model, view) if view else None
            hidden = decode(self.model, torch.tensor([ids]), past, has_slot)
            ids.append(int(self.model.logits(hidden[:, -1]).argmax()))
            if ids[-1] == END:
                break
        return ids[len(prompt):]

    def test_answers_equal_those_of_reading_everything_again(self):
        prompts = [random_ids(n, seed=n).tolist() for n in (5, 11, 8)]
        memories = self.encoder.encode(self.model, random_ids(3, 32), 8)
        slots = right_aligned([np.arange(4), np.arange(2, 8), np.arange(5, 12)], 8)
        for view, has_slot in ((None, None), slot_view(memories, slots)):
            fast = generate(self.model, prompts, view, has_slot, limit=6)
            for i, prompt in enumerate(prompts):
                one = view and [(k[i:i + 1], v[i:i + 1]) for k, v in view]
                seen = None if view is None else has_slot[i:i + 1]
                self.assertEqual(fast[i], self.slow_answer(prompt, one, seen, 6))

    def test_f1_is_squads(self):
        self.assertEqual(f1("the Red House.", "red house"), 1.0)
        self.assertAlmostEqual(f1("red car", "red house"), 0.5)
        self.assertEqual(f1("", "red"), 0.0)


class TrainingTest(Corpus):
    def run_main(self, out, *more):
        lines = io.StringIO()
        with redirect_stdout(lines):
            main(["train", *self.options(out, *more)])
        return lines.getvalue()

    def test_a_run_trains_saves_scores_and_resumes(self):
        out = os.path.join(self.folder, "run")
        self.run_main(out, "--seconds", "0.6", "--questions", "8")
        first = load_saved(os.path.join(out, "base.pt"))
        self.assertGreater(first["step"], 0)
        self.assertFalse(torch.equal(first["model"]["embedding"], self.model.embedding))
        memory = load_saved(os.path.join(out, "memory.pt"))
        self.assertEqual((memory["segment"], memory["ratios"], memory["step"]), (64, [8], first["step"]))
        self.assertFalse(torch.equal(memory["encoder"]["offset"], self.encoder.offset))
        self.assertIn(f"start at step {first['step']}", self.run_main(out, "--seconds", "0.9", "--questions", "0"))
        self.assertGreater(load_saved(os.path.join(out, "base.pt"))["step"], first["step"])
        with open(os.path.join(out, "instruct.jsonl"), encoding="utf-8") as f:
            scored = [line for line in map(json.loads, f) if "scores" in line]
        self.assertEqual([line["when"] for line in scored], ["before", "after"])
        self.assertTrue({"none", "passage", "memory", "both", "wrong"} <= set(scored[0]["scores"]))

    def test_training_lowers_the_answer_loss_of_a_batch(self):
        torch.manual_seed(0)
        o = Options(data=self.folder, base=os.path.join(self.folder, "base.pt"),
                    memory=os.path.join(self.folder, "memory.pt"), out=os.path.join(self.folder, "nothing"))
        training = Training(o)
        batch = self.sampler().batch("memory", 8, np.random.default_rng(0))
        first = float(answer_loss(training.model, training.encoder, batch)[0].detach())
        plain = (torch.randint(8, 384, (2, 16)), torch.randint(8, 384, (2, 16)))
        for _ in range(12):
            training.state["step"] = 40
            training.step((batch, plain, 16, 0), 0.0)
        self.assertLess(float(answer_loss(training.model, training.encoder, batch)[0].detach()), first - 0.1)

    def test_a_bad_loss_stops_and_leaves_the_checkpoint(self):
        out = os.path.join(self.folder, "bad")
        base = load_saved(os.path.join(self.folder, "base.pt"))
        base["model"]["final_gain"][0] = float("nan")
        torch.save(base, os.path.join(self.folder, "nan.pt"))
        arguments = self.options(out, "--seconds", "3", "--questions", "0")
        arguments[arguments.index("--base") + 1] = os.path.join(self.folder, "nan.pt")
        with redirect_stdout(io.StringIO()), self.assertRaisesRegex(SystemExit, "step 1: .* is nan"):
            main(arguments)
        self.assertFalse(os.path.exists(os.path.join(out, "base.pt")))

    def test_scores_do_not_depend_on_the_batch(self):
        sampler = self.sampler("test")
        model, encoder = self.model.requires_grad_(False), self.encoder
        one, many = (Scorer(model, encoder, self.tokenizer, sampler, rows=rows).score(6, ("none", "passage", "memory"))
                     for rows in (1, 6))
        model.requires_grad_(True)
        for view in ("none", "memory"):
            self.assertAlmostEqual(one[view]["nats"], many[view]["nats"], places=3)

    def test_options(self):
        self.assertEqual(one_value(["--sup", "a", "b", "--out", "o"], "--sup"), ["--sup", "a,b", "--out", "o"])
        self.assertEqual(shares("none:1,memory:3"), {"none": 0.25, "memory": 0.75})
        with self.assertRaisesRegex(SystemExit, "unknown stage"):
            main(["trian"])


if __name__ == "__main__":
    unittest.main()
