// Console: what `pawl` prints, and how: data on stdout, errors and progress on
// stderr, colours only where a person reads.
//
// Its one door for commands. Tests give it string streams.
#ifndef PAWL_CLI_CONSOLE_H_
#define PAWL_CLI_CONSOLE_H_

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace pawl::cli {

enum class Style { kPlain, kBold, kDim, kRed, kGreen, kYellow, kBlue };

class Console {
 public:
  struct Options {
    bool color = false;     // stdout may carry colour codes
    bool progress = false;  // stderr is a terminal
    bool redraw = false;    // stdout is a terminal that can go back
  };
  // Both streams outlive the console.
  Console(std::ostream* out, std::ostream* err, Options options)
      : out_(*out), err_(*err), options_(options) {}

  // The process's own streams; colour on a terminal unless NO_COLOR is set to
  // something (https://no-color.org) or TERM is `dumb`.
  static Options DetectTerminal();

  // One line on stdout; of JSON, with U+FFFD for what is no UTF-8, since a
  // file's name may be any bytes, and a recorded message be cut in a character.
  void Print(std::string_view line);
  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }

  // `text` in a style, or as it is where there is no colour.
  std::string Styled(Style style, std::string_view text) const;

  // Prints `pawl: <message>` on stderr. A message of several lines keeps them.
  void Error(std::string_view message);
  // Prints the status so and returns its exit code: kExitDataLoss for DataLoss,
  // else kExitRefused.
  int Fail(const absl::Status& status);
  // Prints a usage error, returns kExitUsage.
  int FailUsage(std::string_view message);

  // A screen that is written again and again makes sense.
  bool redraws() const { return options_.redraw; }
  bool shows_progress() const { return options_.progress; }

  // What Print gets is JSON.
  void set_json(bool json) { json_ = json; }

 private:
  std::ostream& out_;
  std::ostream& err_;
  const Options options_;
  bool json_ = false;
};

// Rows with aligned columns: `key  process  state`. Numbers go to the right.
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit TextTable(std::vector<Column> columns)
      : columns_(std::move(columns)) {}

  // As many cells as columns. An empty cell prints as `-`.
  void Row(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // Prints title and rows; nothing at all without rows. Widths count Unicode
  // code points.
  void Print(Console* console) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// A line on stderr that says how far long work has come: only on a terminal,
// only after two seconds, four times a second.
class Progress {
 public:
  Progress(Console* console, std::string what)
      : console_(console),
        what_(std::move(what)),
        started_(std::chrono::steady_clock::now()) {}
  ~Progress() { Done(); }

  // `total` 0: not known. Cheap unless a line is due.
  void Update(uint64_t done, uint64_t total);
  // Wipes the line.
  void Done();

 private:
  Console* console_;
  const std::string what_;
  const std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point last_{};
  bool shown_ = false;
};

}  // namespace pawl::cli

#endif  // PAWL_CLI_CONSOLE_H_
