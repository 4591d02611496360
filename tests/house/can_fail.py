#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that every check of the house can fail: a small sound house passes them all,
and the same house with one breach fails the check it breaks, at the place it breaks it.

    can_fail.py COMPILER"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import built
import house
import hygiene
from c_source import functions
from tree import Tree

MARK = '/* ' + hygiene.LICENCE + ' */\n'
LUA = '-- ' + hygiene.LICENCE + '\n'
HASH = '# ' + hygiene.LICENCE + '\n'
README = '# role/fake\n'.replace('/', '-') + ''.join(
    f'\n## {heading}\n\nSomething.\n' for heading in hygiene.HEADINGS)

SOUND = {
    'LICENSE': 'Apache License\nVersion 2.0\n',
    'meson.build': HASH + "subdir('core')\n",
    'include/sekisho/base.h': MARK + '#include <glib.h>\n#include <string.h>\n',
    'include/sekisho/role.h': MARK + '#include <sekisho/base.h>\n',
    'core/base/meson.build': HASH + "files('bytes.c')\n",
    'core/base/bytes.h': MARK + '#include <sekisho/base.h>\nvoid seki_bytes_wipe (void);\n',
    'core/base/bytes.c': MARK + '#include "base/bytes.h"\n#include <cbor.h>\n#include <errno.h>\n'
                         'static int\nbytes_count (void)\n{\n        return 0;\n}\n'
                         'void\nseki_bytes_wipe (void)\n{\n        bytes_count ();\n}\n',
    'core/keyring/token.h': MARK + '#include "base/bytes.h"\n#include <pk11pub.h>\n',
    'core/model/record.h': MARK + '#include "base/bytes.h"\n',
    'core/channel/tls.h': MARK + '#include "keyring/token.h"\n#include "model/record.h"\n',
    'core/ledger/tree.h': MARK + '#include "keyring/token.h"\n',
    'core/kernel/gate.h': MARK + '#include "ledger/tree.h"\n#include "channel/tls.h"\n',
    'core/daemon/profile.h': MARK + '#include "kernel/gate.h"\n#include <jansson.h>\n',
    'core/cli/table.h': MARK + '#include "daemon/profile.h"\n',
    'core/host/host.h': MARK + '#include "base/bytes.h"\n#include <seccomp.h>\n',
    'modules/role/fake/meson.build': HASH + "files('module.c')\n",
    'modules/role/fake/module.c': MARK + '#include "fake.h"\n#include <sekisho/role.h>\n',
    'modules/role/fake/fake.h': MARK + '#include <sekisho/base.h>\n#include <stdlib.h>\n',
    'modules/role/fake/README.md': README,
    'scripts/README.md': '[rule](access/rule.lua)\n',
    'scripts/access/rule.lua': LUA + '-- clause: 4.3(1)\npolicy "1"\n',
    'tests/core/base/meson.build': HASH + "foreach name : ['bytes']\n",
    'tests/core/base/test-bytes.c': MARK + '#include "base/bytes.h"\n',
    'tests/fakes/host.h': MARK,
}

DEEP = 'void\nseki_deep (int n)\n{\n        if (n)\n                while (n)\n' \
       '                        for (;;)\n                                if (n) {\n' \
       '                                        switch (n) {\n' \
       '                                        default:\n' \
       '                                                return;\n' \
       '                                        }\n                                }\n}\n'
NOTE = '/* A note.\n * %s */\n'


def long_function(lines):
    body = '        (void) 0;\n' * (lines - 3)
    return MARK + 'static void\nbytes_long (void)\n{\n' + body + '}\n'


def include(path, line):
    """The breach: one more include in a sound file."""
    return path, SOUND[path] + line + '\n'


