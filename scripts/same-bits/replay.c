// Replays recorded programs with the C kernels alone, on whatever it was compiled for, and compares what they leave
// in memory. Programs are data: the recording (recording.mjs) holds them, what was written between them, and hashes.
//   replay RECORDING
#include <stdio.h>
#include <stdlib.h>

#include "kernels.h"

enum { END, ARENA, WRITE, RUN, EXPECT };

static int32_t *records;
static long record_count;

static int read_records(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return 0;
  record_count = ftell(file) / 4;
  rewind(file);
  records = malloc((size_t)record_count * 4);
  return records != NULL && fread(records, 4, (size_t)record_count, file) == (size_t)record_count;
}

// FNV-1a over words, as recording.mjs computes it.
static uint32_t hash_words(const int32_t *words, int32_t count) {
  uint32_t hash = 0x811c9dc5u;
  for (int32_t i = 0; i < count; i++) {
    hash = (hash ^ (uint32_t)words[i]) * 0x01000193u;
    hash ^= hash >> 15;
  }
  return hash;
}

int main(int count, char **arguments) {
  if (count != 2 || !read_records(arguments[1])) {
    fprintf(stderr, "usage: replay RECORDING\n");
    return 2;
  }
  int32_t *arena = NULL;
  int compared = 0;
  for (const int32_t *at = records; at < records + record_count && *at != END;) {
    switch (*at) {
      case ARENA:
        free(arena);
        arena = calloc((size_t)at[1] + 64, 4);
        at += 2;
        break;
      case WRITE:
        for (int32_t i = 0; i < at[2]; i++) arena[at[1] + i] = at[3 + i];
        at += 3 + at[2];
        break;
      case RUN:
        TP_JOIN(tp_run, TP_SUFFIX)((float *)arena, arena + at[1], at[2], 0, 1, NULL, NULL);
        at += 3;
        break;
      case EXPECT:
        if (hash_words(arena + at[1], at[2]) != (uint32_t)at[3]) {
          printf("%d results are equal, the next (%d words at %d) is not\n", compared, (int)at[2], (int)at[1]);
          return 1;
        }
        compared++;
        at += 4;
        break;
      default:
        fprintf(stderr, "the recording is damaged\n");
        return 2;
    }
  }
  printf("%d results are equal\n", compared);
  return compared > 0 ? 0 : 1;
}
