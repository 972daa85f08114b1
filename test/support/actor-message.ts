import { actions, type Actions } from './actions.js';

/** A deed that an actor is asked to do. */
export interface Request {
  readonly id: number;
  readonly action: keyof Actions;
  readonly args: readonly unknown[];
}

/** What came of it: a value, or the fields of the error. */
export interface Outcome {
  readonly value?: unknown;
  readonly code?: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
  readonly message?: string;
}

export interface Reply {
  readonly id: number;
  readonly outcome: Outcome;
}

function failure(error: unknown): Outcome {
  const { code, errno, syscall, path, message } = error as NodeJS.ErrnoException;
  return { code: code ?? 'none', errno, syscall, path, message };
}

/** Does it. Never rejects. */
export async function answer({ id, action: name, args }: Request): Promise<Reply> {
  try {
    const value: unknown = await (actions[name] as (...given: readonly unknown[]) => unknown)(...args);
    return { id, outcome: { value } };
  } catch (error) {
    return { id, outcome: failure(error) };
  }
}
