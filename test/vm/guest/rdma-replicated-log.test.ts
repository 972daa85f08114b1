// examples/replicated-log with two processes, of which one or the other is killed.
import { afterAll, expect } from '@jest/globals';
import { join } from 'node:path';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';
import { flushRoce } from './rdma-guest.js';
import { createLog, Program, recordsOf, textOf } from './replicated-log.js';

const PORT = '7123';
const SIZE = 2 ** 20;
const KILLS = Number(process.env['MAPDIRECT_TEST_KILLS'] ?? 2);
const ACKNOWLEDGED_BETWEEN = 5;

const running = new Set<Program>();
afterAll(() => Promise.all([...running].map((program) => program.kill())));

function start(script: 'primary.mjs' | 'replica.mjs', file: string): Program {
  const program = new Program(script, file, PORT);
  running.add(program);
  return program;
}

flushRoce.test(
  `a replicated log loses no acknowledged record in ${KILLS} kills of either side`,
  async () => {
    const primaryFile = join(prepare(placeOf('ext4-dax')), 'primary.log');
    createLog(primaryFile, SIZE);
    const replicaFile = prepare(placeOf('device-dax-2M')); // its few pages are pinned soon
    let acknowledged = 0; // records
    let replica = start('replica.mjs', replicaFile);
    await replica.expectLine(/^listening/);
    let primary = start('primary.mjs', primaryFile);
    let next = Number((await primary.expectLine(/^ready, with \d+/)).replace(/\D/g, ''));

    const append = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        primary.send(textOf(next));
        expect(await primary.expectLine(/^\d+$/)).toBe(String(next));
        acknowledged = ++next;
      }
    };

    for (let round = 0; round < KILLS; round++) {
      await append(ACKNOWLEDGED_BETWEEN);
      primary.send(textOf(next)); // may be under way when one side dies
      if (round % 2 === 0) {
        await replica.kill();
        replica = start('replica.mjs', replicaFile);
        expect(await primary.expectLine(/^\d+$/)).toBe(String(next));
        acknowledged = ++next;
      } else {
        await primary.kill();
        primary = start('primary.mjs', primaryFile);
        next = Number((await primary.expectLine(/^ready, with \d+/)).replace(/\D/g, ''));
        expect(next).toBeGreaterThanOrEqual(acknowledged);
      }
    }
    await append(1);
    await Promise.all([primary.kill(), replica.kill()]);
    const wanted = Array.from({ length: acknowledged }, (_, number) => textOf(number));
    expect(recordsOf(primaryFile).slice(0, acknowledged)).toEqual(wanted);
    expect(recordsOf(replicaFile).slice(0, acknowledged)).toEqual(wanted);
  },
  300_000,
);
