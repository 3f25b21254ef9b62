#include "engine/expression/feel/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/expression/feel/unicode.h"

namespace pawl::expression::feel {
namespace {

// How often a match may try before it is given up: a pattern like (a+)+$ would
// try for ever.
constexpr uint32_t kMatchLimit = 1'000'000;
constexpr uint32_t kHeapLimitKib = 16 << 10;

// Name characters of XML 1.0, for \i and \c.
constexpr std::string_view kNameStart =
    ":A-Z_a-z\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{2FF}\\x{370}-\\x{37D}"
    "\\x{37F}-\\x{1FFF}\\x{200C}-\\x{200D}\\x{2070}-\\x{218F}\\x{2C00}-\\x{"
    "2FEF}\\x{3001}-\\x{D7FF}\\x{F900}-\\x{FDCF}\\x{FDF0}-\\x{FFFD}\\x{10000}"
    "-\\x{EFFFF}";
constexpr std::string_view kNamePart =
    "\\-.0-9\\x{B7}\\x{300}-\\x{36F}\\x{203F}-\\x{2040}";

struct Block {
  std::string_view name;
  std::string_view range;
};
// The blocks that patterns name most; others are refused by PCRE2.
constexpr std::array<Block, 12> kBlocks = {{
    {"BasicLatin", "\\x{0}-\\x{7F}"},
    {"Latin-1Supplement", "\\x{80}-\\x{FF}"},
    {"LatinExtended-A", "\\x{100}-\\x{17F}"},
    {"LatinExtended-B", "\\x{180}-\\x{24F}"},
    {"Greek", "\\x{370}-\\x{3FF}"},
    {"Cyrillic", "\\x{400}-\\x{4FF}"},
    {"Hebrew", "\\x{590}-\\x{5FF}"},
    {"Arabic", "\\x{600}-\\x{6FF}"},
    {"Hiragana", "\\x{3040}-\\x{309F}"},
    {"Katakana", "\\x{30A0}-\\x{30FF}"},
    {"CJKUnifiedIdeographs", "\\x{4E00}-\\x{9FFF}"},
    {"HangulSyllables", "\\x{AC00}-\\x{D7AF}"},
}};

class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  std::string Run() {
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_];
      if (c == '\\') {
        Escape(/*in_class=*/false);
      } else if (c == '[') {
        Class();
      } else if (c == '.') {
        // Not \r either.
        out_ += dot_all_ ? "." : "[^\\n\\r]";
        ++at_;
      } else {
        out_ += c;
        ++at_;
      }
    }
    return std::move(out_);
  }
  void set_dot_all(bool dot_all) { dot_all_ = dot_all; }

 private:
  void Escape(bool in_class) {
    const char c = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    at_ += 2;
    const auto set = [&](std::string_view start, bool negated) {
      if (in_class && !negated) {
        absl::StrAppend(&out_, ToAbsl(start));
      } else {
        absl::StrAppend(&out_, negated ? "[^" : "[", ToAbsl(start), "]");
      }
    };
    const std::string part =
        absl::StrCat(ToAbsl(kNameStart), ToAbsl(kNamePart));
    switch (c) {
      case 'i':
        return set(kNameStart, false);
      case 'I':
        return set(kNameStart, true);
      case 'c':
        return set(part, false);
      case 'C':
        return set(part, true);
      case 'p':
      case 'P':
        return Property(c == 'P', in_class);
      case '\0':
        out_ += '\\';
        return;
      default:
        // A group can't be named in a class, and none has the number 0.
        if (c == '0' || (in_class && c >= '0' && c <= '9')) {
          out_ += "\\p{no group}";
          return;
        }
        out_ += '\\';
        out_ += c;
        return;
    }
  }

  // Behind "\p".
  void Property(bool negated, bool in_class) {
    if (pattern_.substr(at_, 3) == "{Is") {
      const size_t end = pattern_.find('}', at_);
      const std::string_view name =
          end == pattern_.npos ? "" : pattern_.substr(at_ + 3, end - at_ - 3);
      for (const Block& block : kBlocks) {
        if (block.name != name) continue;
        at_ = end + 1;
        if (in_class && !negated) {
          absl::StrAppend(&out_, ToAbsl(block.range));
        } else {
          absl::StrAppend(&out_, negated ? "[^" : "[", ToAbsl(block.range),
                          "]");
        }
        return;
      }
    }
    out_ += negated ? "\\P" : "\\p";
  }

  // [a-z-[aeiou]] is what is in the first and not in the second.
  void Class() {
    const size_t start = out_.size();
    out_ += pattern_[at_++];
    if (at_ < pattern_.size() && pattern_[at_] == '^') out_ += pattern_[at_++];
    while (at_ < pattern_.size() && pattern_[at_] != ']') {
      if (pattern_[at_] == '\\') {
        Escape(/*in_class=*/true);
      } else if (pattern_.substr(at_, 2) == "-[") {
        ++at_;
        const std::string first = out_.substr(start) + "]";
        out_.resize(start);
        const size_t second_start = out_.size();
        Class();
        const std::string second = out_.substr(second_start);
        out_.resize(start);
        absl::StrAppend(&out_, "(?:(?!", second, ")", first, ")");
        if (at_ < pattern_.size() && pattern_[at_] == ']') ++at_;
        return;
      } else if (pattern_[at_] == '[') {
        out_ += "\\[";
        ++at_;
      } else {
        out_ += pattern_[at_++];
      }
    }
    if (at_ < pattern_.size()) {
      out_ += ']';
      ++at_;
    }
  }

  const std::string_view pattern_;
  bool dot_all_ = false;
  size_t at_ = 0;
  std::string out_;
};

