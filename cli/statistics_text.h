// Statistics as tables for people: shared by stats and top.
#ifndef PAWL_CLI_STATISTICS_TEXT_H_
#define PAWL_CLI_STATISTICS_TEXT_H_

#include <cstdint>
#include <string>

#include "cli/console.h"
#include "replay/statistics.h"

namespace pawl::cli {

// "3d 4h", "12m 5s", "380ms": its two largest units.
std::string ShowAge(int64_t ms);

// Adds a row per state of instances that there are, and one per kind of open
// work, to a table of two columns.
void AddCounts(const replay::Statistics& statistics, TextTable* table);

// What waits longest, and what is due next: what, key, instance, since, for how
// long until `now_ms`. Empty when nothing waits.
TextTable OldestTable(const replay::Statistics& statistics, int64_t now_ms);

}  // namespace pawl::cli

#endif  // PAWL_CLI_STATISTICS_TEXT_H_
