// P14: registrations and endpoints leave nothing behind.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';
import { softRoce } from './rdma-guest.js';

/** 1,000 before a release. */
const CYCLES = process.env['MAPDIRECT_TEST_CYCLES'] ?? '100';

softRoce.test(
  `P14: ${CYCLES} lives of a domain, a registration and two endpoints leave nothing behind`,
  () => {
    const args = ['--expose-gc', join(__dirname, 'rdma-cycles.js'), prepare(placeOf('device-dax-4K')), CYCLES];
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
    const { before, after } = JSON.parse(stdout) as Record<'before' | 'after', Record<string, unknown>>;
    expect(after).toEqual(before);
    expect(before).toMatchObject({ pinned: 0, locked: 0, ranges: 0, areas: 0, counts: [0, 0, 0] });
  },
  60_000 + 1000 * Number(CYCLES),
);
