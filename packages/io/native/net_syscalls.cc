// Sockets: addresses as the bytes of a sockaddr, options as numbers, results 0 or more, errors as negative errno.
#include "net_syscalls.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "arguments.h"
#include "selector.h"

namespace treadle {
namespace {

// Enough for one call: the kernel takes no more at a time either (UIO_MAXIOV).
constexpr uint32_t kMaxBuffers = 1024;

template <typename Address>
napi_value Copy(napi_env env, const Address& address, size_t size, uint8_t* into, size_t room) {
  if (size > room) return Number(env, -EINVAL);
  memcpy(into, &address, size);
  return Number(env, static_cast<int32_t>(size));
}

// inetAddress(host: the text with a 0 behind it, port, scope, into): the length of the sockaddr; -EINVAL if the host is no
// address.
napi_value InetAddress(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  size_t length, room;
  const auto* host = reinterpret_cast<const char*>(arguments.Bytes(0, &length));
  uint8_t* into = arguments.Bytes(3, &room);
  if (host == nullptr || length == 0 || host[length - 1] != 0) return Number(env, -EINVAL);
  auto port = htons(static_cast<uint16_t>(arguments.Int(1)));
  sockaddr_in v4{};
  if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = port;
    return Copy(env, v4, sizeof v4, into, room);
  }
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, host, &v6.sin6_addr) != 1) return Number(env, -EINVAL);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = port;
  v6.sin6_scope_id = static_cast<uint32_t>(arguments.Int(2));
  return Copy(env, v6, sizeof v6, into, room);
}

// unixAddress(path, into): the length of the sockaddr; -ENAMETOOLONG if it does not fit. A path that begins with 0 is abstract.
napi_value UnixAddress(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  size_t length, room;
  const uint8_t* path = arguments.Bytes(0, &length);
  uint8_t* into = arguments.Bytes(1, &room);
  sockaddr_un address{};
  bool abstract = length > 0 && path[0] == 0;
  if (length + (abstract ? 0 : 1) > sizeof address.sun_path) return Number(env, -ENAMETOOLONG);
  address.sun_family = AF_UNIX;
  if (length > 0) memcpy(address.sun_path, path, length);
  size_t size = offsetof(sockaddr_un, sun_path) + length + (abstract || length == 0 ? 0 : 1);
  return Copy(env, address, size, into, room);
}

// describe(address, length, numbers: Int32Array, text): numbers get family (4, 6, 1 for unix), port and scope; answers how many
// bytes of text are the host or the path.
napi_value Describe(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  size_t given, count, room;
  const uint8_t* address = arguments.Bytes(0, &given);
  auto length = static_cast<size_t>(arguments.Int(1));
  auto* numbers = reinterpret_cast<int32_t*>(arguments.Bytes(2, &count));
  auto* text = reinterpret_cast<char*>(arguments.Bytes(3, &room));
  if (length > given || count < 3 * sizeof(int32_t) || room < INET6_ADDRSTRLEN) return Number(env, -EINVAL);
  sockaddr_storage storage{};
  memcpy(&storage, address, length < sizeof storage ? length : sizeof storage);
  if (length >= sizeof(sockaddr_in) && storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    numbers[0] = 4;
    numbers[1] = ntohs(v4.sin_port);
    numbers[2] = 0;
    inet_ntop(AF_INET, &v4.sin_addr, text, static_cast<socklen_t>(room));
    return Number(env, static_cast<int32_t>(strlen(text)));
  }
  if (length >= sizeof(sockaddr_in6) && storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    numbers[0] = 6;
    numbers[1] = ntohs(v6.sin6_port);
    numbers[2] = static_cast<int32_t>(v6.sin6_scope_id);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, static_cast<socklen_t>(room));
    return Number(env, static_cast<int32_t>(strlen(text)));
  }
  numbers[0] = 1;
  numbers[1] = numbers[2] = 0;
  size_t head = offsetof(sockaddr_un, sun_path);
  size_t size = length > head ? length - head : 0;
  if (size > room) return Number(env, -EINVAL);
  if (size > 0) memcpy(text, address + head, size);
  // The system may or may not count the 0 behind a path; an abstract name has none.
  if (size > 0 && text[0] != 0) size = strnlen(text, size);
  return Number(env, static_cast<int32_t>(size));
}

// acceptFrom(fd, into, size: Int32Array): the new descriptor; size[0] bytes of into are the peer's address.
napi_value AcceptFrom(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  size_t room, count;
  auto* address = reinterpret_cast<sockaddr*>(arguments.Bytes(1, &room));
  auto* size = reinterpret_cast<int32_t*>(arguments.Bytes(2, &count));
  auto length = static_cast<socklen_t>(room);
#ifdef __linux__
  int fd = accept4(arguments.Int(0), address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return Number(env, -errno);
#else
  int fd = accept(arguments.Int(0), address, &length);
  if (fd < 0) return Number(env, -errno);
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
    int error = errno;
    close(fd);
    return Number(env, -error);
  }
#endif
  size[0] = static_cast<int32_t>(length);
  return Number(env, fd);
}

