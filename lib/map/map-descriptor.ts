import type { Backend } from '../backend/backend.js';
import { constants } from '../core/constants.js';
import { BackingFile } from '../file/backing-file.js';
import { mappingOf, type Mapping } from '../mapping/mapping.js';

const { MAP_NORESERVE, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE } = constants;

/** The parts of a mapping that only map() fills in. */
export const PLAIN = Object.freeze({ seal: undefined, reasons: [], lastingOptions: undefined });

/** The part of a file to map. Offset and length in bytes. */
export interface DescriptorRequest {
  readonly offset: number;
  readonly length: number;
  readonly access: 'read' | 'write';
  readonly path?: string | undefined;
  /** Memory without a name. Default false. */
  readonly anonymous?: boolean;
}

/** The open file of a descriptor. If that fails, the descriptor is closed. */
function ownDescriptor({ files }: Backend, fd: number, anonymous: boolean): BackingFile {
  try {
    const accessMode = files.accessMode(fd);
    return BackingFile.of(files, fd, accessMode, files.stat(fd), { ownsDescription: false, anonymous });
  } catch (error) {
    files.close(fd);
    throw error;
  }
}

/** Maps a descriptor for anonymous() and attach(). The mapping owns the descriptor; a failure closes it. */
export function mapDescriptor(backend: Backend, fd: number, request: DescriptorRequest): Mapping {
  const { offset, length, access, path, anonymous = false } = request;
  const file = ownDescriptor(backend, fd, anonymous);
  try {
    const isWritable = access === 'write';
    const region = backend.map({
      file,
      path,
      offset,
      length,
      prot: PROT_READ | PROT_WRITE,
      flags: isWritable ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE,
      sync: isWritable ? 'auto' : 'off',
      reserve: 0,
    });
    return mappingOf({ backend, region, access, anonymous, ...PLAIN });
  } finally {
    file.release();
  }
}
