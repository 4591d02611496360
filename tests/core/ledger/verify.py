#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second implementation of the ledger's formats, written from the C2SP texts
(signed-note, tlog-checkpoint, tlog-tiles, tlog-proof) and RFC 6962 alone.

    verify.py MAKE-LEDGER    makes ledgers with the first implementation, verifies
                             them with this one, then breaks them and is not fooled

Only the standard library, and the openssl command for ECDSA."""
import base64
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path


class Bad(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Bad(what)


def leaf_hash(entry):
    return hashlib.sha256(b'\0' + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b'\1' + left + right).digest()


def root_hash(leaves):
    """MTH of RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b'').digest()
    while len(leaves) > 1:
        above = [node_hash(leaves[i], leaves[i + 1]) for i in range(0, len(leaves) - 1, 2)]
        leaves = above + leaves[len(leaves) & ~1:]
    return leaves[0]


def bundle_entries(data):
    entries, at = [], 0
    while at < len(data):
        need(at + 2 <= len(data), 'a length is cut')
        (length,) = struct.unpack_from('>H', data, at)
        need(at + 2 + length <= len(data), 'an entry is cut')
        entries.append(data[at + 2:at + 2 + length])
        at += 2 + length
    return entries


def open_note(note, public_key, vkey):
    """The text of a signed note, once a signature of the key was verified."""
    text, _, signatures = note.rpartition('\n\n')
    text += '\n'
    name, key_id, key = vkey.split('+', 2)
    raw = base64.b64decode(key, validate=True)
    need(raw == b'\2' + public_key, 'vkey holds another key')
    need(key_id == hashlib.sha256(public_key).hexdigest()[:8], 'vkey has another id')
    for line in signatures.splitlines():
        dash, signer, signature = line.split(' ')
        need(dash == '\u2014', 'no signature line')
        signature = base64.b64decode(signature, validate=True)
        if signer == name and signature[:4].hex() == key_id:
            need(ecdsa_holds(public_key, text.encode(), signature[4:]), 'signature does not hold')
            return text
    raise Bad('no signature of the key')


def ecdsa_holds(public_key, text, signature):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        pem = base64.encodebytes(public_key).decode()
        (place / 'key').write_text(f'-----BEGIN PUBLIC KEY-----\n{pem}-----END PUBLIC KEY-----\n')
        (place / 'text').write_bytes(text)
        (place / 'signature').write_bytes(signature)
        answer = subprocess.run(['openssl', 'dgst', '-sha256', '-verify', place / 'key',
                                 '-signature', place / 'signature', place / 'text'],
                                capture_output=True)
        return answer.returncode == 0


def open_checkpoint(note, public_key, vkey):
    lines = open_note(note, public_key, vkey).splitlines()
    need(lines[0] == vkey.split('+')[0], 'origin is not the key name')
    need(lines[3].startswith('time '), 'no time')
    return int(lines[1]), base64.b64decode(lines[2], validate=True)


def keys(folder):
    return (folder / 'ledger.pub').read_bytes(), (folder / 'vkey').read_text()


def check_lane(folder):
    """The folder as the node keeps it: entries alone give the signed root."""
    lane = folder / 'lane'
    size, root = open_checkpoint((lane / 'checkpoint').read_text(), *keys(folder))
    entries = bundle_entries((lane / 'entries').read_bytes())
    leaves = [leaf_hash(entry) for entry in entries]
    need(len(leaves) == size, 'another number of entries')
    need(root_hash(leaves) == root, 'another root')
    need((lane / 'level-0').read_bytes() == b''.join(leaves), 'level-0 differs')
    offsets, at = [], 0
    for i, entry in enumerate(entries):
        if i % 256 == 0:
            offsets.append(at)
        at += 2 + len(entry)
    need((lane / 'entries.idx').read_bytes() == struct.pack(f'>{len(offsets)}Q', *offsets),
         'entries.idx differs')
    below, level = leaves, 1
    while len(below) >= 256:
        below = [root_hash(below[i:i + 256]) for i in range(0, len(below) & ~255, 256)]
        need((lane / f'level-{level}').read_bytes() == b''.join(below), f'level-{level} differs')
        level += 1
    return size, root, leaves


