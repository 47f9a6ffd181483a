// The selector of Linux: an epoll set of its own, edge-triggered, woken by an eventfd.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <vector>

#include "readiness.h"
#include "selector.h"

namespace treadle {
namespace {

// Tokens are 32 bits wide, so none is this one.
constexpr uint64_t kWakeToken = UINT64_MAX;

uint32_t EpollEvents(int32_t interest) {
  uint32_t events = EPOLLET;
  if (interest & kReadable) events |= EPOLLIN | EPOLLRDHUP;
  if (interest & kWritable) events |= EPOLLOUT;
  if (interest & kPriority) events |= EPOLLPRI;
  return events;
}

int32_t ReadinessOf(uint32_t events) {
  int32_t ready = 0;
  if (events & (EPOLLIN | EPOLLPRI)) ready |= kReadable;
  if (events & EPOLLOUT) ready |= kWritable;
  if ((events & EPOLLHUP) || ((events & EPOLLIN) && (events & EPOLLRDHUP))) ready |= kReadClosed;
  if ((events & EPOLLHUP) || ((events & EPOLLOUT) && (events & EPOLLERR)) || events == EPOLLERR) {
    ready |= kWriteClosed;
  }
  if (events & EPOLLPRI) ready |= kPriority;
  if (events & EPOLLERR) ready |= kError;
  return ready;
}

class EpollSelector final : public Selector {
 public:
  explicit EpollSelector(int32_t capacity) : buffer_(static_cast<size_t>(capacity)) {}

  ~EpollSelector() override {
    if (wake_ >= 0) close(wake_);
    if (epoll_ >= 0) close(epoll_);
  }

  int32_t Open() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) return -errno;
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_ < 0) return -errno;
    // Edge-triggered, so the counter need not be read: each write is an edge.
    epoll_event event{EPOLLIN | EPOLLET, {.u64 = kWakeToken}};
    return ResultOf(epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event));
  }

  int32_t Add(int32_t fd, int32_t token, int32_t interest) override {
    epoll_event event{EpollEvents(interest), {.u64 = static_cast<uint32_t>(token)}};
    return ResultOf(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event));
  }

  int32_t Modify(int32_t fd, int32_t token, int32_t interest) override {
    epoll_event event{EpollEvents(interest), {.u64 = static_cast<uint32_t>(token)}};
    return ResultOf(epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event));
  }

  int32_t Remove(int32_t fd, int32_t) override {
    return ResultOf(epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr));
  }

  int32_t Rearm(int32_t, int32_t) override { return 0; }

  int32_t Poll(int32_t timeout, Event* events, int32_t capacity) override {
    int count = timeout == 0 ? Look(capacity, 0) : Wait(capacity, timeout);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    int32_t out = 0;
    for (int i = 0; i < count; i++) {
      const epoll_event& event = buffer_[static_cast<size_t>(i)];
      if (event.data.u64 == kWakeToken) continue;
      events[out].token = static_cast<int32_t>(event.data.u64);
      events[out].ready = ReadinessOf(event.events);
      out++;
    }
    return out;
  }

  int32_t WatchFd() const override { return epoll_; }

  void Watched() override {}

  void Wake() override {
    const uint64_t one = 1;
    ssize_t written = write(wake_, &one, sizeof one);
    (void)written;  // Fails only when the counter is full, and then the wake is already there.
  }

 private:
  int Look(int32_t capacity, int32_t timeout) {
    return epoll_wait(epoll_, buffer_.data(), capacity, timeout);
  }

  // A wait with a timeout costs a tenth of a microsecond more than a look, also when events are there already. So where the
  // last look found some, a look comes first; where it found none, that is not tried again for a while.
  int Wait(int32_t capacity, int32_t timeout) {
    if (looks_after_ > 0) {
      looks_after_--;
      return Look(capacity, timeout);
    }
    int count = Look(capacity, 0);
    if (count != 0) return count;
    looks_after_ = kWaitsAfterMiss;
    return Look(capacity, timeout);
  }

  static constexpr int kWaitsAfterMiss = 15;

  int epoll_ = -1;
  // How many waits come before a look is tried first again.
  int looks_after_ = 0;
  int wake_ = -1;
  std::vector<epoll_event> buffer_;
};

}  // namespace

Selector* NewEpollSelector(int32_t capacity, int32_t* error) {
  auto* selector = new EpollSelector(capacity);
  *error = selector->Open();
  if (*error == 0) return selector;
  delete selector;
  return nullptr;
}

}  // namespace treadle
