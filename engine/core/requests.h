// The requests that one decision of the partition makes: commands that follow
// from its record (docs/adr/0019). Private to engine/core.
#ifndef PAWL_ENGINE_CORE_REQUESTS_H_
#define PAWL_ENGINE_CORE_REQUESTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/core/commands.h"
#include "engine/core/wire_variables.h"

namespace pawl::core {

template <typename EventT>
void Emit(EventT event, Events* events) {
  fb::EventUnion entry;
  entry.Set(std::move(event));
  events->push_back(std::move(entry));
}

// Makes the requests of one decision.
class Requests {
 public:
  Requests(Lookups* lookups, Events* events)
      : lookups_(lookups), events_(events) {}

  uint64_t NewKey() {
    if (next_key_ == 0) next_key_ = lookups_->NextKey();
    return next_key_++;
  }

  template <typename CommandT>
  void Add(CommandT command) {
    fb::RequestedT requested;
    requested.key = NewKey();
    command.request = requested.key;
    requested.command.Set(std::move(command));
    Emit(std::move(requested), events_);
  }

  static fb::StartInstanceT StartOf(const StartAnswer& start,
                                    const WireVariables& variables,
                                    std::string business_key) {
    fb::StartInstanceT command;
    command.business_key = std::move(business_key);
    command.process_id = start.process_id;
    command.version = start.version;
    command.definition = start.definition.value();
    command.start_event = start.element;
    command.variables = Copy(variables);
    return command;
  }

  void Start(const StartAnswer& start, const WireVariables& variables,
             std::string business_key = {}) {
    Add(StartOf(start, variables, std::move(business_key)));
  }

  // That the command is the answer to `request`; 0: to none.
  void Take(uint64_t request, std::string dropped = {}) {
    if (request == 0) return;
    fb::RequestTakenT taken;
    taken.key = request;
    taken.dropped = std::move(dropped);
    Emit(std::move(taken), events_);
  }

 private:
  Lookups* const lookups_;
  Events* const events_;
  uint64_t next_key_ = 0;
};

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_REQUESTS_H_
