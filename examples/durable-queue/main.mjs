// Uses a queue from the command line.
//
//   node main.mjs push FILE          makes each line of standard input a record, and prints the line when it is durable
//   node main.mjs take FILE [COUNT]  prints records, and removes each one after it was printed
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Queue } from './queue.mjs';

const [command, file, count = 'all'] = process.argv.slice(2);

function fail(sentence, code = 2) {
  console.error(sentence);
  process.exitCode = code;
}

async function push(queue) {
  for await (const line of createInterface({ input: process.stdin })) {
    if (!queue.push(Buffer.from(line))) return fail('the queue is full', 1);
    writeSync(1, `${line}\n`);
  }
}

function take(queue) {
  const most = count === 'all' ? Infinity : Number(count);
  for (let taken = 0; taken < most; taken++) {
    const record = queue.first();
    if (record === undefined) return;
    writeSync(1, `${record}\n`); // if this program is killed now, the record comes once more
    queue.drop();
  }
}

if (!['push', 'take'].includes(command) || file === undefined) fail('usage: node main.mjs push|take FILE [COUNT]');
else if (count !== 'all' && !/^\d+$/.test(count)) fail(`COUNT must be a whole number, not '${count}'`);
else {
  try {
    const queue = new Queue(file);
    try {
      await { push, take }[command](queue);
    } finally {
      queue.close();
    }
  } catch (error) {
    fail(error.message);
  }
}