// Flag x: white space counts in classes only (7.6.1.1).
std::string WithoutSpace(std::string_view pattern) {
  std::string out;
  int depth = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (space && depth == 0) continue;
    out += c;
    if (c == '\\' && i + 1 < pattern.size()) {
      out += pattern[++i];
    } else if (c == '[') {
      ++depth;
    } else if (c == ']' && depth > 0) {
      --depth;
    }
  }
  return out;
}

}  // namespace

void Regex::Free::operator()(void* code) const {
  pcre2_code_free(static_cast<pcre2_code*>(code));
}

absl::StatusOr<Regex> Regex::Compile(std::string_view pattern,
                                     std::string_view flags) {
  uint32_t options =
      PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;
  bool extended = false;
  bool dot_all = false;
  for (const char flag : flags) {
    switch (flag) {
      case 's':
        dot_all = true;
        options |= PCRE2_DOTALL;
        break;
      case 'm':
        options |= PCRE2_MULTILINE;
        break;
      case 'i':
        options |= PCRE2_CASELESS;
        break;
      case 'x':
        extended = true;
        break;
      default:
        return absl::InvalidArgumentError(absl::StrCat(
            "flags: got '", ToAbsl(flags), "', wanted any of s, m, i, x"));
    }
  }
  const std::string bare = extended ? WithoutSpace(pattern) : "";
  Translator translator(extended ? std::string_view(bare) : pattern);
  translator.set_dot_all(dot_all);
  const std::string translated = translator.Run();
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* const code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()),
                    translated.size(), options, &error, &offset, nullptr);
  if (code == nullptr) {
    std::array<PCRE2_UCHAR, 160> message{};
    pcre2_get_error_message(error, message.data(), message.size());
    return absl::InvalidArgumentError(
        absl::StrCat("pattern '", ToAbsl(pattern),
                     "': ", reinterpret_cast<const char*>(message.data())));
  }
  return Regex(code);
}

absl::StatusOr<std::optional<Regex::Match>> Regex::Find(std::string_view text,
                                                        size_t from) const {
  const auto* const code = static_cast<const pcre2_code*>(code_.get());
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)>
      data(pcre2_match_data_create_from_pattern(code, nullptr),
           &pcre2_match_data_free);
  const std::unique_ptr<pcre2_match_context,
                        decltype(&pcre2_match_context_free)>
      context(pcre2_match_context_create(nullptr), &pcre2_match_context_free);
  pcre2_set_match_limit(context.get(), kMatchLimit);
  pcre2_set_heap_limit(context.get(), kHeapLimitKib);
  const int found =
      pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                  from, PCRE2_NO_UTF_CHECK, data.get(), context.get());
  if (found == PCRE2_ERROR_NOMATCH) return std::nullopt;
  if (found < 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("pattern: tried more than ", kMatchLimit, " times"));
  }
  Match match;
  const PCRE2_SIZE* const offsets = pcre2_get_ovector_pointer(data.get());
  const uint32_t count = pcre2_get_ovector_count(data.get());
  for (uint32_t i = 0; i < count; ++i) {
    match.groups.emplace_back(offsets[2 * i], offsets[2 * i + 1]);
  }
  return match;
}

}  // namespace pawl::expression::feel