// getpeername(fd, into): how many bytes of it are the address.
napi_value Getpeername(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  size_t room;
  auto* address = reinterpret_cast<sockaddr*>(arguments.Bytes(1, &room));
  auto length = static_cast<socklen_t>(room);
  if (getpeername(arguments.Int(0), address, &length) < 0) return Number(env, -errno);
  return Number(env, static_cast<int32_t>(length));
}

// sendTo(fd, bytes, address)
napi_value SendTo(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  size_t length, size;
  const uint8_t* bytes = arguments.Bytes(1, &length);
  auto* address = reinterpret_cast<sockaddr*>(arguments.Bytes(2, &size));
  return Number(env, ResultOf(sendto(arguments.Int(0), bytes, length, 0, address, static_cast<socklen_t>(size))));
}

// recvFrom(fd, bytes, flags, into, size: Int32Array): how many bytes came; size[0] bytes of into are the sender's address.
napi_value RecvFrom(napi_env env, napi_callback_info info) {
  Arguments<5> arguments(env, info);
  size_t length, room, count;
  uint8_t* bytes = arguments.Bytes(1, &length);
  auto* address = reinterpret_cast<sockaddr*>(arguments.Bytes(3, &room));
  auto* size = reinterpret_cast<int32_t*>(arguments.Bytes(4, &count));
  auto used = static_cast<socklen_t>(room);
  ssize_t got = recvfrom(arguments.Int(0), bytes, length, arguments.Int(2), address, &used);
  if (got < 0) return Number(env, -errno);
  size[0] = static_cast<int32_t>(used);
  return Number(env, static_cast<int32_t>(got));
}

// writev(fd, buffers: an array of Uint8Arrays)
napi_value Writev(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  uint32_t count = 0;
  napi_get_array_length(env, arguments[1], &count);
  if (count > kMaxBuffers) count = kMaxBuffers;
  iovec parts[kMaxBuffers];
  for (uint32_t i = 0; i < count; i++) {
    napi_value buffer;
    napi_typedarray_type type;
    napi_get_element(env, arguments[1], i, &buffer);
    if (napi_get_typedarray_info(env, buffer, &type, &parts[i].iov_len, &parts[i].iov_base, nullptr, nullptr) != napi_ok) {
      return Number(env, -EINVAL);
    }
  }
  return Number(env, ResultOf(writev(arguments.Int(0), parts, static_cast<int>(count))));
}

// getsockopt(fd, level, name, into: Int32Array), for options that are numbers
napi_value Getsockopt(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  size_t room;
  auto* into = reinterpret_cast<int32_t*>(arguments.Bytes(3, &room));
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(arguments.Int(0), arguments.Int(1), arguments.Int(2), &value, &size) < 0) return Number(env, -errno);
  into[0] = value;
  return Number(env, 0);
}

// setLinger(fd, seconds): off when it is below 0
napi_value SetLinger(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  int seconds = arguments.Int(1);
  linger value{seconds >= 0 ? 1 : 0, seconds >= 0 ? seconds : 0};
  return Number(env, ResultOf(setsockopt(arguments.Int(0), SOL_SOCKET, SO_LINGER, &value, sizeof value)));
}

// getLinger(fd, into: Int32Array): -1 when it is off
napi_value GetLinger(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  size_t room;
  auto* into = reinterpret_cast<int32_t*>(arguments.Bytes(1, &room));
  linger value{};
  socklen_t size = sizeof value;
  if (getsockopt(arguments.Int(0), SOL_SOCKET, SO_LINGER, &value, &size) < 0) return Number(env, -errno);
  into[0] = value.l_onoff != 0 ? value.l_linger : -1;
  return Number(env, 0);
}

// membership(fd, join, group: a sockaddr, interface: a sockaddr_in for IPv4, index: for IPv6)
napi_value Membership(napi_env env, napi_callback_info info) {
  Arguments<5> arguments(env, info);
  size_t length, size;
  const uint8_t* group = arguments.Bytes(2, &length);
  const uint8_t* via = arguments.Bytes(3, &size);
  bool join = arguments.Int(1) != 0;
  if (length >= sizeof(sockaddr_in6)) {
    ipv6_mreq request{};
    request.ipv6mr_multiaddr = reinterpret_cast<const sockaddr_in6*>(group)->sin6_addr;
    request.ipv6mr_interface = static_cast<unsigned>(arguments.Int(4));
    int name = join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
    return Number(env, ResultOf(setsockopt(arguments.Int(0), IPPROTO_IPV6, name, &request, sizeof request)));
  }
  if (length < sizeof(sockaddr_in) || size < sizeof(sockaddr_in)) return Number(env, -EINVAL);
  ip_mreq request{};
  request.imr_multiaddr = reinterpret_cast<const sockaddr_in*>(group)->sin_addr;
  request.imr_interface = reinterpret_cast<const sockaddr_in*>(via)->sin_addr;
  int name = join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
  return Number(env, ResultOf(setsockopt(arguments.Int(0), IPPROTO_IP, name, &request, sizeof request)));
}

