// Functions of strings (DMN 1.4, 10.3.4.3). Positions count code points, from
// 1; negative ones from the end.
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/regex.h"
#include "engine/expression/feel/unicode.h"
#include "engine/expression/feel/unicode_case.h"

namespace pawl::expression::feel {
namespace {

Item Wanted(Call& call, std::string_view wanted) {
  return call.Fault(absl::StrCat("wanted ", ToAbsl(wanted)));
}

// The arguments from 0 to `count` - 1 are strings.
bool AreStrings(Call& call, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (i >= call.count() || !call[i].is_string()) return false;
  }
  return true;
}

Item OfText(Call& call, std::string_view text) {
  return Item::String(call.arena().Copy(text));
}

Item Substring(Call& call) {
  if (!call[0].is_string() || !call[1].is_number()) {
    return Wanted(call, "a string and a position");
  }
  const std::string_view text = call[0].string;
  const auto start = call[1].number.Truncated().ToInt64();
  const int64_t size = static_cast<int64_t>(CodePoints(text));
  if (!start.has_value() || *start == 0 || *start > size || *start < -size) {
    return Wanted(call, "a position in the string");
  }
  const int64_t first = *start > 0 ? *start - 1 : size + *start;
  int64_t length = size - first;
  if (call.count() > 2 && !call[2].is_null()) {
    if (!call[2].is_number()) return Wanted(call, "a length");
    const auto wanted = call[2].number.Truncated().ToInt64();
    if (!wanted.has_value() || *wanted < 1) return Wanted(call, "a length");
    length = std::min(length, *wanted);
  } else if (call.count() > 2) {
    return Wanted(call, "a length");
  }
  const size_t from = OffsetOfCodePoint(text, static_cast<size_t>(first));
  const std::string_view rest = text.substr(from);
  return Item::String(
      rest.substr(0, OffsetOfCodePoint(rest, static_cast<size_t>(length))));
}

Item StringLength(Call& call) {
  if (!AreStrings(call, 1)) return Wanted(call, "a string");
  return Item::Number(static_cast<int64_t>(CodePoints(call[0].string)));
}

Item MapCase(Call& call, utf8proc_int32_t (*map)(utf8proc_int32_t)) {
  if (!AreStrings(call, 1)) return Wanted(call, "a string");
  // A look-up for each letter.
  if (!call.Spend(static_cast<int64_t>(call[0].string.size() / 16))) {
    return Item::Null();
  }
  std::string out;
  for (size_t at = 0; at < call[0].string.size();) {
    const char32_t code = DecodeUtf8(call[0].string, &at);
    if (map == &utf8proc_toupper) {
      if (const SpecialUpper* const special = FindSpecialUpper(code)) {
        for (const char32_t upper : special->upper) {
          if (upper != 0) AppendUtf8(upper, &out);
        }
        continue;
      }
    } else if (code == 0x130) {
      // The only letter whose lower case is several: i and a dot above.
      AppendUtf8('i', &out);
      AppendUtf8(0x307, &out);
      continue;
    }
    AppendUtf8(static_cast<char32_t>(map(static_cast<utf8proc_int32_t>(code))),
               &out);
  }
  return OfText(call, out);
}
Item UpperCase(Call& call) { return MapCase(call, utf8proc_toupper); }
Item LowerCase(Call& call) { return MapCase(call, utf8proc_tolower); }

// As std::string_view::find, but linear: that one is quadratic, and a few
// hundred kilobytes of one letter would take it seconds.
size_t FindText(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return 0;
  // An empty text may have no address at all, which memmem doesn't allow.
  if (text.empty()) return std::string_view::npos;
  const void* const at =
      memmem(text.data(), text.size(), pattern.data(), pattern.size());
  return at == nullptr
             ? std::string_view::npos
             : static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

Item SubstringBefore(Call& call) {
  if (!AreStrings(call, 2)) return Wanted(call, "two strings");
  const size_t at = FindText(call[0].string, call[1].string);
  if (at == std::string_view::npos) return Item::String({});
  return Item::String(call[0].string.substr(0, at));
}

Item SubstringAfter(Call& call) {
  if (!AreStrings(call, 2)) return Wanted(call, "two strings");
  const size_t at = FindText(call[0].string, call[1].string);
  if (at == std::string_view::npos) return Item::String({});
  return Item::String(call[0].string.substr(at + call[1].string.size()));
}

Item ContainsText(Call& call) {
  if (!AreStrings(call, 2)) return Wanted(call, "two strings");
  return Item::Boolean(FindText(call[0].string, call[1].string) !=
                       std::string_view::npos);
}
Item StartsWith(Call& call) {
  if (!AreStrings(call, 2)) return Wanted(call, "two strings");
  return Item::Boolean(call[0].string.starts_with(call[1].string));
}
Item EndsWith(Call& call) {
  if (!AreStrings(call, 2)) return Wanted(call, "two strings");
  return Item::Boolean(call[0].string.ends_with(call[1].string));
}

// --- Regular expressions -----------------------------------------------------

// Steps that getting ready to search in `text` costs.
int64_t Cost(std::string_view text) {
  return 8 + static_cast<int64_t>(text.size()) / 64;
}

// One of argument `pattern`, with the flags of argument `flags` if it is given.
absl::StatusOr<Regex> CompileRegex(Call& call, size_t pattern, size_t flags) {
  // Compiling takes about as long as evaluating so many steps.
  call.Spend(8 + 2 * static_cast<int64_t>(call[pattern].string.size()));
  return Regex::Compile(call[pattern].string,
                        call.given(flags) ? call[flags].string : "");
}

// What a search that was given up leaves.
Item GivenUp(Call& call, const absl::Status& status) {
  return call.Spend(0) ? call.Fault(ToStd(status.message())) : Item::Null();
}

Item Matches(Call& call) {
  if (!AreStrings(call, 2)) return Wanted(call, "two strings");
  if (call.given(2) && !call[2].is_string()) return Wanted(call, "flags");
  const auto regex = CompileRegex(call, 1, 2);
  if (!regex.ok()) return call.Fault(ToStd(regex.status().message()));
  if (!call.Spend(Cost(call[0].string))) return Item::Null();
  const auto match = regex->Find(call[0].string, 0, call.budget());
  if (!match.ok()) return GivenUp(call, match.status());
  return Item::Boolean(match->has_value());
}

// Whether each $ is followed by a digit, and each \ by $ or \ (err:FORX0004).
bool IsReplacement(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '\\' && c != '$') continue;
    const char next = i + 1 < text.size() ? text[++i] : '\0';
    const bool fits =
        c == '$' ? next >= '0' && next <= '9' : next == '\\' || next == '$';
    if (!fits) return false;
  }
  return true;
}