# check, (path, content or None to remove it)
BREACHES = [
    ('layers', include('core/base/bytes.c', '#include "kernel/gate.h"')),
    ('layers', include('core/base/bytes.c', '  #  include "keyring/token.h"')),
    ('layers', include('core/keyring/token.h', '#include "model/record.h"')),
    ('layers', include('core/model/record.h', '#include "keyring/token.h"')),
    ('layers', include('core/channel/tls.h', '#include "ledger/tree.h"')),
    ('layers', include('core/ledger/tree.h', '#include "channel/tls.h"')),
    ('layers', include('core/daemon/profile.h', '#include "cli/table.h"')),
    ('layers', include('core/host/host.h', '#include "keyring/token.h"')),
    ('layers', include('core/kernel/gate.h', '#include "gate.h"')),
    ('layers', include('core/kernel/gate.h', '#include "../ledger/tree.h"')),
    ('layers', include('core/kernel/gate.h', '#include <pk11pub.h>')),
    ('layers', include('core/kernel/gate.h', '#include <rocksdb/c.h>')),
    ('layers', include('core/kernel/gate.h', '#include <cbor.h>')),
    ('layers', include('core/base/bytes.c', '#include <openssl/evp.h>')),
    ('layers', include('core/base/bytes.c', '#include "tests/fakes/host.h"')),
    ('layers', include('core/base/bytes.c', '#include <sekisho/absent.h>')),
    ('layers', ('core/attic/old.c', MARK)),
    ('layers', include('modules/role/fake/module.c', '#include "base/bytes.h"')),
    ('layers', include('modules/role/fake/module.c', '#include "../../../core/base/bytes.h"')),
    ('layers', include('modules/role/fake/module.c', '#include <lua.h>')),
    ('layers', include('modules/role/fake/module.c', '#include <jansson.h>')),
    ('layers', include('modules/role/fake/module.c', '#include "fakes/host.h"')),
    ('layers', include('include/sekisho/role.h', '#include <stdio.h>')),
    ('layers', include('include/sekisho/role.h', '#include "base.h"')),
    ('layers', include('include/sekisho/role.h', '#include <glib-object.h>')),
    ('layers', ('examples/vendor-module/module.c', MARK + '#include "../../core/base/bytes.h"\n')),
    ('sizes', ('core/base/bytes.c', MARK + '\n' * 600)),
    ('sizes', ('core/base/bytes.c', long_function(71))),
    ('sizes', ('core/base/bytes.c', MARK + DEEP)),
    ('sizes', ('include/sekisho/base.h', MARK + '\n' * 250)),
    ('sizes', ('include/sekisho/role.h', MARK + '\n' * 1200)),
    ('sizes', ('scripts/access/rule.lua', LUA + '\n' * 120)),
    ('columns', ('core/base/bytes.c', MARK + '/* ' + 'x' * 95 + ' */\n')),
    ('columns', ('core/base/bytes.c', MARK + '\t' * 12 + 'wider\n')),
    ('names', ('core/base/bytes.c', MARK + 'void\nbytes_wipe (void)\n{\n}\n')),
    ('names', ('core/base/bytes.c', MARK + 'static void\nseki_wipe (void)\n{\n}\n')),
    ('names', ('modules/role/fake/module.c', MARK + 'static void\nseki_fake (void)\n{\n}\n')),
    ('locks', ('core/base/bytes.c', MARK + 'typedef struct {\n        GMutex lock;\n} Bytes;\n')),
    ('locks', ('core/base/bytes.c', MARK + 'struct b { GRWLock *lock; };\n')),
    ('locks', ('core/base/bytes.c', MARK + 'void seki_f (GCond *c);\n')),
    ('locks', ('core/base/bytes.c', MARK + 'void *seki_q = g_async_queue_new ();\n')),
    ('readmes', ('modules/role/fake/README.md', None)),
    ('readmes', ('modules/role/fake/README.md', README.replace('## Options\n\nSomething.\n', ''))),
    ('readmes', ('modules/role/fake/README.md', README + '\n## More\n\nSomething.\n')),
    ('readmes', ('modules/role/fake/README.md', README.replace('Options', 'Choices'))),
    ('readmes', ('modules/role/fake/README.md',
                 README.replace('Options\n\nSomething.', 'Options'))),
    ('readmes', ('modules/role/fake/README.md', README.replace('# role-fake', '# fake'))),
    ('readmes', ('scripts/README.md', 'No rules.\n')),
    ('readmes', ('scripts/README.md', '[rule](access/rule.lua) [gone](access/gone.lua)\n')),
    ('readmes', ('scripts/access/rule.lua', LUA + 'policy "1"\n')),
    ('marks', ('LICENSE', None)),
    ('marks', ('core/base/bytes.c', '#include "base/bytes.h"\n')),
    ('marks', ('scripts/access/rule.lua', '-- clause: 4.3(1)\n' + LUA)),
    ('marks', ('tests/run', '#!/bin/sh\nset -u\n')),
    ('marks', ('core/base/bytes.c', MARK + NOTE % ('TO' 'DO: wipe'))),
    ('marks', ('tests/run', '#!/bin/sh\n' + HASH + 'echo # FIX' + 'ME\n')),
    ('marks', ('examples/profile.conf', HASH + 'data=/wo' + 'rk/main/data\n')),
    ('marks', ('tests/run', '#!/bin/sh\n' + HASH + 'ninja -C /tmp/b' + '-mine\n')),
    ('marks', ('core/base/bytes.c', MARK + '#if 0\nint a;\n#endif\n')),
    ('marks', ('core/base/bytes.c', MARK + NOTE % 'seki_bytes_wipe (bytes);')),
    ('marks', ('core/base/bytes.c', MARK + '// n = n + 1;\n')),
    ('marks', ('core/base/bytes.c', MARK + NOTE % 'if (bytes == NULL)')),
    ('lists', ('core/base/meson.build', HASH)),
    ('lists', ('modules/role/fake/more.c', MARK)),
    ('lists', ('tests/core/base/test-arena.c', MARK)),
    ('lists', ('tests/core/base/lonely.py', HASH)),
]

