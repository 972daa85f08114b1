/**
 * The exports of src-native/rdma/. addon.ts says what holds for all of them. All but rdmaLoad() are -ENOSYS or -ENOENT
 * before it. Numbers of devices and queues pass through the registers; `integer` is a register as a 64-bit integer.
 */
export interface RdmaCalls {
  /** dlopen(3) of libibverbs, once. 0, or the reason why it cannot be used. */
  rdmaLoad(name: string): number | string;
  /**
   * Asks a device and one of its ports. Registers: 0 largest region, 1 largest queue, 2 reads and atomics it serves at
   * once, 3 those it has under way at once, 4 atomics (0 none, 1 of the device, 2 of all), 5 memory windows, 6 bits: 1
   * flush visible, 2 flush persistent, 4 atomic write; 7 on demand, 8 its verbs as bits, 9 state of the port (4
   * active), 10 its MTU (1: 256 bytes ... 5: 4096), 11 largest message, 12 LID, 13 link (1 InfiniBand, 2 Ethernet), 14
   * number of ports, 15 largest completion queue. -ENODEV, -EACCES.
   */
  rdmaQuery(name: string, port: number): number;
  /** Opens a device with a protection domain of its own. Returns the id of the domain. */
  rdmaOpen(name: string): number;
  /** -EBUSY: it has regions or endpoints. */
  rdmaClose(domain: number): number;
  /**
   * ibv_reg_mr() of part of a slot, and its entry in the ledger. `lockFd` as RegistrationRequest.lockFd. Returns the id
   * of the ledger. Registers: 0 (integer) the address, 1 the local key, 2 the remote key.
   */
  rdmaRegister(slot: number, offset: number, length: number, domain: number, access: number, lockFd: number): number;
  /**
   * Makes a queue pair. `access`: what the peer may do. `requests`: bits 2048 flush and 4096 atomic write, which the
   * device has. Returns the id. Registers: 0 the number of the queue pair, 1 the requests of these that can be posted.
   */
  rdmaEndpoint(domain: number, port: number, depth: number, access: number, requests: number): number;
  /**
   * Registers: 0 queue pair of the peer, 1 its first packet number, 2 its LID, 3 our first packet number, 4 port, 5 GID
   * index, 6 1: by GID, 7 MTU, 8 timeout (4.096 us * 2^n), 9 reads and atomics under way at once, 10 those of the peer.
   */
  rdmaConnect(endpoint: number, gid: Uint8Array): number;
  /**
   * Adds a request to the chain of the endpoint; the last one posts the chain. Only the last request of a chain has a
   * completion, which stands for all of them. But each one that fails has one, and each one behind it.
   *
   * Registers: 0 operation (0 write, 1 read, 2 flush, 3 write of 8 bytes, 4 compare and exchange, 5 fetch and add), 1
   * slot, 2 local key of the registration, 3 offset in it, 4 length, 5 remote key, 6 (integer) remote address, 7 and 8
   * (integer) operands, 9 placement (1 visible, 2 persistent), 10 (integer) address of the registration (0: no local
   * bytes). After an error the chain is empty. -ENOENT: the registration was revoked, or is of another domain; or there
   * is no such endpoint.
   */
  rdmaPost(endpoint: number, isLast: 0 | 1): number;
  /**
   * Takes completions: slot, status and the vendor's code in turn; at most 32. Returns their number. If there is none
   * and `wait` is 1, it asks the device for an event, and returns a promise that is settled at that event.
   */
  rdmaReap(endpoint: number, into: Float64Array, wait: 0 | 1): number | Promise<number>;
  /** Register 0 (integer): what the atomic request of the slot has read. */
  rdmaValue(endpoint: number, slot: number): number;
  /** Destroys the queue pair. On return the device does not use the memory of its requests any more. */
  rdmaCloseEndpoint(endpoint: number): number;
}
