// The park word, and the process-wide table through which other threads find it.
#include "unparker.h"

#include <unordered_map>

namespace treadle {

bool Unparker::Park() {
  int32_t expected = kEmpty;
  if (word_.compare_exchange_strong(expected, kParked)) return true;
  // Still PARKED from a sleep in the event loop that something else ended.
  if (expected == kParked) return true;
  word_.store(kEmpty);
  return false;
}

bool Unparker::Unparked() {
  // Relaxed is enough to find nothing: who unparks later meets EMPTY, and the next Park() sees it.
  if (word_.load(std::memory_order_relaxed) == kEmpty) return false;
  return word_.exchange(kEmpty) == kNotified;
}

bool Unparker::Unpark() {
  if (word_.exchange(kNotified) != kParked) return false;
  std::lock_guard<std::mutex> lock(mutex_);
  if (selector_ != nullptr) selector_->Wake();
  return true;
}

void Unparker::Close() {
  std::lock_guard<std::mutex> lock(mutex_);
  selector_ = nullptr;
}

namespace {

struct Registry {
  std::mutex mutex;
  std::unordered_map<int32_t, std::shared_ptr<Unparker>> unparkers;
  int32_t next = 1;
};

// Never destroyed: threads may end after the process has begun to run its exit handlers.
Registry& TheRegistry() {
  static auto* registry = new Registry();
  return *registry;
}

}  // namespace

int32_t RegisterUnparker(const std::shared_ptr<Unparker>& unparker) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  int32_t id = registry.next++;
  registry.unparkers.emplace(id, unparker);
  return id;
}

void UnregisterUnparker(int32_t id) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  registry.unparkers.erase(id);
}

std::shared_ptr<Unparker> FindUnparker(int32_t id) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  auto found = registry.unparkers.find(id);
  return found == registry.unparkers.end() ? nullptr : found->second;
}

}  // namespace treadle
