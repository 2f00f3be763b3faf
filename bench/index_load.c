// Drives an index, or a tracker of BitTorrent, over UDP as fast as it answers:
// the part of index_load.ts that one process of a script runtime is too slow for.
// Linux only.
//
//   index_load PORT MODE WINDOW SECONDS FIRST COUNT [ASKERS [SPIN]]
//
// MODE     echo      101 bytes that come back
//          search    S of one of COUNT names from FIRST on, at random
//          found     S of all COUNT names from FIRST on, once
//          register  R + m of COUNT names from FIRST on, six to a datagram, once
//          renew     the same, then again at random: only that is counted
//          announce  BEP 15 announces of COUNT hashes, once, then at random
// WINDOW   datagrams on their way at the same time
// SECONDS  how long, for the modes that do not end by themselves
// ASKERS   sockets that share the window, 1 if left out
// SPIN     microseconds to look for replies before it sleeps, 1000 if left out
//
// It prints one JSON object.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PDU = 101, DATAGRAM = 12 * PDU, MAX_WINDOW = 1024, BATCH = 64 };
enum { RESEND_US = 250000, BUCKETS = 100000, ANNOUNCE = 98 };
enum mode { ECHO, SEARCH, FOUND, REGISTER, RENEW, ANNOUNCES, MODES };
static const char *const mode_names[] = {"echo",     "search", "found",
                                         "register", "renew",  "announce"};

struct slot {
  double sent;
  uint32_t transaction;
  int messages, answers, length;
  uint8_t bytes[DATAGRAM];
};

struct asker {
  int fd;
  uint8_t token[8];  // of an index; from a tracker, the connection id
};

static enum mode mode;
static struct slot slots[MAX_WINDOW];
static struct asker askers[MAX_WINDOW];
static int asker_count = 1;
static uint32_t histogram[BUCKETS + 1];  // microseconds
static uint64_t answered, messages, errors, lost, late;
static double longest;
static uint64_t random_state = 88172645463325252ull;

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static uint32_t random_below(uint32_t limit) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)((random_state >> 32) * limit >> 32);
}

static void put32(uint8_t *at, uint32_t value) {
  value = htonl(value);
  memcpy(at, &value, 4);
}

static uint32_t get32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, 4);
  return ntohl(value);
}

// Names of 24 bytes, all different.
static void put_name(uint8_t *at, uint32_t number) {
  char text[32];
  snprintf(text, sizeof text, "folder/file-%08u.bin", number);
  memcpy(at, text, 24);
}

static int put_echo(uint8_t *at, uint32_t transaction) {
  memset(at, 0, PDU);
  at[0] = 'A';
  put32(at + 1, transaction);
  return PDU;
}

static int put_search(uint8_t *at, const uint8_t *token, uint32_t transaction,
                      uint32_t number) {
  memset(at, 0, PDU);
  at[0] = 'S';
  put32(at + 1, transaction);
  memcpy(at + 5, token, 8);
  put_name(at + 47, number);
  return PDU;
}

static int put_register(uint8_t *at, const uint8_t *token, uint32_t transaction,
                        uint32_t number) {
  memset(at, 0, 2 * PDU);
  at[0] = 'R';
  put32(at + 1, transaction);
  memcpy(at + 5, token, 8);
  at[29] = 0x17;
  at[30] = 0x70;
  memcpy(at + 31, "load", 4);
  put_name(at + 47, number);
  uint8_t *m = at + PDU;
  m[0] = 'm';
  put32(m + 1, transaction);
  put32(m + 9, 1000 + number);          // size
  put32(m + 13, number * 2654435761u);  // digest
  put32(m + 17, number);
  m[44] = 1;
  m[45] = 18;                  // piece size
  put32(m + 47, 0x019b);       // modified
  put32(m + 51, number);
  return 2 * PDU;
}

static int put_announce(uint8_t *at, const uint8_t *token, uint32_t transaction,
                        uint32_t number) {
  memset(at, 0, ANNOUNCE);
  memcpy(at, token, 8);
  put32(at + 8, 1);
  put32(at + 12, transaction);
  put32(at + 16, number * 2654435761u);  // hash
  memcpy(at + 36, "-PX0001-loadloadload", 20);
  put32(at + 92, 0xffffffff);  // as many peers as there are
  at[96] = 0x17;
  at[97] = 0x70;
  return ANNOUNCE;
}

