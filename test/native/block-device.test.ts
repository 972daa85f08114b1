import { expect } from '@jest/globals';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { attach, constants, mmap, type Mapping } from '../../lib/index.js';
import { loopDevices, withLoopDevice } from '../support/loop-device.js';
import { Scratch } from '../support/scratch.js';
import { misplaced, watermark } from '../support/watermark.js';
import { native } from '../support/backends.js';

const { MAP_SHARED, PROT_READ, PROT_WRITE } = constants;
const LENGTH = 2 ** 20;
const scratch = new Scratch();

/** Maps all of a block device over a file of watermark. */
function onBlockDevice(use: (mapping: Mapping, image: string) => void): Promise<void> {
  const image = scratch.file(LENGTH);
  return withLoopDevice(image, (device) => {
    const fd = openSync(device, 'r+');
    using mapping = mmap(LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    closeSync(fd);
    use(mapping, image);
  });
}

const tests: Readonly<Record<string, (mapping: Mapping, image: string) => void>> = {
  'is storage, whatever the file system is that its name lies on': ({ durability }) => {
    expect(durability.domain).toBe('storage');
    expect(durability.reasons.join(' ')).not.toMatch(/volatile|tmpfs/);
  },
  'persist(): the bytes are in the file under the loop device': (mapping, image) => {
    mapping.write(watermark(7, 5000), 4093);
    mapping.deepPersist();
    expect(misplaced(readFileSync(image).subarray(4093, 9093), 7)).toBeUndefined();
  },
  'resize() up to its end, and not past it': (mapping) => {
    mapping.resize(LENGTH / 2);
    mapping.resize(LENGTH);
    mapping.write(watermark(9, 100), LENGTH - 100);
    mapping.persist();
    expect(misplaced(mapping.view(LENGTH - 100, 100), 9)).toBeUndefined();
    expect(() => mapping.resize(LENGTH + 1)).toThrow(
      expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining(`ends at ${LENGTH}`) }),
    );
    expect(mapping.length).toBe(LENGTH);
  },
  'share() and attach(): the same bytes': (mapping) => {
    using other = attach(mapping.share());
    mapping.view(100, 4).write('seen');
    expect(other.view(100, 4).toString()).toBe('seen');
    expect(other.durability.domain).toBe('storage');
  },
};

for (const [name, body] of Object.entries(tests)) {
  native.and(loopDevices()).test(`a block device: ${name}`, () => onBlockDevice(body));
}
