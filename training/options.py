"""Command-line flags from a dataclass: field name, type and default become a flag, the comment beside it its help.

Does not know: what the fields mean.
"""
import argparse
import dataclasses
import inspect
import re


def parse_options(options_class, description, arguments=None):
    """An `options_class` filled from the command line; fields without a default are required."""
    comments = dict(re.findall(r"^\s+(\w+): [^#\n]*#\s*(.*)$", inspect.getsource(options_class), re.M))
    parser = argparse.ArgumentParser(description=description)
    for field in dataclasses.fields(options_class):
        is_required = field.default is dataclasses.MISSING
        default = None if is_required else field.default
        parser.add_argument("--" + field.name, type=field.type, required=is_required, default=default,
                            help=comments.get(field.name, "").replace("%", "%%"))
    return options_class(**vars(parser.parse_args(arguments)))
