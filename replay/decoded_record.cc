#include "replay/decoded_record.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/iso8601.h"
#include "base/strings.h"
#include "engine/core/apply.h"
#include "flatbuffers/reflection.h"
#include "replay/record_schema.h"
#include "schemas/record_generated.h"

namespace pawl::replay {
namespace {

const reflection::Schema& Schema() {
  return *reflection::GetSchema(RecordSchema().data());
}

bool EndsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() &&
         text.substr(text.size() - suffix.size()) == suffix;
}

// Milliseconds since 1970, as opposed to a length of time.
bool IsMoment(std::string_view field) {
  return EndsWith(field, "time_ms") || EndsWith(field, "due_ms") ||
         EndsWith(field, "_at_ms") || EndsWith(field, "_until_ms") ||
         EndsWith(field, "follow_up_ms") || EndsWith(field, "_from_ms");
}

// Fields that most commands and events of their kind leave at zero, where they
// say nothing: element 0, which is the process, is no event.
bool IsAbsentAtZero(std::string_view field) {
  constexpr std::string_view kFields[] = {
      "boundary", "trigger", "catcher",    "triggered",  "start_event",
      "request",  "phase",   "definition", "loop_index", "compensates",
      "instance", "key",     "above",      "partial",    "next_number",
      "assigns",  "last",    "local"};
  return std::find(std::begin(kFields), std::end(kFields), field) !=
         std::end(kFields);
}

// Keys and positions pass 2^53, so they are texts; other numbers are numbers.
Value IntegerValue(reflection::BaseType type, int64_t value) {
  if (type == reflection::ULong) {
    return Value(std::to_string(static_cast<uint64_t>(value)));
  }
  if (type == reflection::Bool) return Value(value != 0);
  return Value(value);
}

class Walker {
 public:
  explicit Walker(ElementNames* names) : names_(names) {}

  // The fields of `table`, in the schema's order.
  Variables Table(const reflection::Object& type,
                  const flatbuffers::Table& table) {
    Variables out;
    const InstanceKey around = instance_;
    // A caller's element is one of its own model.
    if (type.name()->str() == "pawl.fb.Caller") {
      instance_ =
          InstanceKey(table.GetField<uint64_t>(fb::Caller::VT_INSTANCE, 0));
    }
    for (const reflection::Field* field : FieldsById(type)) {
      Field(*field, table, &out);
    }
    // Which time of a cycle it is: of a timer without one none.
    if (const Value* cycle = out.find("cycle");
        cycle != nullptr && cycle->is_null() && out.contains("number")) {
      out["number"] = Value();
    }
    instance_ = around;
    return out;
  }

  // Name and fields of a member of a union.
  std::pair<Value, Variables> UnionMember(const reflection::Enum& of,
                                          uint8_t member, const void* table) {
    const reflection::EnumVal* value = of.values()->LookupByKey(member);
    // NONE has no type, and the verifier lets its content through unseen.
    if (member == 0 || value == nullptr || table == nullptr) return {};
    const reflection::Object& type =
        *Schema().objects()->Get(value->union_type()->index());
    return {value->name()->str(),
            Table(type, *static_cast<const flatbuffers::Table*>(table))};
  }

  Variables Event(const fb::Record& record, uint32_t index);

 private:
  static std::vector<const reflection::Field*> FieldsById(
      const reflection::Object& type) {
    std::vector<const reflection::Field*> fields(type.fields()->begin(),
                                                 type.fields()->end());
    std::sort(fields.begin(), fields.end(),
              [](const auto* a, const auto* b) { return a->id() < b->id(); });
    return fields;
  }

  void Field(const reflection::Field& field, const flatbuffers::Table& table,
             Variables* out) {
    const std::string name = field.name()->str();
    switch (field.type()->base_type()) {
      case reflection::String: {
        const flatbuffers::String* text = flatbuffers::GetFieldS(table, field);
        (*out)[name] = text == nullptr ? Value() : Value(text->str());
        return;
      }
      case reflection::Obj:
        return Object(field, name, table, out);
      case reflection::Vector:
        (*out)[name] = VectorValue(field, name, table);
        return;
      // A union stands in two fields: which member, and the member.
      case reflection::UType:
        return;
      case reflection::Union:
        return Union(field, name, table, out);
      default:
        return Scalar(field, name, flatbuffers::GetAnyFieldI(table, field),
                      out);
    }
  }

