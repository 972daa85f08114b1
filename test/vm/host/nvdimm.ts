import { randomBytes } from 'node:crypto';
import fs from 'node:fs';

const MiB = 2 ** 20;
const INFO_AT = 4096;
/**
 * Where the memory's own data begins: the info block, and room for the page structures that this mode does not need.
 */
const DATA_AT = 2 * MiB;
const PAGE = 4096;

/**
 * 'fsdax': /dev/pmemN, for file systems. 'devdax': /dev/daxN.M, a character device. 'raw': a block device without DAX.
 */
export interface Nvdimm {
  readonly mode: 'fsdax' | 'devdax' | 'raw';
  /** Bytes; a multiple of 2 MiB. */
  readonly size: number;
  /** Of a devdax: 4096 or 2 MiB. */
  readonly align?: number;
}

/** Fletcher-64 as libnvdimm computes it (drivers/nvdimm/core.c, nd_fletcher64), over little-endian 32-bit words. */
function fletcher64(bytes: Buffer): bigint {
  const MASK = 0xffffffffn;
  let low = 0n;
  let high = 0n;
  for (let at = 0; at < bytes.length; at += 4) {
    low = (low + BigInt(bytes.readUInt32LE(at))) & MASK;
    high = (high + low) & 0xffffffffffffffffn;
  }
  return (((high & MASK) << 32n) | low) & 0xffffffffffffffffn;
}

/**
 * The info block that makes a namespace fsdax or devdax from the first boot on (drivers/nvdimm/pfn.h, struct
 * nd_pfn_sb).
 */
function infoBlock({ mode, size, align = DATA_AT }: Nvdimm): Buffer {
  const block = Buffer.alloc(PAGE);
  block.write(mode === 'devdax' ? 'NVDIMM_DAX_INFO' : 'NVDIMM_PFN_INFO', 0, 'latin1');
  randomBytes(16).copy(block, 16); // uuid; the parent's stays zero
  block.writeUInt16LE(1, 52); // version 1.4
  block.writeUInt16LE(4, 54);
  block.writeBigUInt64LE(BigInt(DATA_AT), 56);
  block.writeBigUInt64LE(BigInt((size - DATA_AT) / PAGE), 64);
  block.writeUInt32LE(1, 72); // mode: page structures in ordinary memory
  block.writeUInt32LE(mode === 'devdax' ? align : DATA_AT, 84);
  block.writeUInt32LE(PAGE, 88);
  block.writeUInt16LE(64, 92); // sizeof(struct page)
  block.writeBigUInt64LE(fletcher64(block), PAGE - 8);
  return block;
}

/** Makes the file that stands for the memory; sparse. */
export function makeNvdimm(path: string, nvdimm: Nvdimm): void {
  const fd = fs.openSync(path, 'w');
  try {
    fs.ftruncateSync(fd, nvdimm.size);
    if (nvdimm.mode !== 'raw') fs.writeSync(fd, infoBlock(nvdimm), 0, PAGE, INFO_AT);
  } finally {
    fs.closeSync(fd);
  }
}
