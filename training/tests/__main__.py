"""Runs all tests and closes with one line: /usr/bin/python3 -m training.tests

Without PyTorch, or without `regex`, the tests that need it are named, with the command that would install it, and the
run fails: tests that did not run are not tests that passed.
"""
import glob
import importlib.util
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
INSTALL = {"torch": "apt-get install python3-torch   (or: pip install torch)",
           "numpy": "apt-get install python3-numpy   (or: pip install numpy)",
           "regex": "apt-get install python3-regex   (or: pip install regex)"}


def missing_modules():
    return [name for name in INSTALL if importlib.util.find_spec(name) is None]


def run():
    missing = missing_modules()
    files = sorted(os.path.basename(p) for p in glob.glob(os.path.join(HERE, "test_*.py")))
    if "torch" in missing or "numpy" in missing:
        for name in files:
            print(f"did not run: training/tests/{name}")
        for name in missing:
            print(f"{name} is missing; install it with: {INSTALL[name]}")
        print("0 passed, 0 failed")
        return 2
    import torch
    torch.set_num_threads(1)
    root = os.path.dirname(os.path.dirname(HERE))
    suite = unittest.defaultTestLoader.discover(HERE, pattern="test_*.py", top_level_dir=root)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    for test, reason in result.skipped:
        print(f"did not run: {test} ({reason})")
    for name in missing:
        print(f"{name} is missing; install it with: {INSTALL[name]}")
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(run())
