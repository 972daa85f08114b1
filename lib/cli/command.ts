import type { OptionTable, ParsedArguments } from './arguments.js';

/** The part of process.stdout that the commands use. A test passes an object that collects the text. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The surroundings of a command: its outputs, the environment, and signals. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted on Ctrl-C. The command then ends its children, removes its temporary files, and returns or throws. */
  readonly signal?: AbortSignal;
  /** Called if the command waited for the signal: the process then ends with the exit code, not by the signal. */
  acceptSignal?(): void;
}

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
