// The functions of a reactor that JavaScript calls.
#include "reactor.h"

#include "arguments.h"

namespace treadle {

namespace {

enum Kind : int32_t { kEpoll = 0, kUv = 1 };

constexpr size_t kHeaderWords = 2;

Selector* NewSelector(int32_t kind, int32_t capacity, int32_t* error) {
#ifdef __linux__
  if (kind == kEpoll) return NewEpollSelector(capacity, error);
#else
  (void)capacity;
  (void)kind;
#endif
  return NewUvSelector(error);
}

}  // namespace

Reactor::Reactor(std::shared_ptr<Environment> environment, Selector* selector, int32_t capacity)
    : environment_(std::move(environment)),
      selector_(selector),
      unparker_(std::make_shared<Unparker>(selector)),
      capacity_(capacity),
      id_(RegisterUnparker(unparker_)) {
  environment_->Add(this);
}

Reactor::~Reactor() { Close(); }

napi_value Reactor::Open(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  int32_t capacity = arguments.Int(0);
  auto* environment = static_cast<Environment*>(arguments.data());
  int32_t error = 0;
  Selector* selector = NewSelector(arguments.Int(1), capacity, &error);
  if (selector == nullptr) return Number(env, error);
  auto* reactor = new Reactor(environment->shared_from_this(), selector, capacity);
  napi_value result = nullptr;
  if (!reactor->Export(env, arguments[2], &result)) {
    // Functions that were made already free it when they are collected.
    reactor->Close();
    if (reactor->functions_ == 0) delete reactor;
    return Number(env, -ENOMEM);
  }
  return result;
}

bool Reactor::Export(napi_env env, napi_value callback, napi_value* result) {
  void* memory = nullptr;
  napi_value buffer;
  napi_value words;
  size_t length = kHeaderWords + 2 * static_cast<size_t>(capacity_);
  if (napi_create_object(env, result) != napi_ok) return false;
  if (napi_create_arraybuffer(env, length * sizeof(int32_t), &memory, &buffer) != napi_ok) return false;
  if (napi_create_typedarray(env, napi_int32_array, length, buffer, 0, &words) != napi_ok) return false;
  if (napi_create_reference(env, words, 1, &words_ref_) != napi_ok) return false;
  if (napi_create_reference(env, callback, 0, &callback_) != napi_ok) return false;
  words_ = static_cast<int32_t*>(memory);
  return napi_set_named_property(env, *result, "words", words) == napi_ok &&
         napi_set_named_property(env, *result, "id", Number(env, id_)) == napi_ok &&
         ExportFunction(env, *result, "poll", Poll) && ExportFunction(env, *result, "add", Add) &&
         ExportFunction(env, *result, "modify", Modify) &&
         ExportFunction(env, *result, "remove", Remove) &&
         ExportFunction(env, *result, "rearm", Rearm) && ExportFunction(env, *result, "host", Host) &&
         ExportFunction(env, *result, "unpark", Unpark) &&
         ExportFunction(env, *result, "close", CloseFunction);
}

bool Reactor::ExportFunction(napi_env env, napi_value object, const char* name,
                             napi_callback function) {
  napi_value value;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, this, &value) != napi_ok) return false;
  auto released = [](napi_env, void* data, void*) { static_cast<Reactor*>(data)->Release(); };
  if (napi_add_finalizer(env, value, this, released, nullptr, nullptr) != napi_ok) return false;
  functions_++;
  return napi_set_named_property(env, object, name, value) == napi_ok;
}

void Reactor::Release() {
  if (--functions_ == 0) delete this;
}

void Reactor::Close() {
  if (selector_ == nullptr) return;
  unparker_->Close();
  UnregisterUnparker(id_);
  if (host_ != nullptr) host_->Close();
  host_ = nullptr;
  selector_.reset();
  napi_env env = environment_->env();
  if (words_ref_ != nullptr) napi_delete_reference(env, words_ref_);
  if (callback_ != nullptr) napi_delete_reference(env, callback_);
  words_ref_ = nullptr;
  callback_ = nullptr;
  words_ = nullptr;
  environment_->Remove(this);
}

napi_value Reactor::Poll(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  auto* reactor = static_cast<Reactor*>(arguments.data());
  return Number(env, reactor->PollOnce(arguments.Int(0)));
}

int32_t Reactor::PollOnce(int32_t timeout) {
  if (selector_ == nullptr) return -EBADF;
  bool parks = timeout > 0;
  bool notified = parks && !unparker_->Park();
  auto* events = reinterpret_cast<Event*>(words_ + kHeaderWords);
  int32_t count = selector_->Poll(notified ? 0 : timeout, events, capacity_);
  notified |= unparker_->Unparked();
  words_[0] = notified ? 1 : 0;
  return count;
}

napi_value Reactor::Add(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  auto* reactor = static_cast<Reactor*>(arguments.data());
  if (reactor->selector_ == nullptr) return Number(env, -EBADF);
  return Number(env, reactor->selector_->Add(arguments.Int(0), arguments.Int(1), arguments.Int(2)));
}

napi_value Reactor::Modify(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  auto* reactor = static_cast<Reactor*>(arguments.data());
  if (reactor->selector_ == nullptr) return Number(env, -EBADF);
  return Number(env, reactor->selector_->Modify(arguments.Int(0), arguments.Int(1), arguments.Int(2)));
}

napi_value Reactor::Remove(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  auto* reactor = static_cast<Reactor*>(arguments.data());
  if (reactor->selector_ == nullptr) return Number(env, -EBADF);
  return Number(env, reactor->selector_->Remove(arguments.Int(0), arguments.Int(1)));
}

napi_value Reactor::Rearm(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  auto* reactor = static_cast<Reactor*>(arguments.data());
  if (reactor->selector_ == nullptr) return Number(env, -EBADF);
  return Number(env, reactor->selector_->Rearm(arguments.Int(0), arguments.Int(1)));
}

// host(on): Node's loop watches (1) or does not (0). Answers 1 when it was unparked before and must not sleep.
napi_value Reactor::Host(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  auto* reactor = static_cast<Reactor*>(arguments.data());
  return Number(env, reactor->SetHosted(arguments.Int(0) != 0));
}

int32_t Reactor::SetHosted(bool on) {
  if (selector_ == nullptr || environment_->closing()) return -EBADF;
  if (!on) return host_ == nullptr ? 0 : host_->Set(false);
  if (host_ == nullptr) {
    int32_t error = 0;
    napi_value callback;
    napi_get_reference_value(environment_->env(), callback_, &callback);
    if (callback == nullptr) return -EBADF;
    host_ = HostWatch::Open(environment_, selector_->WatchFd(), callback, &error);
    if (host_ == nullptr) return error;
    selector_->Watched();
  }
  int32_t error = host_->Set(true);
  if (error != 0) return error;
  return unparker_->Park() ? 0 : 1;
}

// Answers 1 when it made a system call.
napi_value Reactor::Unpark(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  auto* reactor = static_cast<Reactor*>(arguments.data());
  return Number(env, reactor->unparker_->Unpark() ? 1 : 0);
}

napi_value Reactor::CloseFunction(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  static_cast<Reactor*>(arguments.data())->Close();
  return Number(env, 0);
}

}  // namespace treadle
