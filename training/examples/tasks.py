"""Which tasks of the supervised files are trained, how often, and in which words.

A task that asks about "this text" as a whole needs a memory of that text alone; any other question can be asked of a
memory that holds more of the document. Does not know: tokens, files.
"""
import re

from ..chat import ASK, NOT_STATED, QUOTE, SUMMARISE, TITLE

# Share of a task among the questions drawn, before it is known how many it has (then times min(1, count / 1000)).
SHARES = {
    "squad": 14, "natural_question": 4, "fairytale_qa": 8, "fairytale_qa_whole": 1, "policy_qa": 3, "name_term": 2,
    "define_term": 3, "leaflet_qa": 3, "table_qa": 2, "rule_qa": .8, "quote": 10, "ask": 12, "squad_unanswerable": 6,
    "record_unanswerable": .8, "calendar_unanswerable": .6, "dialogue_unanswerable": .8, "doc_says": 3,
    "doc_define": 1.5,
    "doc_heading": 3, "doc_section": 1, "doc_title": .2, "doc_description": .8, "doc_outline": .3, "book_complete": 3,
    "book_speaker": 1.5, "book_next": 1, "book_missing_name": .7, "chapter_title": .5, "command_howto": 2,
    "command_purpose": .5, "command_name": .3, "command_explain": .5, "dialogue_slot": 1.5, "dialogue_intent": .4,
    "dialogue_notes": .4, "record_lookup": 1, "record_compare": .4, "record_filter": .3, "calendar": 1,
    "calendar_first": .2, "calendar_filter": .3, "table_lookup": .6, "table_compare": .3, "table_count": .2,
    "table_filter": .2, "track_object": .6, "track_person": .5, "code_summary": 1.5, "code_where": 1, "code_find": .5,
    "code_explain": .8, "code_params": .4, "code_list": .3, "paper_title": 1.2, "paper_tldr": 1.5, "proposal_title": .8,
    "proposal_summary": 1.2, "proposal_summary_whole": .3, "section_summary": .8, "abstract_conclusion": .8,
    "abstract_yes_no": .3, "meeting_qa": .6, "meeting_topic": .4, "textbook_answer": .4, "error_meaning": .4,
    "error_code": .2, "param_purpose": .3, "param_type": .1, "param_default": .1, "squad_question_generation": 1,
}
NAMES = tuple(SHARES)
TITLES = frozenset("doc_heading doc_title chapter_title paper_title proposal_title".split())
SUMMARIES = frozenset("section_summary proposal_summary proposal_summary_whole paper_tldr doc_description".split())

# Questions of which another place of the same document may be asked in the same words.
IN_DOCUMENT = frozenset(
    "squad natural_question fairytale_qa fairytale_qa_whole name_term define_term leaflet_qa quote ask doc_says "
    "doc_define doc_section book_complete book_speaker book_next book_missing_name command_howto command_purpose "
    "command_name command_explain code_where error_meaning error_code param_purpose param_type param_default".split())

# What the scores of answers are taken over: short answers, most of them verbatim.
SCORED = frozenset("squad natural_question fairytale_qa policy_qa name_term".split())
REFUSABLE = SCORED | frozenset("quote doc_define define_term leaflet_qa dialogue_slot record_lookup calendar".split())
QUOTED = frozenset("squad natural_question fairytale_qa policy_qa name_term".split())
ASKED = frozenset("squad natural_question fairytale_qa leaflet_qa name_term".split())

SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?![\s\"”’)]*(?:[A-Z\"“]|\n|$))[^.!?\n]*)*[.!?]?[\"”’)]*")


def is_alone(task):
    return task not in IN_DOCUMENT


def sentence_around(context, start, end):
    """The sentence of `context` that holds [start, end), 30 to 400 characters long, or None."""
    for match in SENTENCE.finditer(context, max(0, context.rfind("\n", 0, start) + 1)):
        if match.end() >= end:
            sentence = match.group().strip()
            return sentence if match.start() <= start and 30 <= len(sentence) <= 400 else None
    return None


def examples_of(context, entry, rng):
    """[(task, question, answer, character of the context where the answer stands or -1)] that one row's entry gives."""
    task, question, answer = entry["task"], entry["question"].strip(), entry["answer"].strip()
    if task == "fairytale_question_generation":
        return [("ask", ASK, answer, -1)]
    if task not in SHARES or not answer or not question:
        return []
    if task.endswith("_unanswerable"):
        return [(task, question, NOT_STATED, -1)]
    if task in TITLES and rng.random() < 0.5:
        question = TITLE
    if task in SUMMARIES and rng.random() < 0.5:
        question = SUMMARISE
    at = context.find(answer)
    found = [(task, question, answer, at)]
    if task in QUOTED and context.count(answer) == 1:
        sentence = sentence_around(context, at, at + len(answer))
        if sentence and sentence != answer:
            found.append(("quote", QUOTE.format(question=question), sentence, context.find(sentence)))
    if task in ASKED and rng.random() < 0.6:
        found.append(("ask", ASK, question, at))
    return found
