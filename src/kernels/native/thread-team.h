// A team of threads that run one program together, and the barrier between its operations.
#ifndef TP_THREAD_TEAM_H
#define TP_THREAD_TEAM_H

#include <stdint.h>

typedef void (*tp_barrier_function)(void *);
typedef void (*tp_run_function)(float *arena, const int32_t *program, int32_t length, int32_t thread, int32_t threads,
                                tp_barrier_function barrier, void *barrier_data);

typedef struct ThreadTeam ThreadTeam;

// A team of `threads` (at least 1): the caller of team_run and threads - 1 more, which sleep between programs.
// NULL where memory or threads cannot be had.
ThreadTeam *team_create(int32_t threads, tp_run_function run, float *arena);

// Runs a program on all threads of the team; returns when it is done. One caller at a time.
void team_run(ThreadTeam *team, const int32_t *program, int32_t length);

// Ends the threads and frees the team.
void team_destroy(ThreadTeam *team);

#endif
