// What a reactor asks of the system: watch file descriptors, collect their readiness, be woken.
//
// Readiness is edge-triggered: it is reported when it begins, and again only when more has come or, where the system has
// no edges, after Rearm(). Everything is called on the reactor's own thread, but for Wake(). Results are 0 or more, or a
// negative errno; nothing throws.
#pragma once

#include <cerrno>
#include <cstdint>

namespace treadle {

// Readiness of one source, as it lies in the array that JavaScript reads.
struct Event {
  int32_t token;
  int32_t ready;
};

class Selector {
 public:
  virtual ~Selector() = default;

  // Registers `fd`, once for all directions.
  virtual int32_t Add(int32_t fd, int32_t token, int32_t interest) = 0;
  // Watches a registered source for another interest, and reports what is ready for it.
  virtual int32_t Modify(int32_t fd, int32_t token, int32_t interest) = 0;
  virtual int32_t Remove(int32_t fd, int32_t token) = 0;
  // Reports `ready` of a source again if it still is; does nothing where the system has edges.
  virtual int32_t Rearm(int32_t token, int32_t ready) = 0;
  // Waits up to `timeout` milliseconds; a signal ends the wait with 0 events.
  virtual int32_t Poll(int32_t timeout, Event* events, int32_t capacity) = 0;
  // The descriptor that is readable while Poll() would find something.
  virtual int32_t WatchFd() const = 0;
  // From now on somebody sleeps on WatchFd().
  virtual void Watched() = 0;
  // Ends the current or the next wait. Called from any thread.
  virtual void Wake() = 0;
};

inline int32_t ResultOf(long result) {
  return result < 0 ? -errno : static_cast<int32_t>(result);
}

// Each answers null and sets `error` when the system refuses.
Selector* NewEpollSelector(int32_t capacity, int32_t* error);
Selector* NewUvSelector(int32_t* error);

}  // namespace treadle
