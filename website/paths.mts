import { join } from 'node:path';

/** The repository. This file is compiled to dist/website/paths.mjs. */
export const ROOT = join(import.meta.dirname, '..', '..');
