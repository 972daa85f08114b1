import assert from 'node:assert/strict';
import { on, type Chosen } from './command.js';
import { pagesOf, type ModelFile } from './model-file.js';
import { ModelSeal } from './model-seal.js';
import { codeOf } from './state.js';

/** seal() gives each hole its block. @returns the code of the error; 'unsure': the model does not know it. */
function prepare(file: ModelFile): string | undefined {
  const { length, disk } = file;
  if (file.isShort(0, length)) return disk.free > 0 || file.hasUnwritten ? 'unsure' : 'ENOSPC';
  for (const page of pagesOf(0, length)) file.allocate(page);
  return undefined;
}

/** The code of the error of seal(). */
function sealCode({ model, real, known }: Chosen): string | undefined {
  const { backend, file } = model;
  if (known.access === 'read') return 'EACCES';
  if (known.access === 'copy') return 'EINVAL';
  const isShorter = file.length < known.offset + known.memory.length;
  if (backend === 'emulated') return isShorter ? 'unsure' : undefined;
  if (!real.place.isSealable) return 'EOPNOTSUPP';
  return prepare(file) ?? (isShorter ? 'ESTALE' : undefined);
}

const sealCommand = on('seal', async (chosen) => {
  const { model, real, known, mapping } = chosen;
  if (model.file.seal !== undefined) return;
  const code = sealCode(chosen);
  if (code === 'unsure') return;
  assert.equal(await codeOf(() => (real.seal = mapping.seal())), code);
  if (code !== undefined) return;
  model.file.seal = new ModelSeal(known, model.file.length, model.backend === 'native');
  real.violations = 0;
  real.seal?.on('violated', () => real.violations++);
});

const verifyCommand = on('verify', ({ model: { file }, real }) => {
  if (file.seal === undefined || real.seal === undefined) return;
  const states = file.seal.verify(file);
  const { state, moved } = real.seal.verify();
  assert.ok(states.includes(state), `the seal is ${state}, and not ${states.join(' or ')}`);
  if (file.seal.isIntact) assert.deepEqual(moved, []);
  file.seal.see(state);
});

const releaseCommand = on('release', ({ model, real }) => {
  if (real.seal === undefined) return;
  real.seal.release();
  assert.equal(real.seal.state, 'released');
  model.file.seal = real.seal = undefined;
});

/** The seal of the file. */
export const sealCommands = [sealCommand, verifyCommand, releaseCommand];
