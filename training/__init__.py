"""Longleaf training: a small Llama-graph language model and a memory adapter over it, in plain PyTorch.

Nothing here is imported by the desktop application: the two sides share only the exported files
(config.json, model.safetensors, tokenizer.json, memory/) and golden.json.
"""
