// The functions of signals that JavaScript calls, and their end with the environment.
#include "signals.h"

#include <unordered_set>
#include <vector>

#include "arguments.h"

namespace treadle {

// The open ears of one environment; freed by its cleanup hook. No handle lies on the environment's loop.
class SignalEnvironment {
 public:
  explicit SignalEnvironment(napi_env env) : env_(env) {}

  static void OnCleanup(void* data) {
    auto* environment = static_cast<SignalEnvironment*>(data);
    std::vector<Signals*> open(environment->open_.begin(), environment->open_.end());
    for (Signals* signals : open) signals->Close();
    delete environment;
  }

  napi_env env() const { return env_; }
  void Add(Signals* signals) { open_.insert(signals); }
  void Remove(Signals* signals) { open_.erase(signals); }

 private:
  napi_env env_;
  std::unordered_set<Signals*> open_;
};

Signals::Signals(SignalEnvironment* environment, std::shared_ptr<Unparker> unparker)
    : environment_(environment), receiver_(std::move(unparker)) {
  environment_->Add(this);
}

Signals::~Signals() { Close(); }

napi_value Signals::Open(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  std::shared_ptr<Unparker> unparker = FindUnparker(arguments.Int(0));
  if (unparker == nullptr) return Number(env, -ESRCH);
  auto* signals = new Signals(static_cast<SignalEnvironment*>(arguments.data()), std::move(unparker));
  napi_value result = nullptr;
  if (!signals->Export(env, &result)) {
    // Functions that were made already free it when they are collected.
    signals->Close();
    if (signals->functions_ == 0) delete signals;
    return Number(env, -ENOMEM);
  }
  return result;
}

bool Signals::Export(napi_env env, napi_value* result) {
  void* memory = nullptr;
  napi_value buffer;
  napi_value words;
  if (napi_create_object(env, result) != napi_ok) return false;
  if (napi_create_arraybuffer(env, 2 * sizeof(int32_t), &memory, &buffer) != napi_ok) return false;
  if (napi_create_typedarray(env, napi_int32_array, 2, buffer, 0, &words) != napi_ok) return false;
  if (napi_create_reference(env, words, 1, &words_ref_) != napi_ok) return false;
  words_ = static_cast<int32_t*>(memory);
  return napi_set_named_property(env, *result, "words", words) == napi_ok &&
         ExportFunction(env, *result, "take", Take) &&
         ExportFunction(env, *result, "listen", Listen) &&
         ExportFunction(env, *result, "ignore", Ignore) &&
         ExportFunction(env, *result, "close", CloseFunction);
}

bool Signals::ExportFunction(napi_env env, napi_value object, const char* name,
                             napi_callback function) {
  napi_value value;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, this, &value) != napi_ok) return false;
  auto released = [](napi_env, void* data, void*) { static_cast<Signals*>(data)->Release(); };
  if (napi_add_finalizer(env, value, this, released, nullptr, nullptr) != napi_ok) return false;
  functions_++;
  return napi_set_named_property(env, object, name, value) == napi_ok;
}

void Signals::Release() {
  if (--functions_ == 0) delete this;
}

void Signals::Close() {
  if (environment_ == nullptr) return;
  SignalHub::Get().Ignore(&receiver_, listening_);
  listening_ = 0;
  if (words_ref_ != nullptr) napi_delete_reference(environment_->env(), words_ref_);
  words_ref_ = nullptr;
  words_ = nullptr;
  environment_->Remove(this);
  environment_ = nullptr;
}

// take(): 1 when signals have come since the last time; they are in the words.
napi_value Signals::Take(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  auto* signals = static_cast<Signals*>(arguments.data());
  uint64_t taken = signals->receiver_.Take();
  if (taken == 0 || signals->words_ == nullptr) return Number(env, 0);
  signals->words_[0] = static_cast<int32_t>(taken & 0xffffffff);
  signals->words_[1] = static_cast<int32_t>(taken >> 32);
  return Number(env, 1);
}

// listen(signum): hears of it from now on, 0 or a negative errno.
napi_value Signals::Listen(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  auto* signals = static_cast<Signals*>(arguments.data());
  int32_t signum = arguments.Int(0);
  if (signals->environment_ == nullptr) return Number(env, -EBADF);
  if (signum < 1 || signum > kMaxSignal) return Number(env, -EINVAL);
  int32_t error = SignalHub::Get().Listen(&signals->receiver_, signum);
  if (error == 0) signals->listening_ |= SignalBit(signum);
  return Number(env, error);
}

napi_value Signals::Ignore(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  auto* signals = static_cast<Signals*>(arguments.data());
  int32_t signum = arguments.Int(0);
  if (signum < 1 || signum > kMaxSignal) return Number(env, -EINVAL);
  uint64_t gone = signals->listening_ & SignalBit(signum);
  SignalHub::Get().Ignore(&signals->receiver_, gone);
  signals->listening_ &= ~gone;
  return Number(env, 0);
}

napi_value Signals::CloseFunction(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  static_cast<Signals*>(arguments.data())->Close();
  return Number(env, 0);
}

namespace {

// The real-time signals that the C library leaves to programs; -1 where there are none.
napi_value RealTime(napi_env env, bool lowest) {
#ifdef SIGRTMIN
  return Number(env, lowest ? SIGRTMIN : SIGRTMAX);
#else
  (void)lowest;
  return Number(env, -1);
#endif
}

napi_value Lowest(napi_env env, napi_callback_info) { return RealTime(env, true); }
napi_value Highest(napi_env env, napi_callback_info) { return RealTime(env, false); }

}  // namespace

void ExportSignals(Napi::Env env, Napi::Object exports) {
  auto* environment = new SignalEnvironment(env);
  napi_add_env_cleanup_hook(env, SignalEnvironment::OnCleanup, environment);
  const struct {
    const char* name;
    napi_callback call;
  } functions[] = {{"openSignals", Signals::Open}, {"sigrtmin", Lowest}, {"sigrtmax", Highest}};
  for (const auto& function : functions) {
    napi_value value;
    napi_create_function(env, function.name, NAPI_AUTO_LENGTH, function.call, environment, &value);
    exports.Set(function.name, Napi::Value(env, value));
  }
}

}  // namespace treadle
