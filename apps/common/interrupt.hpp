#pragma once

#include <csignal>

namespace mien::apps {

/// While it lives and after, the first SIGINT or SIGTERM sets a flag that work checks between
/// steps; a second one ends the program at once.
class Interrupt {
 public:
  Interrupt() {
    for (const int signal : {SIGINT, SIGTERM}) {
      struct sigaction action{};
      action.sa_handler = [](int number) {
        if (requested_ != 0) {
          std::signal(number, SIG_DFL);
          std::raise(number);
        }
        requested_ = 1;
      };
      sigaction(signal, &action, nullptr);
    }
  }
  static bool requested() { return requested_ != 0; }

 private:
  static inline volatile std::sig_atomic_t requested_ = 0;
};

}  // namespace mien::apps
