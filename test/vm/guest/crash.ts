// In the guest: verifies the records of the round before, then appends until the power goes. Arguments: ROUND, then per
// log NAME:sync|off:ACKNOWLEDGED, where ACKNOWLEDGED is the number of records of the round before that the host has
// received (-1: there was none). 'off' is the control: sync 'off' and cache-line flushes all the same (the environment
// forces them), and so it loses records, which MAP_SYNC prevents.
import fs from 'node:fs';
import path from 'node:path';
import { map, type Mapping } from '../../../lib/index.js';
import { bodyOf, judge, MARK_AT, markOf, PAGE, RECORDS } from '../crash-record.js';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';

const [, , roundText = '0', ...logs] = process.argv;
const round = Number(roundText);

function say(line: string): void {
  fs.writeSync(1, `${line}\n`);
}

interface Log {
  readonly name: string;
  readonly sync: 'require' | 'off';
  readonly acknowledged: number;
  readonly directory: string;
}

function parse(text: string): Log {
  const [name = '', sync = '', acknowledged = '-1'] = text.split(':');
  const directory = prepare(placeOf(name), round > 0);
  return { name, sync: sync === 'off' ? 'off' : 'require', acknowledged: Number(acknowledged), directory };
}

function fileOf({ directory, sync }: Log, ofRound: number): string {
  return path.join(directory, `${sync}-${ofRound}`);
}

/** Counts the records of the round before, with read(2): as the file system has recovered them. */
function verify(log: Log): void {
  if (log.acknowledged < 0) return;
  let lost = 0;
  let torn = 0;
  let complete = 0;
  let bytes = Buffer.alloc(0);
  try {
    bytes = fs.readFileSync(fileOf(log, round - 1));
  } catch {
    // The whole file is lost: counted below.
  }
  for (let i = 0; i < Math.max(log.acknowledged, Math.floor(bytes.length / PAGE)); i++) {
    const record = bytes.subarray(i * PAGE, i * PAGE + MARK_AT + 8);
    const found = record.length < MARK_AT + 8 ? 'absent' : judge(record, round - 1, i);
    if (found === 'complete') complete++;
    else if (found === 'torn') torn++;
    if (found !== 'complete' && i < log.acknowledged) lost++;
  }
  say(
    `vm-crash: verified ${log.name} ${log.sync} ${JSON.stringify({ acknowledged: log.acknowledged, complete, lost, torn })}`,
  );
  fs.rmSync(fileOf(log, round - 1), { force: true });
}

/** A file without blocks: each store into a new page makes the file system find one. */
function begin(log: Log): { log: Log; mapping: Mapping } {
  const file = fileOf(log, round);
  const fd = fs.openSync(file, 'w+');
  fs.ftruncateSync(fd, RECORDS * PAGE);
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  const directory = fs.openSync(log.directory, 'r');
  fs.fsyncSync(directory);
  fs.closeSync(directory);
  const mapping = map(file, { sync: log.sync });
  say(`vm-crash: begins ${log.name} ${log.sync} ${mapping.durability.granularity} ${mapping.durability.mapSync}`);
  return { log, mapping };
}

function append({ log, mapping }: { log: Log; mapping: Mapping }, sequence: number): void {
  mapping.write(bodyOf(round, sequence), sequence * PAGE);
  mapping.write(markOf(round, sequence), sequence * PAGE + MARK_AT);
  say(`vm-ack: ${log.name} ${log.sync} ${sequence}`);
}

const parsed = logs.map(parse);
for (const log of parsed) verify(log);
const begun = parsed.map(begin);
say('vm-crash: writing');
for (let sequence = 0; sequence < RECORDS; sequence++) for (const one of begun) append(one, sequence);
say('vm-crash: the logs are full');
