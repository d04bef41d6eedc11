// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, CPUID and XGETBV.
#include "processor.h"

#include <stdint.h>

#if defined(__x86_64__)

typedef struct {
  uint32_t eax, ebx, ecx, edx;
} Answer;

static Answer cpuid(uint32_t leaf, uint32_t subleaf) {
  Answer answer;
  __asm__ volatile("cpuid"
                   : "=a"(answer.eax), "=b"(answer.ebx), "=c"(answer.ecx), "=d"(answer.edx)
                   : "a"(leaf), "c"(subleaf));
  return answer;
}

// Registers that the operating system saves; callable only where CPUID reports OSXSAVE.
static uint32_t saved_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static bool has_all(uint32_t word, uint32_t bits) { return (word & bits) == bits; }

#define BIT(n) ((uint32_t)1 << (n))

enum { LEAF_FEATURES = 1, LEAF_EXTENDED_FEATURES = 7 };
#define LEAF_AMD_FEATURES 0x80000001u
#define LEAF_LAST_AMD 0x80000000u

// Leaf 1, ECX.
#define FMA_MOVBE_OSXSAVE_AVX_F16C (BIT(12) | BIT(22) | BIT(27) | BIT(28) | BIT(29))
// Leaf 7, EBX.
#define BMI1_AVX2_BMI2 (BIT(3) | BIT(5) | BIT(8))
#define AVX512_F_DQ_CD_BW_VL (BIT(16) | BIT(17) | BIT(28) | BIT(30) | BIT(31))
// Leaf 0x80000001, ECX.
#define LZCNT BIT(5)
// Register groups: XMM and YMM; opmask, upper halves of ZMM 0-15, ZMM 16-31.
#define YMM_STATE (BIT(1) | BIT(2))
#define ZMM_STATE (YMM_STATE | BIT(5) | BIT(6) | BIT(7))

static bool supports(uint32_t extended_features, uint32_t registers) {
  if (cpuid(0, 0).eax < LEAF_EXTENDED_FEATURES || cpuid(LEAF_LAST_AMD, 0).eax < LEAF_AMD_FEATURES) return false;
  return has_all(cpuid(LEAF_FEATURES, 0).ecx, FMA_MOVBE_OSXSAVE_AVX_F16C) &&
         has_all(cpuid(LEAF_EXTENDED_FEATURES, 0).ebx, extended_features) &&
         has_all(cpuid(LEAF_AMD_FEATURES, 0).ecx, LZCNT) && has_all(saved_registers(), registers);
}

bool supports_sse2(void) { return true; }
bool supports_avx2(void) { return supports(BMI1_AVX2_BMI2, YMM_STATE); }
bool supports_avx512(void) { return supports(BMI1_AVX2_BMI2 | AVX512_F_DQ_CD_BW_VL, ZMM_STATE); }

#else

bool supports_neon(void) { return true; }

#endif
