"""The one form in which our models are asked: <|passage|> text <|user|> question <|assistant|> answer <|end|>.

A memory view stands in front of it and is not part of the text; the passage may be left out. The answer begins with a
space, so that its first word has the id that it has inside a text: copying is then a copy of ids.
`CHAT_TEMPLATE` renders the same form from messages; tests/test_instruct.py holds both to the same ids.
Does not know: models, memories, examples.
"""
from .tokenizer import END, SPECIAL

USER, ASSISTANT, PASSAGE = 1, 2, 5

# Fixed words. An instruction that training has seen works; another wording of it may not.
NOT_STATED = "The text does not say."
ASK = "Ask a question that this text answers."
QUOTE = "Quote the sentence that answers: {question}"
SUMMARISE = "Summarise this text."
TITLE = "Give this text a short title."

# Roles: "passage" (or "system") shows a text, "user" asks, "assistant" answers. `trim` drops white space at both ends.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}<|user|>{{ message['content'] | trim }}"
    "{% elif message['role'] == 'assistant' %}<|assistant|> {{ message['content'] | trim }}<|end|>"
    "{% else %}<|passage|>{{ message['content'] | trim }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}")


def prompt(tokenizer, question, passage=None):
    """Ids up to the place where the answer begins; a list. Document text never becomes a special token."""
    ids = [] if passage is None else [PASSAGE] + tokenizer.encode(passage.strip())
    return ids + [USER] + tokenizer.encode(question.strip()) + [ASSISTANT]


def reply(tokenizer, answer):
    """Ids of an answer as the model is trained to give it, the end of the turn included."""
    return tokenizer.encode(" " + answer.strip()) + [END]


def ask_prompt(tokenizer, question):
    """(prompt, reply) whose reply's log-probability behind a memory says how well that memory answers `question`.

    Source: unsupervised passage re-ranking, Sachan et al. 2022, arXiv:2204.07496, with a memory in the passage's place.
    """
    return prompt(tokenizer, ASK), reply(tokenizer, question)


def conversation(tokenizer, messages, add_generation_prompt=True):
    """Ids of messages {role, content}: what CHAT_TEMPLATE and a tokenizer that knows the special tokens give."""
    ids = []
    for message in messages:
        if message["role"] == "user":
            ids += [USER] + tokenizer.encode(message["content"].strip())
        elif message["role"] == "assistant":
            ids += [ASSISTANT] + reply(tokenizer, message["content"])
        else:
            ids += [PASSAGE] + tokenizer.encode(message["content"].strip())
    return ids + [ASSISTANT] if add_generation_prompt else ids


def read_reply(tokenizer, ids):
    """Text of generated ids, up to the end of the turn."""
    ids = list(ids)
    return tokenizer.decode(ids[:ids.index(END)] if END in ids else ids).strip()


assert [SPECIAL[i] for i in (USER, ASSISTANT, END, PASSAGE)] == ["<|user|>", "<|assistant|>", "<|end|>", "<|passage|>"]
