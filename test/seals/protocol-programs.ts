import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeBlocks } from '../support/code-blocks.js';

const PATIENCE_MS = 60_000;
const DOCUMENT = 'docs/seals.md';

/** The program in the only code block of docs/seals.md in that language. */
export function exampleOf(language: 'c' | 'python'): string {
  const blocks = codeBlocks(DOCUMENT, language);
  const [block] = blocks;
  if (block === undefined || blocks.length > 1)
    throw new Error(`${DOCUMENT} has ${blocks.length} code blocks in ${language}, and one is wanted`);
  return block.code;
}

/** How a program of the document ended. */
export interface Answer {
  readonly code: number | null;
  readonly error: string;
}

/** A seal that a program of the document holds. */
export class ForeignSeal {
  private readonly ended: Promise<void>;

  constructor(private readonly child: ChildProcess) {
    this.ended = new Promise((resolve) => child.once('close', () => resolve()));
  }

  release(): Promise<void> {
    this.child.stdin?.end();
    return this.ended;
  }

  kill(): Promise<void> {
    this.child.kill('SIGKILL');
    return this.ended;
  }
}

/** The example of docs/seals.md in one language, ready to be run. */
export class ForeignProgram {
  constructor(readonly command: readonly string[]) {}

  private get start(): readonly [program: string, args: readonly string[]] {
    const [program = '', ...args] = this.command;
    return [program, args];
  }

  run(...words: readonly string[]): Answer {
    const [program, args] = this.start;
    const { status, stderr } = spawnSync(program, [...args, ...words], {
      encoding: 'utf8',
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    return { code: status, error: stderr.trim() };
  }

  /** {@link run} that leaves this thread free to answer. */
  runLater(...words: readonly string[]): Promise<Answer> {
    const [program, args] = this.start;
    return new Promise((resolve) => {
      execFile(
        program,
        [...args, ...words],
        { timeout: PATIENCE_MS, killSignal: 'SIGKILL' },
        (error, _stdout, stderr) => {
          resolve({
            code: error === null ? 0 : typeof error.code === 'number' ? error.code : null,
            error: stderr.trim(),
          });
        },
      );
    });
  }

  /** Starts `seal FILE ...` and resolves once it is sealed; rejects with its output if it is refused. */
  seal(...words: readonly string[]): Promise<ForeignSeal> {
    const [program, args] = this.start;
    const child = spawn(program, [...args, 'seal', ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
    const seal = new ForeignSeal(child);
    let error = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text));
    return new Promise((resolve, reject) => {
      child.stdout.once('data', () => resolve(seal));
      child.once('close', () => reject(new Error(error.trim())));
      child.once('error', reject);
    });
  }
}

/** The C example, compiled; or why not, with the remedy. */
export function compiledExample(directory: string): ForeignProgram | string {
  const source = join(directory, 'seal-file.c');
  const binary = join(directory, 'seal-file');
  writeFileSync(source, exampleOf('c'));
  const { error, status, stderr } = spawnSync(
    process.env['CC'] ?? 'cc',
    ['-Wall', '-Wextra', '-Werror', '-o', binary, source],
    { encoding: 'utf8' },
  );
  if (error !== undefined) return `no C compiler (${error.message}): apt-get install gcc libc6-dev`;
  if (status !== 0) throw new Error(`the example in docs/seals.md does not compile: ${stderr}`);
  return new ForeignProgram([binary]);
}

export interface Interpreter {
  readonly program: string;
}

/**
 * The path of the interpreter itself, since the name may lead to a slow wrapper; or the reason why there is none, with
 * the remedy.
 */
export function python(): Interpreter | string {
  const { error, status, stdout } = spawnSync(
    'python3',
    ['-c', 'import sys; print(sys.executable); sys.exit(sys.version_info < (3, 6))'],
    { encoding: 'utf8' },
  );
  if (error !== undefined || status !== 0) return 'no python3 (3.6 or newer): apt-get install python3';
  return { program: stdout.trim() };
}

/** The Python example; or why not, with the remedy. */
export function pythonExample(directory: string): ForeignProgram | string {
  const found = python();
  if (typeof found === 'string') return found;
  const script = join(directory, 'seal_file.py');
  writeFileSync(script, exampleOf('python'));
  return new ForeignProgram([found.program, script]);
}
