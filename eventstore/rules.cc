#include "eventstore/rules.h"

#include "absl/strings/str_cat.h"
#include "base/limits.h"

namespace pawl::eventstore {

absl::Status CheckLogEnd(const LogEnd& found,
                         const std::vector<AcceptedLoss>& accept_loss_after,
                         const std::string& where,
                         std::vector<AcceptedLoss>* accepted) {
  if (found.cache_position > found.end) {
    return absl::DataLossError(absl::StrCat(
        "the caches are true as of ",
        LogPlace(found.partition, found.cache_position),
        ", but the log ends at ", LogPlace(found.partition, found.end), " (",
        where, "): records are missing; restore the directory from a backup"));
  }
  const bool begins =
      found.begin == 0 ? found.end < found.floor : found.begin == found.floor;
  if (!begins) {
    return absl::DataLossError(absl::StrCat(
        "the log should begin at ", LogPlace(found.partition, found.floor),
        found.begin == 0 ? std::string(", but nothing is there")
                         : absl::StrCat(", but begins at ",
                                        LogPlace(found.partition, found.begin)),
        ", and ", LogPlace(found.partition, found.acknowledged),
        " was acknowledged (", where,
        "): records are missing; restore the directory from a backup"));
  }
  if (found.end >= found.acknowledged) return absl::OkStatus();
  for (const AcceptedLoss& loss : accept_loss_after) {
    if (loss.partition == found.partition && loss.position == found.end) {
      accepted->push_back({found.partition, found.end, found.acknowledged});
      return absl::OkStatus();
    }
  }
  return absl::DataLossError(absl::StrCat(
      "the log ends at ", LogPlace(found.partition, found.end), ", but ",
      LogPlace(found.partition, found.acknowledged), " was acknowledged (",
      where, "): ", found.acknowledged - found.end, " records from ",
      LogPlace(found.partition, found.end + 1),
      " on are missing; restore the directory from a backup, or go on without "
      "them by accepting the loss after ",
      LogPlace(found.partition, found.end)));
}

absl::Status CheckPartitionCount(int wanted, int existing) {
  if (wanted < 0 || wanted > kStorePartitionsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("partitions: got ", wanted, ", wanted 1 to ",
                     kStorePartitionsMax, " (kStorePartitionsMax)"));
  }
  if (wanted != 0 && existing != 0 && wanted != existing) {
    return absl::InvalidArgumentError(absl::StrCat(
        "partitions: got ", wanted, ", but the store was created with ",
        existing, "; the number is fixed, because it places every instance"));
  }
  return absl::OkStatus();
}

absl::Status CheckMayAppend(bool read_only, bool closed,
                            const absl::Status& health,
                            const std::string& where) {
  if (read_only) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store is open for reading only: ", where));
  }
  if (closed) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store is closed: ", where));
  }
  if (!health.ok()) {
    return absl::UnavailableError(
        absl::StrCat("the store has failed, open it again: ",
                     std::string(health.message())));
  }
  return absl::OkStatus();
}

absl::Status CheckExpected(PartitionId partition, Position taken,
                           Position first) {
  if (first == taken + 1) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat(
      "append at ", LogPlace(partition, first), ", but the next position is ",
      LogPlace(partition, taken + 1)));
}

absl::Status CheckReadFrom(PartitionId partition, Position from,
                           Position floor) {
  if (from == 0) {
    return absl::InvalidArgumentError("read from position 0, the first is 1");
  }
  if (from >= floor) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat("record ", LogPlace(partition, from),
                   " was trimmed: the log begins at its floor ",
                   LogPlace(partition, floor)));
}

absl::Status CheckMayTrim(const TrimFacts& facts, const absl::Status& health) {
  const std::string what =
      absl::StrCat("trim before ", LogPlace(facts.partition, facts.wanted));
  const absl::Status may =
      CheckMayAppend(facts.read_only, facts.closed, health, what);
  if (!may.ok()) return may;
  if (facts.wanted < facts.floor) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": the floor is at ",
                     LogPlace(facts.partition, facts.floor), " already"));
  }
  const auto refused = [&](const std::string& why) {
    return absl::FailedPreconditionError(absl::StrCat(what, ": ", why));
  };
  if (facts.checkpointing) {
    return refused("a checkpoint of this partition is still running");
  }
  // Nothing that could be lost.
  if (facts.end == 0) return absl::OkStatus();
  if (facts.wanted > facts.durable + 1) {
    return refused(absl::StrCat("the log is durable up to ",
                                LogPlace(facts.partition, facts.durable)));
  }
  if (facts.wanted > facts.cached + 1) {
    return refused(absl::StrCat("the caches are at ",
                                LogPlace(facts.partition, facts.cached)));
  }
  return absl::OkStatus();
}

absl::Status CheckArchiveEntries(
    const std::vector<EventStore::ArchiveEntry>& entries) {
  size_t bytes = 0;
  for (const EventStore::ArchiveEntry& entry : entries) {
    if (entry.key.empty()) {
      return absl::InvalidArgumentError("an archive entry without a key");
    }
    bytes += entry.key.size() + entry.value.size();
  }
  if (bytes <= kRoundBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      entries.size(), " archive entries of ", bytes,
      " bytes together, at most ", kRoundBytesMax, " (kRoundBytesMax)"));
}

absl::Status CheckArchiveKeys(const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    if (key.empty()) {
      return absl::InvalidArgumentError("an archive entry without a key");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckReadable(PartitionId partition, Position position,
                           Position floor, Position end) {
  if (position == 0) {
    return absl::InvalidArgumentError("read of position 0, the first is 1");
  }
  if (position < floor) return CheckReadFrom(partition, position, floor);
  if (position > end) {
    return absl::NotFoundError(
        absl::StrCat("no record ", LogPlace(partition, position),
                     ": the log ends at ", LogPlace(partition, end)));
  }
  return absl::OkStatus();
}

absl::Status CheckMayCheckpoint(const CheckpointFacts& facts,
                                const absl::Status& health) {
  const std::string what =
      absl::StrCat("checkpoint at ", LogPlace(facts.partition, facts.wanted));
  if (facts.read_only) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, ": the store is open for reading only"));
  }
  if (facts.closed) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, ": the store is closed"));
  }
  if (!health.ok()) {
    return absl::UnavailableError(
        absl::StrCat(what, ": the store has failed, open it again: ",
                     std::string(health.message())));
  }
  if (facts.running) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, ": one of this partition is still running"));
  }
  if (facts.wanted > facts.taken) {
    return absl::FailedPreconditionError(absl::StrCat(
        what, ": the log ends at ", LogPlace(facts.partition, facts.taken)));
  }
  if (facts.wanted < facts.last) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, ": the caches are at ",
                     LogPlace(facts.partition, facts.last), " already"));
  }
  return absl::OkStatus();
}

}  // namespace pawl::eventstore
