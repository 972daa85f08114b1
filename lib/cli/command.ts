import type { OptionTable, ParsedArguments } from './arguments.js';
import type { Io } from './io.js';

/** One subcommand. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly help: string;
  readonly options: OptionTable;
  /** Returns the exit code: 0 done, 1 the answer is no. @throws UsageError for exit code 2. */
  run(parsed: ParsedArguments, io: Io): number | Promise<number>;
}
