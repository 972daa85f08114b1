// Loads a copy of the package under a hindrance: "plain" [backend], "descriptors" N (so many are left), "nobody"
// (another user), "mended" BUILD (that is copied over the package's own after the first attempt). Prints each attempt,
// and the process warnings, as one line of JSON.
import { closeSync, cpSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type * as Package from '../../../lib/index.js';

const [root = '', path = '', hindrance = '', argument] = process.argv.slice(2);

/** The result of one map(). */
export type Attempt =
  | { readonly backend: string }
  | { readonly code: string | undefined; readonly message: string; readonly cause: string | undefined };

export interface Loading {
  readonly attempts: readonly Attempt[];
  readonly warnings: readonly string[];
}

const warnings: string[] = [];
process.on('warning', ({ name, message }) => {
  if (name === 'MapdirectWarning') warnings.push(message);
});

const { map } = require(root) as typeof Package;

function attempt(): Attempt {
  try {
    const mapping = map(path, { access: 'read', backend: hindrance === 'plain' ? (argument as 'native') : undefined });
    const { backend } = mapping.durability;
    mapping.close();
    return { backend };
  } catch (error) {
    const { code, message, cause } = error as Error & { code?: string };
    return { code, message, cause: (cause as { code?: string } | undefined)?.code };
  }
}

/** Opens until nothing more can be opened, and then closes `left` again. */
function useUpDescriptors(left: number): () => void {
  const open: number[] = [];
  try {
    for (;;) open.push(openSync('/dev/null', 'r'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  }
  for (const fd of open.splice(0, left)) closeSync(fd);
  return () => open.forEach((fd) => closeSync(fd));
}

function attempts(): Attempt[] {
  if (hindrance === 'descriptors') {
    const release = useUpDescriptors(Number(argument));
    const first = attempt();
    release();
    return [first, attempt()];
  }
  if (hindrance === 'mended') {
    const first = attempt();
    cpSync(argument ?? '', join(root, 'build'), { recursive: true });
    return [first, attempt()];
  }
  if (hindrance === 'nobody') process.setuid?.(65534);
  return [attempt()];
}

const loading: Loading = { attempts: attempts(), warnings };
setImmediate(() => process.stdout.write(JSON.stringify(loading)));
