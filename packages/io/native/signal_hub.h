// The one place of the process where signals arrive: a thread with a libuv loop of its own, a uv_signal_t for each signal
// that somebody listens to. Handlers are libuv's, so listeners of Node's and the reaping of child processes go on beside
// it; a second handler or a signalfd of our own would lose the one or the other.
//
// Layout: `started_`, `listeners_`, `former_` and the handles belong to the hub's thread. Other threads hand it one
// request at a time (`control_`), and wait until it has answered (`handover_`).
// Transitions: the thread is started by the first listener and ends, its loop and descriptors with it, when the last is
// gone. It answers a request after it has told of every signal that was there before, so a new listener hears of none.
//
// Invariants.
// 1. After a request that takes a receiver away was answered, nothing touches the receiver.
// 2. When the last listener of a signal has gone, what the system does at the signal is what it did before the first, unless
//    somebody else (Node) listens through libuv.
// 3. The hub is never destroyed, and holds no lock while it waits: a process may exit at any time.
#pragma once

#include <signal.h>
#include <uv.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "unparker.h"

namespace treadle {

constexpr int32_t kMaxSignal = 64;

inline uint64_t SignalBit(int32_t signum) { return uint64_t{1} << (signum - 1); }

// What one thread listens to. Who writes `pending_`: the hub's thread sets bits, the receiver's thread takes them all.
class SignalReceiver {
 public:
  explicit SignalReceiver(std::shared_ptr<Unparker> unparker) : unparker_(std::move(unparker)) {}

  // Called on the hub's thread. A bit that is set already was followed by an unpark, and is still to be taken.
  void Deliver(int32_t signum) {
    uint64_t bit = SignalBit(signum);
    if ((pending_.fetch_or(bit) & bit) == 0) unparker_->Unpark();
  }

  // The signals since the last time. Relaxed is enough to find none: the unpark that follows a bit orders the next look.
  uint64_t Take() {
    if (pending_.load(std::memory_order_relaxed) == 0) return 0;
    return pending_.exchange(0);
  }

 private:
  std::atomic<uint64_t> pending_{0};
  std::shared_ptr<Unparker> unparker_;
};

class SignalHub {
 public:
  static SignalHub& Get();

  // When it answers 0, the receiver is told of each such signal from now on. Called from any thread, and waits for the hub.
  int32_t Listen(SignalReceiver* receiver, int32_t signum);
  // The receiver is not told of these signals any more.
  void Ignore(SignalReceiver* receiver, uint64_t signals);

 private:
  struct Request {
    SignalReceiver* receiver;
    uint64_t listen;
    uint64_t ignore;
    int32_t result;
    bool last;
  };

  int32_t Ask(SignalReceiver* receiver, uint64_t listen, uint64_t ignore);
  int32_t StartThread();
  int32_t OpenLoop();
  void AbandonLoop();
  void JoinThread();
  void Run();
  void Answer();
  int32_t Add(SignalReceiver* receiver, int32_t signum);
  void Drop(SignalReceiver* receiver, int32_t signum);
  int32_t StartSignal(int32_t signum);
  void StopSignal(int32_t signum);
  void CloseHandles();

  std::mutex control_;
  std::mutex handover_;
  std::condition_variable answered_;
  Request* request_ = nullptr;
  // Guarded by control_.
  bool running_ = false;
  uv_thread_t thread_{};

  // The hub's thread only, while it runs.
  uv_loop_t loop_{};
  uv_async_t call_{};
  uv_check_t after_poll_{};
  bool called_ = false;
  int32_t active_ = 0;
  uv_signal_t handles_[kMaxSignal + 1] = {};
  bool opened_[kMaxSignal + 1] = {};
  bool started_[kMaxSignal + 1] = {};
  struct sigaction former_[kMaxSignal + 1] = {};
  std::vector<SignalReceiver*> listeners_[kMaxSignal + 1];
};

}  // namespace treadle
