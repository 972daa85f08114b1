import { actions, type Actions } from './actions.js';

/** Asks an actor for one action. */
export interface Request {
  readonly id: number;
  readonly action: keyof Actions;
  readonly args: readonly unknown[];
}

/** The result: a value, or the fields of the error. */
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

/** Does the action. Never rejects. */
export async function answer({ id, action: name, args }: Request): Promise<Reply> {
  try {
    const value: unknown = await (actions[name] as (...given: readonly unknown[]) => unknown)(...args);
    return { id, outcome: { value } };
  } catch (error) {
    return { id, outcome: failure(error) };
  }
}
