// The portable selector: a libuv loop of its own with one uv_poll per source.
//
// libuv is level-triggered. A direction that is reported although it was reported before and not rearmed since has
// nobody who takes what is there: it is not watched any more until Rearm(). So a source that nobody reads costs one wake
// and not a busy loop, and a source that is read until it would block costs no change of its watch at all.
//
// libuv aborts the process when the system refuses a watch, and tells the system only when its loop turns. So every
// change is checked and told at once, while the descriptor is still what it was.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <uv.h>

#include <algorithm>
#include <cstdlib>
#include <unordered_map>
#include <vector>

#include "readiness.h"
#include "selector.h"

namespace treadle {
namespace {

int UvEvents(int32_t ready) {
  int events = 0;
  if (ready & kReadable) events |= UV_READABLE;
  if (ready & kReadClosed) events |= UV_DISCONNECT;
  if (ready & kWritable) events |= UV_WRITABLE;
  if (ready & kPriority) events |= UV_PRIORITIZED;
  return events;
}

// Errors are always reported, but libuv must watch for something.
int EventsOfInterest(int32_t interest) {
  int events = UvEvents(interest);
  if (interest & kReadable) events |= UV_DISCONNECT;
  return events == 0 ? UV_DISCONNECT : events;
}

int32_t ReadinessOf(int events) {
  int32_t ready = 0;
  if (events & (UV_READABLE | UV_PRIORITIZED | UV_DISCONNECT)) ready |= kReadable;
  if (events & UV_DISCONNECT) ready |= kReadClosed;
  if (events & UV_WRITABLE) ready |= kWritable;
  if (events & UV_PRIORITIZED) ready |= kPriority;
  return ready;
}

// Whether a descriptor is still something that can be watched: it may have been closed, and its number used again.
bool CanBeWatched(int fd) {
  struct stat what;
  return fstat(fd, &what) == 0 && !S_ISREG(what.st_mode) && !S_ISDIR(what.st_mode);
}

class UvSelector;

struct Source {
  uv_poll_t poll;
  UvSelector* owner;
  int32_t token;
  int32_t interest;
  // What was reported and not rearmed since.
  int32_t reported;
  // What libuv watches for.
  int watching;
  // What the next Poll() will report; the source is queued while it is not 0.
  int32_t pending;
};

class UvSelector final : public Selector {
 public:
  UvSelector() = default;

  ~UvSelector() override {
    if (loop_ == nullptr) return;
    for (auto& [_, source] : sources_) Close(source);
    if (awake_) uv_close(reinterpret_cast<uv_handle_t*>(&async_), nullptr);
    uv_run(loop_, UV_RUN_DEFAULT);
    uv_loop_close(loop_);
    free(loop_);
  }

  int32_t Open() {
    loop_ = static_cast<uv_loop_t*>(malloc(uv_loop_size()));
    int error = loop_ == nullptr ? UV_ENOMEM : uv_loop_init(loop_);
    if (error != 0) {
      free(loop_);
      loop_ = nullptr;
      return error;
    }
    error = uv_async_init(loop_, &async_, [](uv_async_t*) {});
    awake_ = error == 0;
    return error;
  }

  int32_t Add(int32_t fd, int32_t token, int32_t interest) override {
    auto* source = new Source{};
    int error = uv_poll_init(loop_, &source->poll, fd);
    if (error != 0) {
      delete source;
      return error;
    }
    source->poll.data = source;
    source->owner = this;
    source->token = token;
    source->interest = interest;
    error = Watch(source, EventsOfInterest(interest));
    if (error != 0) {
      Close(source);
      return error;
    }
    sources_.emplace(token, source);
    Flush();
    return 0;
  }

  int32_t Modify(int32_t, int32_t token, int32_t interest) override {
    auto found = sources_.find(token);
    if (found == sources_.end()) return -ENOENT;
    Source* source = found->second;
    int fresh = EventsOfInterest(interest) & ~EventsOfInterest(source->interest);
    source->interest = interest;
    int error = Watch(source, source->watching | fresh);
    Flush();
    return error;
  }

