"""A file server over /dev/fuse that every file gives the same inode number, as some real ones do for a part of theirs.

fuse_server.py DIRECTORY: mounts there, says "mounted" on standard output, and serves until it is killed or unmounted. The files
'a' and 'b' are there; more can be made. A directory cannot be synced: EINVAL, as some real servers have it.
"""

import ctypes
import errno
import os
import stat
import struct
import sys

INODE = 1000
ROOT = 1
LENGTH = 8192


class File:
    def __init__(self, name, content=b'', mode=0o666):
        self.name, self.content, self.mode = name, bytearray(content), mode

    def resize(self, length):
        self.content[:] = self.content[:length].ljust(length, b'\0')


# By node id, which is the protocol's own number of a file.
files = {2: File('a', b'A' * LENGTH), 3: File('b', b'B' * LENGTH)}


class Refused(Exception):
    pass


def attributes(node):
    if node == ROOT:
        return struct.pack('<6Q10I', ROOT, 0, 0, 0, 0, 0, 0, 0, 0, stat.S_IFDIR | 0o777, 2, 0, 0, 0, 4096, 0)
    size = len(files[node].content)
    return struct.pack('<6Q10I', INODE, size, -(-size // 512), 0, 0, 0, 0, 0, 0, stat.S_IFREG | files[node].mode, 1, os.getuid(), 0, 0, 4096, 0)


def found(name):
    for node, file in files.items():
        if file.name == name:
            return node
    raise Refused(errno.ENOENT)


def text(body):
    return body.split(b'\0')[0].decode()


# Nothing of an answer may be kept: other names may be asked for at any time.
def entry(node):
    return struct.pack('<4Q2I', node, 0, 0, 0, 0, 0) + attributes(node)


def init(_node, body):
    return struct.pack('<4I2H2I2HI28x', 7, 31, struct.unpack_from('<I', body, 8)[0], 0, 12, 12, 1 << 17, 1, 32, 0, 0)


def set_attributes(node, body):
    valid, = struct.unpack_from('<I', body)
    if valid & 8:
        files[node].resize(struct.unpack_from('<Q', body, 16)[0])
    return attributes_answer(node, body)


def attributes_answer(node, _body):
    return struct.pack('<Q2I', 0, 0, 0) + attributes(node)


def opened(node, _body):
    return struct.pack('<Q2I', node, 0, 0)


def read(node, body):
    offset, size = struct.unpack_from('<QI', body, 8)
    return bytes(files[node].content[offset:offset + size])


def write(node, body):
    offset, size = struct.unpack_from('<QI', body, 8)
    content = files[node].content
    if len(content) < offset + size:
        files[node].resize(offset + size)
    content[offset:offset + size] = body[40:40 + size]
    return struct.pack('<2I', size, 0)


def create(_node, body):
    mode, = struct.unpack_from('<I', body, 4)
    node = max(files) + 1
    files[node] = File(text(body[16:]), mode=mode & 0o7777)
    return entry(node) + opened(node, body)


def unlink(_node, body):
    files[found(text(body))].name = None
    return b''


def allocate(node, body):
    offset, length = struct.unpack_from('<2Q', body, 8)
    files[node].resize(max(len(files[node].content), offset + length))
    return b''


def refuse_sync(_node, _body):
    raise Refused(errno.EINVAL)


def done(_node, _body):
    return b''


HANDLERS = {
    1: lambda _node, body: entry(found(text(body))), 3: attributes_answer, 4: set_attributes, 10: unlink, 14: opened, 15: read, 16: write,
    17: lambda _node, _body: struct.pack('<5Q4I24x', 1000, 1000, 1000, 10, 10, 4096, 255, 4096, 0),
    18: done, 20: done, 25: done, 26: init, 27: opened, 29: done, 30: refuse_sync, 35: create, 43: allocate,
}
WITHOUT_ANSWER = {2, 36, 42}


def answer(number, node, body):
    try:
        if number not in HANDLERS:
            raise Refused(errno.ENOSYS)
        return 0, HANDLERS[number](node, body)
    except Refused as refused:
        return -refused.args[0], b''


def main(directory):
    device = os.open('/dev/fuse', os.O_RDWR)
    options = f'fd={device},rootmode=40000,user_id={os.getuid()},group_id=0,allow_other'
    if ctypes.CDLL(None, use_errno=True).mount(b'inodes', directory.encode(), b'fuse', 0, options.encode()) != 0:
        sys.exit(f'mount: {os.strerror(ctypes.get_errno())}')
    print('mounted', flush=True)
    while True:
        try:
            request = os.read(device, 1 << 18)
        except OSError as error:
            if error.errno == errno.ENODEV:
                return
            continue
        _length, number, unique, node = struct.unpack_from('<2I2Q', request)
        if number in WITHOUT_ANSWER:
            continue
        error, data = answer(number, node, request[40:])
        try:
            os.write(device, struct.pack('<IiQ', 16 + len(data), error, unique) + data)
        except OSError:
            pass  # nobody waits for it any more


main(sys.argv[1])
