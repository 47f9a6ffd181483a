// Waking a reactor's thread from any other thread of the process.
//
// Layout: one word per reactor. EMPTY: nobody sleeps, nothing to tell. NOTIFIED: unparked, and the reactor has not looked
// yet. PARKED: its thread sleeps in the selector, or in the event loop on the selector's descriptor.
// Who writes: the owner EMPTY -> PARKED before it sleeps and anything -> EMPTY after it; any thread anything -> NOTIFIED.
// Invariant: only who takes the word from PARKED to NOTIFIED makes a system call, so N unparks of one sleep cost one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "selector.h"

namespace treadle {

class Unparker {
 public:
  explicit Unparker(Selector* selector) : selector_(selector) {}

  // False when somebody unparked it before: then it does not sleep.
  bool Park();
  // After a sleep, or to look in between; whether somebody unparked it.
  bool Unparked();
  // Whether it made a system call. Called from any thread.
  bool Unpark();
  // From now on nobody is woken; the selector may go.
  void Close();

 private:
  enum : int32_t { kEmpty = 0, kNotified = 1, kParked = 2 };

  std::atomic<int32_t> word_{kEmpty};
  // Guards the selector against being closed while another thread wakes it.
  std::mutex mutex_;
  Selector* selector_;
};

// All reactors of the process by their numbers, which are never used twice.
int32_t RegisterUnparker(const std::shared_ptr<Unparker>& unparker);
void UnregisterUnparker(int32_t id);
std::shared_ptr<Unparker> FindUnparker(int32_t id);

}  // namespace treadle