  int32_t Remove(int32_t, int32_t token) override {
    auto found = sources_.find(token);
    if (found == sources_.end()) return -ENOENT;
    Source* source = found->second;
    sources_.erase(found);
    if (source->pending != 0) queue_.erase(std::find(queue_.begin(), queue_.end(), source));
    Close(source);
    return 0;
  }

  int32_t Rearm(int32_t token, int32_t ready) override {
    auto found = sources_.find(token);
    if (found == sources_.end()) return -ENOENT;
    Source* source = found->second;
    source->reported &= ~ready;
    int wanted = source->watching | (UvEvents(ready) & EventsOfInterest(source->interest));
    if (wanted == 0) wanted = EventsOfInterest(source->interest);
    if (wanted == source->watching) return 0;
    int error = Watch(source, wanted);
    Flush();
    return error;
  }

  int32_t Poll(int32_t timeout, Event* events, int32_t capacity) override {
    Turn();
    if (queue_.empty() && timeout > 0) {
      pollfd wait{uv_backend_fd(loop_), POLLIN, 0};
      if (poll(&wait, 1, timeout) < 0 && errno != EINTR) return -errno;
      Turn();
    }
    size_t count = std::min(queue_.size(), static_cast<size_t>(capacity));
    for (size_t i = 0; i < count; i++) {
      events[i] = Event{queue_[i]->token, queue_[i]->pending};
      queue_[i]->pending = 0;
    }
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
    return static_cast<int32_t>(count);
  }

  int32_t WatchFd() const override { return uv_backend_fd(loop_); }

  void Watched() override {
    watched_ = true;
    Flush();
  }

  void Wake() override { uv_async_send(&async_); }

 private:
  int Watch(Source* source, int events) {
    source->watching = events;
    if (events == 0) return uv_poll_stop(&source->poll);
    uv_os_fd_t fd;
    if (uv_fileno(reinterpret_cast<uv_handle_t*>(&source->poll), &fd) != 0 || !CanBeWatched(fd)) {
      source->watching = 0;
      uv_poll_stop(&source->poll);
      return -EBADF;
    }
    changed_ = true;
    return uv_poll_start(&source->poll, events, OnReady);
  }

  // Lets libuv tell the system what has changed, and queues what is ready. What is ready may change watches once more.
  void Turn() {
    do {
      changed_ = false;
      uv_run(loop_, UV_RUN_NOWAIT);
    } while (changed_);
  }

  static void Close(Source* source) {
    uv_close(reinterpret_cast<uv_handle_t*>(&source->poll),
             [](uv_handle_t* handle) { delete static_cast<Source*>(handle->data); });
  }

  static void OnReady(uv_poll_t* poll, int status, int events) {
    auto* source = static_cast<Source*>(poll->data);
    int32_t ready = ReadinessOf(events);
    if (status < 0) {
      // libuv has stopped watching and does not say more; whoever tries the operation learns what it was.
      ready = kError | (source->interest & (kReadable | kWritable));
      source->watching = 0;
    }
    source->owner->Report(source, ready);
  }

  void Report(Source* source, int32_t ready) {
    int32_t again = ready & source->reported;
    int32_t fresh = ready & ~source->reported;
    source->reported |= ready;
    int wanted = source->watching & ~UvEvents(again);
    if (wanted != source->watching) Watch(source, wanted);
    if (fresh == 0) return;
    if (source->pending == 0) queue_.push_back(source);
    source->pending |= fresh;
  }

  // What was collected meanwhile is no longer seen on the loop's descriptor by somebody who sleeps on that.
  void Flush() {
    Turn();
    if (watched_ && !queue_.empty()) Wake();
  }

  uv_loop_t* loop_ = nullptr;
  uv_async_t async_{};
  bool awake_ = false;
  bool watched_ = false;
  bool changed_ = false;
  std::unordered_map<int32_t, Source*> sources_;
  std::vector<Source*> queue_;
};

}  // namespace

Selector* NewUvSelector(int32_t* error) {
  auto* selector = new UvSelector();
  *error = selector->Open();
  if (*error == 0) return selector;
  delete selector;
  return nullptr;
}

}  // namespace treadle
