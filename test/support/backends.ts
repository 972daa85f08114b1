import { describe } from '@jest/globals';
import type { Capabilities } from '../../lib/backend/backend.js';
import { selectBackend } from '../../lib/backend/select.js';
import { skipFor, skipUnless, type Requirement } from './skip.js';

export type BackendUnderTest = 'native' | 'emulated';
export const backendNames: readonly BackendUnderTest[] = ['native', 'emulated'];

/** The manifest of a backend, or the reason why it does not load. */
function capabilitiesOf(name: BackendUnderTest): Capabilities | string {
  try {
    return selectBackend(name).capabilities;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Defines `suite` once per backend. A suite branches on the capabilities alone. A missing backend shows as skipped. */
export function describeBackends(
  title: string,
  suite: (backend: BackendUnderTest, capabilities: Capabilities) => void,
): void {
  describe.each(backendNames)(`${title} (%s)`, (name) => {
    const capabilities = capabilitiesOf(name);
    if (typeof capabilities === 'string') skipFor(capabilities).test('every test', () => undefined);
    else suite(name, capabilities);
  });
}

/** For tests of the native backend. */
export const native = skipUnless(
  typeof capabilitiesOf('native') !== 'string',
  'the addon does not load',
  'npm run build:native',
);

/** The need of a suite that runs on each backend by itself. */
export function needsOf(backend: BackendUnderTest): Requirement {
  return backend === 'native' ? native : skipFor(undefined);
}

/** For a test of a capability that one of the two backends lacks. */
export function capable(has: boolean, capability: string): Requirement {
  return skipUnless(has, `this backend has no ${capability}`, 'the other backend runs this test');
}
