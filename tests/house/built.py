# SPDX-License-Identifier: Apache-2.0
"""Looks at what the build made: modules, the program, static libraries, compiler flags."""

import json
import os
import re
import subprocess

# Libraries a module may be linked with; never one of the core's own.
SYSTEM = {'libc.so', 'libm.so', 'libpthread.so', 'libdl.so', 'libglib-2.0.so', 'ld-linux-x86-64.so',
          'ld-linux-aarch64.so', 'libgcc_s.so'}
OF_MODULE = {'storage-rocksdb': {'librocksdb.so'}, 'policy-lua': {'liblua5.4.so'},
             'transport-h2': {'libnghttp2.so'}}
OF_PROGRAM = SYSTEM | {'libcbor.so', 'libjansson.so', 'libsystemd.so', 'libnss3.so',
                       'libnssutil3.so', 'libsmime3.so', 'libssl3.so', 'libnspr4.so',
                       'libplc4.so', 'libplds4.so', 'libfreebl3.so'}

# Mutable variables of the core that are not in an object somebody owns: symbol, and why.
ALLOWED = {
    'nss_use': 'NSS has one state per process; counted under a pthread lock (keyring/nss.c)',
    'layer': 'PRFileDesc layers are registered once per process (channel/bio.c)',
    'ready': 'pthread_once_t of that layer (channel/bio.c)',
    'funcs': 'GLib takes a GSourceFuncs that is not const; nobody writes to it (channel/loop.c)',
}

FLAGS = ('-fstack-protector-strong', '-fstack-clash-protection', '-std=gnu11', '-Wshadow', '-Wvla',
         '-Wstrict-prototypes', '-Wmissing-prototypes', '-Wwrite-strings',
         '-Werror=implicit-function-declaration', '-Werror=int-conversion')


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True,
                          env={**os.environ, 'LC_ALL': 'C'}).stdout


def needed(dynamic):
    return {re.sub(r'(\.so)[.\d]*$', r'\1', name)
            for name in re.findall(r'\(NEEDED\).*\[(.*)\]', dynamic)}


def check_hardened(path):
    dynamic, segments = run('readelf', '-dW', path), run('readelf', '-lW', path)
    if not re.search(r'\(FLAGS_1\).*\bNOW\b', dynamic):
        yield path, 'is not linked with -z now'
    if 'GNU_RELRO' not in segments:
        yield path, 'is not linked with -z relro'
    stack = re.search(r'GNU_STACK.*', segments)
    if not stack or re.search(r'\bRWE\b', stack.group()):
        yield path, 'has an executable stack'
    if '(TEXTREL)' in dynamic:
        yield path, 'has relocations in its code'
    if re.search(r'\((RPATH|RUNPATH)\)', dynamic) and path.endswith('.so'):
        yield path, 'names a folder of libraries (RPATH)'


def check_modules(files):
    for path in files:
        name = os.path.basename(path).removesuffix('.so')
        listed = run('nm', '-D', '--defined-only', path).splitlines()
        symbols = [line.split()[-1] for line in listed]
        if symbols != ['seki_module']:
            yield path, f'exports {symbols}; a module exports seki_module and nothing else'
        allowed = SYSTEM | OF_MODULE.get(name, set())
        for library in sorted(needed(run('readelf', '-dW', path)) - allowed):
            yield path, f'is linked with {library}'
        for symbol in re.findall(r' U (seki_\w+)', run('nm', '-D', path)):
            yield path, f'takes {symbol} from the core'
        yield from check_hardened(path)


def check_program(files):
    for path in files:
        if not re.search(r'\(FLAGS_1\).*\bPIE\b', run('readelf', '-dW', path)):
            yield path, 'is no position independent program'
        if '__stack_chk_fail' not in run('nm', '-D', path):
            yield path, 'has no stack protector'
        for library in sorted(needed(run('readelf', '-dW', path)) - OF_PROGRAM):
            yield path, f'is linked with {library}; RocksDB, Lua, nghttp2 belong to modules (D1)'
        yield from check_hardened(path)


def objects(path):
    if not os.path.isdir(path):
        return [path]
    return [os.path.join(path, name) for name in sorted(os.listdir(path)) if name.endswith('.o')]


def check_state(files):
    """No variable of the core is mutable at file scope.  A folder stands for its objects."""
    for path in [found for path in files for found in objects(path)]:
        member = path
        for line in run('nm', '-f', 'sysv', path).splitlines():
            member = line.removeprefix('Symbols from ') if line.startswith('Symbols') else member
            field = [part.strip() for part in line.split('|')]
            if len(field) != 7 or field[2] not in tuple('bBdDC'):
                continue
            name = field[0].split('.')[0]
            if not field[6].startswith('.data.rel.ro') and name not in ALLOWED:
                yield member.rstrip(':'), f'{field[0]} in {field[6]} is mutable at file scope'


def check_flags(files):
    """files: compile_commands.json."""
    for path in files:
        with open(path, encoding='utf-8') as stream:
            commands = json.load(stream)
        for entry in commands:
            source, words = entry['file'], entry['command'].split()
            ours = re.search(r'(?:^|/)(core|modules)/', source) and 'tests/' not in source
            wanted = FLAGS + (('-fvisibility=hidden',) if ours else ())
            for flag in wanted:
                if flag not in words:
                    yield source, f'is compiled without {flag}'
            if ours and '-O0' not in words and not any('_FORTIFY_SOURCE' in word for word in words):
                yield source, 'is compiled without _FORTIFY_SOURCE'
            if '-fPIC' not in words and '-fPIE' not in words:
                yield source, 'is compiled as code that cannot move'
