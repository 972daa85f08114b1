// Stands for a child whose third call ends the process.
import { CallLog } from './call-log.js';

const log = new CallLog(3);
for (const call of [0, 1, 2]) log.note(call, 100 + call);
process.stderr.write('three calls\n');
process.kill(process.pid, 'SIGSEGV');
