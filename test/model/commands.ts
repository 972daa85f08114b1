import type fc from 'fast-check';
import type { ModelCommand } from './command.js';
import { fileCommands } from './file-commands.js';
import { mapCommands } from './map-commands.js';
import { memoryCommands } from './memory-commands.js';
import { sealCommands } from './seal-commands.js';
import { strangerCommands } from './stranger-commands.js';

/** The commands. fast-check prefers the first ones in a short counterexample. */
export const commands: fc.Arbitrary<ModelCommand>[] = [
  ...mapCommands,
  ...memoryCommands,
  ...sealCommands,
  ...fileCommands,
  ...strangerCommands,
];
