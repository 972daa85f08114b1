import { requireVerbs } from './verbs.js';

/** As src-native/lease/listener.h numbers it. */
const DEVICE_NOTICE = 8;

/** The events of devices and connections, by the id of the domain or endpoint. An id stands for one of them only. */
class DeviceEvents {
  private readonly subjects = new Map<number, () => void>();
  private isListening = false;

  add(id: number, failed: () => void): void {
    this.listen();
    this.subjects.set(id, failed);
  }

  delete(id: number): void {
    this.subjects.delete(id);
  }

  private listen(): void {
    if (this.isListening) return;
    requireVerbs().addon.onNotices((kind, id) => {
      if (kind === DEVICE_NOTICE) this.hear(id);
    });
    this.isListening = true;
  }

  /** The device of a domain has failed, or the connection of an endpoint has. */
  hear(id: number): void {
    this.subjects.get(id)?.();
  }
}

export const deviceEvents = new DeviceEvents();
