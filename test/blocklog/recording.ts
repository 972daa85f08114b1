/** Bytes of the file that lie together on the disk. */
export interface Run {
  readonly offset: number;
  readonly physical: number;
  readonly length: number;
}

/** One run of a program over a real file, with the numbers of requests that had reached the disk. */
export interface Round {
  /** The number of the program. */
  readonly program: number;
  /** After the set-up, which is durable. */
  readonly from: number;
  /** At each mark. */
  readonly counts: readonly number[];
  readonly marks: readonly string[];
  /** At the end, after an fsync. */
  readonly to: number;
  /** Digest of the file at the end. */
  readonly content: string;
}

/** The runs of all programs over one file. */
export interface Recording {
  readonly runs: readonly Run[];
  readonly rounds: readonly Round[];
}
