"""The dense retriever: a small bidirectional encoder that turns a question, or a passage, into one vector, so that what
belongs together lies close. Built to be measured against lexical search (docs/answers.md); it ships only if it adds.
"""
