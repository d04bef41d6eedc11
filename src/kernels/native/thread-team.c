#include "thread-team.h"

#include "memory.h"

#include <pthread.h>
#if !defined(_WIN32)
#include <signal.h>
#endif
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

// The kernels need 128 KiB; musl's default is not more than that.
#define STACK_BYTES (1 << 20)
// About 50 microseconds: longer than threads usually wait for each other, shorter than a time slice.
#define SPINS 4000

// Threads that arrive wait until all have. They spin first, for operations are short, and then sleep, for the
// cores may be busy with something else.
typedef struct {
  _Alignas(64) atomic_int arrived;
  _Alignas(64) atomic_uint generation;
  atomic_int threads;
  pthread_mutex_t mutex;
  pthread_cond_t opened;
} Barrier;

struct ThreadTeam {
  Barrier barrier;
  tp_run_function run;
  float *arena;
  const int32_t *program; // NULL: the team ends
  int32_t length;
  int32_t started; // threads beside the caller
  pthread_t threads[];
};

typedef struct {
  ThreadTeam *team;
  int32_t thread;
} Member;

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void open_barrier(Barrier *barrier) {
  atomic_store_explicit(&barrier->arrived, 0, memory_order_relaxed);
  pthread_mutex_lock(&barrier->mutex);
  atomic_fetch_add_explicit(&barrier->generation, 1, memory_order_release);
  pthread_cond_broadcast(&barrier->opened);
  pthread_mutex_unlock(&barrier->mutex);
}

static void wait_at_barrier(void *data) {
  Barrier *barrier = data;
  unsigned generation = atomic_load_explicit(&barrier->generation, memory_order_acquire);
  int before = atomic_fetch_add_explicit(&barrier->arrived, 1, memory_order_acq_rel);
  if (before == atomic_load_explicit(&barrier->threads, memory_order_relaxed) - 1) {
    open_barrier(barrier);
    return;
  }
  for (int32_t spin = 0; spin < SPINS; spin++) {
    if (atomic_load_explicit(&barrier->generation, memory_order_acquire) != generation) return;
    pause_briefly();
  }
  pthread_mutex_lock(&barrier->mutex);
  while (atomic_load_explicit(&barrier->generation, memory_order_acquire) == generation)
    pthread_cond_wait(&barrier->opened, &barrier->mutex);
  pthread_mutex_unlock(&barrier->mutex);
}

static void run_share(ThreadTeam *team, int32_t thread) {
  int32_t threads = atomic_load_explicit(&team->barrier.threads, memory_order_relaxed);
  team->run(team->arena, team->program, team->length, thread, threads, wait_at_barrier, &team->barrier);
}

// A program ends with a barrier, so the caller returns from it only when every member has done its share.
static void *serve(void *data) {
  Member member = *(Member *)data;
  free(data);
  for (;;) {
    wait_at_barrier(&member.team->barrier);
    if (member.team->program == NULL) return NULL;
    run_share(member.team, member.thread);
  }
}

static bool start_thread(ThreadTeam *team, const pthread_attr_t *attributes) {
  Member *member = malloc(sizeof *member);
  if (member == NULL) return false;
  *member = (Member){team, team->started + 1};
  if (pthread_create(&team->threads[team->started], attributes, serve, member) != 0) {
    free(member);
    return false;
  }
  team->started++;
  return true;
}

// Starts the threads with every signal blocked, so that signals reach the threads that expect them.
static void start_threads(ThreadTeam *team, int32_t wanted) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
#if !defined(_WIN32)
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
#endif
  while (team->started < wanted && start_thread(team, &attributes)) continue;
#if !defined(_WIN32)
  pthread_sigmask(SIG_SETMASK, &before, NULL);
#endif
  pthread_attr_destroy(&attributes);
}

ThreadTeam *team_create(int32_t threads, tp_run_function run, float *arena) {
  size_t bytes = sizeof(ThreadTeam) + (size_t)(threads - 1) * sizeof(pthread_t);
  ThreadTeam *team = allocate_aligned(bytes);
  if (team == NULL) return NULL;
  team->run = run;
  team->arena = arena;
  team->program = NULL;
  team->started = 0;
  atomic_init(&team->barrier.arrived, 0);
  atomic_init(&team->barrier.generation, 0);
  atomic_init(&team->barrier.threads, threads);
  pthread_mutex_init(&team->barrier.mutex, NULL);
  pthread_cond_init(&team->barrier.opened, NULL);
  start_threads(team, threads - 1);
  if (team->started == threads - 1) return team;
  // Those that did start wait for the full team: make it as many as there are, so that they can be told to end.
  atomic_store(&team->barrier.threads, team->started + 1);
  team_destroy(team);
  return NULL;
}

void team_run(ThreadTeam *team, const int32_t *program, int32_t length) {
  if (team->started == 0) {
    team->run(team->arena, program, length, 0, 1, NULL, NULL);
    return;
  }
  team->program = program;
  team->length = length;
  wait_at_barrier(&team->barrier);
  run_share(team, 0);
}

void team_destroy(ThreadTeam *team) {
  if (team->started > 0) {
    team->program = NULL;
    wait_at_barrier(&team->barrier);
    for (int32_t i = 0; i < team->started; i++) pthread_join(team->threads[i], NULL);
  }
  pthread_cond_destroy(&team->barrier.opened);
  pthread_mutex_destroy(&team->barrier.mutex);
  free_aligned(team);
}
