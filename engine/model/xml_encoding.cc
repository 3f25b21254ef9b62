#include "engine/model/xml_encoding.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace pawl::model {
namespace {

// EUC-JP has the longest characters of those below.
constexpr size_t kCharacterBytesMax = 3;

// Names without what tools write differently: "Shift_JIS", "windows-31j".
constexpr std::pair<std::string_view, const char*> kNames[] = {
    {"ASCII", "ASCII"},        {"USASCII", "ASCII"},
    {"UTF8", "UTF-8"},         {"MACINTOSH", "MACINTOSH"},
    {"MACROMAN", "MACINTOSH"}, {"KOI8R", "KOI8-R"},
    {"KOI8U", "KOI8-U"},       {"GBK", "GBK"},
    {"GB2312", "GBK"},         {"BIG5", "BIG5"},
    {"EUCKR", "EUC-KR"},       {"EUCJP", "EUC-JP"},
    {"SHIFTJIS", "CP932"},     {"SJIS", "CP932"},
    {"WINDOWS31J", "CP932"},   {"MS932", "CP932"},
};

constexpr int kIsoOfLatin[] = {0, 1, 2, 3, 4, 9, 10, 13, 14, 15, 16};

constexpr int kCodePages[] = {437,  850,  852,  855,  857,  858,  866,
                              874,  932,  936,  949,  950,  1250, 1251,
                              1252, 1253, 1254, 1255, 1256, 1257, 1258};

// The C library's name of it; empty: none that is read. A list, because some of
// the library's conversions are not made for what strangers send.
std::string LibraryName(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte)) {
      plain.push_back(absl::ascii_toupper(byte));
    }
  }
  for (const auto& [known, library] : kNames) {
    if (plain == known) return library;
  }
  absl::string_view number = plain;
  int value = 0;
  if (absl::ConsumePrefix(&number, "ISO8859") &&
      absl::SimpleAtoi(number, &value) && value >= 1 && value <= 16) {
    return absl::StrCat("ISO-8859-", value);
  }
  number = plain;
  if (absl::ConsumePrefix(&number, "LATIN") &&
      absl::SimpleAtoi(number, &value) && value >= 1 &&
      value < static_cast<int>(std::size(kIsoOfLatin))) {
    return absl::StrCat("ISO-8859-", kIsoOfLatin[value]);
  }
  number = plain;
  const bool is_page = absl::ConsumePrefix(&number, "WINDOWS") ||
                       absl::ConsumePrefix(&number, "CP") ||
                       absl::ConsumePrefix(&number, "IBM");
  if (is_page && absl::SimpleAtoi(number, &value) &&
      std::find(std::begin(kCodePages), std::end(kCodePages), value) !=
          std::end(kCodePages)) {
    return absl::StrCat("CP", value);
  }
  return std::string();
}

enum class Reading { kCharacter, kPart, kNothing };

// The one character of `size` bytes.
Reading Read(iconv_t conversion, const char* bytes, size_t size,
             int* code_point) {
  iconv(conversion, nullptr, nullptr, nullptr, nullptr);
  char* in = const_cast<char*>(bytes);
  unsigned char made[8] = {};
  char* out = reinterpret_cast<char*>(made);
  size_t in_left = size;
  size_t out_left = sizeof(made);
  if (iconv(conversion, &in, &in_left, &out, &out_left) ==
      static_cast<size_t>(-1)) {
    return errno == EINVAL && out_left == sizeof(made) ? Reading::kPart
                                                       : Reading::kNothing;
  }
  // What it holds back for a mark that may follow.
  iconv(conversion, nullptr, nullptr, &out, &out_left);
  if (in_left != 0 || out_left != sizeof(made) - 4) return Reading::kNothing;
  *code_point = (made[0] << 24) | (made[1] << 16) | (made[2] << 8) | made[3];
  return Reading::kCharacter;
}

// How many bytes the characters have that begin so; 0: there are none. Second
// bytes of two are tried first where an encoding also has longer ones.
int LengthFrom(iconv_t conversion, char* bytes, size_t size) {
  if (size == kCharacterBytesMax) return 0;
  int longer = 0;
  for (int next = 0xFF; next >= 0x30; --next) {
    bytes[size] = static_cast<char>(next);
    int code_point = 0;
    const Reading reading = Read(conversion, bytes, size + 1, &code_point);
    if (reading == Reading::kCharacter) return static_cast<int>(size) + 1;
    if (reading == Reading::kPart && longer == 0) {
      longer = LengthFrom(conversion, bytes, size + 1);
    }
  }
  return longer;
}

// A character of several bytes; its first byte says how many.
struct Conversion {
  iconv_t library;
  int lengths[256];
};

int OnConvert(void* data, const char* bytes) {
  const auto* conversion = static_cast<const Conversion*>(data);
  const int length = conversion->lengths[static_cast<unsigned char>(*bytes)];
  int code_point = -1;
  return Read(conversion->library, bytes, static_cast<size_t>(length),
              &code_point) == Reading::kCharacter
             ? code_point
             : -1;
}

void OnRelease(void* data) {
  auto* conversion = static_cast<Conversion*>(data);
  iconv_close(conversion->library);
  delete conversion;
}

}  // namespace

int OnUnknownEncoding(void* data, const XML_Char* name,
                      XML_Encoding* encoding) {
  const std::string library_name = LibraryName(name);
  if (library_name == "UTF-8") {
    *static_cast<std::string*>(data) = library_name;
    return XML_STATUS_ERROR;
  }
  if (library_name.empty()) return XML_STATUS_ERROR;
  const iconv_t library = iconv_open("UCS-4BE", library_name.c_str());
  if (library == reinterpret_cast<iconv_t>(-1)) return XML_STATUS_ERROR;
  auto* conversion = new Conversion{library, {}};
  for (int byte = 0; byte < 256; ++byte) {
    char bytes[kCharacterBytesMax] = {static_cast<char>(byte)};
    int code_point = -1;
    const Reading reading = Read(library, bytes, 1, &code_point);
    encoding->map[byte] = reading == Reading::kCharacter ? code_point : -1;
    if (reading != Reading::kPart) continue;
    const int length = LengthFrom(library, bytes, 1);
    if (length == 0) continue;
    conversion->lengths[byte] = length;
    encoding->map[byte] = -length;
  }
  encoding->data = conversion;
  encoding->convert = &OnConvert;
  encoding->release = &OnRelease;
  return XML_STATUS_OK;
}

}  // namespace pawl::model
