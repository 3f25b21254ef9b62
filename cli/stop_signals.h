// SIGINT and SIGTERM for commands that run until they are told to stop.
#ifndef PAWL_CLI_STOP_SIGNALS_H_
#define PAWL_CLI_STOP_SIGNALS_H_

#include <csignal>
#include <ctime>

#include "absl/time/time.h"

namespace pawl::cli {

// The signals, taken by whoever waits for them. Made before threads are, so
// that all of them leave these signals alone.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~StopSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  void Wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
  }
  // True when one comes within `duration`.
  bool CameWithin(absl::Duration duration) const {
    const timespec time = absl::ToTimespec(duration);
    return sigtimedwait(&set_, nullptr, &time) > 0;
  }
  bool Came() const { return CameWithin(absl::ZeroDuration()); }

 private:
  sigset_t set_;
  sigset_t before_;
};

}  // namespace pawl::cli

#endif  // PAWL_CLI_STOP_SIGNALS_H_
