// Tables of the data by others: comma separated, the first line has the names,
// and no cell holds a comma.
#ifndef PAWL_TESTS_CONFORMANCE_ROWS_H_
#define PAWL_TESTS_CONFORMANCE_ROWS_H_

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace pawl::conformance {

// Cells by their names.
using Row = std::map<std::string, std::string>;

// A line with more or fewer cells than names is a failure of the test.
std::vector<Row> ReadRows(const std::filesystem::path& path);

}  // namespace pawl::conformance

#endif  // PAWL_TESTS_CONFORMANCE_ROWS_H_
