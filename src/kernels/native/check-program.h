// Checks a program against its arena before it runs, so that a wrong offset is an error and not a crash.
#ifndef TP_CHECK_PROGRAM_H
#define TP_CHECK_PROGRAM_H

#include <stdint.h>

// Number of operations, and each one's name and arguments, e.g. `zero: dst, count`: the table of operations.ts.
int32_t operation_count(void);
const char *operation_description(int32_t code);

// NULL where every operation of the program is known, complete, and stays inside the arena of so many words and
// off the program itself; else what is wrong, in a buffer of the calling thread.
const char *check_program(const int32_t *arena, int64_t words, int64_t start, int64_t length, int32_t threads);

#endif