// Proves an address first: everything else would be refused.
static int greet(struct asker *asker, uint32_t number) {
  uint8_t bytes[DATAGRAM] = {0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80};
  int length = mode == ANNOUNCES
                   ? 16
                   : put_search(bytes, asker->token, 1, number);
  send(asker->fd, bytes, length, 0);
  struct pollfd wait = {asker->fd, POLLIN, 0};
  if (poll(&wait, 1, 2000) != 1) return 0;
  if (recv(asker->fd, bytes, sizeof bytes, 0) < 16) return 0;
  memcpy(asker->token, bytes + (mode == ANNOUNCES ? 8 : 5), 8);
  return 1;
}

static void answer(uint32_t transaction, int is_error, double now) {
  struct slot *slot = &slots[transaction % MAX_WINDOW];
  if (slot->messages == 0 || slot->transaction != transaction) {
    late++;
    return;
  }
  if (is_error) errors++;
  if (++slot->answers < slot->messages) return;
  double took = now - slot->sent;
  if (took > longest) longest = took;
  histogram[took < BUCKETS ? (int)took : BUCKETS]++;
  answered++;
  messages += slot->messages;
  slot->messages = 0;
}

// One datagram may answer several, and several may answer one.
static void take(struct asker *asker, const uint8_t *bytes, int length,
                 double now) {
  if (mode == ANNOUNCES) {
    answer(get32(bytes + 4), get32(bytes) != 1, now);
    return;
  }
  for (int at = 0; at + PDU <= length; at += PDU) {
    if (bytes[at] != 'A' && bytes[at] != 'E') continue;
    if (bytes[at] == 'A' && mode != ECHO) memcpy(asker->token, bytes + at + 5, 8);
    answer(get32(bytes + at + 1), bytes[at] == 'E', now);
  }
}

