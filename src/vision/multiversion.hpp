#pragma once

/// Put before a function with a hot loop: compiles it for AVX-512, AVX2 and the baseline
/// instruction set; the best supported version is chosen at program start. Functions that it calls
/// must be inlined to profit. Off with sanitizers, which cannot instrument the dispatch.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MIEN_MULTIVERSION \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MIEN_MULTIVERSION
#endif
