#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "error_code.hpp"
#include "explain/explainer.hpp"
#include "explain/sanity.hpp"
#include "pipeline/model_files.hpp"
#include "support.hpp"

namespace mien::explain {
namespace {

const std::filesystem::path kModels = MIEN_SOURCE_DIR "/models";

/// Something like a face: bright skin, dark eyes, brows and an open mouth of a size and place of
/// its own.
Image drawn_face(unsigned seed) {
  Image face(48, 48, PixelFormat::kGray8);
  const auto blob = [](double x, double y, double rx, double ry) {
    return std::exp(-std::pow(x / rx, 4) - std::pow(y / ry, 4));
  };
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 48; ++x) {
      const double open = 2 + seed % 4, brow = 12 - seed % 3;
      double gray = 60 + 130 * blob(x - 24, y - 24, 19, 25);
      for (const int eye : {15, 33})
        gray -= 110 * blob(x - eye, y - 18, 4, 2.2) + 70 * blob(x - eye, y - brow, 6, 1.5);
      gray -= 90 * blob(x - 24, y - 37, 8, open) + 40 * blob(x - 24, y - 28, 2, 2);
      face.row(y)[x] = static_cast<std::uint8_t>(std::clamp(gray, 0.0, 255.0));
    }
  }
  return face;
}

TEST(Randomized, ChangesTheLastLayersOnly) {
  const model::Model model = test::reference_model();
  const model::Model changed = randomized(model, 1, 5);
  const std::string last = model.nodes.back().inputs[1];
  for (const model::Tensor& tensor : model.initializers) {
    EXPECT_EQ(changed.find_initializer(tensor.name)->data == tensor.data, tensor.name != last)
        << tensor.name;
  }
  EXPECT_EQ(randomized(model, 3, 5).find_initializer(last)->data,
            changed.find_initializer(last)->data);
}

/// Adebayo et al. 2018: a map that shows what the network has learned does not survive the loss of
/// what it has learned.
TEST(SanityCheck, GradCamOfTheShippedNetworkChangesWithRandomWeights) {
  const model::Model model = model::read_onnx(kModels / "reference.onnx");
  constexpr unsigned kFaces = 3;
  std::vector<double> sums;
  for (unsigned face = 0; face < kFaces; ++face) {
    const std::vector<CascadeStep> steps =
        randomization_test(model, drawn_face(face), 3 + face % 4, 11 + face);
    ASSERT_EQ(steps.size(), 13U);  // ten convolutions and three dense layers
    EXPECT_EQ(steps.front().layer, "logits");
    EXPECT_EQ(steps.back().layer, "block1_conv1");
    sums.resize(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
      sums[i] += steps[i].grad_cam.rank_correlation;
      EXPECT_LT(steps[i].grad_cam.structural_similarity, 0.9) << steps[i].layer;
    }
  }
  // Where only the last layer is random, the activations, a factor of the map, are still the
  // trained ones.
  for (std::size_t i = 0; i < sums.size(); ++i)
    EXPECT_LT(std::abs(sums[i] / kFaces), i == 0 ? 0.75 : 0.6) << "layer " << i << " from the end";
}

TEST(SanityCheck, OcclusionOfTheShippedNetworkChangesWithRandomWeights) {
  const test::TemporaryDir folder;
  const model::Model model = model::read_onnx(kModels / "reference.onnx");
  model::write_onnx(randomized(model, 13, 1), folder / "random.onnx");
  const Explainer trained = Explainer::load(kModels / "reference.onnx", 1),
                  random = Explainer::load(folder / "random.onnx", 1);
  double sum = 0;
  for (unsigned face = 0; face < 4; ++face) {
    const HeatMap a = *trained.explain(drawn_face(face), 3, Methods::kOcclusion).occlusion,
                  b = *random.explain(drawn_face(face), 3, Methods::kOcclusion).occlusion;
    sum += rank_correlation(a.values, b.values);
    EXPECT_LT(structural_similarity(a, b), 0.6);
  }
  EXPECT_LT(std::abs(sum / 4), 0.5);
}

TEST(SanityCheck, RejectsAQuantizedModel) {
  EXPECT_EQ(
      test::code_of([] { randomized(model::read_onnx(kModels / "reference-int8.onnx"), 2, 1); }),
      ErrorCode::kUnsupported);
}

TEST(Explainer, MapsAreRepeatableAndInt8MapsAreSimilar) {
  const Explainer real = Explainer::load(kModels / "reference.onnx", 1),
                  quantized = Explainer::load(kModels / "reference-int8.onnx", 1);
  const Image face = drawn_face(1);
  const Explanation a = real.explain(face, 5, Methods::kBoth),
                    again = real.explain(face, 5, Methods::kBoth),
                    b = quantized.explain(face, 5, Methods::kBoth);
  EXPECT_EQ(a.grad_cam->values, again.grad_cam->values);
  EXPECT_GT(rank_correlation(a.grad_cam->values, b.grad_cam->values), 0.9);
  EXPECT_GT(rank_correlation(a.occlusion->values, b.occlusion->values), 0.9);
}

TEST(Explainer, ExplainsTheHeadThatIsAskedFor) {
  const auto labels = [](const char* head) {
    return Explainer::load(kModels / "mien.onnx", 1, head).labels().size();
  };
  EXPECT_EQ(labels("fer2013"), 7U);
  EXPECT_EQ(labels("ferplus"), 8U);
  EXPECT_EQ(test::code_of([&] { labels("nose"); }), ErrorCode::kInvalidArgument);
}

TEST(Explainer, DrawsOnePanelPerMethod) {
  const Explainer explainer = Explainer::load(kModels / "reference.onnx", 1);
  const Image face = drawn_face(0);
  const Image both = draw(explainer.explain(face, 3, Methods::kBoth), "happy", face);
  const Image one = draw(explainer.explain(face, 3, Methods::kGradCam), "happy", face);
  EXPECT_EQ(both.format(), PixelFormat::kRgb8);
  EXPECT_EQ(both.height(), one.height());
  EXPECT_EQ((both.width() - one.width()) * 2, one.width() - 20);  // three panels against two
  EXPECT_EQ(test::code_of([&] { draw({}, "happy", Image(10, 20, PixelFormat::kGray8)); }),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mien::explain
