// One function per system call. Descriptors that are made here are non-blocking and not inherited.
#include "syscalls.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#endif

#include <cstring>

#include "arguments.h"
#include "selector.h"

namespace treadle {
namespace {

napi_value Read(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  size_t length;
  uint8_t* bytes = arguments.Bytes(1, &length);
  return Number(env, ResultOf(read(arguments.Int(0), bytes, length)));
}

napi_value Write(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  size_t length;
  const uint8_t* bytes = arguments.Bytes(1, &length);
  return Number(env, ResultOf(write(arguments.Int(0), bytes, length)));
}

napi_value Close(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  return Number(env, ResultOf(close(arguments.Int(0))));
}

napi_value Dup(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  return Number(env, ResultOf(fcntl(arguments.Int(0), F_DUPFD_CLOEXEC, 0)));
}

napi_value SetNonblocking(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  int fd = arguments.Int(0);
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return Number(env, -errno);
  int wanted = arguments.Int(1) != 0 ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  return Number(env, wanted == flags ? 0 : ResultOf(fcntl(fd, F_SETFL, wanted)));
}

#ifndef __linux__
int32_t Prepare(int fd) {
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return -errno;
  return ResultOf(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}
#endif

// pipe(ends: Int32Array): writes [reading end, writing end].
napi_value Pipe(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  size_t length;
  auto* ends = reinterpret_cast<int32_t*>(arguments.Bytes(0, &length));
  if (length < 2 * sizeof(int32_t)) return Number(env, -EINVAL);
#ifdef __linux__
  return Number(env, ResultOf(pipe2(ends, O_CLOEXEC | O_NONBLOCK)));
#else
  if (pipe(ends) < 0) return Number(env, -errno);
  int32_t error = Prepare(ends[0]);
  return Number(env, error < 0 ? error : Prepare(ends[1]));
#endif
}

// socketpair(type, ends: Int32Array): two connected unix sockets.
napi_value Socketpair(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  size_t length;
  auto* ends = reinterpret_cast<int32_t*>(arguments.Bytes(1, &length));
  if (length < 2 * sizeof(int32_t)) return Number(env, -EINVAL);
#ifdef __linux__
  int type = arguments.Int(0) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  return Number(env, ResultOf(socketpair(AF_UNIX, type, 0, ends)));
#else
  if (socketpair(AF_UNIX, arguments.Int(0), 0, ends) < 0) return Number(env, -errno);
  int32_t error = Prepare(ends[0]);
  return Number(env, error < 0 ? error : Prepare(ends[1]));
#endif
}

// socket(domain, type, protocol)
napi_value Socket(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
#ifdef __linux__
  int type = arguments.Int(1) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  return Number(env, ResultOf(socket(arguments.Int(0), type, arguments.Int(2))));
#else
  int fd = socket(arguments.Int(0), arguments.Int(1), arguments.Int(2));
  if (fd < 0) return Number(env, -errno);
  int32_t error = Prepare(fd);
  return Number(env, error < 0 ? error : fd);
#endif
}

// bind(fd, address: the bytes of a sockaddr)
napi_value Bind(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  size_t length;
  auto* address = reinterpret_cast<sockaddr*>(arguments.Bytes(1, &length));
  return Number(env, ResultOf(bind(arguments.Int(0), address, static_cast<socklen_t>(length))));
}

napi_value Connect(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  size_t length;
  auto* address = reinterpret_cast<sockaddr*>(arguments.Bytes(1, &length));
  return Number(env, ResultOf(connect(arguments.Int(0), address, static_cast<socklen_t>(length))));
}

napi_value Listen(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  return Number(env, ResultOf(listen(arguments.Int(0), arguments.Int(1))));
}

napi_value Accept(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
#ifdef __linux__
  int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  return Number(env, ResultOf(accept4(arguments.Int(0), nullptr, nullptr, flags)));
#else
  int fd = accept(arguments.Int(0), nullptr, nullptr);
  if (fd < 0) return Number(env, -errno);
  int32_t error = Prepare(fd);
  return Number(env, error < 0 ? error : fd);
#endif
}

// getsockname(fd, into: Uint8Array): how many bytes of it are the address.
napi_value Getsockname(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  size_t length;
  auto* address = reinterpret_cast<sockaddr*>(arguments.Bytes(1, &length));
  auto size = static_cast<socklen_t>(length);
  if (getsockname(arguments.Int(0), address, &size) < 0) return Number(env, -errno);
  return Number(env, static_cast<int32_t>(size));
}

// setsockopt(fd, level, name, value), for options that are numbers
napi_value Setsockopt(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  int value = arguments.Int(3);
  int result = setsockopt(arguments.Int(0), arguments.Int(1), arguments.Int(2), &value, sizeof value);
  return Number(env, ResultOf(result));
}

// send(fd, bytes, flags)
napi_value Send(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  size_t length;
  const uint8_t* bytes = arguments.Bytes(1, &length);
  return Number(env, ResultOf(send(arguments.Int(0), bytes, length, arguments.Int(2))));
}

// recv(fd, bytes, flags)
napi_value Recv(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  size_t length;
  uint8_t* bytes = arguments.Bytes(1, &length);
  return Number(env, ResultOf(recv(arguments.Int(0), bytes, length, arguments.Int(2))));
}

napi_value Shutdown(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  return Number(env, ResultOf(shutdown(arguments.Int(0), arguments.Int(1))));
}

// eventfd(initial)
napi_value Eventfd(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
#ifdef __linux__
  int fd = eventfd(static_cast<unsigned>(arguments.Int(0)), EFD_CLOEXEC | EFD_NONBLOCK);
  return Number(env, ResultOf(fd));
#else
  return Number(env, -ENOSYS);
#endif
}

// timerfd(ms): a descriptor that becomes readable once
napi_value Timerfd(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
#ifdef __linux__
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (fd < 0) return Number(env, -errno);
  int32_t ms = arguments.Int(0);
  itimerspec when{};
  when.it_value.tv_sec = ms / 1000;
  when.it_value.tv_nsec = static_cast<long>(ms % 1000) * 1000000;
  if (timerfd_settime(fd, 0, &when, nullptr) == 0) return Number(env, fd);
  int32_t error = -errno;
  close(fd);
  return Number(env, error);
#else
  return Number(env, -ENOSYS);
#endif
}

struct Syscall {
  const char* name;
  napi_callback call;
};

constexpr Syscall kSyscalls[] = {
    {"read", Read},
    {"write", Write},
    {"close", Close},
    {"dup", Dup},
    {"setNonblocking", SetNonblocking},
    {"pipe", Pipe},
    {"socketpair", Socketpair},
    {"socket", Socket},
    {"bind", Bind},
    {"connect", Connect},
    {"listen", Listen},
    {"accept", Accept},
    {"getsockname", Getsockname},
    {"setsockopt", Setsockopt},
    {"send", Send},
    {"recv", Recv},
    {"shutdown", Shutdown},
    {"eventfd", Eventfd},
    {"timerfd", Timerfd},
};

}  // namespace

void ExportSyscalls(Napi::Env env, Napi::Object exports) {
  for (const Syscall& syscall : kSyscalls) {
    napi_value function;
    napi_create_function(env, syscall.name, NAPI_AUTO_LENGTH, syscall.call, nullptr, &function);
    exports.Set(syscall.name, Napi::Value(env, function));
  }
}

}  // namespace treadle
