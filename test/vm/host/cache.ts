import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Kernels and their file systems of the first boot: made once, outside of git. */
export const cache = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'mapdirect-vm');

/** A file of the cache: made by `make` at a name of its own and renamed when complete. */
export function cached(name: string, make: (unfinished: string) => void): string {
  const wanted = path.join(cache, name);
  if (fs.existsSync(wanted)) return wanted;
  fs.mkdirSync(cache, { recursive: true });
  const unfinished = fs.mkdtempSync(path.join(cache, 'unfinished-'));
  try {
    const made = path.join(unfinished, path.basename(name));
    make(made);
    fs.mkdirSync(path.dirname(wanted), { recursive: true });
    fs.renameSync(made, wanted);
  } finally {
    fs.rmSync(unfinished, { recursive: true, force: true });
  }
  return wanted;
}
