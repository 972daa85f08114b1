// As rdma-owner.ts, but test/vm/rdma/unlisted.c gives its memory to the device, so no ledger knows of it. Arguments:
// the addon, and perhaps another build of the package.
import { map as ownMap } from '../../../lib/index.js';
import { decodeBlob, encodeBlob } from '../../../lib/rdma/connection-blob.js';
import { encodeDescriptor } from '../../../lib/rdma/descriptor.js';
import { block, serve } from './rdma-commands.js';
import type { OwnerCommands, Registered, RegisterRequest } from './rdma-owner.js';

interface Unlisted {
  register(memory: Buffer): { pair: number; key: number; packet: number; gid: Buffer };
  connect(pair: number, packet: number, gid: Buffer): void;
}

const [, , program = '', build] = process.argv;
const { map } = build === undefined ? { map: ownMap } : (require(build) as { map: typeof ownMap });
const addon = { exports: {} };
process.dlopen(addon, program);
const unlisted = addon.exports as Unlisted;
const MTU_4096 = 5;

const commands = {
  register({ path = '', length, accept = [], seal }: RegisterRequest): Registered {
    const mapping = map(path, { length });
    mapping.seal(seal);
    const { pair, key, packet, gid } = unlisted.register(mapping.buffer);
    const { address } = mapping;
    const persistence = 'none';
    const descriptor = encodeDescriptor({ access: accept, key, address, length, persistence, onDemand: false, gid });
    const blob = encodeBlob({ isEthernet: true, mtu: MTU_4096, responderDepth: 1, pair, packet, gid, lid: 0 });
    const shown = { onDemand: false, reasons: [], shown: '', secrets: [] };
    return { descriptor: descriptor.toString('hex'), blob: blob.toString('hex'), ...shown };
  },
  connect(blob: string): void {
    const { pair, packet, gid } = decodeBlob(Buffer.from(blob, 'hex'));
    unlisted.connect(pair, packet, Buffer.from(gid));
  },
  block,
} satisfies Partial<OwnerCommands>;

serve(commands);
