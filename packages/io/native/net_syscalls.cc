// One function per system call on sockets and pipes. `address` is an Int32Array as in address.h.
#include "net_syscalls.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "address.h"
#include "arguments.h"
#include "selector.h"

namespace treadle {
namespace {

#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;
#endif

// As many parts as one call takes on every system.
constexpr uint32_t kMaxParts = 64;

// What one call moves at most; the system's own limit is a little more than an int32 can say.
constexpr size_t kMaxBytes = 0x7ffff000;

// The calls that move the bytes of streams get their numbers, and leave their result, in one array that JavaScript and they
// share, for each number that is an argument costs as much as the rest of a call: 0 the descriptor, 1 where in the bytes to
// begin, 2 where to end, 3 the result.
constexpr size_t kRegisters = 4;

struct Transfer {
  int32_t* registers;
  uint8_t* bytes;
  size_t length;

  int fd() const { return registers[0]; }

  napi_value Done(ssize_t result) const {
    registers[3] = ResultOf(result);
    return nullptr;
  }
};

// A call with the bytes as its only argument.
Transfer TransferOf(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value array = nullptr;
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, &array, nullptr, &data);
  auto* registers = static_cast<int32_t*>(data);
  void* bytes = nullptr;
  size_t length = 0;
  napi_get_typedarray_info(env, array, nullptr, &length, &bytes, nullptr, nullptr);
  size_t end = std::min<size_t>(static_cast<uint32_t>(registers[2]), length);
  size_t start = std::min<size_t>(static_cast<uint32_t>(registers[1]), end);
  return {registers, static_cast<uint8_t*>(bytes) + start, std::min(end - start, kMaxBytes)};
}

template <size_t N>
int32_t* WordsOf(const Arguments<N>& arguments, size_t at, size_t count) {
  size_t length;
  auto* words = reinterpret_cast<int32_t*>(arguments.Bytes(at, &length));
  return length < count * sizeof(int32_t) ? nullptr : words;
}

// None of these calls ever waits, so none need be a point at which its thread can be cancelled, as those of the C library
// are. The sanitizer, though, looks at those of the library only.
#if defined(__linux__) && defined(SYS_recvfrom) && defined(SYS_sendto) && !defined(__SANITIZE_ADDRESS__)
ssize_t ReadBytes(const Transfer& t) { return syscall(SYS_read, t.fd(), t.bytes, t.length); }
ssize_t WriteBytes(const Transfer& t) { return syscall(SYS_write, t.fd(), t.bytes, t.length); }
ssize_t RecvBytes(const Transfer& t) {
  return syscall(SYS_recvfrom, t.fd(), t.bytes, t.length, 0, nullptr, nullptr);
}
ssize_t SendBytes(const Transfer& t) {
  return syscall(SYS_sendto, t.fd(), t.bytes, t.length, kNoSignal, nullptr, 0);
}
#else
ssize_t ReadBytes(const Transfer& t) { return read(t.fd(), t.bytes, t.length); }
ssize_t WriteBytes(const Transfer& t) { return write(t.fd(), t.bytes, t.length); }
ssize_t RecvBytes(const Transfer& t) { return recv(t.fd(), t.bytes, t.length, 0); }
ssize_t SendBytes(const Transfer& t) { return send(t.fd(), t.bytes, t.length, kNoSignal); }
#endif

// move(bytes): reads into them or writes from them.
template <ssize_t (*Move)(const Transfer&)>
napi_value Moves(napi_env env, napi_callback_info info) {
  Transfer transfer = TransferOf(env, info);
  return transfer.Done(Move(transfer));
}

// The parts of a JavaScript array of Uint8Arrays, the first of them from `start` on; how many.
uint32_t PartsOf(napi_env env, napi_value array, size_t start, iovec* parts) {
  uint32_t count = 0;
  if (napi_get_array_length(env, array, &count) != napi_ok) return 0;
  count = std::min(count, kMaxParts);
  for (uint32_t i = 0; i < count; i++) {
    napi_value part;
    void* bytes = nullptr;
    size_t length = 0;
    napi_get_element(env, array, i, &part);
    napi_get_typedarray_info(env, part, nullptr, &length, &bytes, nullptr, nullptr);
    size_t skipped = i == 0 ? std::min(start, length) : 0;
    parts[i].iov_base = static_cast<uint8_t*>(bytes) + skipped;
    parts[i].iov_len = length - skipped;
  }
  return count;
}

// writeParts(fd, parts, start, socket)
napi_value WriteParts(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  iovec parts[kMaxParts];
  auto start = static_cast<size_t>(static_cast<uint32_t>(arguments.Int(2)));
  uint32_t count = PartsOf(env, arguments[1], start, parts);
  if (arguments.Int(3) == 0) {
    return Number(env, ResultOf(writev(arguments.Int(0), parts, static_cast<int>(count))));
  }
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  return Number(env, ResultOf(sendmsg(arguments.Int(0), &message, kNoSignal)));
}

// recvFrom(fd, bytes, flags, address)
napi_value RecvFrom(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  size_t length;
  uint8_t* bytes = arguments.Bytes(1, &length);
  int32_t* words = WordsOf(arguments, 3, kAddressWords);
  if (words == nullptr) return Number(env, -EINVAL);
  sockaddr_storage address;
  socklen_t size = sizeof address;
  ssize_t count = recvfrom(arguments.Int(0), bytes, length, arguments.Int(2),
                           reinterpret_cast<sockaddr*>(&address), &size);
  if (count >= 0) DecodeAddress(address, size, words);
  return Number(env, ResultOf(count));
}

// sendTo(fd, bytes, flags, address)
napi_value SendTo(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  size_t length;
  const uint8_t* bytes = arguments.Bytes(1, &length);
  int32_t* words = WordsOf(arguments, 3, kAddressWords);
  if (words == nullptr) return Number(env, -EINVAL);
  sockaddr_storage address;
  socklen_t size = EncodeAddress(words, &address);
  if (size == 0) return Number(env, -EINVAL);
  return Number(env, ResultOf(sendto(arguments.Int(0), bytes, length, arguments.Int(2) | kNoSignal,
                                     reinterpret_cast<sockaddr*>(&address), size)));
}

#ifndef __linux__
int32_t PrepareAccepted(int fd) {
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return -errno;
#ifdef SO_NOSIGPIPE
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &one, sizeof one);
#endif
  return ResultOf(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}
#endif

// acceptFrom(fd, address)
napi_value AcceptFrom(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  int32_t* words = WordsOf(arguments, 1, kAddressWords);
  if (words == nullptr) return Number(env, -EINVAL);
  sockaddr_storage address;
  socklen_t size = sizeof address;
  auto* where = reinterpret_cast<sockaddr*>(&address);
#ifdef __linux__
  int fd = accept4(arguments.Int(0), where, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return Number(env, -errno);
#else
  int fd = accept(arguments.Int(0), where, &size);
  if (fd < 0) return Number(env, -errno);
  int32_t error = PrepareAccepted(fd);
  if (error < 0) {
    close(fd);
    return Number(env, error);
  }
#endif
  DecodeAddress(address, size, words);
  return Number(env, fd);
}

using Named = int (*)(int, const sockaddr*, socklen_t);

int32_t WithAddress(const Arguments<2>& arguments, Named call) {
  int32_t* words = WordsOf(arguments, 1, kAddressWords);
  if (words == nullptr) return -EINVAL;
  sockaddr_storage address;
  socklen_t size = EncodeAddress(words, &address);
  if (size == 0) return -EINVAL;
  return ResultOf(call(arguments.Int(0), reinterpret_cast<sockaddr*>(&address), size));
}

// bindTo(fd, address)
napi_value BindTo(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  return Number(env, WithAddress(arguments, bind));
}

// connectTo(fd, address)
napi_value ConnectTo(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  return Number(env, WithAddress(arguments, connect));
}

using Naming = int (*)(int, sockaddr*, socklen_t*);

int32_t AddressOf(const Arguments<2>& arguments, Naming call) {
  int32_t* words = WordsOf(arguments, 1, kAddressWords);
  if (words == nullptr) return -EINVAL;
  sockaddr_storage address;
  socklen_t size = sizeof address;
  if (call(arguments.Int(0), reinterpret_cast<sockaddr*>(&address), &size) < 0) return -errno;
  DecodeAddress(address, size, words);
  return 0;
}

// localAddress(fd, address)
napi_value LocalAddress(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  return Number(env, AddressOf(arguments, getsockname));
}

// peerAddress(fd, address)
napi_value PeerAddress(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  return Number(env, AddressOf(arguments, getpeername));
}

// disconnect(fd): a datagram socket takes messages from anybody again.
napi_value Disconnect(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  sockaddr address{};
  address.sa_family = AF_UNSPEC;
  return Number(env, ResultOf(connect(arguments.Int(0), &address, sizeof address)));
}

// getsockopt(fd, level, name), for options that are numbers from 0 on
napi_value Getsockopt(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  int value = 0;
  socklen_t size = sizeof value;
  int result = getsockopt(arguments.Int(0), arguments.Int(1), arguments.Int(2), &value, &size);
  if (result < 0) return Number(env, -errno);
  // Some systems answer single bytes.
  return Number(env, size == 1 ? *reinterpret_cast<uint8_t*>(&value) : value);
}

// setLinger(fd, seconds): off when negative
napi_value SetLinger(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  int32_t seconds = arguments.Int(1);
  linger value{};
  value.l_onoff = seconds >= 0 ? 1 : 0;
  value.l_linger = seconds >= 0 ? seconds : 0;
  return Number(env, ResultOf(setsockopt(arguments.Int(0), SOL_SOCKET, SO_LINGER, &value, sizeof value)));
}

// getLinger(fd): 0 when off, else one more than the seconds
napi_value GetLinger(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  linger value{};
  socklen_t size = sizeof value;
  if (getsockopt(arguments.Int(0), SOL_SOCKET, SO_LINGER, &value, &size) < 0) {
    return Number(env, -errno);
  }
  return Number(env, value.l_onoff == 0 ? 0 : value.l_linger + 1);
}

// membership(fd, join, group: an address, interface: IPv4 as a number, or the index for IPv6)
napi_value Membership(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  int32_t* words = WordsOf(arguments, 2, kAddressWords);
  sockaddr_storage group;
  if (words == nullptr || EncodeAddress(words, &group) == 0) return Number(env, -EINVAL);
  int fd = arguments.Int(0);
  bool join = arguments.Int(1) != 0;
  if (words[0] == kIpv4) {
    ip_mreq request{};
    request.imr_multiaddr = reinterpret_cast<sockaddr_in*>(&group)->sin_addr;
    request.imr_interface.s_addr = htonl(static_cast<uint32_t>(arguments.Int(3)));
    int name = join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
    return Number(env, ResultOf(setsockopt(fd, IPPROTO_IP, name, &request, sizeof request)));
  }
  ipv6_mreq request{};
  request.ipv6mr_multiaddr = reinterpret_cast<sockaddr_in6*>(&group)->sin6_addr;
  request.ipv6mr_interface = static_cast<unsigned>(arguments.Int(3));
  int name = join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
  return Number(env, ResultOf(setsockopt(fd, IPPROTO_IPV6, name, &request, sizeof request)));
}

// multicastInterface(fd, IPv4 as a number)
napi_value MulticastInterface(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  in_addr address{};
  address.s_addr = htonl(static_cast<uint32_t>(arguments.Int(1)));
  return Number(env, ResultOf(setsockopt(arguments.Int(0), IPPROTO_IP, IP_MULTICAST_IF, &address,
                                         sizeof address)));
}

// peerCredentials(fd, into: Int32Array of [pid, uid, gid]); pid is -1 where the system does not say.
napi_value PeerCredentials(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  int32_t* words = WordsOf(arguments, 1, 3);
  if (words == nullptr) return Number(env, -EINVAL);
#ifdef __linux__
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(arguments.Int(0), SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) {
    return Number(env, -errno);
  }
  words[0] = credentials.pid;
  words[1] = static_cast<int32_t>(credentials.uid);
  words[2] = static_cast<int32_t>(credentials.gid);
#else
  uid_t uid;
  gid_t gid;
  if (getpeereid(arguments.Int(0), &uid, &gid) < 0) return Number(env, -errno);
  words[0] = -1;
#ifdef LOCAL_PEERPID
  pid_t pid;
  socklen_t size = sizeof pid;
  if (getsockopt(arguments.Int(0), SOL_LOCAL, LOCAL_PEERPID, &pid, &size) == 0) words[0] = pid;
#endif
  words[1] = static_cast<int32_t>(uid);
  words[2] = static_cast<int32_t>(gid);
#endif
  return Number(env, 0);
}

// streams(fd): 1 for a stream socket or a pipe without packets: one whose reads are short only when it is empty.
napi_value Streams(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  int fd = arguments.Int(0);
  struct stat what;
  if (fstat(fd, &what) < 0) return Number(env, -errno);
  if (S_ISFIFO(what.st_mode)) {
#ifdef O_DIRECT
    return Number(env, (fcntl(fd, F_GETFL) & O_DIRECT) == 0 ? 1 : 0);
#else
    return Number(env, 1);
#endif
  }
  if (!S_ISSOCK(what.st_mode)) return Number(env, 0);
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0) return Number(env, -errno);
  return Number(env, type == SOCK_STREAM ? 1 : 0);
}

struct Syscall {
  const char* name;
  napi_callback call;
};

constexpr Syscall kTransfers[] = {
    {"readInto", Moves<ReadBytes>},
    {"writeFrom", Moves<WriteBytes>},
    {"recvInto", Moves<RecvBytes>},
    {"sendFrom", Moves<SendBytes>},
};

constexpr Syscall kSyscalls[] = {
    {"writeParts", WriteParts},
    {"recvFrom", RecvFrom},
    {"sendTo", SendTo},
    {"acceptFrom", AcceptFrom},
    {"bindTo", BindTo},
    {"connectTo", ConnectTo},
    {"localAddress", LocalAddress},
    {"peerAddress", PeerAddress},
    {"disconnect", Disconnect},
    {"getsockopt", Getsockopt},
    {"setLinger", SetLinger},
    {"getLinger", GetLinger},
    {"membership", Membership},
    {"multicastInterface", MulticastInterface},
    {"peerCredentials", PeerCredentials},
    {"streams", Streams},
};

struct Constant {
  const char* name;
  int32_t value;
};

#ifdef __APPLE__
constexpr int kKeepIdle = TCP_KEEPALIVE;
#else
constexpr int kKeepIdle = TCP_KEEPIDLE;
#endif

// Options that a system does not have are -1.
constexpr Constant kConstants[] = {
    {"AF_UNIX", AF_UNIX},
    {"AF_INET", AF_INET},
    {"AF_INET6", AF_INET6},
    {"SOCK_STREAM", SOCK_STREAM},
    {"SOCK_DGRAM", SOCK_DGRAM},
    {"MSG_PEEK", MSG_PEEK},
    {"MSG_OOB", MSG_OOB},
    {"SOL_SOCKET", SOL_SOCKET},
    {"IPPROTO_IP", IPPROTO_IP},
    {"IPPROTO_IPV6", IPPROTO_IPV6},
    {"IPPROTO_TCP", IPPROTO_TCP},
    {"SO_REUSEADDR", SO_REUSEADDR},
#ifdef SO_REUSEPORT
    {"SO_REUSEPORT", SO_REUSEPORT},
#else
    {"SO_REUSEPORT", -1},
#endif
    {"SO_ERROR", SO_ERROR},
    {"SO_KEEPALIVE", SO_KEEPALIVE},
    {"SO_SNDBUF", SO_SNDBUF},
    {"SO_RCVBUF", SO_RCVBUF},
    {"SO_BROADCAST", SO_BROADCAST},
    {"TCP_NODELAY", TCP_NODELAY},
    {"TCP_KEEPIDLE", kKeepIdle},
    {"TCP_KEEPINTVL", TCP_KEEPINTVL},
    {"TCP_KEEPCNT", TCP_KEEPCNT},
#ifdef TCP_QUICKACK
    {"TCP_QUICKACK", TCP_QUICKACK},
#else
    {"TCP_QUICKACK", -1},
#endif
    {"IP_TTL", IP_TTL},
    {"IP_TOS", IP_TOS},
    {"IPV6_UNICAST_HOPS", IPV6_UNICAST_HOPS},
    {"IPV6_V6ONLY", IPV6_V6ONLY},
#ifdef IPV6_TCLASS
    {"IPV6_TCLASS", IPV6_TCLASS},
#else
    {"IPV6_TCLASS", -1},
#endif
    {"IP_MULTICAST_TTL", IP_MULTICAST_TTL},
    {"IP_MULTICAST_LOOP", IP_MULTICAST_LOOP},
    {"IPV6_MULTICAST_HOPS", IPV6_MULTICAST_HOPS},
    {"IPV6_MULTICAST_LOOP", IPV6_MULTICAST_LOOP},
    {"IPV6_MULTICAST_IF", IPV6_MULTICAST_IF},
    {"SUN_PATH_MAX", static_cast<int32_t>(sizeof(sockaddr_un) - offsetof(sockaddr_un, sun_path))},
};

}  // namespace

