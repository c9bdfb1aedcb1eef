"""Facts that are put into unseen text, and what is asked about them later.

  passkey     one code                               one fact    where a person went, among others who went elsewhere
  keys        one of eight codes, all in the text    two facts   where a thing is whose holder went somewhere
Every question has eight candidate answers, the right one first. Does not know: models, tokens, distances.

Source: passkey (Mohtashami & Jaggi 2023, arXiv:2305.16300), several keys (RULER, Hsieh et al. 2024, arXiv:2404.06654),
people and things (BABILong, Kuratov et al. 2024, arXiv:2406.10149, tasks 1 and 2), worded by us.
"""
from dataclasses import dataclass

CHOICES = 8
COLOURS = "grey blue green white black red yellow brown silver golden".split()
PLACES = "harbour garden mill tower bridge station castle farm library market".split()
PEOPLE = "Mary John Peter Sarah Henry Alice Robert Emma".split()
ROOMS = "kitchen garden office bathroom bedroom hallway school park".split()
THINGS = "apple lamp letter book".split()
TASKS = ("passkey", "keys", "one fact", "two facts")


@dataclass
class Fact:
    """`sentences` go into the text in this order; `cue` is continued by the answer; `question` asks for it."""

    sentences: list
    cue: str
    question: str
    candidates: list


def code(rng):
    return "".join(str(d) for d in rng.integers(0, 10, 5))


def codes(rng, count):
    """Different codes of five digits."""
    found = []
    while len(found) < count:
        new = code(rng)
        if new not in found:
            found.append(new)
    return found


def key_names(rng, count):
    every = [f"{colour} {place}" for colour in COLOURS for place in PLACES]
    return [every[i] for i in rng.choice(len(every), count, replace=False)]


def passkey(rng):
    (name,), found = key_names(rng, 1), codes(rng, CHOICES)
    return Fact([f" The code of the {name} is {found[0]}."], f" The code of the {name} is",
                f"What is the code of the {name}?", found)


def keys(rng):
    names, found = key_names(rng, CHOICES), codes(rng, CHOICES)
    order = rng.permutation(CHOICES)
    return Fact([f" The code of the {names[i]} is {found[i]}." for i in order], f" The code of the {names[0]} is",
                f"What is the code of the {names[0]}?", found)


def _rooms(rng):
    return [ROOMS[i] for i in rng.permutation(len(ROOMS))]


def one_fact(rng):
    people, rooms = [PEOPLE[i] for i in rng.permutation(len(PEOPLE))[:4]], _rooms(rng)
    moves = [f" {person} went to the {room}." for person, room in zip(people, rooms)]
    return Fact([moves[i] for i in rng.permutation(4)], f" {people[0]} is now in the", f"Where is {people[0]}?", rooms)


def two_facts(rng):
    people, rooms = [PEOPLE[i] for i in rng.permutation(len(PEOPLE))[:3]], _rooms(rng)
    things = [THINGS[i] for i in rng.permutation(len(THINGS))[:3]]
    taken = [f" {person} took the {thing}." for person, thing in zip(people, things)]
    moves = [f" {person} went to the {room}." for person, room in zip(people, rooms)]
    return Fact([taken[i] for i in rng.permutation(3)] + [moves[i] for i in rng.permutation(3)],
                f" The {things[0]} is now in the", f"Where is the {things[0]}?", rooms)


MAKERS = {"passkey": passkey, "keys": keys, "one fact": one_fact, "two facts": two_facts}
