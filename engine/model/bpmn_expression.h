// Texts of a model that may be expressions: which language, and does it
// compile? Internal to engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_EXPRESSION_H_
#define PAWL_ENGINE_MODEL_BPMN_EXPRESSION_H_

#include <memory>
#include <string_view>

#include "engine/expression/expression.h"
#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// The expression `text` of `owner`, written at `at`. `language` is the
// language or scriptFormat attribute, empty when absent; an empty text is
// refused. Null when something is wrong, which is reported with the rule
// unsupported-language, needs-java or expression-syntax.
std::unique_ptr<fb::ExpressionT> MakeExpression(
    const ParseContext& context, const XmlNode& owner, SourcePosition at,
    std::string_view text, std::string_view language, expression::Use use);

// As above, for the text and `language` of an XML element inside `owner`.
std::unique_ptr<fb::ExpressionT> MakeExpression(const ParseContext& context,
                                                const XmlNode& owner,
                                                const XmlNode& holder,
                                                expression::Use use);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_EXPRESSION_H_
