/** Tells of faults that the fault guard has healed: in a later turn of the event loop, and without keeping it alive. */
export interface FaultEvents {
  /**
   * `listener` is called after a fault in any mapping of the process; one call may stand for several faults.
   *
   * @throws ENOMEM, EMFILE: there is no thread or no descriptor for it.
   */
  listen(listener: () => void): void;
}
