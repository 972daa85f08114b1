/**
 * The version of the JSON that each command prints, its field `schema`. New fields and new words leave it as it is. It
 * is raised when a field goes away or gets another meaning.
 */
export const SCHEMA = 1;

/** `value` as one line of JSON, after its schema. */
export function jsonLine(value: object): string {
  return `${JSON.stringify({ schema: SCHEMA, ...value })}\n`;
}
