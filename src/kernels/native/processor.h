// Instruction sets that this processor has and its operating system saves on a switch of threads. Nothing here rests
// on a compiler's run-time library: those differ, and some find less than there is.
#ifndef TP_PROCESSOR_H
#define TP_PROCESSOR_H

#include <stdbool.h>

#if defined(__x86_64__)
bool supports_sse2(void);
// x86-64-v3 as compilers mean it: AVX2, FMA, BMI1, BMI2, F16C, LZCNT, MOVBE.
bool supports_avx2(void);
// x86-64-v4: the above and AVX-512 F, BW, CD, DQ, VL.
bool supports_avx512(void);
#else
// Every 64-bit Arm processor has it.
bool supports_neon(void);
#endif

#endif
