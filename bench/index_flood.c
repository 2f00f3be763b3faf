// Floods an index over UDP from many addresses of this host: the part of
// index_flood.ts that no script runtime is fast enough for. Linux only.
//
//   index_flood PORT MODE SOURCES SECONDS
//
// MODE     forged    S without a token, as from addresses that somebody forged
//          search    S with a token, from addresses that really ask
//          register  R + m with a token, new names all the time
//          longest   the same, with names as long as they get
//          hello     H with a key, a token and a signature that does not fit
//          garbage   bytes of any length
// SOURCES  addresses from 127.1.0.0 on, a socket each
//
// It sends as fast as it can, reads no answer but those that bring a token, and
// prints one JSON object.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { PDU = 101, MAX_SOURCES = 16384, BATCH = 32, LONGEST = 10 * PDU };

static int sockets[MAX_SOURCES];
static uint8_t tokens[MAX_SOURCES][8];
static uint64_t state = 88172645463325252ull;

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static void put32(uint8_t *at, uint32_t value) {
  value = htonl(value);
  memcpy(at, &value, 4);
}

// One message of a source. Returns its length.
static int put_message(uint8_t *at, char type, int source, uint32_t number) {
  memset(at, 0, LONGEST);
  at[0] = type;
  put32(at + 1, number);
  memcpy(at + 5, tokens[source], 8);
  memcpy(at + 31, "flood", 5);
  if (type == 'H') {
    at[47] = 1;  // version
    at[PDU] = 'k';
    put32(at + PDU + 1, number);
    for (int i = 5; i < PDU; i++) at[PDU + i] = next_random();
    return 2 * PDU;
  }
  // Fields of 54 and 96 bytes, the last but one byte of each divides the name.
  int parts = type == 'L' ? 9 : 1;
  for (int part = 0; type == 'L' && part < parts; part++) {
    uint8_t *pdu = at + part * PDU;
    pdu[0] = part ? 'n' : 'R';
    put32(pdu + 1, number);
    int from = part ? 5 : 47;
    memset(pdu + from, 'x', PDU - from);
    if (part % 2) pdu[PDU - 2] = '/';
  }
  int length = snprintf((char *)at + 47, 54, "flood %08x", number);
  if (type == 'S') return PDU;
  if (type == 'L') at[47 + length] = 'x';
  at[30] = 1;  // port
  uint8_t *m = at + parts * PDU;
  m[0] = 'm';
  put32(m + 1, number);
  put32(m + 13, number);  // digest
  m[45] = 18;             // piece size
  return (parts + 1) * PDU;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: index_flood PORT MODE SOURCES SECONDS\n");
    return 2;
  }
  const char *mode = argv[2];
  int sources = atoi(argv[3]);
  double seconds = atof(argv[4]);
  if (sources < 1 || sources > MAX_SOURCES) return 2;
  int is_garbage = !strcmp(mode, "garbage");
  int needs_token = !is_garbage && strcmp(mode, "forged");
  char type = !strcmp(mode, "register") ? 'R' : !strcmp(mode, "hello") ? 'H' : !strcmp(mode, "longest") ? 'L' : 'S';

  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  uint8_t bytes[LONGEST];
  for (int i = 0; i < sources; i++) {
    sockets[i] = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(0x7f010000u + i);
    if (sockets[i] < 0 || bind(sockets[i], (struct sockaddr *)&from, sizeof from) < 0 ||
        connect(sockets[i], (struct sockaddr *)&to, sizeof to) < 0) {
      perror("no more sockets");
      return 1;
    }
    for (int tries = 0; needs_token && tries < 20; tries++) {
      send(sockets[i], bytes, put_message(bytes, 'S', i, 1), 0);
      struct pollfd wait = {sockets[i], POLLIN, 0};
      if (poll(&wait, 1, 100) != 1) continue;
      if (recv(sockets[i], bytes, sizeof bytes, 0) < PDU) continue;
      memcpy(tokens[i], bytes + 5, 8);
      break;
    }
  }

  static uint8_t out[BATCH][2048];
  struct iovec parts[BATCH];
  struct mmsghdr batch[BATCH];
  memset(batch, 0, sizeof batch);
  for (int i = 0; i < BATCH; i++) {
    batch[i].msg_hdr.msg_iov = &parts[i];
    batch[i].msg_hdr.msg_iovlen = 1;
  }
  uint64_t sent = 0;
  uint32_t number = (uint32_t)(now_s() * 1e6);
  double start = now_s(), end = start + seconds;
  while (now_s() < end) {
    int source = next_random() % sources;
    for (int i = 0; i < BATCH; i++) {
      int length = is_garbage ? (int)(next_random() % sizeof out[i])
                              : put_message(out[i], type, source, number++);
      parts[i] = (struct iovec){out[i], length};
    }
    int n = sendmmsg(sockets[source], batch, BATCH, 0);
    if (n > 0) sent += n;
  }
  printf("{\"datagrams\":%lu,\"seconds\":%.3f}\n", sent, now_s() - start);
  return 0;
}