// Makes the registers, which live as long as the environment.
static int32_t* ExportRegisters(Napi::Env env, Napi::Object exports) {
  void* memory = nullptr;
  napi_value buffer;
  napi_value registers;
  napi_ref kept;
  napi_create_arraybuffer(env, kRegisters * sizeof(int32_t), &memory, &buffer);
  napi_create_typedarray(env, napi_int32_array, kRegisters, buffer, 0, &registers);
  napi_create_reference(env, registers, 1, &kept);
  exports.Set("registers", Napi::Value(env, registers));
  return static_cast<int32_t*>(memory);
}

void ExportNetSyscalls(Napi::Env env, Napi::Object exports) {
  int32_t* registers = ExportRegisters(env, exports);
  for (const Syscall& transfer : kTransfers) {
    napi_value function;
    napi_create_function(env, transfer.name, NAPI_AUTO_LENGTH, transfer.call, registers, &function);
    exports.Set(transfer.name, Napi::Value(env, function));
  }
  for (const Syscall& syscall : kSyscalls) {
    napi_value function;
    napi_create_function(env, syscall.name, NAPI_AUTO_LENGTH, syscall.call, nullptr, &function);
    exports.Set(syscall.name, Napi::Value(env, function));
  }
  Napi::Object constants = Napi::Object::New(env);
  for (const Constant& constant : kConstants) {
    constants.Set(constant.name, Napi::Number::New(env, constant.value));
  }
  exports.Set("constants", constants);
}

}  // namespace treadle