// err:FORX0003: what would it be that stands between two letters?
bool MatchesNothing(Call& call, const Regex& regex) {
  const auto match = regex.Find("", 0, call.budget());
  return match.ok() && match->has_value();
}
constexpr std::string_view kMatchesNothing =
    "a pattern that doesn't match the empty string";

// Appends a replacement, one by IsReplacement(), with its $0 to $9.
void AppendReplacement(std::string_view replacement, std::string_view text,
                       const Regex::Match& match, std::string* out) {
  for (size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
    if (c == '\\') {
      *out += next;
      ++i;
    } else if (c == '$') {
      size_t group = static_cast<size_t>(next - '0');
      ++i;
      // As many digits as there are groups for.
      while (i + 1 < replacement.size() && replacement[i + 1] >= '0' &&
             replacement[i + 1] <= '9') {
        const size_t longer =
            group * 10 + static_cast<size_t>(replacement[i + 1] - '0');
        if (longer >= match.groups.size()) break;
        group = longer;
        ++i;
      }
      if (group < match.groups.size() &&
          match.groups[group].first != std::string_view::npos) {
        const auto [from, to] = match.groups[group];
        out->append(text.substr(from, to - from));
      }
    } else {
      *out += c;
    }
  }
}

// Calls `visit` for each match; it returns false to end.
template <typename Visit>
bool ForEachMatch(Call& call, const Regex& regex, std::string_view text,
                  const Visit& visit) {
  size_t from = 0;
  while (from <= text.size()) {
    if (!call.Spend(Cost(text))) return false;
    const auto match = regex.Find(text, from, call.budget());
    if (!match.ok()) {
      GivenUp(call, match.status());
      return false;
    }
    if (!match->has_value()) return true;
    const auto [begin, end] = (*match)->groups[0];
    if (!visit(**match)) return false;
    if (end > begin) {
      from = end;
    } else {
      // Nothing was matched: on behind the next code point.
      if (end >= text.size()) return true;
      from = end;
      DecodeUtf8(text, &from);
    }
  }
  return true;
}

