#include "memory.h"

#if defined(_WIN32)

#include <malloc.h>
#include <windows.h>

void *map_memory(size_t bytes) { return VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE); }
void unmap_memory(void *memory, size_t bytes) {
  (void)bytes;
  VirtualFree(memory, 0, MEM_RELEASE);
}

void *allocate_aligned(size_t bytes) { return _aligned_malloc(bytes, 64); }
void free_aligned(void *memory) { _aligned_free(memory); }

#else

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

void *map_memory(size_t bytes) {
  size_t extra = bytes >= 2 * HUGE_PAGE ? HUGE_PAGE : 0;
  char *raw = mmap(NULL, bytes + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return NULL;
  if (extra == 0) return raw;
  char *start = (char *)(((uintptr_t)raw + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
  if (start > raw) munmap(raw, (size_t)(start - raw));
  if (start + bytes < raw + bytes + extra) munmap(start + bytes, (size_t)(raw + extra - start));
#if defined(MADV_HUGEPAGE)
  madvise(start, bytes, MADV_HUGEPAGE);
#endif
  return start;
}

void unmap_memory(void *memory, size_t bytes) { munmap(memory, bytes); }

void *allocate_aligned(size_t bytes) { return aligned_alloc(64, (bytes + 63) / 64 * 64); }
void free_aligned(void *memory) { free(memory); }

#endif
