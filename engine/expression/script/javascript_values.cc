#include "engine/expression/script/javascript_values.h"

#include <js/Array.h>
#include <js/BigInt.h>
#include <js/CallAndConstruct.h>
#include <js/Conversions.h>
#include <js/ErrorReport.h>
#include <js/GCVector.h>
#include <js/JSON.h>
#include <js/Object.h>
#include <js/PropertyAndElement.h>
#include <js/String.h>
#include <js/Symbol.h>

#include <charconv>
#include <cmath>

#include "base/limits.h"

namespace pawl::expression::script {
namespace {

void AppendString(std::string_view text, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  *out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      *out += "\\u00";
      *out += kHex[c >> 4];
      *out += kHex[c & 15];
    } else {
      *out += c;
    }
  }
  *out += '"';
}

void AppendCodePoint(char32_t c, std::string* out) {
  if (c < 0x80) {
    *out += static_cast<char>(c);
    return;
  }
  const int following = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  const char32_t mark = following == 1 ? 0xC0 : following == 2 ? 0xE0 : 0xF0;
  *out += static_cast<char>(mark | c >> (6 * following));
  for (int i = following - 1; i >= 0; --i) {
    *out += static_cast<char>(0x80 | (c >> (6 * i) & 0x3F));
  }
}

class Writer {
 public:
  Writer(JSContext* cx, const std::string& what, long* bytes_left,
         std::string* out)
      : cx_(cx), what_(what), bytes_left_(bytes_left), out_(out) {}

  bool Write(JS::HandleValue value, int depth) {
    // Each entry is at least two bytes; counting them bounds objects that hold
    // one object many times.
    if (!Take(2)) return false;
    if (value.isNullOrUndefined()) return Literal("null");
    if (value.isBoolean()) {
      return Literal(value.toBoolean() ? "true" : "false");
    }
    if (value.isNumber()) return WriteNumber(value.toNumber());
    if (value.isString()) {
      JS::RootedString string(cx_, value.toString());
      return WriteString(string);
    }
    if (value.isBigInt()) return WriteBigInt(value);
    if (!value.isObject()) return Refuse("a symbol");
    if (depth == 0) {
      return Refuse("an object in itself, or nested deeper than " +
                    std::to_string(kValueDepthMax) + " (kValueDepthMax)");
    }
    JS::RootedObject object(cx_, &value.toObject());
    return WriteObject(object, depth);
  }

 private:
  bool Refuse(const std::string& got) {
    JS_ReportErrorUTF8(cx_,
                       "%s: got %s, wanted null, a boolean, a finite number, a "
                       "string, an array or a plain object of those",
                       what_.c_str(), got.c_str());
    return false;
  }

  bool Take(size_t bytes) {
    *bytes_left_ -= static_cast<long>(bytes);
    if (*bytes_left_ >= 0) return true;
    JS_ReportErrorUTF8(cx_, "%s: too large", what_.c_str());
    return false;
  }

  bool Literal(const char* text) {
    *out_ += text;
    return true;
  }

  bool WriteNumber(double number) {
    if (!std::isfinite(number)) {
      return Refuse(std::isnan(number) ? "NaN" : "Infinity");
    }
    char text[32];
    // Whole ones as such, also where 2e+9 is shorter. -0 means nothing here.
    constexpr double kWhole = 9007199254740992;
    const bool is_whole =
        std::fabs(number) <= kWhole && number == std::trunc(number);
    const std::to_chars_result result =
        is_whole ? std::to_chars(text, text + sizeof(text),
                                 static_cast<int64_t>(number))
                 : std::to_chars(text, text + sizeof(text), number);
    out_->append(text, result.ptr);
    return true;
  }

  bool WriteBigInt(JS::HandleValue value) {
    JS::RootedString string(cx_, JS::ToString(cx_, value));
    if (string == nullptr) return false;
    if (JS_GetStringLength(string) > kNumberBytesMax) {
      return Refuse("a BigInt of more digits than kNumberBytesMax");
    }
    std::string text;
    if (!ToUtf8(cx_, string, what_, &text) || !Take(text.size())) return false;
    *out_ += text;
    return true;
  }

  bool WriteString(JS::HandleString string) {
    if (!Take(JS_GetStringLength(string))) return false;
    std::string text;
    if (!ToUtf8(cx_, string, what_, &text)) return false;
    AppendString(text, out_);
    return true;
  }

