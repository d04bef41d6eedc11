// The Node-API addon around the C kernels: arenas, threads, and the choice of an instruction set and tile shape.
// Over 300 lines: one function for each call from JavaScript, and the check of its arguments beside it.
// Safe in worker threads: all state but the tile shape belongs to an arena or to an environment.
#include <node_api.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check-program.h"
#include "kernels.h"
#include "memory.h"
#include "peak.h"
#include "processor.h"
#include "thread-team.h"

#define MAXIMUM_THREADS 256
// A vector load may read 15 words past the end of a buffer.
#define SPARE_WORDS 64

// ---- instruction sets ----

typedef struct {
  const char *name;
  bool (*is_supported)(void);
  tp_run_function run;
  int32_t (*tile_count)(void);
  const char *(*tile_name)(int32_t);
  void (*set_tile)(int32_t);
  int32_t (*choose_tile)(double (*)(void));
  double (*peak)(double (*)(void), double);
} Level;

#define X(suffix) TP_DECLARE_PEAK(suffix)
TINYPOISON_LEVELS
#undef X

// Slowest first, as build-native.mjs lists those it could compile.
static const Level levels[] = {
#define X(suffix)                                                                                                   \
  {#suffix, supports_##suffix, tp_run_##suffix, tp_tile_count_##suffix, tp_tile_name_##suffix, tp_set_tile_##suffix, \
   tp_choose_tile_##suffix, tp_peak_##suffix},
    TINYPOISON_LEVELS
#undef X
};
#define LEVEL_COUNT ((int32_t)(sizeof levels / sizeof *levels))

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// The tile shape of a level is one for the whole process. It changes only while no program runs: `running` counts
// the programs that do, and is negative while a shape changes.
static pthread_mutex_t tile_mutex = PTHREAD_MUTEX_INITIALIZER;
static int32_t chosen_tile[LEVEL_COUNT + 1];
static bool is_tile_chosen[LEVEL_COUNT + 1];
static atomic_int running;

static void begin_running(void) {
  while (atomic_fetch_add(&running, 1) < 0) {
    atomic_fetch_sub(&running, 1);
    pthread_mutex_lock(&tile_mutex); // held while a shape changes
    pthread_mutex_unlock(&tile_mutex);
  }
}

static void end_running(void) { atomic_fetch_sub(&running, 1); }

static void lock_tiles(void) {
  pthread_mutex_lock(&tile_mutex);
  for (int none = 0; !atomic_compare_exchange_weak(&running, &none, -(1 << 30)); none = 0) {
    struct timespec moment = {0, 50000};
    nanosleep(&moment, NULL);
  }
}

static void unlock_tiles(void) {
  atomic_fetch_add(&running, 1 << 30);
  pthread_mutex_unlock(&tile_mutex);
}

// ---- arenas ----

typedef struct Environment Environment;

typedef struct {
  void *mapping; // NULL once given back
  size_t bytes;
  int64_t words;
  int32_t threads;
  ThreadTeam *team;
  Environment *environment;
} Arena;

// One for each thread of scripts. Freed by the last of its users: itself, and each arena's buffer.
struct Environment {
  Arena **arenas; // by handle; NULL where free
  int32_t capacity;
  atomic_int users;
};

static void give_back_memory(Arena *arena) {
  if (arena->team != NULL) team_destroy(arena->team);
  if (arena->mapping != NULL) unmap_memory(arena->mapping, arena->bytes);
  arena->team = NULL;
  arena->mapping = NULL;
}

static Arena *make_arena(int64_t words, int32_t threads, const Level *level) {
  Arena *arena = calloc(1, sizeof *arena);
  if (arena == NULL) return NULL;
  arena->bytes = ((size_t)(words + SPARE_WORDS) * 4 + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
  arena->words = words;
  arena->threads = threads;
  arena->mapping = map_memory(arena->bytes);
  if (arena->mapping != NULL) arena->team = team_create(threads, level->run, arena->mapping);
  if (arena->team == NULL) {
    give_back_memory(arena);
    free(arena);
    return NULL;
  }
  return arena;
}

static int32_t free_handle(Environment *environment) {
  for (int32_t handle = 0; handle < environment->capacity; handle++)
    if (environment->arenas[handle] == NULL) return handle;
  int32_t capacity = environment->capacity * 2 + 8;
  Arena **arenas = realloc(environment->arenas, (size_t)capacity * sizeof *arenas);
  if (arenas == NULL) return -1;
  memset(arenas + environment->capacity, 0, (size_t)(capacity - environment->capacity) * sizeof *arenas);
  environment->arenas = arenas;
  int32_t handle = environment->capacity;
  environment->capacity = capacity;
  return handle;
}

static void forget(Arena *arena) {
  Environment *environment = arena->environment;
  for (int32_t handle = 0; handle < environment->capacity; handle++)
    if (environment->arenas[handle] == arena) environment->arenas[handle] = NULL;
}

static void leave(Environment *environment) {
  if (atomic_fetch_sub(&environment->users, 1) > 1) return;
  free(environment->arenas);
  free(environment);
}

// When the garbage collector takes the buffer, or its environment ends. Memory goes only now where nobody released
// it, since scripts can reach it until then.
static void finalize_buffer(napi_env env, void *data, void *hint) {
  (void)env;
  (void)data;
  Arena *arena = hint;
  forget(arena);
  give_back_memory(arena);
  leave(arena->environment);
  free(arena);
}

static void finalize_environment(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  leave(data);
}

// ---- functions for TypeScript ----

static napi_value fail(napi_env env, const char *code, const char *message) {
  napi_throw_error(env, code, message);
  return NULL;
}

static bool integer_argument(napi_env env, napi_value value, int64_t *result) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return false;
  if (!(number >= -9007199254740992.0 && number <= 9007199254740992.0)) return false;
  *result = (int64_t)number;
  return (double)*result == number;
}

// Reads `count` integers; throws and returns false where there are fewer or others.
static bool read_integers(napi_env env, napi_callback_info info, size_t count, int64_t *values) {
  napi_value arguments[4];
  size_t given = 4;
  bool is_good = napi_get_cb_info(env, info, &given, arguments, NULL, NULL) == napi_ok && given >= count;
  for (size_t i = 0; is_good && i < count; i++) is_good = integer_argument(env, arguments[i], &values[i]);
  if (!is_good) napi_throw_type_error(env, "ERR_ARGUMENT", "the native kernels were called with wrong arguments");
  return is_good;
}

static const Level *level_argument(napi_env env, int64_t index) {
  if (index >= 0 && index < LEVEL_COUNT && levels[index].is_supported()) return &levels[index];
  fail(env, "ERR_LEVEL", "this processor does not have the instruction set that was asked for");
  return NULL;
}

static Environment *environment_of(napi_env env) {
  Environment *environment = NULL;
  napi_get_instance_data(env, (void **)&environment);
  return environment;
}

static Arena *arena_argument(napi_env env, int64_t handle) {
  Environment *environment = environment_of(env);
  if (environment != NULL && handle >= 0 && handle < environment->capacity && environment->arenas[handle] != NULL)
    return environment->arenas[handle];
  fail(env, "ERR_RELEASED", "the arena has been released");
  return NULL;
}

// createArena(words, threads, level) -> { buffer, handle }
static napi_value create_arena(napi_env env, napi_callback_info info) {
  int64_t values[3];
  if (!read_integers(env, info, 3, values)) return NULL;
  int64_t words = values[0], threads = values[1];
  const Level *level = level_argument(env, values[2]);
  if (level == NULL) return NULL;
  if (words < 1 || words > INT32_MAX) return fail(env, "ERR_WORDS", "an arena has 1 to 2147483647 words");
  if (threads < 1 || threads > MAXIMUM_THREADS) return fail(env, "ERR_THREADS", "an arena has 1 to 256 threads");
  Environment *environment = environment_of(env);
  int32_t handle = environment == NULL ? -1 : free_handle(environment);
  Arena *arena = handle < 0 ? NULL : make_arena(words, (int32_t)threads, level);
  if (arena == NULL) return fail(env, "ERR_MEMORY", "the system does not give the memory or the threads");
  napi_value buffer, number, result;
  napi_status status =
      napi_create_external_arraybuffer(env, arena->mapping, (size_t)words * 4, finalize_buffer, arena, &buffer);
  if (status != napi_ok) {
    give_back_memory(arena);
    free(arena);
    return fail(env, "ERR_MEMORY", "this JavaScript engine does not take memory from outside");
  }
  arena->environment = environment;
  atomic_fetch_add(&environment->users, 1);
  environment->arenas[handle] = arena;
  if (napi_create_int32(env, handle, &number) != napi_ok || napi_create_object(env, &result) != napi_ok ||
      napi_set_named_property(env, result, "buffer", buffer) != napi_ok ||
      napi_set_named_property(env, result, "handle", number) != napi_ok)
    return fail(env, "ERR_MEMORY", "the arena could not be handed over");
  return result;
}

// run(handle, start, length)
static napi_value run_program(napi_env env, napi_callback_info info) {
  int64_t values[3];
  if (!read_integers(env, info, 3, values)) return NULL;
  Arena *arena = arena_argument(env, values[0]);
  if (arena == NULL) return NULL;
  const char *problem = check_program(arena->mapping, arena->words, values[1], values[2], arena->threads);
  if (problem != NULL) return fail(env, "ERR_PROGRAM", problem);
  begin_running();
  team_run(arena->team, (const int32_t *)arena->mapping + values[1], (int32_t)values[2]);
  end_running();
  return NULL;
}

// release(handle, buffer): the buffer is detached, so that views of it become empty, and its memory given back.
static napi_value release_arena(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t given = 2;
  int64_t handle = -1;
  void *data = NULL;
  size_t bytes;
  if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) != napi_ok || given < 2 ||
      !integer_argument(env, arguments[0], &handle) ||
      napi_get_arraybuffer_info(env, arguments[1], &data, &bytes) != napi_ok)
    return fail(env, "ERR_ARGUMENT", "release takes an arena's handle and buffer");
  Arena *arena = arena_argument(env, handle);
  if (arena == NULL) return NULL;
  if (data != arena->mapping) return fail(env, "ERR_ARGUMENT", "release takes the buffer of the same arena");
  forget(arena);
  if (napi_detach_arraybuffer(env, arguments[1]) == napi_ok) give_back_memory(arena);
  return NULL;
}

