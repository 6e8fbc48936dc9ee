#pragma once

/// Before a function with a hot loop: compiled for AVX-512, AVX2 and the plain instruction set, and
/// the best one the machine has is chosen when the program starts. Functions it calls must be
/// inlined into it to profit. The sanitizers cannot instrument that choice.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MIEN_MULTIVERSION \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MIEN_MULTIVERSION
#endif
