// Time zones by name, of the rules that come with Pawl (third_party/tzdata) and
// not of the machine: an expression of an old log gives today what it gave
// then. Internal to FEEL. docs/adr/0017.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_ZONES_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_ZONES_H_

#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace pawl::expression::feel {

// "2025b".
std::string_view ZoneRulesVersion();

// The zone `name` as the database spells it, "Europe/Berlin"; nothing for every
// other text. Reads no file; memory grows with the zones that there are, not
// with the names that are asked for.
std::optional<absl::TimeZone> FindZone(std::string_view name);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_ZONES_H_
