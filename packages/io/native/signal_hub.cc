// The hub's thread, and how other threads ask it.
#include "signal_hub.h"

#include <pthread.h>

#include <algorithm>

namespace treadle {

SignalHub& SignalHub::Get() {
  // Never destroyed: its thread may still run while the process executes its exit handlers.
  static auto* hub = new SignalHub();
  return *hub;
}

// Asking, on any thread

int32_t SignalHub::Listen(SignalReceiver* receiver, int32_t signum) {
  return Ask(receiver, SignalBit(signum), 0);
}

void SignalHub::Ignore(SignalReceiver* receiver, uint64_t signals) {
  if (signals != 0) Ask(receiver, 0, signals);
}

int32_t SignalHub::Ask(SignalReceiver* receiver, uint64_t listen, uint64_t ignore) {
  std::lock_guard<std::mutex> one_at_a_time(control_);
  if (!running_) {
    int32_t error = StartThread();
    if (error != 0) return error;
  }
  Request request{receiver, listen, ignore, 0, false};
  {
    std::unique_lock<std::mutex> lock(handover_);
    request_ = &request;
    uv_async_send(&call_);
    answered_.wait(lock, [this] { return request_ == nullptr; });
  }
  if (request.last) JoinThread();
  return request.result;
}

int32_t SignalHub::StartThread() {
  int32_t error = OpenLoop();
  if (error != 0) return error;
  // The thread inherits the mask: handlers of others, V8's too, are to run on the threads they are meant for.
  sigset_t all;
  sigset_t former;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &former);
  error = uv_thread_create(&thread_, [](void* hub) { static_cast<SignalHub*>(hub)->Run(); }, this);
  pthread_sigmask(SIG_SETMASK, &former, nullptr);
  if (error != 0) AbandonLoop();
  running_ = error == 0;
  return error;
}

int32_t SignalHub::OpenLoop() {
  int32_t error = uv_loop_init(&loop_);
  if (error != 0) return error;
  error = uv_async_init(&loop_, &call_, [](uv_async_t* call) {
    static_cast<SignalHub*>(call->data)->called_ = true;
  });
  if (error != 0) {
    uv_loop_close(&loop_);
    return error;
  }
  call_.data = this;
  uv_check_init(&loop_, &after_poll_);
  after_poll_.data = this;
  uv_check_start(&after_poll_, [](uv_check_t* check) { static_cast<SignalHub*>(check->data)->Answer(); });
  return 0;
}

void SignalHub::AbandonLoop() {
  CloseHandles();
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

void SignalHub::JoinThread() {
  uv_thread_join(&thread_);
  uv_loop_close(&loop_);
  running_ = false;
}

// The hub's thread

void SignalHub::Run() {
#ifdef __linux__
  pthread_setname_np(pthread_self(), "treadle-signal");
#elif defined(__APPLE__)
  pthread_setname_np("treadle-signal");
#endif
  uv_run(&loop_, UV_RUN_DEFAULT);
}

// Runs after libuv has polled. The look that found the call has found all signals that were there before it as well.
void SignalHub::Answer() {
  if (!called_) return;
  called_ = false;
  std::lock_guard<std::mutex> lock(handover_);
  Request& request = *request_;
  for (int32_t signum = 1; signum <= kMaxSignal && request.result == 0; signum++) {
    if ((request.listen & SignalBit(signum)) != 0) request.result = Add(request.receiver, signum);
    if ((request.ignore & SignalBit(signum)) != 0) Drop(request.receiver, signum);
  }
  request.last = active_ == 0;
  if (request.last) CloseHandles();
  request_ = nullptr;
  answered_.notify_one();
}

int32_t SignalHub::Add(SignalReceiver* receiver, int32_t signum) {
  if (!started_[signum]) {
    int32_t error = StartSignal(signum);
    if (error != 0) return error;
  }
  std::vector<SignalReceiver*>& listeners = listeners_[signum];
  if (std::find(listeners.begin(), listeners.end(), receiver) == listeners.end()) {
    listeners.push_back(receiver);
  }
  return 0;
}

void SignalHub::Drop(SignalReceiver* receiver, int32_t signum) {
  std::vector<SignalReceiver*>& listeners = listeners_[signum];
  auto found = std::find(listeners.begin(), listeners.end(), receiver);
  if (found == listeners.end()) return;
  listeners.erase(found);
  if (listeners.empty()) StopSignal(signum);
}

int32_t SignalHub::StartSignal(int32_t signum) {
  uv_signal_t* handle = &handles_[signum];
  if (!opened_[signum]) {
    int32_t error = uv_signal_init(&loop_, handle);
    if (error != 0) return error;
    handle->data = this;
    opened_[signum] = true;
  }
  sigaction(signum, nullptr, &former_[signum]);
  int32_t error = uv_signal_start(
      handle,
      [](uv_signal_t* signal, int signum) {
        auto* hub = static_cast<SignalHub*>(signal->data);
        for (SignalReceiver* receiver : hub->listeners_[signum]) receiver->Deliver(signum);
      },
      signum);
  if (error != 0) return error;
  struct sigaction now {};
  sigaction(signum, nullptr, &now);
  // Somebody listened through libuv before us; libuv restores the default when all have gone.
  if (former_[signum].sa_handler == now.sa_handler) former_[signum].sa_handler = SIG_DFL;
  started_[signum] = true;
  active_++;
  return 0;
}

void SignalHub::StopSignal(int32_t signum) {
  const struct sigaction& former = former_[signum];
  // libuv would make it deadly (Node ignores SIGPIPE, nohup SIGHUP), if only for a moment: taken on, and told to nobody.
  if (former.sa_handler == SIG_IGN) return;
  uv_signal_stop(&handles_[signum]);
  started_[signum] = false;
  active_--;
  if (former.sa_handler == SIG_DFL) return;
  // Node's own: for SIGINT and SIGTERM what resets the terminal, for SIGUSR1 what starts the inspector.
  struct sigaction now {};
  sigaction(signum, nullptr, &now);
  if (now.sa_handler == SIG_DFL) sigaction(signum, &former, nullptr);
}

void SignalHub::CloseHandles() {
  uv_close(reinterpret_cast<uv_handle_t*>(&call_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&after_poll_), nullptr);
  for (int32_t signum = 1; signum <= kMaxSignal; signum++) {
    if (opened_[signum]) uv_close(reinterpret_cast<uv_handle_t*>(&handles_[signum]), nullptr);
    opened_[signum] = false;
  }
}

}  // namespace treadle