CATALOGUE = HASH + 'msgid ""\nmsgstr "Language: ja\\n"\n\nmsgid "Gate shut: %<PRIu64>"\n' \
    'msgstr "閉門"\n\n#, fuzzy\nmsgid "Nearly"\nmsgstr "近"\n\nmsgid "Empty"\nmsgstr ""\n'

# source of a module, arguments of the linker; what is sound, and one breach each
MODULE = '__attribute__ ((visibility ("default"))) const int seki_module = 1;\n'
LINK = ['-Wl,-z,relro', '-Wl,-z,now', '-Wl,-z,noexecstack']
MODULES = {
    'a second symbol': (MODULE + MODULE.replace('seki_module', 'second'), LINK),
    'another symbol': (MODULE.replace('seki_module', 'module'), LINK),
    'a symbol of the core': (MODULE + 'void seki_wipe (void);\n'
                             '__attribute__ ((used)) static void f (void) { seki_wipe (); }\n',
                             LINK),
    'lazy binding': (MODULE, ['-Wl,-z,relro', '-Wl,-z,lazy', '-Wl,-z,noexecstack']),
    'no relro': (MODULE, ['-Wl,-z,norelro', '-Wl,-z,now', '-Wl,-z,noexecstack']),
    'executable stack': (MODULE, ['-Wl,-z,relro', '-Wl,-z,now', '-Wl,-z,execstack']),
    'a folder of libraries': (MODULE, LINK + ['-Wl,-rpath,$ORIGIN']),
    'a strange library': (MODULE, LINK + ['-Wl,--no-as-needed', '-lresolv']),
}


def lay(root, files):
    for path, content in files.items():
        if content is not None:
            place = pathlib.Path(root, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content, encoding='utf-8')


