// One operation on an unsealed file: isSealed, write (ours, guarded) or writeSync (node:fs). Both write 64 bytes within
// the file. Arguments: FILE OPERATION COUNT time|calls|run
import fs from 'node:fs';
import { files, seals } from '../../lib/index.js';
import { callsPerOperation } from '../facts/system-calls.js';
import { argument, nanosecondsPerOperation, numericArgument, printFigures } from '../trial.js';

const [file, name, count] = [argument(0), argument(1), numericArgument(2)];
const bytes = Buffer.alloc(64, 1);

function operation(): () => void {
  if (name === 'isSealed') {
    return () => {
      if (seals.isSealed(file)) throw new Error('the file is sealed');
    };
  }
  const fd = fs.openSync(file, 'r+');
  if (name === 'write') return () => void files.write(fd, bytes, 0, bytes.length, 0);
  if (name === 'writeSync') return () => void fs.writeSync(fd, bytes, 0, bytes.length, 0);
  throw new TypeError(`no operation ${name}`);
}

async function main(): Promise<void> {
  const run = operation();
  const how = argument(3);
  if (how === 'time')
    printFigures({ [name === 'isSealed' ? 'ask' : 'write']: await nanosecondsPerOperation(run, count) });
  if (how === 'run') for (let i = 0; i < count; i++) run();
  if (how === 'calls')
    printFigures({
      [name === 'isSealed' ? 'askCalls' : 'writeCalls']: callsPerOperation(
        (times) => [__filename, file, name, String(times), 'run'],
        count,
      ),
    });
}

void main();
