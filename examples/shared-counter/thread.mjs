// One thread of count.mjs. Every addition is one instruction of the CPU, so no addition of another thread is lost.
import { workerData } from 'node:worker_threads';
import { attach } from 'mapdirect';

const mine = attach(workerData.handle);
const counter = new BigInt64Array(mine.arrayBuffer(0, 8)); // made once, and kept
for (let i = 0; i < workerData.count; i++) Atomics.add(counter, 0, 1n);
mine.close();