Item Replace(Call& call) {
  if (!AreStrings(call, 3)) return Wanted(call, "three strings");
  if (call.given(3) && !call[3].is_string()) return Wanted(call, "flags");
  const std::string_view text = call[0].string;
  const auto regex = CompileRegex(call, 1, 3);
  if (!regex.ok()) return call.Fault(ToStd(regex.status().message()));
  if (MatchesNothing(call, *regex)) return Wanted(call, kMatchesNothing);
  if (!IsReplacement(call[2].string)) {
    return Wanted(call, "a replacement: $ and a digit, \\$ or \\\\");
  }
  std::string out;
  size_t copied = 0;
  const bool done =
      ForEachMatch(call, *regex, text, [&](const Regex::Match& match) {
        out.append(text.substr(copied, match.groups[0].first - copied));
        copied = match.groups[0].second;
        AppendReplacement(call[2].string, text, match, &out);
        call.Spend(static_cast<int64_t>(call[2].string.size() / 64));
        return out.size() <= call.arena().bytes_max();
      });
  // What is longer has no room in the arena: that ends the evaluation.
  if (!done && out.size() <= call.arena().bytes_max()) return Item::Null();
  out.append(text.substr(copied));
  return OfText(call, out);
}

Item Split(Call& call) {
  if (!AreStrings(call, 2)) return Wanted(call, "two strings");
  const std::string_view text = call[0].string;
  const auto regex = CompileRegex(call, 1, call.count());
  if (!regex.ok()) return call.Fault(ToStd(regex.status().message()));
  if (MatchesNothing(call, *regex)) return Wanted(call, kMatchesNothing);
  std::vector<Item> parts;
  size_t from = 0;
  const bool done =
      ForEachMatch(call, *regex, text, [&](const Regex::Match& match) {
        const auto [begin, end] = match.groups[0];
        parts.push_back(Item::String(text.substr(from, begin - from)));
        from = end;
        return true;
      });
  if (!done) return Item::Null();
  parts.push_back(Item::String(text.substr(from)));
  Item* const items = call.arena().NewArray<Item>(parts.size());
  if (items == nullptr) return Item::Null();
  std::copy(parts.begin(), parts.end(), items);
  return Item::List(items, parts.size());
}

Item StringJoin(Call& call) {
  if (!call[0].is_list() && !call[0].is_string()) {
    return Wanted(call, "a list of strings");
  }
  const Item one = call[0];
  const std::span<const Item> items =
      one.is_list() ? one.list() : std::span<const Item>(&one, 1);
  for (size_t i = 1; i < call.count(); ++i) {
    if (!call[i].is_string() && !call[i].is_null()) {
      return Wanted(call, "a delimiter");
    }
  }
  const std::string_view delimiter = call.given(1) ? call[1].string : "";
  std::string out = call.given(2) ? std::string(call[2].string) : "";
  bool first = true;
  for (const Item& item : items) {
    if (item.is_null()) continue;
    if (!item.is_string()) return Wanted(call, "a list of strings");
    if (!call.Spend(1 + static_cast<int64_t>(
                            (delimiter.size() + item.string.size()) / 64))) {
      return Item::Null();
    }
    // No room for it: that ends the evaluation.
    if (out.size() > call.arena().bytes_max()) break;
    if (!first) out.append(delimiter);
    first = false;
    out.append(item.string);
  }
  if (call.given(3)) out.append(call[3].string);
  return OfText(call, out);
}

// --- Camunda's ---------------------------------------------------------------

