#include "cli/console.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "cli/command.h"

namespace pawl::cli {
namespace {

const char* CodeOf(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\033[1m";
    case Style::kDim:
      return "\033[2m";
    case Style::kRed:
      return "\033[31m";
    case Style::kGreen:
      return "\033[32m";
    case Style::kYellow:
      return "\033[33m";
    case Style::kBlue:
      return "\033[34m";
  }
  return "";
}

// Unicode code points of UTF-8 text: bytes that don't continue one.
size_t Width(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

Console::Options Console::DetectTerminal() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool plain = (no_color != nullptr && *no_color != '\0') ||
                     (term != nullptr && std::string_view(term) == "dumb");
  return {.color = isatty(STDOUT_FILENO) == 1 && !plain,
          .progress = isatty(STDERR_FILENO) == 1,
          .redraw = isatty(STDOUT_FILENO) == 1 &&
                    !(term != nullptr && std::string_view(term) == "dumb")};
}

void Console::Print(std::string_view line) {
  if (json_ && FindInvalidUtf8(line) != line.npos) {
    out_ << ReplaceInvalidUtf8(line) << '\n';
  } else {
    out_ << line << '\n';
  }
}

std::string Console::Styled(Style style, std::string_view text) const {
  if (!options_.color || style == Style::kPlain) return std::string(text);
  return absl::StrCat(CodeOf(style), ToAbsl(text), "\033[0m");
}

void Console::Error(std::string_view message) {
  // What stdout holds comes first where both go to one terminal.
  out_.flush();
  err_ << "pawl: " << message << '\n';
  err_.flush();
}

int Console::Fail(const absl::Status& status) {
  PAWL_CHECK(!status.ok());
  Error(ToStd(status.message()));
  return status.code() == absl::StatusCode::kDataLoss ? kExitDataLoss
                                                      : kExitRefused;
}

int Console::FailUsage(std::string_view message) {
  Error(message);
  return kExitUsage;
}

void TextTable::Row(std::vector<std::string> cells) {
  PAWL_CHECK_EQ(cells.size(), columns_.size());
  for (std::string& cell : cells) {
    if (cell.empty()) cell = "-";
    // A line break would break the columns.
    std::replace(cell.begin(), cell.end(), '\n', ' ');
  }
  rows_.push_back(std::move(cells));
}

void TextTable::Print(Console* console) const {
  if (rows_.empty()) return;
  std::vector<size_t> widths;
  for (const Column& column : columns_) widths.push_back(Width(column.title));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  const auto line = [&](const auto& cell_of) {
    std::string text;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_of(i);
      const std::string padding(widths[i] - Width(cell), ' ');
      if (i > 0) text += "  ";
      const bool right = columns_[i].align == Align::kRight;
      if (right) text += padding;
      text += cell;
      // No trailing blanks: scripts and diffs dislike them.
      if (!right && i + 1 < columns_.size()) text += padding;
    }
    return text;
  };
  console->Print(console->Styled(
      Style::kBold,
      line([&](size_t i) -> const std::string& { return columns_[i].title; })));
  for (const auto& row : rows_) {
    console->Print(
        line([&](size_t i) -> const std::string& { return row[i]; }));
  }
}

void Progress::Update(uint64_t done, uint64_t total) {
  if (!console_->shows_progress()) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - started_ < std::chrono::seconds(2)) return;
  if (now - last_ < std::chrono::milliseconds(250)) return;
  last_ = now;
  shown_ = true;
  // \r and "erase to the end of the line".
  console_->err() << '\r' << what_ << ' ' << done;
  if (total > 0) {
    console_->err() << " of " << total << " (" << done * 100 / total << " %)";
  }
  console_->err() << "\033[K" << std::flush;
}

void Progress::Done() {
  if (!shown_) return;
  shown_ = false;
  console_->err() << "\r\033[K" << std::flush;
}

}  // namespace pawl::cli
