// Printer: a parsed FEEL expression as text again, with as few parentheses as
// it takes. Internal to FEEL.
//
// Parsing the text gives an equal tree, given the same known names: names that
// could be read as something else are written in backticks.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_PRINTER_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_PRINTER_H_

#include <string>

#include "engine/expression/feel/ast.h"
#include "engine/expression/feel/parser.h"
#include "engine/expression/feel/type.h"

namespace pawl::expression::feel {

// O(nodes).
std::string Print(const Tree& tree, Form form, const Known& known);
// "list<number>".
std::string Print(const Type& type);

// Equal but for where in a text the nodes were.
bool SameTree(const Tree& a, const Tree& b);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_PRINTER_H_
