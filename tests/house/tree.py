# SPDX-License-Identifier: Apache-2.0
"""The files of a source tree, read once."""

import functools
import os
import pathlib

FOLDERS = ('core', 'modules', 'include', 'scripts', 'tests', 'examples', 'docs', 'po', '.ci')


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)

    @functools.cached_property
    def files(self):
        """Paths from the root, sorted; what stands at the root itself included."""
        found = [name for name in os.listdir(self.root) if (self.root / name).is_file()]
        for top in FOLDERS:
            for folder, names, files in os.walk(self.root / top):
                names[:] = [name for name in names if name != '__pycache__']
                within = pathlib.Path(folder).relative_to(self.root)
                found += [(within / file).as_posix() for file in files]
        return sorted(found)

    @functools.cache
    def text(self, path):
        return (self.root / path).read_text(encoding='utf-8', errors='replace')

    def has(self, path):
        return path in self.files

    def within(self, *tops, ends=('.c', '.h')):
        """Paths below the folders that end so."""
        below = tuple(top + '/' for top in tops)
        return [path for path in self.files if path.startswith(below) and path.endswith(ends)]

    def is_text(self, path):
        with open(self.root / path, 'rb') as file:
            return b'\0' not in file.read(4096)

    def is_script(self, path):
        return self.text(path).startswith('#!')
