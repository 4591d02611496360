#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the build into a folder that goes away, looks for what has to be there, and
builds the smallest module outside the tree with nothing but sekisho.pc.

    installed.py MESON PKG-CONFIG BUILD MODULE-SOURCE... -- COMPILER..."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import built

HEADERS = ('base', 'effects', 'facts', 'flow', 'module', 'party', 'policy', 'record', 'role',
           'sekisho', 'storage', 'transport')
MODULES = ('policy-deny', 'policy-lua', 'role-account', 'role-issuer', 'role-transfer',
           'storage-memory', 'storage-rocksdb', 'transport-h2')


def introspect(meson, build, what):
    return json.loads(subprocess.run([meson, 'introspect', what, build], check=True,
                                     capture_output=True, text=True).stdout)


def expect(condition, sentence):
    if not condition:
        sys.exit(f'installed: {sentence}')


def look(root, plan, prefix, libdir, datadir, source):
    expect(len(plan) > len(MODULES), 'the plan is empty')
    for place in plan:
        expect(pathlib.Path(f'{root}{place}').exists(), f'{place} is missing')
    for name in ('bin/sekisho', 'share/man/man1/sekisho.1',
                 'share/bash-completion/completions/sekisho'):
        expect(list(prefix.glob(name + '*')), f'{name} is missing')
    version = subprocess.run([prefix / 'bin/sekisho', '--version'], capture_output=True, text=True)
    expect(version.returncode == 0, f'sekisho --version: {version.stderr}')
    for name in HEADERS:
        expect((prefix / 'include/sekisho' / f'{name}.h').is_file(), f'sekisho/{name}.h is missing')
    headers = {path.name for path in (source / 'include/sekisho').glob('*.h')}
    found = {path.name for path in (prefix / 'include/sekisho').glob('*')}
    expect(found == headers, f'headers are {sorted(found ^ headers)} apart from include/')
    for name in MODULES:
        expect((libdir / 'sekisho' / f'{name}.so').is_file(), f'{name}.so is missing')
    rules = {path.relative_to(source / 'scripts') for path in (source / 'scripts').rglob('*.lua')}
    for rule in rules:
        expect((datadir / 'sekisho/scripts' / rule).is_file(), f'the rule {rule} is missing')
    strangers = [path for path in root.rglob('*') if path.suffix in ('.a', '.c')
                 or path.name.startswith('test-')]
    expect(not strangers, f'{strangers} have no business there')


def build_outside(pkg_config, prefix, libdir, folder, sources, compiler):
    stated = (libdir / 'pkgconfig/sekisho.pc').read_text(encoding='utf-8')
    moved = re.sub(r'^prefix=.*', f'prefix={prefix}', stated, flags=re.M)
    (folder / 'sekisho.pc').write_text(moved, encoding='utf-8')
    environment = {**os.environ, 'PKG_CONFIG_PATH': str(folder)}

    def ask(*words):
        return subprocess.run([*pkg_config, *words, 'sekisho'], check=True, capture_output=True,
                              text=True, env=environment).stdout.split()
    expect(ask('--variable=moduledir') == [str(libdir / 'sekisho')],
           'sekisho.pc: moduledir is wrong')
    expect(ask('--variable=abi') == ['1'], 'sekisho.pc: abi is wrong')
    for source in sources:
        shutil.copy(source, folder)
    module = str(folder / 'policy-deny.so')
    subprocess.run([*compiler, '-shared', '-fPIC', '-Werror', *ask('--cflags'), '-o', module,
                    *[str(folder / pathlib.Path(source).name) for source in sources],
                    *ask('--libs')], check=True, cwd=folder)
    breaches = list(built.check_modules([module]))
    expect(not breaches, f'a module built with sekisho.pc: {breaches}')


def main():
    apart = sys.argv.index('--')
    meson, pkg_config, build, *sources = sys.argv[1:apart]
    compiler, source = sys.argv[apart + 1:], pathlib.Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder, 'root')
        subprocess.run([meson, 'install', '-C', build, '--no-rebuild', '--quiet',
                        '--destdir', root], check=True)
        option = {entry['name']: entry['value']
                  for entry in introspect(meson, build, '--buildoptions')}
        prefix = pathlib.Path(f'{root}{option["prefix"]}')
        libdir, datadir = prefix / option['libdir'], prefix / option['datadir']
        plan = introspect(meson, build, '--installed').values()
        look(root, plan, prefix, libdir, datadir, source)
        outside = pathlib.Path(folder, 'vendor')
        outside.mkdir()
        build_outside([pkg_config], prefix, libdir, outside, sources, compiler)
    print('installed: sound')


if __name__ == '__main__':
    main()
