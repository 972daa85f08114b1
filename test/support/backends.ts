import { describe, test } from '@jest/globals';
import type { Capabilities } from '../../lib/backend/backend.js';
import { selectBackend } from '../../lib/backend/select.js';

export type BackendUnderTest = 'native' | 'emulated';
export const backendNames: readonly BackendUnderTest[] = ['native', 'emulated'];

/** Its manifest, or why it is not there. */
function capabilitiesOf(name: BackendUnderTest): Capabilities | string {
  try {
    return selectBackend(name).capabilities;
  } catch (error) {
    return (error as Error).message;
  }
}

/** `suite` once per backend. It branches on the capabilities alone; a backend that is missing shows as skipped. */
export function describeBackends(
  title: string,
  suite: (backend: BackendUnderTest, capabilities: Capabilities) => void,
): void {
  describe.each(backendNames)(`${title} (%s)`, (name) => {
    const capabilities = capabilitiesOf(name);
    if (typeof capabilities === 'string') test.skip(capabilities, () => undefined);
    else suite(name, capabilities);
  });
}

export function nativeIsHere(): boolean {
  return typeof capabilitiesOf('native') !== 'string';
}
