// Seals, unseals and changes one file until it is killed. Arguments: FILE WITNESS SEALER SEALERS SEED
// guarded|plain|timid|kernel The judge must find the mutants 'plain' and 'timid': one takes no lock, the other refuses
// too much. 'kernel' seals by MAP_DIRECT, and takes no lock in every second change: the kernel refuses it.
import fs from 'node:fs';
import { constants, files, map, type Seal, type SealPolicy } from '../../../lib/index.js';
import { codeOf, waitFor } from '../../support/race.js';
import { Random } from '../../support/random.js';
import { Witness } from '../../support/witness.js';

const { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE } = constants;
const PAGE = 4096;
const MOST = 16 * PAGE;

const [, , path = '', witnessed = '', sealerArgument = '0', sealersArgument = '1', seed = '1', manner = 'guarded'] =
  process.argv;
const sealer = Number(sealerArgument);
const witness = new Witness(witnessed, Number(sealersArgument));
const random = new Random(Number(seed));

/** Synchronously, so that it is not lost with this process. */
function report(line: string): void {
  fs.writeSync(1, `${line}\n`);
}

function withFile<T>(use: (fd: number) => T): T {
  const fd = fs.openSync(path, 'r+');
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Never below one page: that much is mapped by the sealers. */
function someLength(): number {
  return PAGE + random.below(MOST);
}

interface Change {
  readonly name: string;
  readonly guarded: () => unknown;
  /** Without a lock of the package. */
  readonly plain: () => unknown;
}

function someChange(): Change {
  const length = someLength();
  const bytes = Buffer.alloc(1 + random.below(2 * PAGE), 1);
  return random.of<Change>([
    { name: 'truncate', guarded: () => files.truncate(path, length), plain: () => fs.truncateSync(path, length) },
    { name: 'append', guarded: () => files.append(path, bytes), plain: () => fs.appendFileSync(path, bytes) },
    {
      name: 'write past the end',
      guarded: () => withFile((fd) => files.write(fd, bytes, 0, bytes.length, fs.fstatSync(fd).size)),
      plain: () => withFile((fd) => fs.writeSync(fd, bytes, 0, bytes.length, fs.fstatSync(fd).size)),
    },
    {
      name: 'punch a hole',
      guarded: () => withFile((fd) => files.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, PAGE)),
      plain: () => fs.truncateSync(path, length),
    },
    {
      name: 'fallocate',
      guarded: () => withFile((fd) => files.fallocate(fd, 0, 0, length)),
      plain: () => fs.truncateSync(path, length),
    },
  ]);
}

function change(): void {
  const { name, guarded, plain } = someChange();
  const before = witness.now();
  const asksNobody = manner === 'plain' || (manner === 'kernel' && random.below(2) === 0);
  const code = manner === 'timid' ? 'ETXTBSY' : codeOf(asksNobody ? plain : guarded);
  if (code !== undefined && code !== 'ETXTBSY' && code !== 'EBUSY') report(`${name}: ${code}`);
  const verdict = witness.judge(before, code === undefined);
  if (verdict !== 'fits') report(`${name}: ${verdict} (${code ?? 'done'})`);
}

/** Rule 13: an operation that changes no block succeeds while the file is sealed. */
function writeWithin(): void {
  const before = witness.now();
  const code = codeOf(() => withFile((fd) => files.write(fd, Buffer.alloc(512, 2), 0, 512, random.below(PAGE - 512))));
  const unfit = code !== undefined && (witness.heldSince(before) || witness.freeSince(before));
  if (unfit) report(`write within the size: ${code}`);
}

/** A seal, and the function that ends it. */
interface Taken {
  readonly seal: Seal | undefined;
  readonly end: () => void;
}

/** Seals for less than `most` milliseconds. `allowed`: the codes of a refusal that are right. */
function hold(take: () => Taken, most: number, allowed: readonly string[]): void {
  witness.next(sealer);
  let taken: Taken | undefined;
  const code = codeOf(() => {
    taken = take();
  });
  if (taken === undefined) {
    witness.fail(sealer);
    if (!allowed.includes(code ?? '')) report(`seal: ${code}`);
    return;
  }
  witness.next(sealer);
  witness.count('sealed');
  waitFor(random.below(most));
  const moved = taken.seal?.verify().moved ?? [];
  if (moved.length > 0) report(`moved while sealed: ${JSON.stringify(moved)}`);
  witness.next(sealer);
  taken.end();
  witness.next(sealer);
}

/**
 * The kernel's begins and ends with its mapping. Longer than an operation in an emulated machine, or none would run
 * within.
 */
function holdByKernel(): void {
  const take = (): Taken => {
    const mapping = map(path, { length: PAGE, direct: { enforcement: 'kernel' } });
    return { seal: mapping.seals[0], end: () => mapping.close() };
  };
  hold(take, 60, ['EBUSY', 'ETXTBSY']);
}

function holdByLock(policy: SealPolicy): void {
  using mapping = map(path, { length: PAGE });
  const take = (): Taken => {
    const seal = mapping.seal({ policy });
    return { seal, end: () => seal.release() };
  };
  hold(take, 6, ['EBUSY']);
}

const turns: readonly (() => void)[] = [
  ...Array.from({ length: 8 }, () => change),
  writeWithin,
  () => waitFor(random.below(10)),
  manner === 'kernel' ? holdByKernel : () => holdByLock(random.of(['refuse', 'refuse', 'exclusive', 'breakable'])),
];

/** A turn of the loop in between: hints and finalizers want one. */
function forever(): void {
  for (let turn = 0; turn < 8; turn++) random.of(turns)();
  setImmediate(forever);
}

report('started');
forever();