  void Scalar(const reflection::Field& field, const std::string& name,
              int64_t number, Variables* out) {
    if (IsMoment(name)) {
      const std::string shown = name.substr(0, name.size() - 3);
      (*out)[shown] = number == 0 ? Value() : Value(TimeText(number));
      return;
    }
    if (number == 0 && IsAbsentAtZero(name)) {
      (*out)[name] = Value();
      return;
    }
    (*out)[name] = ScalarValue(field.type()->base_type(), field.type()->index(),
                               name, number);
  }

  Value ScalarValue(reflection::BaseType base_type, int enum_index,
                    const std::string& name, int64_t number) {
    if (enum_index >= 0) {
      const reflection::EnumVal* value =
          Schema().enums()->Get(enum_index)->values()->LookupByKey(number);
      return value == nullptr ? Value(number) : Value(value->name()->str());
    }
    if (names_ != nullptr && base_type == reflection::UInt) {
      std::optional<std::string> id;
      const auto index = static_cast<uint32_t>(number);
      if (name == "element" || name == "boundary" || name == "trigger" ||
          name == "catcher" || name == "elements")
        id = names_->Element(instance_, index);
      if (name == "flow" || name == "flows") {
        id = names_->Flow(instance_, index);
      }
      if (id.has_value()) return Value(*std::move(id));
    }
    return IntegerValue(base_type, number);
  }

  void Object(const reflection::Field& field, const std::string& name,
              const flatbuffers::Table& table, Variables* out) {
    const reflection::Object& type =
        *Schema().objects()->Get(field.type()->index());
    const flatbuffers::Table* inner = flatbuffers::GetFieldT(table, field);
    // A compiled model is as long as its source: `pawl xml` shows that.
    if (type.name()->str() == "pawl.fb.Process") return;
    (*out)[name] = inner == nullptr ? Value() : Value(Table(type, *inner));
  }

  void Union(const reflection::Field& field, const std::string& name,
             const flatbuffers::Table& table, Variables* out) {
    const auto type_field = static_cast<flatbuffers::voffset_t>(
        field.offset() - sizeof(flatbuffers::voffset_t));
    auto [member, fields] =
        UnionMember(*Schema().enums()->Get(field.type()->index()),
                    table.GetField<uint8_t>(type_field, 0),
                    table.GetPointer<const void*>(field.offset()));
    (*out)[name] = std::move(member);
    (*out)["arguments"] = std::move(fields);
  }

  Value VectorValue(const reflection::Field& field, const std::string& name,
                    const flatbuffers::Table& table) {
    const auto* vector =
        table.GetPointer<const flatbuffers::VectorOfAny*>(field.offset());
    const reflection::BaseType element = field.type()->element();
    // A state, encoded.
    if (element == reflection::UByte && field.type()->index() < 0) {
      return Value(
          absl::StrCat(vector == nullptr ? 0 : vector->size(), " bytes"));
    }
    if (element == reflection::Obj) {
      const reflection::Object& type =
          *Schema().objects()->Get(field.type()->index());
      return Tables(type, vector);
    }
    Value::List list;
    for (uint32_t i = 0; vector != nullptr && i < vector->size(); ++i) {
      if (element == reflection::String) {
        list.emplace_back(
            flatbuffers::GetAnyVectorElemPointer<const flatbuffers::String>(
                vector, i)
                ->str());
      } else {
        list.push_back(
            ScalarValue(element, field.type()->index(), name,
                        flatbuffers::GetAnyVectorElemI(vector, element, i)));
      }
    }
    return Value(std::move(list));
  }

  Value Tables(const reflection::Object& type,
               const flatbuffers::VectorOfAny* vector) {
    const bool variables = type.name()->str() == "pawl.fb.Variable";
    Variables object;
    Value::List list;
    for (uint32_t i = 0; vector != nullptr && i < vector->size(); ++i) {
      const auto& table =
          *flatbuffers::GetAnyVectorElemPointer<const flatbuffers::Table>(
              vector, i);
      if (variables) {
        const auto& variable = reinterpret_cast<const fb::Variable&>(table);
        const absl::StatusOr<Value> value =
            variable.json() == nullptr
                ? Value()
                : Value::FromJson(variable.json()->str());
        object.Set(variable.name() == nullptr ? "" : variable.name()->str(),
                   value.ok() ? *value : Value());
      } else {
        list.emplace_back(Table(type, table));
      }
    }
    return variables ? Value(std::move(object)) : Value(std::move(list));
  }