def tile_name(n, width):
    parts = [f'{n % 1000:03}']
    while n >= 1000:
        n //= 1000
        parts.insert(0, f'x{n % 1000:03}')
    return '/'.join(parts) + ('' if width == 256 else f'.p/{width}')


def check_tiles(folder):
    """The export, read as a client of tlog-tiles reads it."""
    tiles = folder / 'tiles'
    size, root = open_checkpoint((tiles / 'checkpoint').read_text(), *keys(folder))
    level, below = 0, None
    while size >> (8 * level):
        count, hashes = size >> (8 * level), []
        for n in range((count + 255) // 256):
            width = min(256, count - 256 * n)
            tile = (tiles / 'tile' / str(level) / tile_name(n, width)).read_bytes()
            need(len(tile) == 32 * width, 'a tile has another width')
            hashes += [tile[i:i + 32] for i in range(0, len(tile), 32)]
        if level == 0:
            need(root_hash(hashes) == root, 'tiles give another root')
            leaves = hashes
        else:
            need(hashes == [root_hash(below[256 * i:256 * i + 256]) for i in range(count)],
                 f'level {level} differs')
        below, level = hashes, level + 1
    need(not (tiles / 'tile' / str(level)).exists(), 'a level too many')
    for n in range((size + 255) // 256):
        width = min(256, size - 256 * n)
        bundle = bundle_entries((tiles / 'tile' / 'entries' / tile_name(n, width)).read_bytes())
        need([leaf_hash(entry) for entry in bundle] == leaves[256 * n:256 * n + width],
             'a bundle differs')


def check_proofs(folder, leaves):
    """tlog-proof files: the path of RFC 6962 2.1.1, recomputed by recursion."""
    for file in folder.glob('*.tlog-proof'):
        head, note = file.read_text().split('\n\n', 1)
        lines = head.split('\n')
        need(lines[0] == 'c2sp.org/tlog-proof@v1', 'another first line')
        index = int(lines[1].removeprefix('index '))
        need(file.name == f'{index}.tlog-proof', 'another index')
        size, root = open_checkpoint(note, *keys(folder))
        path = [base64.b64decode(line, validate=True) for line in lines[2:]]
        found = climb(leaves[index], index, size, path)
        need(found == root, 'a proof leads elsewhere')


def climb(node, index, size, path):
    if size == 1:
        need(not path, 'path too long')
        return node
    k = 1
    while 2 * k < size:
        k *= 2
    need(path, 'path too short')
    if index < k:
        return node_hash(climb(node, index, k, path[:-1]), path[-1])
    return node_hash(path[-1], climb(node, index - k, size - k, path[:-1]))


def check(folder):
    size, _, leaves = check_lane(folder)
    check_tiles(folder)
    check_proofs(folder, leaves)
    return size


def must_fail(folder, file, change):
    """What was changed must be seen; else this program proves nothing."""
    path = folder / file
    before = path.read_bytes()
    path.write_bytes(change(before))
    try:
        check(folder)
    except (Bad, ValueError, IndexError, OSError):
        path.write_bytes(before)
        return
    raise SystemExit(f'not ok: a change of {file} went unseen')


def flip(at):
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def main(program):
    for size in (1, 255, 256, 257, 1000, 70000, 256300):       # the last has paths with x001
        folder = Path(tempfile.mkdtemp(prefix='ledger-py-'))
        try:
            subprocess.run([program, folder, str(size)], check=True)
            if check(folder) != size:
                raise SystemExit(f'not ok: {size} leaves became another number')
            if size == 1000:
                for file in ('lane/entries', 'lane/level-0', 'lane/level-1', 'lane/entries.idx',
                             'lane/checkpoint', 'tiles/checkpoint', 'tiles/tile/0/003.p/232',
                             'tiles/tile/1/000.p/3',
                             'tiles/tile/entries/001', '999.tlog-proof'):
                    must_fail(folder, file,
                              flip(40 if 'checkpoint' in file or 'proof' in file else 7))
                    must_fail(folder, file, lambda data: data[:-9])
            print(f'ok: {size} leaves verified by other means')
        finally:
            shutil.rmtree(folder)


if __name__ == '__main__':
    os.environ.setdefault('LC_ALL', 'C.UTF-8')
    main(sys.argv[1])
