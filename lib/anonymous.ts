import { publishError } from './core/channels.js';
import { selectBackend } from './backend/select.js';
import { constants } from './core/constants.js';
import { errno, invalidValue, systemError } from './core/errors.js';
import { growths } from './backend/map-budget.js';
import type { Mapping } from './mapping/mapping.js';
import { mapDescriptor } from './map/map-descriptor.js';
import { checkOptions } from './core/check-options.js';
import { checkNumber, checkPositiveSize, checkString } from './core/validators.js';

const { F_SEAL_EXEC, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_FUTURE_WRITE } = constants;
const KNOWN_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_EXEC;
const MAX_NAME = 249; // man 2 memfd_create

/** Options of {@link anonymous}. */
export interface AnonymousOptions {
  /** Shown in /proc/self/maps as /memfd:NAME. Default 'mapdirect'. */
  name?: string | undefined;
  /**
   * F_SEAL_* bits, enforced by the kernel for good. Not F_SEAL_WRITE: the mapping itself could not be made. With
   * F_SEAL_EXEC (Linux 6.3) the memory is no program and cannot become one. Default 0.
   */
  seals?: number | undefined;
}

function checkSeals(seals: unknown): number {
  if (seals === undefined) return 0;
  checkNumber(seals, 'options.seals');
  if (!Number.isInteger(seals) || (seals & ~KNOWN_SEALS) !== 0)
    throw invalidValue('options.seals', 'must be a set of F_SEAL_* bits', seals);
  if ((seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) {
    throw systemError(
      errno.EPERM,
      'mmap',
      undefined,
      'memory sealed with F_SEAL_WRITE or F_SEAL_FUTURE_WRITE cannot be mapped for writing',
    );
  }
  return seals;
}

function checkName(name: unknown): string {
  if (name === undefined) return 'mapdirect';
  checkString(name, 'options.name');
  if (name.includes('\0') || Buffer.byteLength(name) > MAX_NAME)
    throw invalidValue('options.name', `must have at most ${MAX_NAME} bytes, none of them null`, name);
  return name;
}

/**
 * Memory without a file name, zeroed, that can be shared with worker threads and children: memfd_create(2), Linux 3.17.
 *
 * @param length - Bytes, > 0.
 * @throws ENOMEM; EFBIG above RLIMIT_FSIZE (ulimit -f); EINVAL for F_SEAL_EXEC before Linux 6.3; EPERM for seals that
 *   forbid the mapping; TypeError and RangeError for wrong arguments.
 * @example
 * const { anonymous } = require('mapdirect');
 * const memory = anonymous(65536);
 * memory.buffer.write('hello');
 * console.log(memory.buffer.toString('latin1', 0, 5)); // hello
 * memory.close();
 * @example
 * // Native only: the emulation has no seals of the kernel.
 * const { anonymous, constants } = require('mapdirect');
 * const memory = anonymous(65536, { name: 'counters', seals: constants.F_SEAL_SHRINK | constants.F_SEAL_GROW });
 * memory.close();
 */
export function anonymous(length: number, options?: AnonymousOptions): Mapping {
  checkPositiveSize(length, 'length');
  const given = checkOptions<AnonymousOptions>(options, 'options', ['name', 'seals']);
  const name = checkName(given.name);
  const seals = checkSeals(given.seals);
  const backend = selectBackend('auto');
  try {
    backend.checkRoom(growths.map);
    const fd = backend.memoryFile(name, length, seals);
    return mapDescriptor(backend, fd, { offset: 0, length, access: 'write', anonymous: true });
  } catch (error) {
    publishError('anonymous', error);
    throw error;
  }
}