  ElementNames* const names_;
  InstanceKey instance_;
};

const reflection::Enum& EnumNamed(const char* name) {
  const reflection::Enum* found = Schema().enums()->LookupByKey(name);
  PAWL_CHECK(found != nullptr) << name;
  return *found;
}

const reflection::Object& ObjectNamed(const char* name) {
  const reflection::Object* found = Schema().objects()->LookupByKey(name);
  PAWL_CHECK(found != nullptr) << name;
  return *found;
}

template <typename Vector>
Value TableList(Walker* walker, const char* type, const Vector* vector) {
  Value::List list;
  for (uint32_t i = 0; vector != nullptr && i < vector->size(); ++i) {
    list.emplace_back(walker->Table(
        ObjectNamed(type),
        *reinterpret_cast<const flatbuffers::Table*>(vector->Get(i))));
  }
  return Value(std::move(list));
}

// The instance of event `index`, as core::InstanceOf has it for the decoded
// form. Not valid for events of the partition.
InstanceKey InstanceOfEvent(const fb::Record& record, uint32_t index) {
  if (core::IsPartitionEvent(record.events_type()->GetEnum<fb::Event>(index))) {
    return {};
  }
  if (record.touched() == nullptr || record.touched()->size() == 0) return {};
  uint32_t touched = 0;
  if (record.event_instances() != nullptr &&
      index < record.event_instances()->size()) {
    touched = record.event_instances()->Get(index);
  }
  if (touched >= record.touched()->size()) return {};
  return InstanceKey(record.touched()->Get(touched)->instance());
}

Variables Walker::Event(const fb::Record& record, uint32_t index) {
  Variables out;
  instance_ = InstanceOfEvent(record, index);
  auto [name, fields] =
      UnionMember(EnumNamed("pawl.fb.Event"),
                  static_cast<uint8_t>(record.events_type()->Get(index)),
                  record.events()->Get(index));
  out["event"] = std::move(name);
  if (instance_.valid()) out["instance"] = ToString(instance_);
  for (const auto& [field, value] : fields) out.Set(field, value);
  return out;
}

}  // namespace

absl::StatusOr<Variables> DecodeForReading(std::string_view bytes,
                                           ElementNames* names) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size(), /*_max_depth=*/64,
                                 static_cast<uint32_t>(bytes.size() / 8 + 1));
  if (!fb::VerifyRecordBuffer(verifier)) {
    return absl::DataLossError("got bytes that are no record");
  }
  const fb::Record& record = *fb::GetRecord(data);
  Walker walker(names);
  Variables out;
  out["position"] = PositionText(record.partition(), record.position());
  out["time"] = TimeText(record.time_ms());
  out["actor"] =
      record.actor() == nullptr ? Value() : Value(record.actor()->str());
  out["caused_by"] =
      record.caused_by() == 0
          ? Value()
          : Value(PositionText(record.partition(), record.caused_by()));
  if (record.source_position() != 0) {
    out["source"] =
        absl::StrCat(record.source_partition(), ":", record.source_position(),
                     "/", record.source_ordinal());
  }
  auto [command, arguments] = walker.UnionMember(
      EnumNamed("pawl.fb.Command"), static_cast<uint8_t>(record.command_type()),
      record.command());
  out["command"] = std::move(command);
  out["arguments"] = std::move(arguments);
  out["facts"] = TableList(&walker, "pawl.fb.Fact", record.facts());
  out["touched"] = TableList(&walker, "pawl.fb.Touched", record.touched());
  Value::List events;
  const uint32_t count =
      record.events() == nullptr ? 0 : record.events()->size();
  for (uint32_t i = 0; i < count; ++i) {
    events.emplace_back(walker.Event(record, i));
  }
  out["events"] = std::move(events);
  return out;
}

std::string PositionText(PartitionId partition, Position position) {
  return absl::StrCat(partition, ":", position);
}

std::string TimeText(int64_t time_ms) { return FormatIsoDateTime(time_ms); }

}  // namespace pawl::replay
