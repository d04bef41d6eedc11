#ifndef TP_PEAK_H
#define TP_PEAK_H

#include "kernels.h"

// Floating-point operations a second: the fastest of the short measurements that fit into `duration` seconds.
#define TP_DECLARE_PEAK(suffix) double TP_JOIN(tp_peak, suffix)(double (*seconds)(void), double duration);

#endif
