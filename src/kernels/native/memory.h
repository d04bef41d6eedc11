// Memory of an arena, straight from the operating system.
#ifndef TP_MEMORY_H
#define TP_MEMORY_H

#include <stddef.h>

// Zeroed, on a page boundary, in huge pages where the system has them; `bytes` is a multiple of PAGE_BYTES. NULL where
// there is none.
#define PAGE_BYTES ((size_t)1 << 14)
void *map_memory(size_t bytes);
void unmap_memory(void *memory, size_t bytes);

// Aligned to 64 bytes.
void *allocate_aligned(size_t bytes);
void free_aligned(void *memory);

#endif
