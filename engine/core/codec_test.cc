// Damage is the business of tests/fuzz and replay/verify_test.cc; that what was
// written is read again is a law of tests/support/core_harness.h.
#include "engine/core/codec.h"

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace pawl::core {
namespace {

// As a scan of a cache gives a value, somewhere in a block of the database.
// Only UndefinedBehaviorSanitizer sees when it is read in place.
template <typename Read>
void AtEveryAddress(const std::string& bytes, const Read& read) {
  std::vector<char> block(bytes.size() + 8);
  for (size_t at = 0; at < 8; ++at) {
    std::memcpy(block.data() + at, bytes.data(), bytes.size());
    read(std::string_view(block.data() + at, bytes.size()));
  }
}

TEST(CodecTest, ASnapshotIsReadAtAnyAddress) {
  Instance instance;
  instance.key = InstanceKey(7);
  instance.process_id = "odd";
  Scope& scope = instance.scopes[instance.root()];
  for (const char* name : {"a", "bc", "def"}) scope.variables[name] = "12";
  scope.tokens[3] = 1;
  scope.token_count = 1;
  AtEveryAddress(EncodeSnapshot(instance, 9), [&](std::string_view bytes) {
    const auto snapshot = DecodeSnapshot(bytes);
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    EXPECT_EQ(snapshot->position, 9u);
    EXPECT_EQ(snapshot->instance.scopes.at(instance.root()).variables.size(),
              3u);
  });
}

TEST(CodecTest, APartitionIsReadAtAnyAddress) {
  Partition partition;
  partition.position = 9;
  partition.definitions["odd"].emplace_back().version = 1;
  AtEveryAddress(EncodePartition(partition), [](std::string_view bytes) {
    const auto read = DecodePartition(bytes);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->position, 9u);
    EXPECT_EQ(read->definitions.size(), 1u);
  });
}

}  // namespace
}  // namespace pawl::core
