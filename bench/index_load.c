// Drives an index over UDP as fast as it answers: the part of index_load.ts that
// one process of a script runtime is too slow for. Linux only.
//
//   index_load PORT MODE WINDOW SECONDS FIRST COUNT
//
// MODE     echo      101 bytes that come back
//          search    S of one of COUNT names from FIRST on, at random
//          register  R + m of COUNT names from FIRST on, six to a datagram, once
//          renew     the same, then again at random: only that is counted
//          found     S of all COUNT names from FIRST on, once
// WINDOW   datagrams on their way at the same time
// SECONDS  how long, for the modes that do not end by themselves
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
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PDU = 101, DATAGRAM = 12 * PDU, MAX_WINDOW = 1024, BATCH = 64 };
enum { RESEND_MS = 250, SPIN_US = 1000, BUCKETS = 100000 };

struct slot {
  double sent;
  uint32_t transaction;
  uint32_t first;  // number of its first name
  int messages, length;
  uint8_t bytes[DATAGRAM];
};

static struct slot slots[MAX_WINDOW];
static uint8_t token[8];
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

static int put_search(uint8_t *at, uint32_t transaction, uint32_t number) {
  memset(at, 0, PDU);
  at[0] = 'S';
  put32(at + 1, transaction);
  memcpy(at + 5, token, 8);
  put_name(at + 47, number);
  return PDU;
}

static int put_register(uint8_t *at, uint32_t transaction, uint32_t number) {
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
  m[45] = 18;                       // piece size
  put32(m + 47, 0x019b);            // modified
  put32(m + 51, number);
  return 2 * PDU;
}

int main(int argc, char **argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: index_load PORT MODE WINDOW SECONDS FIRST COUNT\n");
    return 2;
  }
  const char *mode = argv[2];
  int window = atoi(argv[3]);
  double seconds = atof(argv[4]);
  uint32_t first = atoi(argv[5]), count = atoi(argv[6]), next = 0;
  int is_echo = !strcmp(mode, "echo"), is_search = !strcmp(mode, "search");
  int is_found = !strcmp(mode, "found"), is_renew = !strcmp(mode, "renew");
  int once = is_found || is_renew || !strcmp(mode, "register");
  if (window < 1 || window > MAX_WINDOW) return 2;

  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  int room = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) return 1;

  // A token first: everything else would be refused.
  uint8_t bytes[DATAGRAM];
  if (!is_echo) {
    send(fd, bytes, put_search(bytes, 1, first), 0);
    struct pollfd wait = {fd, POLLIN, 0};
    if (poll(&wait, 1, 2000) != 1 || recv(fd, bytes, sizeof bytes, 0) < PDU) {
      fprintf(stderr, "no answer from port %s\n", argv[1]);
      return 1;
    }
    memcpy(token, bytes + 5, 8);
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

  int ready[MAX_WINDOW], ready_count = 0, flying = 0;
  for (int i = 0; i < window; i++) ready[ready_count++] = i;
  // Never a number again, so no answer is a remembered one.
  uint32_t sequence = (uint32_t)(now_us() * 7) & 0x3ffffff;
  double start = now_us(), end = start + seconds * 1e6, checked = start;
  for (;;) {
    double now = now_us();
    int done = once ? next >= count : now >= end;
    if (done && flying == 0) {
      if (!once || !is_renew) break;
      // All are there: from here on it counts.
      once = done = 0;
      answered = messages = errors = lost = late = 0;
      longest = 0;
      memset(histogram, 0, sizeof histogram);
      start = checked = now = now_us();
      end = start + seconds * 1e6;
    }
    if (done && !once && now > end + 1e6) break;
    int batch = 0;
    while (!done && ready_count > 0 && batch < BATCH) {
      int at = ready[--ready_count];
      struct slot *slot = &slots[at];
      slot->transaction = (sequence++ % 0x1fffff) << 11 | at;
      slot->messages = 1;
      slot->length = 0;
      if (is_echo) {
        memset(slot->bytes, 0, PDU);
        slot->bytes[0] = 'S';
        put32(slot->bytes + 1, slot->transaction);
        slot->length = PDU;
      } else if (is_search || is_found) {
        uint32_t number = is_found ? next++ : random_below(count);
        slot->length = put_search(slot->bytes, slot->transaction, first + number);
      } else {
        slot->messages = 0;
        while (slot->messages < 6 && (!once || next < count)) {
          uint32_t number = once ? next++ : random_below(count);
          slot->length += put_register(slot->bytes + slot->length,
                                       slot->transaction, first + number);
          slot->messages++;
        }
      }
      slot->sent = now;
      out_parts[batch++] = (struct iovec){slot->bytes, slot->length};
      flying++;
      done = once && next >= count;
    }
    for (int sent = 0; sent < batch;) {
      int n = sendmmsg(fd, out_batch + sent, batch - sent, 0);
      if (n < 0 && errno != EAGAIN && errno != ENOBUFS) return 1;
      if (n > 0) sent += n;
    }
    // A sleeping receiver is woken at the sender's cost: what is measured would
    // be that. So it looks again and again for a while before it sleeps.
    int got = -1;
    for (double asleep = now + SPIN_US; got < 0 && now < asleep;) {
      got = recvmmsg(fd, in_batch, BATCH, MSG_DONTWAIT, NULL);
      now = now_us();
    }
    if (got < 0) {
      struct pollfd wait = {fd, POLLIN, 0};
      poll(&wait, 1, 50);
      now = now_us();
    }
    for (int i = 0; i < got; i++) {
      uint8_t *reply = in[i];
      uint32_t transaction = get32(reply + 1);
      struct slot *slot = &slots[transaction & 0x7ff];
      if (slot->messages == 0 || slot->transaction != transaction) {
        late++;
        continue;
      }
      for (unsigned at = 0; at < in_batch[i].msg_len; at += PDU) {
        if (reply[at] == 'A') memcpy(token, reply + at + 5, 8);
        if (reply[at] == 'E') errors++;
      }
      double took = now - slot->sent;
      if (took > longest) longest = took;
      histogram[took < BUCKETS ? (int)took : BUCKETS]++;
      answered++;
      messages += slot->messages;
      slot->messages = 0;
      ready[ready_count++] = transaction & 0x7ff;
      flying--;
    }
    if (now - checked < RESEND_MS * 500) continue;
    checked = now;
    for (int i = 0; i < window; i++) {
      if (slots[i].messages == 0 || now - slots[i].sent < RESEND_MS * 1e3) continue;
      lost++;
      slots[i].sent = now;
      send(fd, slots[i].bytes, slots[i].length, 0);
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
