import nodeFs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { types } from 'node:util';
import { selectBackend } from '../../backend/select.js';
import { invalidType, invalidValue } from '../../core/errors.js';
import { copyWraps, promisedCopyWraps } from './copy-calls.js';
import { descriptorWraps, handleDescriptorWraps } from './descriptor-calls.js';
import { patchHandles } from './handles.js';
import { patch, type FsFunction, type Wraps } from './patch.js';
import { pathWraps, promisedPathWraps } from './path-calls.js';
import { warnOfGaps } from './runtime.js';
import { streamWraps } from './stream-calls.js';
import { handleWholeFileWraps, promisedWholeFileWraps, wholeFileWraps } from './whole-write-calls.js';
import { promisedWholeReadWraps, wholeReadWraps } from './whole-read-calls.js';

/** node:fs, or an object with functions of node:fs. */
export type GuardableFs = object;

const fsWraps: Wraps = { ...descriptorWraps, ...pathWraps, ...wholeFileWraps, ...wholeReadWraps, ...copyWraps };
const handleWraps: Wraps = { ...handleDescriptorWraps, ...handleWholeFileWraps };

// Taken at load time: files.guard() replaces it.
const openHandle = nodeFs.promises.open as FsFunction;

const promisesWraps: Wraps = {
  ...promisedPathWraps,
  ...promisedWholeFileWraps(openHandle),
  ...promisedWholeReadWraps(openHandle),
  ...promisedCopyWraps,
};

function checkFs(fs: unknown): asserts fs is GuardableFs {
  if ((typeof fs !== 'object' && typeof fs !== 'function') || fs === null)
    throw invalidType('fs', 'the node:fs module or an object like it', fs);
  if (types.isModuleNamespaceObject(fs))
    throw invalidValue('fs', 'must be the default import of node:fs, not its name space, which cannot be changed', fs);
}

function promisesOf(fs: GuardableFs): object | undefined {
  const { promises } = fs as { promises?: unknown };
  return typeof promises === 'object' && promises !== null ? promises : undefined;
}

/** Patches the object, its promises and the FileHandles: all of them, or none. */
function patchAll(fs: GuardableFs): Array<() => void> {
  const undos = [patch(fs, fs === nodeFs ? fsWraps : { ...fsWraps, ...streamWraps(fs) })];
  try {
    const promises = promisesOf(fs);
    if (promises === undefined) return undos;
    return [...undos, patch(promises, promisesWraps), patchHandles(handleWraps)];
  } catch (error) {
    for (const undo of undos) undo();
    throw error;
  }
}

/** files.guard(). lib/files.ts has its contract. */
export function guard(fs: GuardableFs): () => void {
  checkFs(fs);
  selectBackend('auto'); // before the patch: loading the backend reads files, and guarded reads need the backend
  const undos = patchAll(fs);
  if (fs === nodeFs) warnOfGaps();
  syncBuiltinESMExports(); // concerns node:fs only, and is harmless for other objects
  return () => {
    for (const undo of undos) undo();
    syncBuiltinESMExports();
  };
}
