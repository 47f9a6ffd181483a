// Node's own event loop watching a reactor: a uv_poll on the selector's descriptor, one callback for a whole batch.
#pragma once

#include <node_api.h>
#include <uv.h>

#include <memory>

#include "environment.h"

namespace treadle {

class HostWatch {
 public:
  // Answers null and sets `error` when libuv refuses.
  static HostWatch* Open(const std::shared_ptr<Environment>& environment, int fd,
                         napi_value callback, int32_t* error);

  // Watches and keeps the process alive, or neither; while it does not watch, the callback may be collected.
  int32_t Set(bool on);
  // Frees this once libuv allows.
  void Close();

 private:
  explicit HostWatch(std::shared_ptr<Environment> environment)
      : environment_(std::move(environment)) {}

  static void OnReady(uv_poll_t* poll, int status, int events);
  void Call();

  uv_poll_t poll_{};
  std::shared_ptr<Environment> environment_;
  napi_ref callback_ = nullptr;
  bool on_ = false;
};

}  // namespace treadle