  bool WriteObject(JS::HandleObject object, int depth) {
    bool is_array = false;
    if (!JS::IsArrayObject(cx_, object, &is_array)) return false;
    if (is_array) return WriteArray(object, depth);
    js::ESClass kind;
    if (!JS::GetBuiltinClass(cx_, object, &kind)) return false;
    switch (kind) {
      case js::ESClass::Object:
        return WriteContext(object, depth);
      case js::ESClass::Date:
        return Refuse("a Date (toISOString() makes a string of it)");
      case js::ESClass::Function:
        return Refuse("a function");
      case js::ESClass::Promise:
        return Refuse("a Promise");
      case js::ESClass::Map:
      case js::ESClass::Set:
        return Refuse(
            "a Map or Set (Object.fromEntries() and Array.from() "
            "make plain ones)");
      default:
        return Refuse(JS::IsCallable(object) ? "a function"
                                             : "an object of another kind");
    }
  }

  bool WriteArray(JS::HandleObject array, int depth) {
    uint32_t length = 0;
    if (!JS::GetArrayLength(cx_, array, &length)) return false;
    *out_ += '[';
    for (uint32_t i = 0; i < length; ++i) {
      if (i > 0) *out_ += ',';
      JS::RootedValue entry(cx_);
      if (!JS_GetElement(cx_, array, i, &entry)) return false;
      if (!Write(entry, depth - 1)) return false;
    }
    *out_ += ']';
    return true;
  }

  bool WriteContext(JS::HandleObject object, int depth) {
    JS::Rooted<JS::IdVector> names(cx_, JS::IdVector(cx_));
    if (!JS_Enumerate(cx_, object, &names)) return false;
    *out_ += '{';
    bool first = true;
    for (size_t i = 0; i < names.length(); ++i) {
      JS::RootedId id(cx_, names[i]);
      JS::RootedValue entry(cx_);
      if (!JS_GetPropertyById(cx_, object, id, &entry)) return false;
      // As JSON.stringify has it.
      if (entry.isUndefined()) continue;
      JS::RootedValue name(cx_);
      if (!JS_IdToValue(cx_, id, &name)) return false;
      JS::RootedString string(cx_, JS::ToString(cx_, name));
      if (string == nullptr) return false;
      if (!first) *out_ += ',';
      first = false;
      if (!WriteString(string)) return false;
      *out_ += ':';
      if (!Write(entry, depth - 1)) return false;
    }
    *out_ += '}';
    return true;
  }

  JSContext* const cx_;
  const std::string& what_;
  long* const bytes_left_;
  std::string* const out_;
};

}  // namespace

bool AppendJson(JSContext* cx, JS::HandleValue value, const std::string& what,
                long* bytes_left, std::string* out) {
  return Writer(cx, what, bytes_left, out).Write(value, kValueDepthMax);
}

bool FromJson(JSContext* cx, std::string_view json,
              JS::MutableHandleValue out) {
  JS::RootedString string(
      cx, JS_NewStringCopyUTF8N(cx, JS::UTF8Chars(json.data(), json.size())));
  return string != nullptr && JS_ParseJSON(cx, string, out);
}

bool ToUtf8(JSContext* cx, JS::HandleString string, const std::string& what,
            std::string* out) {
  const size_t length = JS_GetStringLength(string);
  // A copy: the characters may move when memory is collected.
  std::u16string units(length, u'\0');
  mozilla::Range<char16_t> range(units.data(), length);
  if (!JS_CopyStringChars(cx, range, string)) return false;
  for (size_t i = 0; i < length; ++i) {
    char32_t c = units[i];
    if (c >= 0xD800 && c < 0xE000) {
      if (c >= 0xDC00 || i + 1 == length || units[i + 1] < 0xDC00 ||
          units[i + 1] >= 0xE000) {
        JS_ReportErrorUTF8(cx,
                           "%s: got a string with a lone surrogate, wanted "
                           "Unicode",
                           what.c_str());
        return false;
      }
      c = 0x10000 + ((c - 0xD800) << 10) + (units[++i] - 0xDC00u);
    }
    AppendCodePoint(c, out);
  }
  return true;
}

}  // namespace pawl::expression::script
