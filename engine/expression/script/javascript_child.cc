// pawl-javascript: the process that runs the JavaScript of models. Reads
// requests from standard input and writes answers to standard output
// (javascript_message.h) until its input ends; the engine starts it
// (javascript.h). Before the first request it shuts itself in (cage.h).
#include <errno.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "engine/expression/script/javascript_cage.h"
#include "engine/expression/script/javascript_message.h"
#include "engine/expression/script/javascript_runner.h"
#include "engine/expression/script/limits.h"

namespace pawl::expression::script {
namespace {

bool ReadAll(char* out, size_t size) {
  while (size > 0) {
    const ssize_t got = read(STDIN_FILENO, out, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool WriteAll(const std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put =
        write(STDOUT_FILENO, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    done += static_cast<size_t>(put);
  }
  return true;
}

int Serve() {
  if (!StartJavaScript()) {
    WriteAll(Encode({"failed", "mozjs doesn't start"}));
    return 1;
  }
  if (const std::string failure = CloseCage(); !failure.empty()) {
    WriteAll(Encode({"failed", "the cage doesn't close: " + failure}));
    return 1;
  }
  if (!WriteAll(Encode({"ready"}))) return 1;
  while (true) {
    char length[4];
    if (!ReadAll(length, sizeof(length))) return 0;
    const uint32_t size = ReadLength(std::string_view(length, sizeof(length)));
    if (size > kJavaScriptMessageMax) return 1;
    std::string bytes(size, '\0');
    JavaScriptMessage request;
    if (!ReadAll(bytes.data(), size) || !Decode(bytes, &request)) return 1;
    AllowProcessorTime(static_cast<int>(kJavaScriptCpuMsMax));
    if (!WriteAll(Encode(Answer(request)))) return 1;
  }
}

}  // namespace
}  // namespace pawl::expression::script

int main() {
  const int result = pawl::expression::script::Serve();
  // Without mozjs's shutdown, which wants its threads to end in order.
  _exit(result);
}
