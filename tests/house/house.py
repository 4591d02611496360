#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the house: layers, sizes, names, READMEs, locks, hygiene; built files.

    house.py CHECK [--root DIR] [FILE...]

Prints one line per breach, PLACE: SENTENCE, and exits 1 if there is any.
FILE: built files, for the checks `modules`, `program`, `state` and `flags`."""

import argparse
import pathlib
import sys

import built
import hygiene
import layers
import sizes
from tree import Tree

CHECKS = {
    'layers': layers.check,
    'sizes': sizes.check_sizes,
    'columns': sizes.check_columns,
    'names': hygiene.check_names,
    'locks': hygiene.check_locks,
    'readmes': hygiene.check_readmes,
    'marks': hygiene.check_marks,
    'lists': hygiene.check_lists,
    'messages': hygiene.check_messages,
}
BUILT_CHECKS = {
    'modules': built.check_modules,
    'program': built.check_program,
    'state': built.check_state,
    'flags': built.check_flags,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('check', choices=[*CHECKS, *BUILT_CHECKS])
    parser.add_argument('--root', type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument('files', nargs='*')
    options = parser.parse_args()
    if options.check in CHECKS:
        breaches = list(CHECKS[options.check](Tree(options.root)))
    else:
        breaches = list(BUILT_CHECKS[options.check](options.files))
    for place, sentence in breaches:
        print(f'{place}: {sentence}')
    print(f'{options.check}: {len(breaches)} breaches' if breaches else f'{options.check}: sound')
    return 1 if breaches else 0


if __name__ == '__main__':
    sys.exit(main())
