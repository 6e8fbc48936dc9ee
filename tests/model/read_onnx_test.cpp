#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>

#include "mien/error.hpp"
#include "model/model.hpp"
#include "model/small_model.hpp"
#include "model/wire.hpp"

namespace mien::model {
namespace {

using wire::Writer;

void expect_error(ErrorCode code, const std::string& part, const std::vector<std::byte>& bytes) {
  try {
    read_onnx(bytes, "test.onnx");
    FAIL() << "no error; expected: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("test.onnx"), std::string::npos) << error.what();
  }
}

void expect_error(ErrorCode code, const std::string& part,
                  const std::function<void(Model&)>& damage) {
  Model model = test::small_model();
  damage(model);
  expect_error(code, part, write_onnx(model));
}

/// A model with one initializer, `tensor`, which is also its output.
std::vector<std::byte> model_with(const Writer& tensor) {
  Writer output;
  output.text(1, "t");
  Writer element;
  element.integer(1, 1);
  Writer type;
  type.message(1, element);
  output.message(2, type);
  Writer graph;
  graph.message(5, tensor);
  graph.message(12, output);
  Writer opset;
  opset.integer(2, 11);
  Writer model;
  model.message(7, graph);
  model.message(8, opset);
  return model.take();
}

Writer named_tensor(std::int64_t type, std::initializer_list<std::int64_t> shape) {
  Writer tensor;
  for (const std::int64_t dimension : shape) tensor.integer(1, dimension);
  tensor.integer(2, type);
  tensor.text(8, "t");
  return tensor;
}

TEST(ReadOnnx, ReadsTypedDataFields) {
  Writer floats = named_tensor(1, {3});
  const float packed[] = {1.0F, -2.5F};
  floats.bytes(4, std::as_bytes(std::span(packed)));  // packed and single values may be mixed
  floats.float32(4, 7.0F);
  const Model real = read_onnx(model_with(floats), "test.onnx");
  const auto reals = real.initializers.at(0).values<float>();
  EXPECT_EQ(std::vector<float>(reals.begin(), reals.end()),
            (std::vector<float>{1.0F, -2.5F, 7.0F}));

  Writer longs = named_tensor(7, {2});
  longs.integer(7, -1);
  longs.integer(7, 300);
  const Model whole = read_onnx(model_with(longs), "test.onnx");
  const auto integers = whole.initializers.at(0).values<std::int64_t>();
  EXPECT_EQ(std::vector<std::int64_t>(integers.begin(), integers.end()),
            (std::vector<std::int64_t>{-1, 300}));

  Writer bytes = named_tensor(3, {2});
  bytes.text(5, std::string("\x05\x80\x01", 3));  // varints 5 and 128; the second wraps to -128
  const Model small = read_onnx(model_with(bytes), "test.onnx");
  const auto values = small.initializers.at(0).values<std::int8_t>();
  EXPECT_EQ(std::vector<std::int8_t>(values.begin(), values.end()),
            (std::vector<std::int8_t>{5, -128}));
  EXPECT_THROW(small.initializers.at(0).values<float>(), Error);
}

TEST(ReadOnnx, HalfFloatsBecomeF32) {
  const std::vector<float> expected = {1, -2, 65504, 0x1p-24F, -0x1p-14F, 0.333251953125F, 0};
  const std::uint16_t halves[] = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x8400, 0x3555, 0x0000};
  Writer raw = named_tensor(10, {7}), listed = named_tensor(10, {7});
  raw.bytes(9, std::as_bytes(std::span(halves)));
  for (const std::uint16_t half : halves) listed.integer(5, half);
  for (const Writer& tensor : {raw, listed}) {
    const Model model = read_onnx(model_with(tensor), "test.onnx");
    const auto values = model.initializers.at(0).values<float>();
    EXPECT_EQ(std::vector<float>(values.begin(), values.end()), expected);
  }
  Writer infinite = named_tensor(10, {1});
  infinite.integer(5, 0xfc00);
  EXPECT_EQ(read_onnx(model_with(infinite), "test.onnx").initializers.at(0).values<float>()[0],
            -std::numeric_limits<float>::infinity());
  Writer odd = named_tensor(10, {1});
  odd.text(9, "abc");
  expect_error(ErrorCode::kBadFormat, "'t'", model_with(odd));
}

TEST(ReadOnnx, InitializersListedAsInputsAreNotInputs) {
  Model model = test::small_model();
  model.inputs.push_back({"conv.weight", DataType::kFloat32, {2, 1, 3, 3}});
  EXPECT_EQ(read_onnx(write_onnx(model), "test.onnx").inputs.size(), 1U);
}

TEST(ReadOnnx, InvalidTensorsAreNamed) {
  Writer many = named_tensor(1, {4});
  many.text(9, "12345678");
  expect_error(ErrorCode::kBadFormat, "'t' has 8 bytes", model_with(many));
  expect_error(ErrorCode::kBadFormat, "'t' has an invalid shape",
               model_with(named_tensor(1, {-1})));
  expect_error(ErrorCode::kBadFormat, "shape",
               model_with(named_tensor(1, {std::int64_t{1} << 40, std::int64_t{1} << 40})));
  expect_error(ErrorCode::kBadFormat, "'t'", model_with(named_tensor(0, {})));
  expect_error(ErrorCode::kUnsupported, "element type 11", model_with(named_tensor(11, {1})));
  Writer outside = named_tensor(1, {1});
  outside.integer(14, 1);
  expect_error(ErrorCode::kUnsupported, "external", model_with(outside));
  expect_error(ErrorCode::kTooLarge, "dimensions",
               model_with(named_tensor(1, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1})));
  Writer packed;
  packed.text(1, std::string(1000, '\x01'));
  expect_error(ErrorCode::kTooLarge, "dimensions", model_with(packed));
}

