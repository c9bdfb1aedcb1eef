"""Tests of the training package; need PyTorch, neither the corpus nor trained weights."""
