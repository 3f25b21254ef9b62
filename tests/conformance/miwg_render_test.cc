// The reference models of the BPMN Model Interchange Working Group as pictures:
// every shape and edge of their diagrams is there, and what is written inside
// of a shape stays inside. The models are outside of the project
// (tests/support/conformance_dir.h); without them the test is skipped.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/model/xml_reader.h"
#include "gtest/gtest.h"
#include "replay/render/diagram_read.h"
#include "replay/render/font.h"
#include "replay/render/render.h"
#include "tests/support/conformance_dir.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;

constexpr size_t kModels = 21;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

// The ids that the shapes or edges of a file name, found by looking for the
// tags in its text: another way than the one that draws.
std::multiset<std::string> IdsIn(const std::string& xml,
                                 const std::string& tag) {
  std::multiset<std::string> ids;
  for (size_t at = xml.find(tag); at != std::string::npos;
       at = xml.find(tag, at + 1)) {
    // An opening tag of that name, with any prefix.
    const size_t open = xml.rfind('<', at);
    const size_t behind = at + tag.size();
    if (xml[open + 1] == '/' || xml.find('>', open) < at ||
        xml[behind] != ' ' || (xml[at - 1] != ':' && xml[at - 1] != '<')) {
      continue;
    }
    const std::string text = xml.substr(at, xml.find('>', at) - at);
    // An edge of one of them names no element: it goes by its own id.
    for (const std::string name : {" bpmnElement=\"", " id=\""}) {
      const size_t begin = text.find(name);
      if (begin == std::string::npos) continue;
      std::string id = text.substr(begin + name.size());
      id.resize(id.find('"'));
      ids.insert(id.substr(id.find(':') + 1));
      break;
    }
  }
  return ids;
}

class MiwgRender : public testing::Test {
 protected:
  void SetUp() override {
    if (ConformanceDir().empty() || !fs::exists(ConformanceDir() / "miwg")) {
      GTEST_SKIP() << "skipped: no folder miwg of reference models; set "
                      "PAWL_CONFORMANCE_DIR";
    }
    for (const auto& entry :
         fs::directory_iterator(ConformanceDir() / "miwg")) {
      if (entry.path().extension() == ".bpmn") models_.push_back(entry.path());
    }
    std::sort(models_.begin(), models_.end());
    ASSERT_EQ(models_.size(), kModels);
  }

  std::vector<fs::path> models_;
};

double Number(const model::XmlNode& node, const char* name) {
  const std::string* text = node.Attribute(name);
  return text == nullptr ? 0 : std::atof(text->c_str());
}

// The lines of text below `group` that reach out of `box`.
std::vector<std::string> Outside(const model::XmlNode& group,
                                 const replay::Bounds& box) {
  std::vector<std::string> outside;
  for (const model::XmlNode* text : group.children) {
    if (text->local() != "text") continue;
    const double size = Number(*text, "font-size");
    const bool is_middle = text->Attribute("text-anchor") != nullptr;
    // From bottom to top, across and down change places around the middle.
    const bool is_turned = text->Attribute("transform") != nullptr;
    for (const model::XmlNode* line : text->children) {
      replay::LabelFont font;
      font.size = size;
      font.bold = text->Attribute("font-weight") != nullptr;
      const double width = replay::TextWidth(line->text, font);
      const double x = Number(*line, "x") - (is_middle ? width / 2 : 0);
      const double y = Number(*line, "y") - 0.94 * size;
      replay::Bounds letters = {x, y, width, size};
      if (is_turned) {
        // Across is down then, around the middle of the title, which has the
        // shape's height.
        letters = {box.x, box.center().y - width / 2, 0, width};
      }
      if (!box.Inset(-1).Contains(letters)) outside.push_back(line->text);
    }
  }
  return outside;
}

TEST_F(MiwgRender, EveryShapeAndEdgeIsThere) {
  size_t shapes = 0;
  size_t edges = 0;
  for (const fs::path& path : models_) {
    SCOPED_TRACE(path.filename());
    const std::string xml = ReadFile(path);
    const auto diagrams = replay::ReadDiagrams(xml);
    ASSERT_TRUE(diagrams.ok()) << diagrams.status();
    for (const replay::Diagram& diagram : *diagrams) {
      EXPECT_EQ(diagram.left_out, std::vector<std::string>());
    }
    const auto svg = replay::RenderSvg(*diagrams, nullptr);
    ASSERT_TRUE(svg.ok()) << svg.status();
    const auto document = model::ReadXml(*svg, "");
    ASSERT_FALSE(document->problem.has_value()) << document->problem->text;

    std::multiset<std::string> drawn;
    for (const model::XmlNode& node : document->nodes) {
      const std::string* id = node.Attribute("data-element-id");
      if (id != nullptr && node.local() == "g") drawn.insert(*id);
    }
    std::multiset<std::string> wanted = IdsIn(xml, "BPMNShape");
    shapes += wanted.size();
    const std::multiset<std::string> of_edges = IdsIn(xml, "BPMNEdge");
    edges += of_edges.size();
    wanted.insert(of_edges.begin(), of_edges.end());
    EXPECT_GT(wanted.size(), 0u);
    EXPECT_EQ(drawn, wanted);
  }
  std::cout << shapes << " shapes and " << edges << " edges of "
            << models_.size() << " models\n";
  EXPECT_GE(shapes, 500u);
  EXPECT_GE(edges, 500u);
}

TEST_F(MiwgRender, WhatIsWrittenInsideOfAShapeStaysInside) {
  size_t looked_at = 0;
  for (const fs::path& path : models_) {
    SCOPED_TRACE(path.filename());
    const auto diagrams = replay::ReadDiagrams(ReadFile(path));
    ASSERT_TRUE(diagrams.ok()) << diagrams.status();
    for (const replay::Diagram& diagram : *diagrams) {
      const auto svg = replay::RenderSvg({diagram}, nullptr);
      ASSERT_TRUE(svg.ok()) << svg.status();
      const auto document = model::ReadXml(*svg, "");
      ASSERT_FALSE(document->problem.has_value());
      std::map<std::string, const model::XmlNode*> groups;
      for (const model::XmlNode& node : document->nodes) {
        const std::string* id = node.Attribute("data-element-id");
        if (id != nullptr) groups[*id] = &node;
      }
      for (const replay::Shape& shape : diagram.shapes) {
        if (shape.kind != replay::ShapeKind::kActivity &&
            shape.kind != replay::ShapeKind::kAnnotation &&
            shape.kind != replay::ShapeKind::kPool &&
            shape.kind != replay::ShapeKind::kLane) {
          continue;
        }
        ASSERT_TRUE(groups.contains(shape.id));
        EXPECT_EQ(Outside(*groups[shape.id], shape.bounds),
                  std::vector<std::string>())
            << shape.id;
        ++looked_at;
      }
    }
  }
  EXPECT_GT(looked_at, 250u);
}

}  // namespace
}  // namespace pawl