TEST(ReadOnnx, UnboundedMemoryIsRejected) {
  Writer integers = named_tensor(7, {1});
  integers.text(7, std::string((std::size_t{1} << 25) + 1, '\x01'));
  expect_error(ErrorCode::kTooLarge, "integers in lists", model_with(integers));
  expect_error(ErrorCode::kTooLarge, "metadata entries", [](Model& model) {
    for (int i = 0; i < 5000; ++i) model.metadata["key " + std::to_string(i)] = "";
  });
  expect_error(ErrorCode::kTooLarge, "inputs, outputs and attributes", [](Model& model) {
    const Node wide{"wide", "Sum", std::vector<std::string>(4000), {"a"}, {}};
    model.nodes.assign(300, wide);
  });
}

TEST(ReadOnnx, InvalidGraphsAreNamed) {
  expect_error(ErrorCode::kBadFormat, "Relu node 'relu' uses 'c'",
               [](Model& model) { model.nodes[1].inputs = {"c"}; });
  expect_error(ErrorCode::kBadFormat, "'nothing'",
               [](Model& model) { model.nodes[3].inputs[1] = "nothing"; });
  expect_error(ErrorCode::kBadFormat, "'a'", [](Model& model) { model.nodes[1].outputs = {"a"}; });
  expect_error(ErrorCode::kBadFormat, "output 'x'",
               [](Model& model) { model.outputs[0].name = "x"; });
  expect_error(ErrorCode::kBadFormat, "no output", [](Model& model) { model.outputs.clear(); });
  expect_error(ErrorCode::kBadFormat, "op_type",
               [](Model& model) { model.nodes[0].op_type.clear(); });
  expect_error(ErrorCode::kBadFormat, "graph", std::vector<std::byte>());
}

TEST(ReadOnnx, SubgraphsAreRejectedByName) {
  Writer attribute;
  attribute.text(1, "then_branch");
  attribute.integer(20, 5);
  Writer node;
  node.text(2, "y");
  node.text(3, "branch");
  node.text(4, "If");
  node.message(5, attribute);
  Writer graph;
  graph.message(1, node);
  Writer model;
  model.message(7, graph);
  expect_error(ErrorCode::kUnsupported, "If node 'branch': attribute 'then_branch'", model.take());
}

TEST(ReadOnnx, EveryTruncationIsAnError) {
  const std::vector<std::byte> bytes = write_onnx(test::small_model());
  const std::size_t metadata_bytes = 90;  // the metadata comes last and may be missing altogether
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    try {
      const Model model = read_onnx(std::span(bytes).first(size), "test.onnx");
      EXPECT_GT(size, bytes.size() - metadata_bytes)
          << "accepted a file cut to " << size << " bytes";
      EXPECT_LT(model.metadata.size(), 2U);
    } catch (const Error&) {
    }
  }
}

TEST(ReadOnnx, DamagedBytesNeverCrash) {
  const std::vector<std::byte> bytes = write_onnx(test::small_model());
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> damaged = bytes;
    for (int change = 0; change < 1 + round % 4; ++change) {
      damaged[random() % damaged.size()] = static_cast<std::byte>(random() % 256);
    }
    try {
      read_onnx(damaged, "test.onnx");
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace mien::model
