// What belongs to one Node environment (the main thread or one worker thread): its reactors and its open libuv handles.
#pragma once

#include <node_api.h>
#include <uv.h>

#include <memory>
#include <unordered_set>
#include <vector>

namespace treadle {

class Reactor;

class Environment : public std::enable_shared_from_this<Environment> {
 public:
  // Called once when the addon is loaded into an environment.
  static std::shared_ptr<Environment> Create(napi_env env);

  napi_env env() const { return env_; }
  uv_loop_t* loop() const { return loop_; }
  bool closing() const { return closing_; }

  void Add(Reactor* reactor) { reactors_.insert(reactor); }
  void Remove(Reactor* reactor) { reactors_.erase(reactor); }

  // Descriptors that belong to objects of this environment: those that are left at its end are closed, for JavaScript may
  // have been stopped in the middle of anything.
  void Own(int fd);
  void Disown(int fd);

  // Handles on the environment's loop keep the end of the environment waiting until their close callbacks have run.
  void HandleOpened() { handles_++; }
  void HandleClosed();

 private:
  static void OnCleanup(napi_async_cleanup_hook_handle hook, void* data);
  void CloseOwned();
  void FinishCleanup();

  napi_env env_ = nullptr;
  uv_loop_t* loop_ = nullptr;
  std::unordered_set<Reactor*> reactors_;
  std::vector<bool> owned_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  // Keeps this alive until the hook has run.
  std::shared_ptr<Environment> self_;
  int handles_ = 0;
  bool closing_ = false;
};

}  // namespace treadle
