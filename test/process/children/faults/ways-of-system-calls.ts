import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { promisify } from 'node:util';
import { PAGE } from '../../../support/sizes.js';
import { pinned, type Scene, type Ways } from './scene.js';

/** Runs `use` on a descriptor of a file of its own. */
async function withFile({ path }: Scene, use: (fd: number) => unknown): Promise<void> {
  const fd = fs.openSync(`${path}.other`, 'w+');
  try {
    await use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The mapping from its last page that is kept, made before the loss. */
function acrossTheEnd({ mapping, lost, truncate }: Scene): Buffer {
  const view = mapping.view(lost.offset - PAGE, lost.length + PAGE);
  truncate();
  return view;
}

const INTO = { code: 'EFAULT' };

/**
 * System calls that get memory of the mapping. The kernel sends no signal for them: they fail with EFAULT, or stop at
 * the first lost page. The mapping learns of the loss when the process itself touches it.
 */
const calls: Ways = {
  'write(2) from lost pages': (scene) =>
    withFile(scene, (fd) => assert.throws(() => fs.writeSync(fd, acrossTheEnd(scene), PAGE, 8), INTO)),
  'write(2) that runs into them': (scene) =>
    withFile(scene, (fd) => assert.equal(fs.writeSync(fd, acrossTheEnd(scene)), PAGE)),
  'write(2) on the thread pool': (scene) =>
    withFile(scene, async (fd) => {
      const request = promisify(fs.write)(fd, acrossTheEnd(scene), PAGE, 8, 0);
      await assert.rejects(pinned(scene, request), INTO);
    }),
  'writeFile()': (scene) =>
    withFile(scene, async () => {
      const request = fs.promises.writeFile(`${scene.path}.other`, acrossTheEnd(scene));
      await assert.rejects(pinned(scene, request), INTO);
      assert.equal(fs.statSync(`${scene.path}.other`).size, PAGE);
    }),
  'read(2) into lost pages': (scene) =>
    withFile(scene, (fd) => {
      fs.writeSync(fd, Buffer.alloc(8, 1));
      assert.throws(() => fs.readSync(fd, acrossTheEnd(scene), PAGE, 8, 0), INTO);
    }),
  'a socket': async (scene) => {
    const view = acrossTheEnd(scene).subarray(PAGE);
    const server = net.createServer().listen(`${scene.path}.socket`);
    await once(server, 'listening');
    const socket = net.connect(`${scene.path}.socket`);
    await once(socket, 'connect');
    socket.write(view);
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'EFAULT');
    server.close();
  },
};

/** The calls, and after each the touch that the package notices. */
export const waysOfSystemCalls: Ways = Object.fromEntries(
  Object.entries(calls).map(([name, call]) => [
    name,
    async (scene: Scene) => {
      await call(scene);
      assert.equal(scene.mapping.faulted, false);
      assert.equal(scene.mapping.view(scene.lost.offset, 1)[0], 0);
    },
  ]),
);
