import type { LoggedStore } from './store-log.js';

/**
 * Which of the stores before a fence reach the medium, and in which order, according to pmreorder. The sequences are
 * those of its manual page: https://pmem.io/pmdk/manpages/linux/master/pmreorder/pmreorder.1/
 */
export interface Engine {
  /** false: the contents are not looked at. */
  readonly checks: boolean;
  /** Each sequence is one content that is checked. */
  sequences(stores: readonly LoggedStore[]): Iterable<readonly LoggedStore[]>;
}
