import { deeds, type Deeds } from './deeds.js';

/** A deed that an actor is asked to do. */
export interface Deed {
  readonly id: number;
  readonly name: keyof Deeds;
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

export interface Answer {
  readonly id: number;
  readonly outcome: Outcome;
}

function failure(error: unknown): Outcome {
  const { code, errno, syscall, path, message } = error as NodeJS.ErrnoException;
  return { code: code ?? 'none', errno, syscall, path, message };
}

/** Does it. Never rejects. */
export async function answer({ id, name, args }: Deed): Promise<Answer> {
  try {
    const value: unknown = await (deeds[name] as (...given: readonly unknown[]) => unknown)(...args);
    return { id, outcome: { value } };
  } catch (error) {
    return { id, outcome: failure(error) };
  }
}
