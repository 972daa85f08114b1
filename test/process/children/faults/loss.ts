import assert from 'node:assert/strict';
import { closeSync, openSync, readSync, truncateSync } from 'node:fs';
import type { Mapping, MappingEvents } from '../../../../lib/index.js';
import { PAGE } from '../../../support/sizes.js';
import { eventually } from '../inspect.js';

/** A part of a mapping, in bytes from its start. */
export interface Part {
  readonly offset: number;
  readonly length: number;
}

type FaultEvent = MappingEvents['fault'];

/** Bytes of the file, read by a system call. */
export function readPart(path: string, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const fd = openSync(path, 'r');
  try {
    assert.equal(readSync(fd, bytes, 0, length, position), length);
  } finally {
    closeSync(fd);
  }
  return bytes;
}

/** The call did not succeed, with ERR_MAPPING_FAULT and these properties. */
async function refused(name: string, call: () => unknown, fault: FaultEvent): Promise<void> {
  await assert.rejects(async () => call(), { code: 'ERR_MAPPING_FAULT', ...fault }, name);
}

/** Watches a mapping that is going to lose a part of its file. Checks what the package says about the loss. */
export class Loss {
  readonly events: FaultEvent[] = [];

  constructor(
    readonly mapping: Mapping,
    readonly path: string,
  ) {
    mapping.on('fault', (event) => void this.events.push(event));
  }

  /** Each call that makes stores durable, on a range that touches the byte at `offset`. */
  private calls(offset: number): Readonly<Record<string, () => unknown>> {
    const { mapping } = this;
    return {
      persist: () => mapping.persist(),
      'persist of one byte': () => mapping.persist(offset, 1),
      flush: () => mapping.flush(offset, 1),
      write: () => mapping.write(Buffer.from([1]), offset),
      fill: () => mapping.fill(1, offset, 1),
      persistRanges: () => mapping.persistRanges([[offset, 8]]),
      deepPersist: () => mapping.deepPersist(),
      persistAsync: () => mapping.persistAsync(),
    };
  }

  /** As {@link check}, for a mapping whose stores reach no file. */
  async checkPrivate(part: Part, reason: FaultEvent['reason']): Promise<void> {
    const { mapping, events } = this;
    assert.equal(mapping.faulted, true);
    await eventually('the event has come', () => events.length > 0);
    assert.deepEqual(events, [{ ...part, reason }]);
  }

  /** The process has met the loss of `part`: the package says so in each way, and the rest of the mapping works. */
  async check(part: Part, reason: FaultEvent['reason']): Promise<void> {
    const { mapping, events } = this;
    const fault: FaultEvent = { ...part, reason };
    assert.equal(mapping.faulted, true);
    await refused('drain', () => mapping.drain(), fault);
    mapping.drain(); // it says it once
    for (const [name, call] of Object.entries(this.calls(part.offset))) await refused(name, call, fault);
    await eventually('the event has come', () => events.length > 0);
    assert.deepEqual(events, [fault]);
    if (part.offset > 0) this.checkKept(part.offset);
    assert.equal(mapping.faulted, true);
  }

  /** The pages before `end` take stores and bring them to the file. */
  private checkKept(end: number): void {
    const { mapping } = this;
    for (const at of [0, end - PAGE]) this.checkDurable(at);
    mapping.persist(0, end);
  }

  private checkDurable(at: number): void {
    const { mapping, path } = this;
    mapping.view(at, 4).write('kept');
    mapping.persist(at, 4);
    mapping.write(Buffer.from('too'), at + 8);
    const bytes = readPart(path, mapping.offset + at, 11);
    assert.deepEqual([bytes.toString('latin1', 0, 4), bytes.toString('latin1', 8)], ['kept', 'too']);
  }

  /**
   * remap() is refused while the file is short. When the file has its length again, remap() brings `part` back, under
   * the same views.
   */
  async checkRemap(part: Part): Promise<void> {
    const { mapping, path } = this;
    const view = mapping.view(part.offset, 8);
    view.write('lost');
    await refused('remap', () => mapping.remap(), { ...part, reason: 'truncated' });
    truncateSync(path, mapping.offset + mapping.length);
    mapping.remap();
    assert.equal(mapping.faulted, false);
    assert.deepEqual([...view], [0, 0, 0, 0, 0, 0, 0, 0], 'a store into the lost part is gone');
    this.checkDurable(part.offset);
    assert.equal(view.toString('latin1', 0, 4), 'kept', 'the earlier view shows the file');
    mapping.persist();
    mapping.drain();
    await mapping.persistAsync();
  }
}
