/** A part of a transfer. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
}

/** A request has its length in 32 bits; a multiple of all page sizes keeps every piece aligned. */
const LONGEST = 2 ** 30;

/** A transfer in pieces that the device takes as one message each. `longest`: of the device. */
export function piecesOf(length: number, longest: number): Piece[] {
  const step = Math.min(LONGEST, longest);
  const pieces: Piece[] = [];
  for (let offset = 0; offset < length; offset += step)
    pieces.push({ offset, length: Math.min(step, length - offset) });
  return pieces;
}
