# SPDX-License-Identifier: Apache-2.0
"""Reads C as far as the house needs: comments, includes, functions, nesting."""

import re
from dataclasses import dataclass

PIECE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.M)
DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', re.M)
TOKEN = re.compile(r'[A-Za-z_]\w*|[^\s\w]|\d\w*')
ATTRIBUTE = re.compile(r'\bG_GNUC_\w+(?:\s*\([^()]*\))?|__attribute__\s*\(\(.*?\)\)')
OPENS = ('if', 'for', 'while', 'switch')


@dataclass
class Function:
    name: str
    line: int           # of its name
    end: int            # of its closing brace
    depth: int          # control statements inside each other
    static: bool


def blank(text):
    return re.sub(r'[^\n]', ' ', text)


def without(text, comments=True, strings=True):
    """The text with comments and the insides of strings blanked; lines and columns stay."""
    def replace(match):
        piece = match.group()
        if piece.startswith('/'):
            return blank(piece) if comments else piece
        return piece[0] + ' ' * (len(piece) - 2) + piece[-1] if strings else piece
    return PIECE.sub(replace, text)


def comments(text):
    """(line, text) of every comment."""
    for match in PIECE.finditer(text):
        if match.group().startswith('/'):
            yield text.count('\n', 0, match.start()) + 1, match.group()


def includes(text):
    """(line, '<' or '"', name) of every include."""
    for match in INCLUDE.finditer(without(text, strings=False)):
        yield text.count('\n', 0, match.start(1)) + 1, match.group(1), match.group(2)


class Depth:
    """How deep control statements stand in each other; else-if is no deeper than its if."""

    def __init__(self, tokens):
        self.tokens, self.at, self.deepest = tokens, 0, 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ''

    def skip_pair(self):
        left, right, level = self.peek(), {'(': ')', '{': '}'}[self.peek()], 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            level += (token == left) - (token == right)
            self.at += 1
            if level == 0:
                return

    def block(self, depth):
        self.at += 1
        while self.peek() not in ('}', ''):
            self.statement(depth)
        self.at += 1

    def inner(self, depth):
        self.deepest = max(self.deepest, depth + 1)
        self.statement(depth + 1)

    def statement(self, depth):
        token = self.peek()
        if token == '{':
            return self.block(depth)
        if token in OPENS:
            self.at += 1
            self.skip_pair()
            self.inner(depth)
            if token == 'if' and self.peek() == 'else':
                self.at += 1
                return self.statement(depth) if self.peek() == 'if' else self.inner(depth)
            return None
        if token == 'do':
            self.at += 1
            self.inner(depth)
            return self.simple()
        return self.simple(depth)

    def simple(self, depth=None):
        """To the semicolon; NAME (...) { is a loop made by a macro."""
        start = self.at
        while self.peek() not in (';', '}', ''):
            token = self.peek()
            if token == ':' and self.tokens[start] in ('case', 'default'):
                self.at += 1
                return
            if token == '(':
                self.skip_pair()
                if self.peek() == '{' and depth is not None and self.at > start + 2 and \
                        self.tokens[start + 1] == '(':
                    return self.inner(depth)
                continue
            if token == '{':
                self.skip_pair()
                continue
            self.at += 1
        if self.peek() == ';':
            self.at += 1


def functions(text):
    """Every function with a body."""
    plain = DIRECTIVE.sub(lambda match: blank(match.group()), without(text))
    found, level, head, start = [], 0, 0, 0
    for match in re.finditer(r'[{};]', plain):
        character, at = match.group(), match.start()
        if character == '{':
            if level == 0:
                start = at
            level += 1
        elif character == '}':
            level -= 1
            if level == 0:
                function = named(plain, head, start, at)
                if function:
                    found.append(function)
                    head = at + 1
        elif level == 0:
            head = at + 1
    return found


def named(plain, head, start, end):
    before = ATTRIBUTE.sub(lambda match: blank(match.group()), plain[head:start])
    match = re.search(r'([A-Za-z_]\w*)\s*\([^{}]*\)\s*$', before)
    if not match or '=' in before[:match.start()]:
        return None
    name = re.search(r'([A-Za-z_]\w*)\s*\(', before)
    depth = Depth(TOKEN.findall(plain[start:end + 1]))
    depth.block(0)
    return Function(name.group(1), plain.count('\n', 0, head + name.start()) + 1,
                    plain.count('\n', 0, end) + 1, depth.deepest,
                    re.search(r'\bstatic\b', before) is not None)