// prepare(level) -> name of the tile shape in use, chosen by timing the first time
static napi_value prepare_level(napi_env env, napi_callback_info info) {
  int64_t values[1];
  if (!read_integers(env, info, 1, values)) return NULL;
  const Level *level = level_argument(env, values[0]);
  if (level == NULL) return NULL;
  lock_tiles();
  if (!is_tile_chosen[values[0]]) {
    chosen_tile[values[0]] = level->choose_tile(seconds_now);
    is_tile_chosen[values[0]] = true;
  }
  const char *name = level->tile_name(chosen_tile[values[0]]);
  unlock_tiles();
  napi_value result;
  return napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &result) == napi_ok ? result : NULL;
}

// setTile(level, tile)
static napi_value set_tile(napi_env env, napi_callback_info info) {
  int64_t values[2];
  if (!read_integers(env, info, 2, values)) return NULL;
  const Level *level = level_argument(env, values[0]);
  if (level == NULL) return NULL;
  if (values[1] < 0 || values[1] >= level->tile_count()) return fail(env, "ERR_TILE", "there is no such tile shape");
  lock_tiles();
  level->set_tile((int32_t)values[1]);
  chosen_tile[values[0]] = (int32_t)values[1];
  is_tile_chosen[values[0]] = true;
  unlock_tiles();
  return NULL;
}

