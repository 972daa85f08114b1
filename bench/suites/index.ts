import type { Benchmark } from '../benchmark.js';
import { appendDisk } from './append-disk.js';
import { appendMemory } from './append-memory.js';
import { appendWays } from './append-ways.js';
import { commitPages } from './commit-pages.js';
import { crashImages, crashRecording } from './crash-simulator.js';
import { directIo } from './direct-io.js';
import { durableCopy } from './durable-copy.js';
import { faultGuard } from './fault-guard.js';
import { growingCost } from './growing-cost.js';
import { growth } from './growth.js';
import { handOver } from './hand-over.js';
import { healTail } from './heal-tail.js';
import { liveMappings } from './live-mappings.js';
import { loopPause } from './loop-pause.js';
import { mappedAgainstHeap } from './mapped-against-heap.js';
import { openLarge } from './open-large.js';
import { openSmall } from './open-small.js';
import { persistAsync } from './persist-async.js';
import { persistRanges } from './persist-ranges.js';
import { persist } from './persist.js';
import { persistWord } from './persist-word.js';
import { rdmaRegister } from './rdma-register.js';
import { rdmaWrite } from './rdma-write.js';
import { randomReads } from './random-reads.js';
import { readStream } from './read-stream.js';
import { scatteredPages } from './scattered-pages.js';
import { sealHoles } from './seal-holes.js';
import { sealUnsealed } from './seal-unsealed.js';
import { sealWritten } from './seal-written.js';
import { sealsLive } from './seals-live.js';
import { sealsOneMapping } from './seals-one-mapping.js';
import { smallReads } from './small-reads.js';
import { sequentialScan } from './sequential-scan.js';
import { waitAsync } from './wait-async.js';
import { writerLock } from './writer-lock.js';

/** All benchmarks, in the order of a run. */
export const benchmarks: readonly Benchmark[] = [
  persist,
  persistWord,
  persistRanges,
  scatteredPages,
  commitPages,
  durableCopy,
  appendMemory,
  appendDisk,
  ...appendWays,
  persistAsync,
  loopPause,
  directIo,
  smallReads,
  mappedAgainstHeap,
  openSmall,
  openLarge,
  liveMappings,
  growingCost,
  ...growth,
  ...faultGuard,
  healTail,
  readStream,
  ...randomReads,
  sequentialScan,
  waitAsync,
  ...handOver,
  ...writerLock,
  sealUnsealed,
  sealWritten,
  sealHoles,
  sealsLive,
  sealsOneMapping,
  crashImages,
  crashRecording,
  rdmaRegister,
  ...rdmaWrite,
];
