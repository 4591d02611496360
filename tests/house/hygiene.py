# SPDX-License-Identifier: Apache-2.0
"""Names, locks, headings, marks, lists and messages, read from the sources."""

import posixpath
import re

from c_source import comments, functions, without

HEADINGS = ['What it is', 'Options', 'Features', 'What it stores or sends', 'Clauses it serves',
            'Failure behaviour', 'Example']
LICENCE = 'SPDX-License-Identifier: ' + 'Apache-2.0'
# Split, so that this file does not breach its own rules.
UNDONE = re.compile(r'\b(' + '|'.join(('TO' 'DO', 'FIX' 'ME', 'X' 'XX')) + r')\b')
MACHINE = re.compile(r'(?<![\w.$}/])/(?:wo' r'rk|ho' r'me/\w+|ro' r'ot|tmp/b' r'-\w+)(?=/|\b)')
GLIB_LOCK = re.compile(r'\b(G(?:Mutex|RecMutex|RWLock|Cond|AsyncQueue|StaticMutex|ThreadPool)'
                       r'|g_(?:mutex|rec_mutex|rw_lock|cond|async_queue|thread_pool)_\w+)\b')
CODE = re.compile(r'^(?:[\w.>\[\]*&-]+\s)*[\w.>\[\]-]+\s*(?:[-+|&]?=\s*[^=;]+|\([^;]*\));$'
                  r'|^(?:if|for|while|switch)\s*\(.*\)\s*\{?$|^return\b.*;$|^\}\s*else\b'
                  r'|^#\s*(?:if|ifdef|ifndef|include|endif)\b')
TEXT = re.compile(r'\b(?:_|N_|SEKI_TEXT)\s*\(\s*((?:"(?:\\.|[^"\\])*"|PRI\w+|\s)+?)\s*\)')
PLURAL = re.compile(r'\bP_\s*\(\s*((?:"(?:\\.|[^"\\])*"|PRI\w+|\s)+?)\s*,')


def check_names(tree):
    """seki_<noun>_<verb> across files, no prefix within one."""
    for path in tree.within('core', 'modules', ends=('.c',)):
        for function in functions(tree.text(path)):
            place, ours = f'{path}:{function.line}', function.name.startswith('seki_')
            if function.static and ours:
                yield place, f'{function.name} is static: no prefix seki_'
            elif not function.static and not ours and path.startswith('core/') \
                    and function.name != 'main':
                yield place, f'{function.name} is seen by other files: prefix seki_, or static'


def check_locks(tree):
    for path in tree.within('core'):
        for number, line in enumerate(without(tree.text(path)).splitlines(), 1):
            for match in GLIB_LOCK.finditer(line):
                yield f'{path}:{number}', f'{match.group()}: the core uses pthread locks only'


def check_readmes(tree):
    folders = {posixpath.dirname(path) for path in tree.within('modules', ends=('meson.build',))
               if path.count('/') == 3}
    for folder in sorted(folders):
        path = folder + '/README.md'
        if not tree.has(path):
            yield path, 'is missing: every module has one'
            continue
        text = re.sub(r'^```.*?^```', '', tree.text(path), flags=re.M | re.S)
        title, name = text.split('\n', 1)[0], '-'.join(folder.split('/')[1:])
        if title != f'# {name}':
            yield f'{path}:1', f'the title is not "# {name}"'
        found = re.findall(r'^## (.*)$', text, re.M)
        if found != HEADINGS:
            yield path, f'the headings are {found}; they have to be {HEADINGS}'
        for heading in re.findall(r'^## ([^\n]*)\n+(?=## |\Z)', tree.text(path), re.M):
            yield path, f'nothing stands under "{heading}"'
    yield from check_rules(tree)


def check_rules(tree):
    rules = [path for path in tree.within('scripts', ends=('.lua',))]
    listed = tree.text('scripts/README.md') if tree.has('scripts/README.md') else ''
    for path in rules:
        if f'({path.removeprefix("scripts/")})' not in listed:
            yield path, 'scripts/README.md does not list this rule'
        if not re.search(r'\A(?:--.*\n)*?-- clause: \S', tree.text(path)):
            yield path, 'its first lines do not say "-- clause: ..."'
    for name in re.findall(r'\(([\w/-]+\.lua)\)', listed):
        if 'scripts/' + name not in rules:
            yield 'scripts/README.md', f'lists {name}, which is missing'


