"""The reader: a small bidirectional encoder that takes a question and a passage and says whether the passage answers it,
and with which words. Trained on people's questions and on questions made by rule; see README.md of training/.
"""
