# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: base -> keyring, model -> channel, ledger -> kernel -> daemon -> cli."""

import posixpath
import re

from c_source import includes

RANK = {'base': 0, 'keyring': 1, 'model': 1, 'channel': 2, 'ledger': 2, 'kernel': 3, 'daemon': 4,
        'cli': 5}

# Headers from outside by the library they come from; the first that matches.
LIBRARIES = [
    ('GLib', r'(glib|gmodule|glib-unix|glib-object)\.h|(glib|gio)/'),
    ('libcbor', r'cbor(\.h|/)'),
    ('jansson', r'jansson'),
    ('libsystemd', r'systemd/'),
    ('libseccomp', r'seccomp\.h'),
    ('RocksDB', r'rocksdb/'),
    ('Lua', r'(lua|lualib|lauxlib|luaconf)\.h'),
    ('nghttp2', r'nghttp2/'),
    ('NSS', r'(blapi|cert|cmmf|cms|crmf|cryptohi|hasht|key|nss|ocsp|p12|pk11|pkcs|sec|smime|ssl)'
            r'(?!comp)\w*\.h|(nspr|pl|pr(error|io|lock|net|types|time|init))\w*\.h'),
    ('C', r'(sys|netinet|arpa|net|linux|asm|bits)/|(assert|ctype|dirent|dlfcn|elf|endian|err|errno|'
          r'fcntl|fnmatch|getopt|glob|grp|iconv|inttypes|langinfo|libintl|limits|link|locale|'
          r'malloc|math|netdb|poll|pthread|pwd|sched|setjmp|signal|spawn|stdalign|stdarg|stdatomic|'
          r'stdbool|stddef|stdint|stdio|stdlib|string|strings|syslog|termios|time|'
          r'unistd|wchar|wctype)\.h'),
]
EVERYWHERE = {'C', 'GLib'}
# D1: which library a part may use besides.
OF_FLOOR = {'base': {'libcbor'}, 'keyring': {'NSS'}, 'channel': {'NSS'},
            'daemon': {'jansson', 'libsystemd'}, 'host': {'libseccomp'}}
OF_MODULE = {'storage/rocksdb': {'RocksDB'}, 'policy/lua': {'Lua'}, 'transport/h2': {'nghttp2'}}


def library(header):
    for name, pattern in LIBRARIES:
        if re.match(pattern, header):
            return name
    return None


def check_library(place, header, allowed):
    name = library(header)
    if name is None:
        yield place, f'<{header}> is of no library that LIBRARIES in layers.py knows'
    elif name not in EVERYWHERE | allowed:
        yield place, f'<{header}> is of {name}, which this part does not link (design D1)'


def check_core(tree):
    for path in tree.within('core'):
        floor = path.split('/')[1]
        if floor not in RANK and floor != 'host':
            yield path, f'core/{floor} is no floor of the house'
            continue
        below = {floor} | {other for other, rank in RANK.items()
                           if (other == 'base' if floor == 'host' else rank < RANK[floor])}
        for line, mark, name in includes(tree.text(path)):
            place = f'{path}:{line}'
            if mark == '<':
                if not name.startswith('sekisho/'):
                    yield from check_library(place, name, OF_FLOOR.get(floor, set()))
                elif not tree.has('include/' + name):
                    yield place, f'<{name}> is not in include/'
            elif name.split('/')[0] not in below:
                yield place, f'"{name}" does not lie below core/{floor}'
            elif not tree.has('core/' + name):
                yield place, f'"{name}" is not written from the floor\'s parent; no core/{name}'


def own_file(tree, path, name):
    """A file beside the includer or, for tests, below tests/ or core/."""
    return tree.has(posixpath.normpath(posixpath.join(posixpath.dirname(path), name)))


def check_modules(tree):
    for path in tree.within('modules', ends=('.c', '.h')):
        folder = '/'.join(path.split('/')[1:3])
        for line, mark, name in includes(tree.text(path)):
            place = f'{path}:{line}'
            if mark == '"':
                if '..' in name or not own_file(tree, path, name):
                    yield place, f'"{name}" is not a file of this module'
            elif name.startswith('sekisho/'):
                if not tree.has('include/' + name):
                    yield place, f'<{name}> is not in include/'
            else:
                yield from check_library(place, name, OF_MODULE.get(folder, set()))


def check_contract(tree):
    for path in tree.within('include'):
        for line, mark, name in includes(tree.text(path)):
            place = f'{path}:{line}'
            if mark == '"':
                yield place, f'"{name}": the contract is included as <sekisho/...>'
            elif name not in ('glib.h', 'string.h') and not tree.has('include/' + name):
                yield place, f'<{name}>: the contract includes <glib.h>, <string.h> and itself only'


def check_examples(tree):
    for path in tree.within('examples'):
        for line, mark, name in includes(tree.text(path)):
            place = f'{path}:{line}'
            if mark == '"' and ('..' in name or not own_file(tree, path, name)):
                yield place, f'"{name}": examples see the contract only, as vendors do'
            elif mark == '<' and not name.startswith('sekisho/'):
                yield from check_library(place, name, set())


def check_tests_apart(tree):
    for path in tree.within('core', 'modules', 'include', 'examples'):
        for line, _, name in includes(tree.text(path)):
            if re.search(r'(^|/)(tests|fakes)/', name):
                yield f'{path}:{line}', f'{name}: nothing includes tests'


def check(tree):
    for part in (check_core, check_modules, check_contract, check_examples, check_tests_apart):
        yield from part(tree)
