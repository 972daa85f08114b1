import type { Ways } from './scene.js';
import { waysOfJavaScript } from './ways-of-javascript.js';
import { waysOfMembers } from './ways-of-members.js';
import { waysOfRuntime } from './ways-of-runtime.js';
import { waysOfSystemCalls } from './ways-of-system-calls.js';
import { waysOfWasm } from './ways-of-wasm.js';

/** Every way to touch lost pages, by its title. */
export const ways: Ways = {
  ...waysOfJavaScript,
  ...waysOfRuntime,
  ...waysOfSystemCalls,
  ...waysOfWasm,
  ...waysOfMembers,
};
