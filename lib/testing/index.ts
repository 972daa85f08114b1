/// <reference types="node" preserve="true" />
/**
 * Tests of recovery: {@link checkCrashes} runs it on every content that a crash may leave.
 * docs/testing.md has an example.
 *
 * @packageDocumentation
 */
export type { FailureKind, Invariant, Recover } from './attempt.js';
export { checkCrashes } from './check-crashes.js';
export { CrashSimulator, type CrashImage } from './crash-simulator.js';
export type { CrashTest } from './crash-test.js';
export type { Diagnostic, DiagnosticId } from './diagnostics.js';
export type { SimulatedGranularity } from './model.js';
export type { CheckOptions, FailOptions, SimulatorOptions } from './options.js';
export { CrashReport, type Crash, type CrashFailure, type CrashWord } from './report.js';
