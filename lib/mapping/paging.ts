import { growthOfAdvice, growths } from '../backend/map-budget.js';
import type { Region } from '../backend/region.js';
import { checkOptions } from '../core/check-options.js';
import { adviceNumbers, adviceWords, constants, type Advice } from '../core/constants.js';
import { errno, systemError } from '../core/errors.js';
import { checkRange } from '../core/range.js';
import { runAsync, runSync, type Operation } from '../core/sync-or-async.js';
import { checkFlag, checkOneOf, checkSignal } from '../core/validators.js';
import { checkWholePages, punch } from './discard.js';
import { discardingAdvice } from './lasting-options.js';
import { populateParts } from './populate.js';
import type { MappingResources } from './resources.js';

const { PROT_READ, PROT_WRITE } = constants;
/** Options of {@link Mapping.prefetch}. */
export interface PrefetchOptions {
  signal?: AbortSignal | undefined;
  write?: boolean | undefined;
}

/** Mapping.advise(). */
export function advise(resources: MappingResources, advice: Advice, offset: number, length: number): void {
  const region = resources.liveRegion('advise');
  const { backend, access, path } = resources;
  checkOneOf(advice, 'advice', adviceWords);
  checkRange(offset, length, region.length);
  if (discardingAdvice.has(advice)) checkWholePages(region, { offset, length }, path);
  if (advice === 'remove' && access !== 'write')
    throw systemError(errno.EACCES, 'madvise', path, "'remove' needs access: 'write'");
  if (length === 0) return;
  resources.checkRoom(growthOfAdvice(advice));
  if (advice !== 'remove') {
    region.advise(adviceNumbers[advice], offset, length);
    return;
  }
  resources.withMutationGuard('madvise', () => {
    resources.checkUnregistered('madvise'); // memory without a file has no seal that refuses
    punch(backend, region, { offset, length }, path);
  });
}

/**
 * A region whose pages can be brought into memory. The kernel's EINVAL for another one would seem to be about the
 * advice.
 */
function touchableRegion(resources: MappingResources, method: string): Region {
  const region = resources.liveRegion(method);
  if ((region.prot & (PROT_READ | PROT_WRITE)) !== 0) return region;
  throw systemError(
    errno.EINVAL,
    'madvise',
    resources.path,
    'pages of a mapping without PROT_READ and PROT_WRITE cannot be brought into memory',
  );
}

/** Mapping.prefetch(). */
export async function prefetch(
  resources: MappingResources,
  offset: number,
  length: number,
  options: PrefetchOptions | undefined,
): Promise<void> {
  checkRange(offset, length, touchableRegion(resources, 'prefetch').length);
  const given = checkOptions<PrefetchOptions>(options, 'options', ['signal', 'write']);
  const { signal } = given;
  checkSignal(signal);
  const write = checkFlag(given.write, 'options.write');
  await runAsync(
    populateParts({ offset, length }, write, () => resources.liveRegion('prefetch')),
    signal,
  );
}

/** Mapping.populate(). */
export function populate(resources: MappingResources, offset: number, length: number): void {
  const region = touchableRegion(resources, 'populate');
  checkRange(offset, length, region.length);
  runSync(populateParts({ offset, length }, resources.access === 'write', () => region));
}

/** Mapping.populate() of the whole mapping. `onPart` is called after each part. */
export function populateAll(resources: MappingResources, onPart: (done: number) => void): Operation<void> {
  const { length } = touchableRegion(resources, 'populate');
  const write = resources.access === 'write';
  return populateParts({ offset: 0, length }, write, () => resources.liveRegion('populate'), onPart);
}

/** Mapping.residency(). */
export function residency(
  resources: MappingResources,
  offset: number,
  length: number,
): { pages: number; resident: number } {
  const region = resources.liveRegion('residency');
  checkRange(offset, length, region.length);
  return length === 0 ? { pages: 0, resident: 0 } : region.residency(offset, length);
}

/** Mapping.lock() and Mapping.unlock(). */
export function setLocked(resources: MappingResources, call: 'lock' | 'unlock', offset: number, length: number): void {
  const region = resources.liveRegion(call);
  checkRange(offset, length, region.length);
  if (length === 0) return;
  if (call === 'unlock') resources.checkUnregistered(call); // provider 'lock' counts on it
  resources.checkRoom(growths[call]);
  region[call](offset, length);
}
