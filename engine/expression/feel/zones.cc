#include "engine/expression/feel/zones.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/internal/cctz/include/cctz/zone_info_source.h"
#include "base/check.h"
#include "base/strings.h"
#include "third_party/tzdata/zone_data.h"

namespace pawl::expression::feel {
namespace {

namespace cctz = absl::time_internal::cctz;
namespace cctz_extension = absl::time_internal::cctz_extension;

// Abseil asks its factory for the bytes of a zone, once for each name. Names
// that begin so are ours; all others, which the program that we are part of may
// use, go the way they always went.
constexpr std::string_view kPrefix = "pawl:";

const tzdata::Zone* FindData(std::string_view name) {
  const auto* const it = std::lower_bound(
      std::begin(tzdata::kZones), std::end(tzdata::kZones), name,
      [](const tzdata::Zone& a, std::string_view b) { return a.name < b; });
  return it != std::end(tzdata::kZones) && it->name == name ? it : nullptr;
}

class Source final : public cctz::ZoneInfoSource {
 public:
  explicit Source(std::string_view bytes) : bytes_(bytes) {}
  size_t Read(void* out, size_t size) override {
    size = std::min(size, bytes_.size());
    std::memcpy(out, bytes_.data(), size);
    bytes_.remove_prefix(size);
    return size;
  }
  int Skip(size_t count) override {
    if (count > bytes_.size()) return -1;
    bytes_.remove_prefix(count);
    return 0;
  }
  std::string Version() const override { return std::string(tzdata::kVersion); }

 private:
  std::string_view bytes_;
};

using Fallback = std::function<std::unique_ptr<cctz::ZoneInfoSource>(
    const std::string& name)>;

cctz_extension::ZoneInfoSourceFactory former = nullptr;

std::unique_ptr<cctz::ZoneInfoSource> Open(const std::string& name,
                                           const Fallback& fallback) {
  if (!name.starts_with(kPrefix)) return former(name, fallback);
  const tzdata::Zone* const data =
      FindData(std::string_view(name).substr(kPrefix.size()));
  if (data == nullptr) return nullptr;
  return std::make_unique<Source>(
      std::string_view(tzdata::kBytes + data->offset, data->size));
}

// Before main(), because Abseil reads the pointer without a lock.
[[maybe_unused]] const bool installed = [] {
  former = cctz_extension::zone_info_source_factory;
  cctz_extension::zone_info_source_factory = &Open;
  return true;
}();

}  // namespace

std::string_view ZoneRulesVersion() { return tzdata::kVersion; }

std::optional<absl::TimeZone> FindZone(std::string_view name) {
  if (FindData(name) == nullptr) return std::nullopt;
  absl::TimeZone zone;
  PAWL_CHECK(
      absl::LoadTimeZone(absl::StrCat(ToAbsl(kPrefix), ToAbsl(name)), &zone))
      << "zone " << std::string(name);
  return zone;
}

}  // namespace pawl::expression::feel