def needs_licence(tree, path):
    return path.endswith(('.c', '.h', '.lua', '.py', '.sh', '.po', 'meson.build', '.conf')) or \
        tree.is_text(path) and tree.is_script(path)


def check_marks(tree):
    """Licence, unfinished work, paths of one machine, code in comments."""
    if not tree.has('LICENSE') or 'Apache License' not in tree.text('LICENSE')[:200]:
        yield 'LICENSE', 'the Apache licence is missing'
    for path in tree.files:
        if not tree.is_text(path):
            continue
        text = tree.text(path)
        first = text.split('\n', 2)[:2] if text.startswith('#!') else text.split('\n', 1)[:1]
        if needs_licence(tree, path) and LICENCE not in first[-1]:
            yield f'{path}:1', f'does not begin with its line "{LICENCE}"'
        for number, line in enumerate(text.splitlines(), 1):
            if UNDONE.search(line) and not path.endswith('.md'):
                yield f'{path}:{number}', 'marks unfinished work; finish it or open an issue'
            if MACHINE.search(line):
                yield f'{path}:{number}', 'names a path of one machine'
        if path.endswith(('.c', '.h')):
            yield from check_dead_code(path, text)


def check_dead_code(path, text):
    for match in re.finditer(r'^[ \t]*#[ \t]*if[ \t]+0\b', text, re.M):
        yield f'{path}:{text.count(chr(10), 0, match.start()) + 1}', 'code that is switched off'
    for line, comment in comments(text):
        for offset, words in enumerate(comment.splitlines()):
            words = re.sub(r'^\s*(/\*+|//|\*(?!\w))\s*|\s*\*/\s*$', '', words)
            if CODE.match(words):
                yield f'{path}:{line + offset}', f'a comment that is code: {words}'


def check_lists(tree):
    """Every source and test is named by a meson.build in or above its folder."""
    for path in tree.within('core', 'modules', 'tests', ends=('.c', '.py')):
        names = [posixpath.basename(path)]
        stem = re.sub(r'\.\w+$', '', names[0])
        names += [stem, re.sub(r'^test-(h2-|policy-)?', '', stem)]
        folder, listed = posixpath.dirname(path), False
        lists = [other for other in tree.within('core', 'modules', 'tests', ends=('meson.build',))
                 if posixpath.dirname(other) == folder or names[0] in tree.text(other)]
        for other in lists:
            text = tree.text(other)
            listed = listed or re.search(r"['/](?:%s)'" % '|'.join(map(re.escape, names)), text)
        if not listed and not imported(tree, path):
            yield path, 'no meson.build names it'


def imported(tree, path):
    """A part of a Python program whose first file is listed."""
    stem, folder = posixpath.basename(path).removesuffix('.py'), posixpath.dirname(path)
    return path.endswith('.py') and any(
        re.search(rf'^(?:import|from) {stem}\b', tree.text(other), re.M)
        for other in tree.within(folder, ends=('.py', '/run')) if other != path)


def literal(parts):
    """The msgid of pieces of C strings, as xgettext writes it."""
    text = ''
    for piece in re.finditer(r'"((?:\\.|[^"\\])*)"|(PRI\w+)', parts):
        text += f'<{piece.group(2)}>' if piece.group(2) else piece.group(1)
    return text


def messages(tree):
    """(place, msgid) of every message of the sources."""
    for path in tree.within('core', 'modules', 'include'):
        text = without(tree.text(path), strings=False)
        for pattern in (TEXT, PLURAL):
            for match in pattern.finditer(text):
                if '"' in match.group(1):
                    yield f'{path}:{text.count(chr(10), 0, match.start()) + 1}', \
                        literal(match.group(1))


def translated(text):
    """msgids of a catalogue that have a translation which is not fuzzy."""
    found = set()
    for entry in re.split(r'\n\s*\n', text):
        if re.search(r'^#,.*\bfuzzy\b', entry, re.M):
            continue
        fields = dict(re.findall(r'^(msgid|msgstr(?:\[0\])?)\s+((?:"(?:\\.|[^"\\])*"\s*)+)', entry,
                                 re.M))
        fields = {key: literal(value) for key, value in fields.items()}
        if fields.get('msgid') and (fields.get('msgstr') or fields.get('msgstr[0]')):
            found.add(fields['msgid'])
    return found


def check_messages(tree):
    """Nothing to say before there is a catalogue."""
    if not tree.has('po/ja.po'):
        return
    known = translated(tree.text('po/ja.po'))
    for place, message in messages(tree):
        if message not in known:
            yield place, f'po/ja.po does not translate "{message}"'
