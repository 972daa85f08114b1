import { invalidType, invalidValue } from '../core/errors.js';

/** Local memory of an operation: a Registration that was made with `register({ domain })`. */
export interface LocalMemory {
  readonly provider: string;
  readonly address: bigint;
  readonly length: number;
  readonly localKey?: number | undefined;
}

/** @throws ERR_INVALID_ARG_TYPE; ERR_INVALID_ARG_VALUE: a registration of another provider. */
export function checkLocalMemory(value: unknown, name: string): LocalMemory & { readonly localKey: number } {
  if (typeof value !== 'object' || value === null || !('provider' in value))
    throw invalidType(name, 'a Registration', value);
  const { provider, address, length, localKey } = value as LocalMemory;
  if (provider !== 'verbs' || localKey === undefined)
    throw invalidValue(name, 'must be a Registration of the domain: mapping.register({ domain })', value);
  return { provider, address, length, localKey };
}
