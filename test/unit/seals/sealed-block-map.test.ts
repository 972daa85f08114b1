import { describe, expect, test } from '@jest/globals';
import type { FileOperations } from '../../../lib/backend/file-operations.js';
import { runAsync, runSync } from '../../../lib/core/sync-or-async.js';
import { ExtentMap, type Extent } from '../../../lib/file/extent-map.js';
import { SealedBlockMap } from '../../../lib/seals/sealed-block-map.js';

const SIZE = 8192;

function mapAt(physical: number): Float64Array {
  return Float64Array.of(0, physical, SIZE, 0);
}

/** A file of one extent, and the block map of its seal. `moveTo` changes the place of the extent. */
function sealedFile({ exclusive = false, canBeRead = true } = {}) {
  let physical = 0;
  let closed = 0;
  const reported: Extent[][] = [];
  const questions: string[] = [];
  const read = (question: string): Float64Array => {
    questions.push(question);
    return mapAt(physical);
  };
  const files = {
    stat: () => ({ size: SIZE }),
    readExtents: (_fd: number, _offset: number, _length: number, question: string) => read(question),
    readExtentsAsync: async (_fd: number, _offset: number, _length: number, question: string) => read(question),
  } as unknown as FileOperations;
  const blockMap = new SealedBlockMap({
    files,
    fd: () => 3,
    path: 'file',
    map: ExtentMap.of(mapAt(0), SIZE, 'blocks'),
    canBeRead,
    exclusive,
    onMoved: (moved) => reported.push(moved),
  });
  return {
    blockMap,
    reported,
    questions,
    moveTo: (place: number) => (physical = place),
    end: () => blockMap.end(() => closed++),
    closed: () => closed,
  };
}

describe('the block map of a sealed file', () => {
  test('verify() names the extents that moved, and reports them', () => {
    const { blockMap, reported, moveTo } = sealedFile();
    expect(runSync(blockMap.verify())).toEqual([]);
    moveTo(4096);
    const moved = [{ offset: 0, length: SIZE, flags: [] }];
    expect([runSync(blockMap.verify()), reported]).toEqual([moved, [moved]]);
  });

  test('that cannot be read is not read', () => {
    const { blockMap, questions, moveTo } = sealedFile({ canBeRead: false });
    moveTo(4096);
    expect([runSync(blockMap.verify()), questions]).toEqual([[], []]);
  });

  test('a change of the owner sets the fingerprint anew, with the first reading after its end', () => {
    const { blockMap, reported, questions, moveTo } = sealedFile({ exclusive: true });
    const end = blockMap.owner.begin();
    moveTo(4096);
    expect(runSync(blockMap.verify())).toEqual([]); // half of the change
    end();
    expect(blockMap.owner.state).toBe('unread');
    runSync(blockMap.check());
    expect([blockMap.owner.state, questions.at(-1)]).toEqual(['none', 'synced']);
    expect([runSync(blockMap.verify()), reported]).toEqual([[], []]);
    moveTo(0);
    expect(runSync(blockMap.verify())).toHaveLength(1);
  });

  test('a check that the owner has overtaken compares nothing', async () => {
    const { blockMap, reported, moveTo } = sealedFile({ exclusive: true });
    moveTo(4096);
    const checking = runAsync(blockMap.check());
    blockMap.owner.begin()();
    await checking;
    expect([reported, blockMap.owner.state]).toEqual([[], 'unread']);
  });

  test('the descriptor is closed after the last reading', async () => {
    const idle = sealedFile();
    idle.end();
    expect(idle.closed()).toBe(1);
    const reading = sealedFile();
    const checking = runAsync(reading.blockMap.check());
    reading.end();
    expect(reading.closed()).toBe(0);
    await checking;
    expect(reading.closed()).toBe(1);
  });
});