Item Trim(Call& call) {
  if (!AreStrings(call, 1)) return Wanted(call, "a string");
  std::string_view text = call[0].string;
  const auto is_space = [](char c) { return c == ' ' || (c >= 9 && c <= 13); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return Item::String(text);
}

Item IsBlank(Call& call) {
  if (!AreStrings(call, 1)) return Wanted(call, "a string");
  return Item::Boolean(Trim(call).string.empty());
}

// The parts of the text that match.
Item Extract(Call& call) {
  if (!AreStrings(call, 2)) return Wanted(call, "two strings");
  const std::string_view text = call[0].string;
  const auto regex = CompileRegex(call, 1, call.count());
  if (!regex.ok()) return call.Fault(ToStd(regex.status().message()));
  std::vector<Item> parts;
  const bool done =
      ForEachMatch(call, *regex, text, [&](const Regex::Match& match) {
        const auto [begin, end] = match.groups[0];
        parts.push_back(Item::String(text.substr(begin, end - begin)));
        return true;
      });
  Item* const items = call.arena().NewArray<Item>(parts.size());
  if (!done || items == nullptr) return Item::Null();
  std::copy(parts.begin(), parts.end(), items);
  return Item::List(items, parts.size());
}

constexpr char kBase64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Item ToBase64(Call& call) {
  if (!AreStrings(call, 1)) return Wanted(call, "a string");
  const std::string_view text = call[0].string;
  std::string out;
  for (size_t i = 0; i < text.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits =
          bits << 8 |
          (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += i + k > text.size() ? '=' : kBase64[bits >> (18 - 6 * k) & 63];
    }
  }
  return OfText(call, out);
}

Item FromBase64(Call& call) {
  if (!AreStrings(call, 1)) return Wanted(call, "a string");
  std::string_view text = call[0].string;
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const char* const found =
        std::find(std::begin(kBase64), std::end(kBase64) - 1, c);
    if (found == std::end(kBase64) - 1) return Wanted(call, "base64");
    bits = bits << 6 | static_cast<uint32_t>(found - kBase64);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xFF);
    }
  }
  if (FindInvalidUtf8(out) != std::string::npos) {
    return Wanted(call, "base64 of a text");
  }
  return OfText(call, out);
}

// Version 4, of the command's own source of chance.
Item Uuid(Call& call) {
  const uint64_t high = (call.NextRandom() & ~uint64_t{0xF000}) | 0x4000;
  const uint64_t low = (call.NextRandom() & ~(uint64_t{3} << 62)) | uint64_t{1}
                                                                        << 63;
  return OfText(call, absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32,
                                      high >> 16 & 0xFFFF, high & 0xFFFF,
                                      low >> 48, low & 0xFFFFFFFFFFFF));
}

constexpr std::array kTable = {
    Builtin{"substring", "string, start position, [length]", &Substring},
    Builtin{"string length", "string", &StringLength},
    Builtin{"upper case", "string", &UpperCase},
    Builtin{"lower case", "string", &LowerCase},
    Builtin{"substring before", "string, match", &SubstringBefore},
    Builtin{"substring after", "string, match", &SubstringAfter},
    Builtin{"replace", "input, pattern, replacement, [flags]", &Replace},
    Builtin{"contains", "string, match", &ContainsText},
    Builtin{"starts with", "string, match", &StartsWith},
    Builtin{"ends with", "string, match", &EndsWith},
    Builtin{"matches", "input, pattern, [flags]", &Matches},
    Builtin{"split", "string, delimiter", &Split},
    Builtin{"string join", "list: list, [delimiter], [prefix], [suffix]",
            &StringJoin},
    Builtin{"trim", "string", &Trim},
    Builtin{"is blank", "string", &IsBlank},
    Builtin{"extract", "string, pattern", &Extract},
    Builtin{"to base64", "value", &ToBase64},
    Builtin{"from base64", "value", &FromBase64},
    Builtin{"uuid", "", &Uuid},
};

}  // namespace

std::span<const Builtin> StringBuiltins() { return kTable; }

}  // namespace pawl::expression::feel
