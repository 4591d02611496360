# SPDX-License-Identifier: Apache-2.0
"""How long things may be (HACKING.md, Idioms)."""

import re

from c_source import functions

C_FILE, HEADER, CONTRACT, RULE = 600, 250, 1200, 120
FUNCTION, DEPTH, COLUMNS = 70, 4, 100


def count(tree, path):
    return len(tree.text(path).splitlines())


def check_files(tree):
    limits = [(tree.within('core', 'modules', 'tests', 'examples', ends=('.c',)), C_FILE),
              (tree.within('include', ends=('.h',)), HEADER),
              (tree.within('scripts', ends=('.lua',)), RULE)]
    for paths, limit in limits:
        for path in paths:
            if count(tree, path) > limit:
                yield path, f'{count(tree, path)} lines; at most {limit}'
    total = sum(count(tree, path) for path in tree.within('include'))
    if total > CONTRACT:
        yield 'include', f'{total} lines in all; at most {CONTRACT}'


def check_functions(tree):
    for path in tree.within('core', 'modules', 'tests', 'examples', 'include'):
        for function in functions(tree.text(path)):
            place, length = f'{path}:{function.line}', function.end - function.line + 1
            if length > FUNCTION:
                yield place, f'{function.name} has {length} lines; at most {FUNCTION}'
            if function.depth > DEPTH:
                yield place, f'{function.name} nests {function.depth} deep; at most {DEPTH}'


def check_sizes(tree):
    yield from check_files(tree)
    yield from check_functions(tree)


def check_columns(tree):
    paths = tree.within('core', 'modules', 'include', 'scripts', 'tests', 'examples',
                        ends=('.c', '.h', '.lua', '.py', '/run', '/install'))
    for path in paths:
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            columns = len(line.expandtabs(8))
            if columns > COLUMNS and not re.search(r'https?://\S{40}', line):
                yield f'{path}:{number}', f'{columns} columns; at most {COLUMNS}'