// peerCred(fd, into: Int32Array): writes uid, gid and pid, 0 where the system does not tell it.
napi_value PeerCred(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  size_t room;
  auto* into = reinterpret_cast<int32_t*>(arguments.Bytes(1, &room));
  if (room < 3 * sizeof(int32_t)) return Number(env, -EINVAL);
#ifdef __linux__
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(arguments.Int(0), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return Number(env, -errno);
  into[0] = static_cast<int32_t>(peer.uid);
  into[1] = static_cast<int32_t>(peer.gid);
  into[2] = peer.pid;
#else
  uid_t uid;
  gid_t gid;
  if (getpeereid(arguments.Int(0), &uid, &gid) < 0) return Number(env, -errno);
  into[0] = static_cast<int32_t>(uid);
  into[1] = static_cast<int32_t>(gid);
  into[2] = 0;
#endif
  return Number(env, 0);
}

struct Constant {
  const char* name;
  int32_t value;
};

// What the system's headers call by name.
constexpr Constant kConstants[] = {
    {"AF_INET", AF_INET},
    {"AF_INET6", AF_INET6},
    {"AF_UNIX", AF_UNIX},
    {"SOCK_STREAM", SOCK_STREAM},
    {"SOCK_DGRAM", SOCK_DGRAM},
    {"MSG_PEEK", MSG_PEEK},
    {"SOL_SOCKET", SOL_SOCKET},
    {"SO_ERROR", SO_ERROR},
    {"SO_REUSEADDR", SO_REUSEADDR},
    {"SO_REUSEPORT", SO_REUSEPORT},
    {"SO_KEEPALIVE", SO_KEEPALIVE},
    {"SO_BROADCAST", SO_BROADCAST},
    {"SO_SNDBUF", SO_SNDBUF},
    {"SO_RCVBUF", SO_RCVBUF},
    {"IPPROTO_TCP", IPPROTO_TCP},
    {"IPPROTO_IP", IPPROTO_IP},
    {"IPPROTO_IPV6", IPPROTO_IPV6},
    {"TCP_NODELAY", TCP_NODELAY},
#ifdef __APPLE__
    {"TCP_KEEPIDLE", TCP_KEEPALIVE},
#else
    {"TCP_KEEPIDLE", TCP_KEEPIDLE},
#endif
    {"TCP_KEEPINTVL", TCP_KEEPINTVL},
    {"TCP_KEEPCNT", TCP_KEEPCNT},
    {"IP_TTL", IP_TTL},
    {"IP_TOS", IP_TOS},
    {"IP_MULTICAST_LOOP", IP_MULTICAST_LOOP},
    {"IP_MULTICAST_TTL", IP_MULTICAST_TTL},
    {"IPV6_V6ONLY", IPV6_V6ONLY},
    {"IPV6_UNICAST_HOPS", IPV6_UNICAST_HOPS},
    {"IPV6_MULTICAST_LOOP", IPV6_MULTICAST_LOOP},
};

struct Syscall {
  const char* name;
  napi_callback call;
};

constexpr Syscall kSyscalls[] = {
    {"inetAddress", InetAddress},
    {"unixAddress", UnixAddress},
    {"describe", Describe},
    {"acceptFrom", AcceptFrom},
    {"getpeername", Getpeername},
    {"sendTo", SendTo},
    {"recvFrom", RecvFrom},
    {"writev", Writev},
    {"getsockopt", Getsockopt},
    {"setLinger", SetLinger},
    {"getLinger", GetLinger},
    {"membership", Membership},
    {"peerCred", PeerCred},
};

}  // namespace

void ExportNetSyscalls(Napi::Env env, Napi::Object exports) {
  for (const Syscall& syscall : kSyscalls) {
    napi_value function;
    napi_create_function(env, syscall.name, NAPI_AUTO_LENGTH, syscall.call, nullptr, &function);
    exports.Set(syscall.name, Napi::Value(env, function));
  }
  Napi::Object constants = Napi::Object::New(env);
  for (const Constant& constant : kConstants) constants.Set(constant.name, Napi::Number::New(env, constant.value));
  exports.Set("constants", constants);
}

}  // namespace treadle
