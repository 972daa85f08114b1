/** Who sees the stores: 'write' everybody, 'copy' this mapping alone; 'read' promises that there are none. */
export type Access = 'read' | 'write' | 'copy';
