/** The result of one test of the site. */
export interface Result {
  readonly name: string;
  /** undefined: it has passed. */
  readonly fault: string | undefined;
}
