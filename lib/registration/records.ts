import type { RegistrationLedger } from '../backend/registrations.js';
import { count, counter } from '../core/counters.js';
import type { RegistrationRecord } from './registration-record.js';

// By id. It holds the records, and with them the mappings: a dropped Registration ends nothing.
const records = new Map<number, RegistrationRecord>();
let isListening = false;

/** The registrations of this thread whose end is not confirmed. */
export function liveRegistrations(): number {
  for (const record of [...records.values()]) record.look();
  return records.size;
}

function endAll(): void {
  for (const record of [...records.values()]) {
    record.reason = 'exit';
    record.parts.ledger.revoke(record.id);
    record.look();
  }
}

/** Before the first registration: from now on the notices of the ledger reach the records. */
export function listenToLedger(ledger: RegistrationLedger): void {
  if (isListening) return;
  ledger.listen((id, result) => records.get(id)?.heard(result));
  process.on('exit', endAll);
  isListening = true;
}

export function addRecord(record: RegistrationRecord): void {
  records.set(record.id, record);
  count(counter.registrations);
}

export function dropRecord(record: RegistrationRecord): void {
  if (records.delete(record.id)) count(counter.registrations, -1);
}

/** Ends the registrations of a domain whose device is gone. */
export function endRegistrationsOf(domain: object): void {
  for (const record of [...records.values()]) {
    const { ledger, registered } = record.parts;
    if (registered.domain !== domain) continue;
    record.reason = 'device';
    ledger.revoke(record.id);
    record.look();
  }
}
