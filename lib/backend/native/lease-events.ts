import type { LeaseEvents, LeaseNotice } from '../lease-events.js';
import type { Region } from '../region.js';
import { checked } from '../../core/errors.js';
import type { Identity } from '../../storage/inode-id.js';
import type { Addon } from './addon.js';

// As src-native/lease/listener.h numbers them.
const notices: Readonly<Record<number, LeaseNotice>> = {
  1: 'break',
  2: 'ended',
  3: 'hint',
  4: 'intact',
  7: 'unfenced',
};

/** {@link LeaseEvents} through the addon. */
export class NativeLeaseEvents implements LeaseEvents {
  constructor(private readonly addon: Addon) {}

  listen(listener: (notice: LeaseNotice, id: number, detail: number) => void): void {
    const hear = (kind: number, id: number, detail: number): void => {
      const notice = notices[kind];
      if (notice !== undefined) listener(notice, id, detail);
    };
    checked(this.addon.onNotices(hear), 'onNotices');
  }

  lease(fd: number, dev: Identity, ino: Identity, grace: number, path?: string): number {
    return checked(this.addon.lease(fd, Number(dev), Number(ino), grace), 'fcntl F_SETLEASE', path);
  }

  releaseLease(id: number): void {
    this.addon.releaseLease(id); // ENOENT: the lease has ended already
  }

  isLeaseHeld(id: number): boolean {
    return this.addon.leaseHeld(id) === 1;
  }

  fenceOnLeaseEnd(id: number, region: Region): number {
    const { slot } = region.token;
    this.addon.fenceOnLeaseEnd(id, slot); // ENOENT: the lease has ended, and its 'ended' event follows
    return slot;
  }

  unregisterFence(id: number, range: number): boolean {
    return this.addon.unregisterFence(id, range) === 0;
  }

  revokeOnLeaseEnd(id: number, region: Region): boolean {
    return this.addon.revokeOnLeaseEnd(id, region.token.slot) === 0;
  }

  locksEndWithLease(id: number, yields: boolean): boolean {
    return this.addon.locksEndWithLease(id, yields ? 1 : 0) === 0;
  }

  isLeased(dev: Identity, ino: Identity): boolean {
    return this.addon.findLease(Number(dev), Number(ino)) !== 0;
  }

  get anyLease(): boolean {
    return this.addon.leaseCount() > 0;
  }

  watch(fd: number, path?: string): number {
    return checked(this.addon.watch(fd), 'inotify_add_watch', path);
  }

  unwatch(id: number): void {
    this.addon.unwatch(id);
  }
}
