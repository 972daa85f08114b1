import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import type { Mapping } from '../../../../lib/index.js';
import { eventually } from '../inspect.js';
import type { Scene, Ways } from './scene.js';

/** undefined: this runtime has no such buffers. */
function sharedBuffer(mapping: Mapping): SharedArrayBuffer | undefined {
  try {
    return mapping.sharedArrayBuffer();
  } catch (error) {
    assert.equal((error as { code?: unknown }).code, 'EOPNOTSUPP');
    return undefined;
  }
}

/** A thread of its own adds 5 to a word. In a function of its own: nothing refers to the buffer after it. */
async function addInWorker({ mapping, lost, truncate }: Scene): Promise<void> {
  const memory = sharedBuffer(mapping) ?? mapping.arrayBuffer();
  truncate();
  if (memory instanceof SharedArrayBuffer) {
    const code = `const { workerData: { memory, at } } = require('node:worker_threads');
      Atomics.add(new Int32Array(memory), at, 5);`;
    await once(new Worker(code, { eval: true, workerData: { memory, at: lost.offset / 4 } }), 'exit');
  } else {
    Atomics.add(new Int32Array(memory), lost.offset / 4, 5);
  }
  assert.equal(new Int32Array(memory)[lost.offset / 4], 5);
}

/** The mapping is in use until the garbage collector has taken the buffer. */
function isBusy(mapping: Mapping): boolean {
  try {
    mapping.remap();
  } catch (error) {
    return (error as { code?: unknown }).code === 'EBUSY';
  }
  throw new Error('remap() has brought back pages that the file does not have');
}

/** Members of a mapping that read or hand out its memory. */
export const waysOfMembers: Ways = {
  'createReadStream()': async ({ mapping, lost, truncate }) => {
    const stream = mapping.createReadStream({ start: lost.offset - 16, highWaterMark: 8 });
    let read = 0;
    const reading = async (): Promise<void> => {
      for await (const chunk of stream) {
        if (read === 0) truncate();
        read += (chunk as Buffer).length;
      }
    };
    await assert.rejects(reading(), { code: 'ERR_MAPPING_FAULT', ...lost, reason: 'truncated' });
    assert.ok(read >= 8 && read <= 16, `${read} bytes`);
  },
  'sharedArrayBuffer(), in another thread': async (scene) => {
    await addInWorker(scene);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await eventually('the buffer is collected', () => {
      collect();
      return !isBusy(scene.mapping);
    });
  },
};
