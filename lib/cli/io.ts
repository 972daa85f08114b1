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