int main(int argc, char **argv) {
  if (argc < 7 || argc > 9) {
    fprintf(stderr, "usage: index_load PORT MODE WINDOW SECONDS FIRST COUNT "
                    "[ASKERS [SPIN]]\n");
    return 2;
  }
  while (mode < MODES && strcmp(argv[2], mode_names[mode])) mode++;
  int window = atoi(argv[3]);
  double seconds = atof(argv[4]);
  uint32_t first = atoi(argv[5]), count = atoi(argv[6]), next = 0;
  if (argc > 7) asker_count = atoi(argv[7]);
  double spin = argc > 8 ? atof(argv[8]) : 1000;
  if (mode == MODES || window < 1 || window > MAX_WINDOW) return 2;
  if (asker_count < 1 || asker_count > window) return 2;
  int goes_on = mode == RENEW || mode == ANNOUNCES;  // when all were sent once
  int once = goes_on || mode == FOUND || mode == REGISTER;
  int per_datagram = mode == REGISTER || mode == RENEW ? 6 : 1;

  int ready = epoll_create1(0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < asker_count; i++) {
    struct asker *asker = &askers[i];
    asker->fd = socket(AF_INET, SOCK_DGRAM, 0);
    int room = 4 << 20;
    setsockopt(asker->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (connect(asker->fd, (struct sockaddr *)&to, sizeof to) < 0) return 1;
    if (mode != ECHO && !greet(asker, first)) {
      fprintf(stderr, "no answer from port %s\n", argv[1]);
      return 1;
    }
    struct epoll_event event = {EPOLLIN, {.u32 = i}};
    epoll_ctl(ready, EPOLL_CTL_ADD, asker->fd, &event);
  }

  static uint8_t in[BATCH][DATAGRAM + 1];
  struct iovec in_parts[BATCH], out_parts[BATCH];
  struct mmsghdr in_batch[BATCH], out_batch[BATCH];
  memset(in_batch, 0, sizeof in_batch);
  memset(out_batch, 0, sizeof out_batch);
  for (int i = 0; i < BATCH; i++) {
    in_parts[i] = (struct iovec){in[i], sizeof in[i]};
    in_batch[i].msg_hdr.msg_iov = &in_parts[i];
    in_batch[i].msg_hdr.msg_iovlen = 1;
    out_batch[i].msg_hdr.msg_iov = &out_parts[i];
    out_batch[i].msg_hdr.msg_iovlen = 1;
  }

  // Never a number again, so no answer is a remembered one.
  uint32_t sequence = (uint32_t)(now_us() * 7) & 0x3ffffff;
  double now = now_us(), start = now, end = start + seconds * 1e6, checked = now;
  for (;;) {
    int done = once ? next >= count : now >= end, flying = 0;
    for (int a = 0; a < asker_count; a++) {
      int batch = 0;
      for (int at = a; at < window; at += asker_count) {
        struct slot *slot = &slots[at];
        if (slot->messages > 0) {
          flying++;
          continue;
        }
        if (done || batch == BATCH) continue;
        uint32_t t = slot->transaction = (sequence++ % 0x3fffff) << 10 | at;
        slot->length = slot->answers = 0;
        while (slot->messages < per_datagram && (!once || next < count)) {
          uint32_t number = first + (once ? next++ : random_below(count));
          uint8_t *bytes = slot->bytes + slot->length, *token = askers[a].token;
          slot->length += mode == ECHO        ? put_echo(bytes, t)
                          : mode == ANNOUNCES ? put_announce(bytes, token, t, number)
                          : per_datagram == 6 ? put_register(bytes, token, t, number)
                                              : put_search(bytes, token, t, number);
          slot->messages++;
        }
        slot->sent = now;
        out_parts[batch++] = (struct iovec){slot->bytes, slot->length};
        flying++;
        done = once && next >= count;
      }
      for (int sent = 0; sent < batch;) {
        int n = sendmmsg(askers[a].fd, out_batch + sent, batch - sent, 0);
        if (n < 0 && errno != EAGAIN && errno != ENOBUFS) return 1;
        if (n > 0) sent += n;
      }
    }
    if (done && (flying == 0 || (!once && now > end + 1e6))) {
      if (!goes_on) break;
      // All are there: from here on it counts.
      goes_on = once = 0;
      answered = messages = errors = lost = late = 0;
      longest = 0;
      memset(histogram, 0, sizeof histogram);
      start = checked = now = now_us();
      end = start + seconds * 1e6;
      continue;
    }
    // A sleeping receiver is woken at the sender's cost: what is measured would
    // be that. So it looks again and again for a while before it sleeps.
    struct epoll_event events[BATCH];
    int heard = 0;
    for (double asleep = now + spin; heard <= 0 && now < asleep; now = now_us())
      heard = epoll_wait(ready, events, BATCH, 0);
    if (heard <= 0) heard = epoll_wait(ready, events, BATCH, 50);
    for (int i = 0; i < heard; i++) {
      struct asker *asker = &askers[events[i].data.u32];
      int got = recvmmsg(asker->fd, in_batch, BATCH, MSG_DONTWAIT, NULL);
      now = now_us();
      for (int n = 0; n < got; n++) take(asker, in[n], in_batch[n].msg_len, now);
    }
    now = now_us();
    if (now - checked < RESEND_US / 2) continue;
    checked = now;
    for (int i = 0; i < window; i++) {
      if (slots[i].messages == 0 || now - slots[i].sent < RESEND_US) continue;
      lost++;
      slots[i].sent = now;
      send(askers[i % asker_count].fd, slots[i].bytes, slots[i].length, 0);
    }
  }
  double took = (now_us() - start) / 1e6;
  uint64_t seen = 0;
  int p50 = -1, p99 = -1;
  for (int i = 0; i <= BUCKETS; i++) {
    seen += histogram[i];
    if (p50 < 0 && seen * 2 >= answered) p50 = i;
    if (p99 < 0 && seen * 100 >= answered * 99) p99 = i;
  }
  printf("{\"datagrams\":%lu,\"messages\":%lu,\"seconds\":%.3f,\"errors\":%lu,"
         "\"lost\":%lu,\"late\":%lu,\"p50\":%d,\"p99\":%d,\"longest\":%.0f}\n",
         answered, messages, took, errors, lost, late, p50, p99, longest);
  return 0;
}
