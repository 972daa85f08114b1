/**
 * The effect of stores. 'write': they reach the file. 'copy': only this mapping sees them. 'read': the caller promises
 * to make none.
 */
export type Access = 'read' | 'write' | 'copy';
