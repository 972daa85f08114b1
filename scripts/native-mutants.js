'use strict';
// Faulty changes of src-native that the storm must find, each with its symptom on standard error. One harmless change
// has no symptom, and the storm must pass. They prove that the checks of the storm can fail.

/**
 * Replaces text inside the function whose definition starts with `start`. Returns the text unchanged if there is none.
 */
function within(text, start, from, to) {
  const begin = text.indexOf(start);
  const end = begin < 0 ? -1 : text.indexOf('\n}\n', begin);
  if (end < 0) return text;
  return text.slice(0, begin) + text.slice(begin, end).replace(from, to) + text.slice(end);
}

/**
 * Slows Find() down: it sleeps after it has read the base of a range right below the foreign page of the storm, so that
 * other threads change the table meanwhile.
 */
function slowFind(text) {
  const slowly = `
namespace storm {
extern std::uintptr_t arena;
}

template <typename T>
static T Slowly(T value) {
  if (value >= storm::arena && value - storm::arena < 8 * 4096) ::usleep(30);
  return value;
}
`;
  const slow = within(text, 'std::optional<Found> Look(', /[\w[\].>-]+\.base\.load\([^()]*\)/g, 'Slowly($&)');
  return slow === text
    ? text
    : slow.replace('\nnamespace mapdirect', `#include <unistd.h>\n${slowly}\nnamespace mapdirect`);
}

const GUARD = '  const std::lock_guard<std::mutex> guard(lock);\n';
const TABLE_GUARD = '  const std::lock_guard<std::mutex> guard(table.lock);\n';

module.exports = [
  {
    name: 'harmless: Find() is slow, and still tells two tenants apart',
    file: 'memory/ranges.cc',
    change: slowFind,
  },
  {
    name: 'found: Find() mixes the fields of two tenants',
    file: 'memory/ranges.cc',
    change: (text) =>
      within(
        slowFind(text),
        'std::optional<Found> Look(',
        /found\.base != 0 &&[^;]*;/,
        'found.base != 0 || serial == 0;',
      ),
    symptom: /page( that is in no range)? was claimed/,
  },
  {
    name: 'found: the last user of a range ends without the lock',
    file: 'memory/ranges.cc',
    change: (text) => within(text, 'void DropUser(', GUARD, ''),
    symptom: /ThreadSanitizer: data race/,
  },
  {
    name: 'found: an environment ends and its mailbox stays open',
    file: 'thread/mailbox.cc',
    change: (text) => within(text, 'void Mailbox::Shut(', 'open_ = false;', ''),
    symptom: /a thread-safe function was called after its environment/,
  },
  {
    name: 'found: a lease ends and its ranges are not fenced',
    file: 'registration/fence.cc',
    change: (text) =>
      text.replace('result = ranges::FenceTenant(index, serial)', 'result = static_cast<int>(index + serial) * 0'),
    symptom: /its range is not fenced|another process has stored under a lease/,
  },
  {
    name: 'found: the pages go before the provider has confirmed',
    file: 'registration/fence.cc',
    change: (text) => within(text, 'Outcome Run(', '  if (outcome.revoked != 0) return outcome;\n', ''),
    symptom: /the pages went before|a registration is|a peer has stored/,
  },
  {
    name: 'found: a lease ends and its registrations go on',
    file: 'registration/fence.cc',
    change: (text) => within(text, 'Outcome Run(', 'ledger::RevokeTenants(all)', 'static_cast<int>(all.empty()) * 0'),
    symptom: /the pages went before|a registration is|a peer has stored/,
  },
  {
    name: 'found: a lease ends whose pages stay, and the registrations go on',
    file: 'registration/fence.cc',
    change: (text) => within(text, 'Outcome Run(', 'all.insert(kept.begin(), kept.end());', 'static_cast<void>(kept);'),
    symptom: /a registration is|a peer has stored/,
  },
  {
    name: 'found: two threads call one provider at once',
    file: 'registration/ledger.cc',
    change: (text) => within(text, 'Entry* Claim(', 'if (!entry->in_call) {', 'if (entry->state != State::kGone) {'),
    symptom: /two calls of one provider at once|after it has confirmed|ThreadSanitizer/,
  },
  {
    name: 'found: a hint arrives after its watch was removed',
    file: 'lease/watches.cc',
    change: (text) => within(text, 'void RemoveLocked(', 'watch.pending->store(0);', ''),
    symptom: /a hint after unwatch/,
  },
  {
    name: 'found: a reference outlives its environment',
    file: 'memory/window_list.cc',
    change: (text) => within(text, 'void WindowList::End(', / {2}if \(sentinel_buffer_ != nullptr\).*\n/, ''),
    symptom: /references are left/,
  },
  {
    name: 'found: a fault is healed and not noted',
    file: 'memory/fault_guard.cc',
    change: (text) =>
      within(
        within(text, 'bool Cover(', 'noted = Note(', 'noted = fault.length != 0 || Note('),
        'bool Cover(',
        '  static_cast<void>(Note(range, fault));\n',
        '',
      ),
    symptom: /a fault was not reported/,
  },
  {
    name: 'found: a fault is missed while another thread looks at its entry',
    file: 'memory/fault_log.cc',
    change: (text) => within(text, 'bool SeizeReady(', '::sched_yield();', 'return false;'),
    symptom: /a fault was not reported/,
  },
  {
    name: 'found: a wait is cancelled without the lock',
    file: 'futex/waiter_table.cc',
    change: (text) => within(text, 'bool Cancel(', TABLE_GUARD, ''),
    symptom: /ThreadSanitizer/,
  },
  {
    name: 'found: a wait that was cancelled ends in another way',
    file: 'futex/waiter_thread.cc',
    change: (text) =>
      within(text, 'int Decide(', '} else if (waiter.cancelled) {\n    waiter.outcome = -ECANCELED;\n', ''),
    symptom: /a wait ended with .*, and cancel\(\) had returned 1/,
  },
  {
    name: 'found: a word that was changed before the wait wakes nothing',
    file: 'futex/waiter_thread.cc',
    change: (text) => within(text, 'void WaiterThread::CompareAll(', 'waiter->changed = compared == -EAGAIN;', ''),
    symptom: /a wake-up was lost/,
  },
];
