// Reading the arguments of a call without objects: numbers and bytes only, and the caller passes nothing else.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>

namespace treadle {

template <size_t N>
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = N;
    napi_get_cb_info(env, info, &count, values_, nullptr, &data_);
  }

  void* data() const { return data_; }
  napi_value operator[](size_t at) const { return values_[at]; }

  int32_t Int(size_t at) const {
    int32_t value = 0;
    napi_get_value_int32(env_, values_[at], &value);
    return value;
  }

  // The bytes of a Uint8Array or Int32Array; null when the argument is something else.
  uint8_t* Bytes(size_t at, size_t* length) const {
    napi_typedarray_type type;
    void* memory = nullptr;
    size_t count = 0;
    *length = 0;
    if (napi_get_typedarray_info(env_, values_[at], &type, &count, &memory, nullptr, nullptr) != napi_ok) {
      return nullptr;
    }
    *length = type == napi_int32_array ? count * sizeof(int32_t) : count;
    return static_cast<uint8_t*>(memory);
  }

 private:
  napi_env env_;
  void* data_ = nullptr;
  napi_value values_[N == 0 ? 1 : N] = {};
};

inline napi_value Number(napi_env env, int32_t value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}

}  // namespace treadle
