// The load: `load PORT echo CONNECTIONS BYTES MS` sends a message on each connection and another when it has come back;
// `load PORT accept MS` connects, sends one byte, reads it and closes, again and again. Prints one line of JSON.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP_NS 300000000ull
#define MAX_LATENCIES 4000000

static char bytes[65536];
static uint32_t* latencies;
static size_t recorded;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int fail(const char* what) {
  perror(what);
  exit(1);
}

static int dial(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  if (fd < 0 || connect(fd, (void*)&address, sizeof address) < 0) fail("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static int ascending(const void* a, const void* b) {
  uint32_t x = *(const uint32_t*)a, y = *(const uint32_t*)b;
  return x < y ? -1 : x > y;
}

// The operations of the measured time, and quantiles of their times in ns. "mark" lines tell the parent when it begins.
static void report(uint64_t count, uint64_t ns) {
  qsort(latencies, recorded, sizeof *latencies, ascending);
  uint32_t p50 = recorded ? latencies[recorded / 2] : 0;
  uint32_t p99 = recorded ? latencies[recorded * 99 / 100] : 0;
  printf("{\"count\":%llu,\"ns\":%llu,\"p50\":%u,\"p99\":%u}\n", (unsigned long long)count, (unsigned long long)ns, p50, p99);
  fflush(stdout);
}

static void mark(void) {
  char go;
  puts("mark");
  fflush(stdout);
  if (read(0, &go, 1) < 0) fail("stdin");
}

static void record(uint64_t ns) {
  if (recorded < MAX_LATENCIES) latencies[recorded++] = ns;
}

static void echo(int port, int connections, size_t size, uint64_t lasting) {
  int epoll = epoll_create1(0);
  int* fds = malloc(connections * sizeof *fds);
  size_t* got = calloc(connections, sizeof *got);
  uint64_t* sent = calloc(connections, sizeof *sent);
  struct epoll_event events[1024];
  for (int i = 0; i < connections; i++) {
    fds[i] = dial(port);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event);
    sent[i] = now();
    if (write(fds[i], bytes, size) != (ssize_t)size) fail("write");
  }
  uint64_t begin = now(), count = 0;
  int measuring = 0;
  for (;;) {
    uint64_t time = now();
    if (!measuring && time - begin >= WARM_UP_NS) {
      mark();
      measuring = 1;
      begin = now();
      count = recorded = 0;
    } else if (measuring && time - begin >= lasting) {
      report(count, time - begin);
      return;
    }
    int ready = epoll_wait(epoll, events, 1024, 1000);
    if (ready == 0) {
      errno = ETIMEDOUT;
      fail("no answer for a second");
    }
    for (int k = 0; k < ready; k++) {
      int i = events[k].data.u32;
      ssize_t n = read(fds[i], bytes, size - got[i]);
      if (n <= 0) fail("read");
      got[i] += n;
      if (got[i] < size) continue;
      got[i] = 0;
      uint64_t done = now();
      record(done - sent[i]);
      count++;
      sent[i] = done;
      if (write(fds[i], bytes, size) != (ssize_t)size) fail("write");
    }
  }
}

static void accepts(int port, uint64_t lasting) {
  uint64_t begin = now(), count = 0;
  int measuring = 0;
  struct linger hard = {1, 0};
  for (;;) {
    uint64_t time = now();
    if (!measuring && time - begin >= WARM_UP_NS) {
      mark();
      measuring = 1;
      begin = now();
      count = recorded = 0;
    } else if (measuring && time - begin >= lasting) {
      report(count, time - begin);
      return;
    }
    uint64_t start = now();
    int fd = dial(port);
    if (write(fd, bytes, 1) != 1 || read(fd, bytes, 1) != 1) fail("echo");
    // Leaves no TIME_WAIT behind, or the ports run out.
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    record(now() - start);
    count++;
  }
}

int main(int argc, char** argv) {
  latencies = malloc(MAX_LATENCIES * sizeof *latencies);
  if (argc == 6 && strcmp(argv[2], "echo") == 0) {
    echo(atoi(argv[1]), atoi(argv[3]), atoi(argv[4]), atoll(argv[5]) * 1000000ull);
  } else if (argc == 4 && strcmp(argv[2], "accept") == 0) {
    accepts(atoi(argv[1]), atoll(argv[3]) * 1000000ull);
  } else {
    fputs("usage: load PORT echo CONNECTIONS BYTES MS | load PORT accept MS\n", stderr);
    return 2;
  }
  return 0;
}
