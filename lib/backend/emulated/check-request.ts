import fs from 'node:fs';
import { constants, MAP_TYPE } from '../../core/constants.js';
import { errno, systemError } from '../../core/errors.js';
import { checkFlagsKnown } from '../map-flags.js';
import type { RegionRequest } from '../region.js';
import { GET_NATIVE } from '../remedy.js';
import { checkLength } from './memory.js';

const { MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, PROT_WRITE } = constants;
const { O_RDWR, O_WRONLY, S_IFBLK, S_IFMT, S_IFREG } = fs.constants;

/** Refuses the requests that mmap(2) itself would refuse, and those that need the kernel. */
export function checkRequest(request: RegionRequest): void {
  const { file, path, flags, prot } = request;
  const type = flags & MAP_TYPE;
  if (type !== MAP_SHARED && type !== MAP_PRIVATE && type !== MAP_SHARED_VALIDATE) {
    const remedy = 'the flags need one of MAP_SHARED, MAP_SHARED_VALIDATE and MAP_PRIVATE';
    throw systemError(errno.EINVAL, 'mmap', path, remedy);
  }
  checkFlagsKnown(flags, path); // no kernel checks them here
  checkLength(request.length, path);
  if (file === undefined) return;
  if (type !== MAP_PRIVATE && (prot & PROT_WRITE) !== 0 && file.accessMode !== O_RDWR)
    throw systemError(errno.EACCES, 'mmap', path);
  if (file.accessMode === O_WRONLY) throw systemError(errno.EACCES, 'mmap', path);
  const fileType = file.mode & S_IFMT;
  if (fileType !== S_IFREG && fileType !== S_IFBLK) {
    const remedy = 'the emulation maps regular files and block devices; use one of them';
    throw systemError(errno.ENODEV, 'mmap', path, remedy);
  }
  if (request.sync === 'require' && type !== MAP_PRIVATE) {
    const remedy = `the emulation has no MAP_SYNC; ${GET_NATIVE}, or go on without it: sync: 'auto'`;
    throw systemError(errno.EOPNOTSUPP, 'mmap', path, remedy);
  }
}
