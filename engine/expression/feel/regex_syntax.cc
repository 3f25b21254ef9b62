#include "engine/expression/feel/regex_syntax.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "engine/expression/feel/unicode.h"
#include "engine/expression/feel/unicode_blocks.h"

namespace pawl::expression::feel {
namespace {

// Classes within each other: [a-z-[b-y-[c]]].
constexpr int kClassDepthMax = 100;
// PCRE2's.
constexpr int64_t kRepeatMax = 65'535;
constexpr char32_t kLastCodePoint = 0x10FFFF;

struct Range {
  char32_t first;
  char32_t last;
};
// Ascending, for \s, and name characters of XML 1.0, for \i and \c.
constexpr Range kSpace[] = {{'\t', '\n'}, {'\r', '\r'}, {' ', ' '}};
constexpr Range kNameStart[] = {
    {':', ':'},       {'A', 'Z'},       {'_', '_'},       {'a', 'z'},
    {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2FF},    {0x370, 0x37D},
    {0x37F, 0x1FFF},  {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF},
    {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
};
constexpr Range kNamePart[] = {
    {'-', '.'},       {'0', '9'},       {':', ':'},         {'A', 'Z'},
    {'_', '_'},       {'a', 'z'},       {0xB7, 0xB7},       {0xC0, 0xD6},
    {0xD8, 0xF6},     {0xF8, 0x37D},    {0x37F, 0x1FFF},    {0x200C, 0x200D},
    {0x203F, 0x2040}, {0x2070, 0x218F}, {0x2C00, 0x2FEF},   {0x3001, 0xD7FF},
    {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
};

bool IsSurrogate(char32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

// As a class of PCRE2 has it, without its brackets.
std::string ClassText(std::span<const Range> ranges, bool negated) {
  std::string text;
  const auto add = [&](char32_t first, char32_t last) {
    // No text has surrogates, and PCRE2 wants none as ends.
    if (IsSurrogate(first)) first = 0xE000;
    if (IsSurrogate(last)) last = 0xD7FF;
    absl::StrAppendFormat(&text, "\\x{%X}-\\x{%X}",
                          static_cast<uint32_t>(first),
                          static_cast<uint32_t>(last));
  };
  char32_t next = 0;
  for (const Range& range : ranges) {
    if (!negated) {
      add(range.first, range.last);
    } else if (range.first > next) {
      add(next, range.first - 1);
    }
    next = range.last + 1;
  }
  if (negated && next <= kLastCodePoint) add(next, kLastCodePoint);
  return text;
}

// Of \s, \i and \c, and what is none of them.
struct SetTexts {
  std::string space[2] = {ClassText(kSpace, false), ClassText(kSpace, true)};
  std::string name_start[2] = {ClassText(kNameStart, false),
                               ClassText(kNameStart, true)};
  std::string name_part[2] = {ClassText(kNamePart, false),
                              ClassText(kNamePart, true)};
};
const SetTexts& Sets() {
  static const SetTexts* const sets = new SetTexts;
  return *sets;
}

bool IsCategory(std::string_view name) {
  if (name.empty() || name.size() > 2) return false;
  std::string_view second;
  switch (name[0]) {
    case 'L':
      second = "ultmo";
      break;
    case 'M':
      second = "nce";
      break;
    case 'N':
      second = "dlo";
      break;
    case 'P':
      second = "cdseifo";
      break;
    case 'Z':
      second = "slp";
      break;
    case 'S':
      second = "mcko";
      break;
    case 'C':
      second = "cfon";
      break;
    default:
      return false;
  }
  return name.size() == 1 || second.find(name[1]) != second.npos;
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Flag x: white space counts in classes only, not even behind a backslash.
std::string WithoutSpace(std::string_view pattern) {
  std::string out;
  int depth = 0;
  bool escaped = false;
  for (const char c : pattern) {
    if (depth == 0 && IsSpace(c)) continue;
    out += c;
    if (escaped) {
      escaped = false;
    } else if (c == '\\') {
      escaped = true;
    } else if (c == '[') {
      ++depth;
    } else if (c == ']' && depth > 0) {
      --depth;
    }
  }
  return out;
}

class Translator {
 public:
  Translator(std::string_view pattern, const RegexFlags& flags)
      : pattern_(pattern), flags_(flags) {}

  absl::StatusOr<std::string> Run() {
    while (!done()) {
      if (!Piece()) {
        return absl::InvalidArgumentError(
            absl::StrCat("offset ", at_, ": ", error_));
      }
    }
    if (!open_.empty()) {
      return absl::InvalidArgumentError("a '(' has no ')'");
    }
    return std::move(out_);
  }

 private:
  // What a backslash begins: a character, or a set as ClassText() has it.
  struct Escaped {
    std::optional<char32_t> character;
    std::string set;
    // Sets that say themselves which case they are of.
    bool cased = false;
  };

  bool done() const { return at_ == pattern_.size(); }
  char At(size_t i) const { return i < pattern_.size() ? pattern_[i] : '\0'; }
  bool Wrong(std::string_view what) {
    error_ = what;
    return false;
  }

  // An atom, or what stands around and between them.
  bool Piece() {
    const char c = pattern_[at_];
    switch (c) {
      case '|':
        out_ += '|';
        atom_ = false;
        ++at_;
        return true;
      case '(':
        return Open();
      case ')':
        return Close();
      case '?':
      case '*':
      case '+':
      case '{':
        return Repeat();
      case '}':
      case ']':
        return Wrong(
            "got a bracket that nothing has opened; as a character "
            "it has a backslash");
      case '[': {
        std::string text;
        if (!Class(0, &text)) return false;
        return Atom(text);
      }
      case '.':
        ++at_;
        return Atom(flags_.dot_all ? "." : "[^\\n\\r]");
      case '^':
        ++at_;
        // Not behind a newline that is the last character.
        return Atom(flags_.multiline ? "(?:\\A|(?<=\\n)(?!\\z))" : "(?:\\A)");
      case '$':
        ++at_;
        return Atom(flags_.multiline ? "(?:(?=\\n)|(?<!\\n)\\z)" : "(?:\\z)");
      case '\\':
        return EscapedAtom();
      default:
        std::string text;
        AppendUtf8(DecodeUtf8(pattern_, &at_), &text);
        return Atom(text);
    }
  }

  bool Atom(std::string_view text) {
    out_.append(text);
    atom_ = true;
    return true;
  }

  bool Open() {
    if (At(at_ + 1) != '?') {
      open_.push_back(++groups_);
      closed_.push_back(false);
      out_ += '(';
      ++at_;
    } else if (At(at_ + 2) == ':') {
      open_.push_back(0);
      out_ += "(?:";
      at_ += 3;
    } else {
      return Wrong("got '(?', wanted a group '(' or '(?:'");
    }
    atom_ = false;
    return true;
  }

  bool Close() {
    if (open_.empty()) return Wrong("got ')' without '('");
    if (open_.back() > 0) closed_[open_.back() - 1] = true;
    open_.pop_back();
    ++at_;
    return Atom(")");
  }

  // A quantifier. PCRE2 reads one more '+' behind it as another.
  bool Repeat() {
    if (!atom_) return Wrong("got a quantifier with nothing to repeat");
    const size_t start = at_;
    if (pattern_[at_++] == '{') {
      if (!RepeatCount()) return false;
      if (At(at_) == ',') {
        ++at_;
        if (At(at_) != '}' && !RepeatCount()) return false;
      }
      if (At(at_) != '}') return Wrong("wanted {n}, {n,} or {n,m}");
      ++at_;
    }
    if (At(at_) == '?') ++at_;
    out_.append(pattern_.substr(start, at_ - start));
    atom_ = false;
    return true;
  }

  bool RepeatCount() {
    int64_t count = 0;
    const size_t start = at_;
    for (; At(at_) >= '0' && At(at_) <= '9'; ++at_) {
      count = count * 10 + (At(at_) - '0');
      if (count > kRepeatMax) return Wrong("wanted at most 65535 times");
    }
    return at_ > start || Wrong("wanted {n}, {n,} or {n,m}");
  }

  bool EscapedAtom() {
    const char c = At(at_ + 1);
    if (c >= '1' && c <= '9') return Reference();
    Escaped escaped;
    if (!Escape(&escaped)) return false;
    if (escaped.character.has_value()) {
      std::string text;
      AppendCharacter(*escaped.character, &text);
      return Atom(text);
    }
    // Flag i is of no concern to sets.
    return Atom(flags_.caseless && !escaped.cased
                    ? absl::StrCat("(?-i:[", escaped.set, "])")
                    : absl::StrCat("[", escaped.set, "]"));
  }

  // To a group that is closed. More digits belong to it if there are so many
  // groups.
  bool Reference() {
    size_t group = static_cast<size_t>(At(at_ + 1) - '0');
    size_t end = at_ + 2;
    while (At(end) >= '0' && At(end) <= '9') {
      const size_t longer = group * 10 + static_cast<size_t>(At(end) - '0');
      if (longer > groups_) break;
      group = longer;
      ++end;
    }
    if (group > groups_ || !closed_[group - 1]) {
      return Wrong("got a reference to a group that isn't closed before it");
    }
    at_ = end;
    return Atom(absl::StrCat("\\g{", group, "}"));
  }

  // At a backslash.
  bool Escape(Escaped* out) {
    const char c = At(at_ + 1);
    switch (c) {
      case 'n':
        out->character = '\n';
        break;
      case 'r':
        out->character = '\r';
        break;
      case 't':
        out->character = '\t';
        break;
      case 's':
      case 'S':
        out->set = Sets().space[c == 'S'];
        break;
      case 'i':
      case 'I':
        out->set = Sets().name_start[c == 'I'];
        break;
      case 'c':
      case 'C':
        out->set = Sets().name_part[c == 'C'];
        break;
      case 'd':
      case 'D':
        out->set = c == 'd' ? "\\p{Nd}" : "\\P{Nd}";
        break;
      // All but punctuation, separators and others, which is these.
      case 'w':
        out->set = "\\p{L}\\p{M}\\p{N}\\p{S}";
        break;
      case 'W':
        out->set = "\\p{P}\\p{Z}\\p{C}";
        break;
      case 'p':
      case 'P':
        at_ += 2;
        return Property(c == 'P', out);
      default:
        if (c == '\0' || std::string_view("\\|.?*+(){}-[]^$").find(c) ==
                             std::string_view::npos) {
          return Wrong("got a backslash with a character that has no meaning");
        }
        out->character = static_cast<char32_t>(c);
    }
    at_ += 2;
    return true;
  }

  // Behind "\p" or "\P".
  bool Property(bool negated, Escaped* out) {
    const size_t end = At(at_) == '{' ? pattern_.find('}', at_) : pattern_.npos;
    if (end == pattern_.npos) return Wrong("wanted \\p{...}");
    const std::string_view name = pattern_.substr(at_ + 1, end - at_ - 1);
    if (name.starts_with("Is")) {
      const UnicodeBlock* const block = FindUnicodeBlock(name.substr(2));
      if (block == nullptr) return Wrong("got a block that Unicode hasn't");
      const Range range{block->first, block->last};
      out->set = ClassText({&range, 1}, negated);
    } else if (IsCategory(name)) {
      out->set = absl::StrCat(negated ? "\\P{" : "\\p{", ToAbsl(name), "}");
      out->cased = true;
    } else {
      return Wrong("got a category that Unicode hasn't");
    }
    at_ = end + 1;
    return true;
  }

  static void AppendCharacter(char32_t code, std::string* out) {
    // Whatever it means to PCRE2.
    absl::StrAppendFormat(out, "\\x{%X}", static_cast<uint32_t>(code));
  }

  // At '['. [a-z-[aeiou]] is what is in the first and not in the second.
  bool Class(int depth, std::string* out) {
    if (depth == kClassDepthMax)
      return Wrong("got too many classes in classes");
    const size_t start = at_++;
    const bool negated = At(at_) == '^';
    if (negated) ++at_;
    std::string items;
    std::string without;
    while (true) {
      if (done()) {
        at_ = start;
        return Wrong("a '[' has no ']'");
      }
      if (pattern_[at_] == ']') break;
      if (pattern_.substr(at_, 2) == "-[" && !items.empty()) {
        ++at_;
        if (!Class(depth + 1, &without)) return false;
        if (At(at_) != ']') return Wrong("wanted ']' behind what is left out");
        break;
      }
      if (!ClassItem(&items)) return false;
    }
    if (items.empty()) return Wrong("got a class with nothing in it");
    ++at_;
    const std::string first = absl::StrCat(negated ? "[^" : "[", items, "]");
    *out = without.empty() ? first
                           : absl::StrCat("(?:(?!", without, ")", first, ")");
    return true;
  }

  // A set, a character, or a range of them.
  bool ClassItem(std::string* items) {
    Escaped low;
    if (!ClassCharacter(&low)) return false;
    if (!low.character.has_value()) {
      items->append(low.set);
      return true;
    }
    AppendCharacter(*low.character, items);
    if (At(at_) != '-' || At(at_ + 1) == ']' || At(at_ + 1) == '[') return true;
    ++at_;
    Escaped high;
    if (done() || !ClassCharacter(&high)) return Wrong("wanted a character");
    if (!high.character.has_value() || *high.character < *low.character) {
      return Wrong("got a range that ends before it begins");
    }
    *items += '-';
    AppendCharacter(*high.character, items);
    return true;
  }

  bool ClassCharacter(Escaped* out) {
    if (pattern_[at_] == '\\') return Escape(out);
    if (pattern_[at_] == '[') {
      return Wrong("got '[' in a class; as a character it has a backslash");
    }
    out->character = DecodeUtf8(pattern_, &at_);
    return true;
  }

  const std::string_view pattern_;
  const RegexFlags flags_;
  size_t at_ = 0;
  // Whether a quantifier may follow.
  bool atom_ = false;
  size_t groups_ = 0;
  // Numbers of the groups around; 0: of one that isn't counted.
  std::vector<size_t> open_;
  std::vector<bool> closed_;
  std::string error_;
  std::string out_;
};

}  // namespace

absl::StatusOr<std::string> ToPcre(std::string_view pattern,
                                   const RegexFlags& flags) {
  if (!flags.extended) return Translator(pattern, flags).Run();
  const std::string bare = WithoutSpace(pattern);
  return Translator(bare, flags).Run();
}

}  // namespace pawl::expression::feel
