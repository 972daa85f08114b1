import type { Mapping } from '../mapping/mapping.js';

/** Reads the memory as after a crash, and returns the state of the program. It may store and persist. */
export type Recover<State> = (mapping: Mapping) => State | Promise<State>;

/** Throws, or returns false, if the state is not allowed after these acknowledgements. */
export type Invariant<State> = (state: State, acks: readonly unknown[]) => unknown;

/** Which part refused: recovery itself, the invariant, or the time limit. */
export type FailureKind = 'recovery' | 'invariant' | 'hang';

/** The verdict on one content. undefined: recovery was right. */
export type Verdict = { readonly kind: FailureKind; readonly error: Error } | undefined;

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

function judged(result: unknown): Verdict {
  if (result !== false) return undefined;
  return { kind: 'invariant', error: new Error('the invariant returned false') };
}

async function judgeLater(result: Promise<unknown>): Promise<Verdict> {
  try {
    return judged(await result);
  } catch (error) {
    return { kind: 'invariant', error: asError(error) };
  }
}

function judge<State>(state: State, acks: readonly unknown[], invariant: Invariant<State>): Verdict | Promise<Verdict> {
  try {
    const result = invariant(state, acks);
    return isPromise(result) ? judgeLater(result) : judged(result);
  } catch (error) {
    return { kind: 'invariant', error: asError(error) };
  }
}

async function recoverLater<State>(
  state: Promise<unknown>,
  acks: readonly unknown[],
  invariant: Invariant<State>,
): Promise<Verdict> {
  let recovered: State;
  try {
    recovered = (await state) as State;
  } catch (error) {
    return { kind: 'recovery', error: asError(error) };
  }
  return judge(recovered, acks, invariant);
}

/** Recovers once, and judges the result. A promise only if one of the two functions returns one. */
export function recoverOnce<State>(
  mapping: Mapping,
  acks: readonly unknown[],
  recover: Recover<State>,
  invariant: Invariant<State>,
): Verdict | Promise<Verdict> {
  let state: State | Promise<State>;
  try {
    state = recover(mapping);
  } catch (error) {
    return { kind: 'recovery', error: asError(error) };
  }
  return isPromise(state) ? recoverLater<State>(state, acks, invariant) : judge(state, acks, invariant);
}

/** The verdict of a recovery that did not end in time. */
export function hung(milliseconds: number): NonNullable<Verdict> {
  return { kind: 'hang', error: new Error(`recovery did not end within ${milliseconds} ms`) };
}

/** `verdict`, or {@link hung} after that time. */
export async function within(milliseconds: number, verdict: Promise<Verdict>): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Verdict>((resolve) => {
    timer = setTimeout(() => resolve(hung(milliseconds)), milliseconds);
  });
  try {
    return await Promise.race([verdict, late]);
  } finally {
    clearTimeout(timer);
  }
}
