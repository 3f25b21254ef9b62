// Value and Variables: the JSON data of processes, as users hold it and as
// expressions see it.
//
// Numbers are kept as written: `1.10` stays `1.10` and no digit is lost,
// because a double between two decimals would change amounts that people
// account for. Conversions to C++ numbers are exact or refused. Source: RFC
// 8259 (JSON); docs/values.md has the table of types.
//
// Thread-compatible: several threads may read one value. Copies are O(1) for
// lists and contexts (shared, immutable), so a Value passes by value.
#ifndef PAWL_ENGINE_VALUE_H_
#define PAWL_ENGINE_VALUE_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pawl {

class Variables;

// A JSON value. A default-constructed one is null.
class Value {
 public:
  enum class Kind : uint8_t { kNull, kBool, kNumber, kString, kList, kContext };
  using List = std::vector<Value>;

  Value() = default;
  Value(std::nullptr_t) {}  // NOLINT(runtime/explicit)
  template <std::same_as<bool> T>
  Value(T value) : rep_(value) {}  // NOLINT(runtime/explicit)
  template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>)
      Value(T value) {  // NOLINT(runtime/explicit)
    if constexpr (std::signed_integral<T>) {
      SetInt64(value);
    } else {
      SetUint64(value);
    }
  }
  // The shortest decimal that reads back as `value`. What JSON has no number
  // for (NaN, infinities) becomes null.
  Value(double value);            // NOLINT(runtime/explicit)
  Value(const char* value);       // NOLINT(runtime/explicit)
  Value(std::string value);       // NOLINT(runtime/explicit)
  Value(std::string_view value);  // NOLINT(runtime/explicit)
  Value(List value);              // NOLINT(runtime/explicit)
  Value(Variables value);         // NOLINT(runtime/explicit)

  // A number from its JSON text, kept as written.
  // InvalidArgument: no JSON number (offset, got, wanted), or longer than
  //   kNumberBytesMax, or its exponent is beyond kNumberExponentMax.
  static absl::StatusOr<Value> Number(std::string_view text);

  // Reads one JSON text, the whole of `json`. O(n).
  // InvalidArgument: no JSON, invalid UTF-8, a name twice in one object, a
  //   lone surrogate, nested deeper than kValueDepthMax, or a number that
  //   Number() refuses; the message has offset, got and wanted.
  // ResourceExhausted: longer than kVariablesBytesMax.
  static absl::StatusOr<Value> FromJson(std::string_view json);

  Kind kind() const { return static_cast<Kind>(rep_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_bool() const { return kind() == Kind::kBool; }
  bool is_number() const { return kind() == Kind::kNumber; }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_list() const { return kind() == Kind::kList; }
  bool is_context() const { return kind() == Kind::kContext; }

  // Conversions. InvalidArgument when the kind is another, naming both.
  absl::StatusOr<bool> AsBool() const;
  // Also `1.0` and `1e3`. InvalidArgument: has a fraction, or doesn't fit.
  absl::StatusOr<int64_t> AsInt64() const;
  // The nearest double. InvalidArgument: too large for one.
  absl::StatusOr<double> AsDouble() const;
  absl::StatusOr<std::string> AsString() const;

  // Direct access, for who knows the kind; anything else is a CHECK. The
  // references live as long as this value is neither changed nor destroyed.
  bool boolean() const;
  const std::string& string() const;
  const std::string& number_text() const;
  const List& list() const;
  const Variables& context() const;

  // Entries of a list or context, else 0.
  size_t size() const;
  // The named entry of a context; null when absent or when this is no context.
  // The reference lives as long as this value.
  const Value& operator[](std::string_view name) const;
  const Value& operator[](const char* name) const {
    return (*this)[std::string_view(name)];
  }
  // An entry of a list; null when out of range or when this is no list.
  template <std::integral T>
  const Value& operator[](T index) const {
    return index < T{0} ? Null() : At(static_cast<size_t>(index));
  }

  // Canonical JSON: no spaces, entries in their order, numbers as written,
  // nothing escaped that needn't be. FromJson(ToJson()) gives an equal value
  // with the same text if Validate() is OK. O(n).
  std::string ToJson() const;
  void AppendJson(std::string* out) const;

  // Whether FromJson would accept ToJson(): values that C++ code made can nest
  // too deeply or hold bytes that aren't UTF-8. Whoever takes values from users
  // calls this first. O(n). InvalidArgument as in FromJson.
  absl::Status Validate() const;

  // Same kind and same content. Numbers by numeric value, exactly (1 == 1.0);
  // contexts whatever the order of their entries. O(n).
  friend bool operator==(const Value& a, const Value& b);

  // Negative, 0 or positive as a is less than, equal to or more than b, exactly
  // and for any number of digits. CHECK: both are numbers.
  static int CompareNumbers(const Value& a, const Value& b);

  // a == b with a bound on the work: each entry takes one from *steps, and each
  // 64 bytes of text. False with *steps below 0 when that wasn't enough.
  static bool EqualWithin(const Value& a, const Value& b, int64_t* steps);

  // A null that lives for ever.
  static const Value& Null();

  friend std::ostream& operator<<(std::ostream& os, const Value& value);

 private:
  // Text of a number; its own type, so that the variant tells it from a string.
  struct NumberText {
    std::string text;
  };
  friend class JsonReader;

  void SetInt64(int64_t value);
  void SetUint64(uint64_t value);
  const Value& At(size_t index) const;

  // The order is that of Kind.
  std::variant<std::monostate, bool, NumberText, std::string,
               std::shared_ptr<const List>, std::shared_ptr<const Variables>>
      rep_;
};

// "null", "boolean", "number", "string", "list", "context".
std::string_view KindName(Value::Kind kind);

// `number 12`, `string "abc"`, `a list of 3 entries`: for messages, cut to a
// few words however large the value is.
std::string DescribeValue(const Value& value);

// Named values in the order of their insertion; each name once.
//
//   Variables v{{"amount", 120}, {"name", "x"}};
//   v["paid"] = true;
//
// Look-ups are O(1), also in a context of many thousand names.
class Variables {
 public:
  using Entry = std::pair<std::string, Value>;
  using const_iterator = std::vector<Entry>::const_iterator;

  Variables() = default;
  // The last of several entries with one name counts.
  Variables(std::initializer_list<Entry> entries);

  // Reads a JSON object. As Value::FromJson; InvalidArgument also for any other
  // JSON value.
  static absl::StatusOr<Variables> FromJson(std::string_view json);

  // The named value, inserted as null at the end when absent. The reference
  // lives until the next insertion or removal.
  Value& operator[](std::string_view name);
  // The named value; null when absent.
  const Value& operator[](std::string_view name) const;
  // The named value, or nullptr.
  const Value* find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  // Sets or appends.
  void Set(std::string name, Value value);
  // Removes the named entry, if any. O(n).
  bool erase(std::string_view name);

  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  const_iterator begin() const { return entries_.begin(); }
  const_iterator end() const { return entries_.end(); }

  std::string ToJson() const;
  void AppendJson(std::string* out) const;
  // As Value::Validate(); also InvalidArgument for a name longer than
  // kNameBytesMax at this level.
  absl::Status Validate() const;

  // As for Values: whatever the order.
  friend bool operator==(const Variables& a, const Variables& b);
  friend std::ostream& operator<<(std::ostream& os, const Variables& variables);

 private:
  friend class JsonReader;

  // Index of the entry in entries_, or size() when absent.
  size_t IndexOf(std::string_view name) const;
  void Append(std::string name, Value value);
  void Rehash();

  std::vector<Entry> entries_;
  // Open addressing over indexes into entries_, plus one; 0 is free. Empty
  // while the entries are so few that a scan is faster.
  std::vector<uint32_t> slots_;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_VALUE_H_
