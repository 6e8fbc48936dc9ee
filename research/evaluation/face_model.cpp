#include "evaluation/face_model.hpp"

#include <algorithm>

#include "evaluation/foreign_model.hpp"
#include "mien/error.hpp"
#include "model/heads.hpp"
#include "pipeline/classifier.hpp"

namespace mien::evaluation {
namespace {

constexpr int kSide = 48;

class OwnModel : public FaceModel {
 public:
  explicit OwnModel(pipeline::Classifier classifier) : classifier_(std::move(classifier)) {}

  const std::vector<std::string>& labels() const override { return classifier_.info().labels; }
  double temperature() const override { return classifier_.info().temperature; }
  std::string head() const override { return classifier_.network().output_names().front(); }
  std::string runtime() const override {
    return "Mien, " + std::string(engine::to_string(classifier_.network().precision()));
  }
  std::vector<float> logits(std::span<const std::uint8_t> faces) const override {
    return classifier_.logits(faces);
  }

 private:
  pipeline::Classifier classifier_;
};

}  // namespace

std::unique_ptr<FaceModel> load_face_model(const std::filesystem::path& path,
                                           const engine::CompileOptions& options,
                                           const HeadRequest& head) {
  std::filesystem::path sidecar = path;
  sidecar += ".toml";
  if (std::filesystem::exists(sidecar)) return load_foreign_model(path, sidecar, options);
  pipeline::Classifier classifier = pipeline::Classifier::load(
      path, options,
      {.name = std::string(head.name), .without = {}, .preferred = std::string(head.preferred)});
  if (classifier.info().input_size != kSide) {
    throw Error(ErrorCode::kUnsupported,
                path.string() + ": input_size must be 48, the size of the images");
  }
  return std::make_unique<OwnModel>(std::move(classifier));
}

}  // namespace mien::evaluation