// measurePeak(level, milliseconds) -> floating-point operations a second of one core, multiply and add apart
static napi_value measure_peak(napi_env env, napi_callback_info info) {
  int64_t values[2];
  if (!read_integers(env, info, 2, values)) return NULL;
  const Level *level = level_argument(env, values[0]);
  if (level == NULL) return NULL;
  napi_value result;
  double rate = level->peak(seconds_now, 1e-3 * (double)values[1]);
  return napi_create_double(env, rate, &result) == napi_ok ? result : NULL;
}

// ---- the module ----

static napi_value string(napi_env env, const char *text) {
  napi_value value = NULL;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

static napi_value list_tiles(napi_env env, const Level *level) {
  napi_value tiles = NULL;
  napi_create_array(env, &tiles);
  for (int32_t tile = 0; tile < level->tile_count(); tile++)
    napi_set_element(env, tiles, (uint32_t)tile, string(env, level->tile_name(tile)));
  return tiles;
}

// levels: [{ name, isSupported, tiles }], slowest first
static napi_value list_levels(napi_env env) {
  napi_value list = NULL;
  napi_create_array(env, &list);
  for (int32_t i = 0; i < LEVEL_COUNT; i++) {
    napi_value entry = NULL, is_supported = NULL;
    napi_create_object(env, &entry);
    napi_get_boolean(env, levels[i].is_supported(), &is_supported);
    napi_set_named_property(env, entry, "name", string(env, levels[i].name));
    napi_set_named_property(env, entry, "isSupported", is_supported);
    napi_set_named_property(env, entry, "tiles", list_tiles(env, &levels[i]));
    napi_set_element(env, list, (uint32_t)i, entry);
  }
  return list;
}

// operations: ['zero: dst, count', ...], to be compared with operations.ts
static napi_value list_operations(napi_env env) {
  napi_value list = NULL;
  napi_create_array(env, &list);
  for (int32_t code = 0; code < operation_count(); code++)
    napi_set_element(env, list, (uint32_t)code, string(env, operation_description(code)));
  return list;
}

NAPI_MODULE_INIT() {
  Environment *environment = calloc(1, sizeof *environment);
  if (environment != NULL) atomic_init(&environment->users, 1);
  if (environment == NULL || napi_set_instance_data(env, environment, finalize_environment, NULL) != napi_ok) {
    free(environment);
    return fail(env, "ERR_MEMORY", "no memory for the native kernels");
  }
  const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"createArena", create_arena}, {"run", run_program},          {"release", release_arena},
      {"prepare", prepare_level},    {"setTile", set_tile},         {"measurePeak", measure_peak},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function = NULL;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  napi_set_named_property(env, exports, "levels", list_levels(env));
  napi_set_named_property(env, exports, "operations", list_operations(env));
  return exports;
}
