import type { OptionTable, ParsedArguments } from './arguments.js';

/** The part of process.stdout that the commands use: a test passes an object that collects. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a command may touch besides its options. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted on Ctrl-C: the command ends its children and removes its temporary files, then returns or throws. */
  readonly signal?: AbortSignal;
  /** The signal was what the command waited for: the process ends with the command's exit code, not by that signal. */
  acceptSignal?(): void;
}

/** One subcommand. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly help: string;
  readonly options: OptionTable;
  /** Resolves to the exit code: 0 done, 1 the answer is no. Throws UsageError for 2. */
  run(parsed: ParsedArguments, io: Io): Promise<number>;
}