class HouseCanFail(unittest.TestCase):
    compiler = ['cc']

    def look(self, check, files):
        with tempfile.TemporaryDirectory() as root:
            lay(root, files)
            return list(house.CHECKS[check](Tree(root)))

    def test_sound_house_passes(self):
        for check in house.CHECKS:
            self.assertEqual(self.look(check, SOUND), [], check)

    def test_every_check_has_a_breach(self):
        tried = {check for check, _ in BREACHES} | {'messages'}
        self.assertEqual(tried, set(house.CHECKS))

    def test_each_breach_is_found(self):
        for check, (path, content) in BREACHES:
            with self.subTest(check=check, path=path, content=content and content[-60:]):
                breaches = self.look(check, {**SOUND, path: content})
                places = [place.split(':')[0] for place, _ in breaches]
                self.assertTrue(places, 'not found')
                self.assertTrue(all(place == path or place in ('include', 'scripts/README.md') or
                                    place.startswith(path.rsplit('/', 1)[0]) for place in places),
                                places)

    def test_messages_without_translation_are_found(self):
        for text, found in (('_("Gate shut: %" PRIu64)', 0), ('_("Gate "\n "shut: %" PRIu64)', 0),
                            ('_("Gate open")', 1), ('SEKI_TEXT ("Nearly")', 1), ('N_("Empty")', 1),
                            ('P_("One", "Many", n)', 1), ('_(text)', 0), ('/* _("no") */', 0)):
            files = {**SOUND, 'po/ja.po': CATALOGUE, 'core/base/bytes.c': MARK + text + '\n'}
            self.assertEqual(len(self.look('messages', files)), found, text)

    def test_limits_themselves_pass(self):
        for check, path, content in (('sizes', 'core/base/bytes.c', long_function(70)),
                                     ('sizes', 'core/base/bytes.c', MARK + '\n' * 599),
                                     ('columns', 'core/base/bytes.c', 'x' * 100 + '\n')):
            self.assertEqual(self.look(check, {**SOUND, path: content}), [])

    def compile(self, folder, name, source, arguments):
        pathlib.Path(folder, 'source.c').write_text(source, encoding='utf-8')
        output = str(pathlib.Path(folder, name))
        subprocess.run([*self.compiler, *arguments, '-o', output, f'{folder}/source.c'], check=True)
        return output

    def module(self, folder, source, link):
        arguments = ['-shared', '-fPIC', '-fvisibility=hidden', '-Wl,-z,undefs', *link]
        return list(built.check_modules([self.compile(folder, 'role-fake.so', source, arguments)]))

    def test_modules(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.module(folder, MODULE, LINK), [])
            for title, (source, link) in MODULES.items():
                with self.subTest(title):
                    self.assertEqual(len(self.module(folder, source, link)), 1)

    def test_program(self):
        source = 'int main (int n, char **v) { char b[64]; b[0] = 0; ' \
                 '__builtin_strcpy (b, v[n - 1]); return b[0]; }\n'
        sound = ['-fPIE', '-pie', '-fstack-protector-strong', *LINK]
        with tempfile.TemporaryDirectory() as folder:
            def breaches(*arguments):
                return list(built.check_program([self.compile(folder, 'p', source, arguments)]))
            self.assertEqual(breaches(*sound), [])
            self.assertTrue(breaches('-no-pie', '-fstack-protector-strong', *LINK))
            self.assertTrue(breaches('-fPIE', '-pie', '-fno-stack-protector', *LINK))
            self.assertTrue(breaches(*sound, '-Wl,--no-as-needed', '-lresolv'))

    def test_state(self):
        with tempfile.TemporaryDirectory() as folder:
            for source, found in (('const int a = 1; const char *const s[] = { "a" };', 0),
                                  ('static int a; int *f (void) { return &a; }', 1),
                                  ('int f (void) { static int n = 7; return n++; }', 1),
                                  ('static __thread int a; int *f (void) { return &a; }', 1),
                                  ('const char *s[] = { "a" };', 1)):
                path = self.compile(folder, 'o.o', source + '\n', ['-c', '-fPIC'])
                self.assertEqual(len(list(built.check_state([path]))), found, source)

    def test_flags(self):
        words = ' '.join(built.FLAGS) + ' -fPIC -fvisibility=hidden -D_FORTIFY_SOURCE=2'
        with tempfile.TemporaryDirectory() as folder:
            for missing in ('', *words.split()):
                command = ' '.join(word for word in words.split() if word != missing)
                path = pathlib.Path(folder, 'commands.json')
                path.write_text('[{"file": "../core/base/bytes.c", "command": "%s"}]' % command,
                                encoding='utf-8')
                self.assertEqual(len(list(built.check_flags([path]))), 1 if missing else 0, missing)

    def test_functions_are_read_as_they_are(self):
        text = 'struct s { int a; };\n#define M(x) do { x; } while (0)\n' \
               'static const int t[] = { 1, 2 };\nG_GNUC_PRINTF (1, 2) static void\n' \
               'one (const char *f, ...)\n{\n        each (a, b) {\n        }\n}\n' \
               'int\ntwo (void)\n{\n        /* } */\n        return strlen ("}") + \'}\';\n}\n' \
               'void\nthree (int n)\n{\n        if (n)\n                n = 1;\n' \
               '        else if (n > 1)\n                n = 2;\n        else if (n > 2)\n' \
               '                n = 3;\n        do {\n        } while (n);\n}\n'
        found = [(f.name, f.line, f.end, f.depth, f.static) for f in functions(text)]
        self.assertEqual(found, [('one', 5, 9, 1, True), ('two', 11, 15, 0, False),
                                 ('three', 17, 27, 1, False)])


if __name__ == '__main__':
    if len(sys.argv) > 1:
        HouseCanFail.compiler = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
