#include "explain/explainer.hpp"

#include "base/text.hpp"
#include "explain/occlusion.hpp"
#include "mien/error.hpp"
#include "model/heads.hpp"
#include "model/locate.hpp"
#include "vision/crop.hpp"
#include "vision/face_detector.hpp"

namespace mien::explain {

Methods methods_from_string(std::string_view name) {
  if (name == "grad-cam") return Methods::kGradCam;
  if (name == "occlusion") return Methods::kOcclusion;
  if (name == "both") return Methods::kBoth;
  throw Error(ErrorCode::kInvalidArgument,
              "unknown method '" + std::string(name) + "'; choose grad-cam, occlusion or both");
}

Explainer Explainer::load(const std::filesystem::path& model, int threads,
                          const std::string& head) {
  const std::filesystem::path path = model::locate_model(model);
  const model::SelectedHead selected = model::load_head(path, head);
  try {
    return Explainer(
        pipeline::Classifier::compile(selected, {engine::Precision::kF32, threads}),
        GradCam(selected.model, selected.model.outputs[0].name, selected.info.input_size, threads));
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

Image Explainer::crop(const vision::ScaledImage& photo, const Face& face, std::string_view detector,
                      int side) const {
  const model::ClassifierInfo& info = classifier_.info();
  const Image& image = photo.image;
  if (side == 0) side = info.input_size;
  if (face.box.width <= 0 || face.box.height <= 0) {
    return vision::crop_face(
        image, {0, 0, static_cast<float>(image.width()), static_cast<float>(image.height())}, {},
        side);
  }
  const auto found = info.crops.find(std::string(detector));
  return vision::crop_aligned_face(
      image,
      vision::scaled({face.box, face.score, face.landmarks, face.rotation}, 1 / photo.scale_x(),
                     1 / photo.scale_y()),
      found != info.crops.end() ? found->second : base::CropGeometry{}, side);
}

Explanation Explainer::explain(const Image& crop, std::size_t label, Methods methods) const {
  const model::ClassifierInfo& info = classifier_.info();
  if (crop.format() != PixelFormat::kGray8 || crop.width() != info.input_size ||
      crop.height() != info.input_size || label >= info.labels.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("explain: crop and label must be %dx%d gray and below %zu",
                             info.input_size, info.input_size, info.labels.size()));
  }
  const std::span pixels(crop.row(0), classifier_.face_bytes());
  Explanation out{.label = label,
                  .probability = classifier_.probabilities(pixels)[label],
                  .grad_cam = {},
                  .occlusion = {}};
  if (methods != Methods::kOcclusion)
    out.grad_cam = grad_cam_.explain(classifier_.normalized(pixels), label).map;
  if (methods != Methods::kGradCam) out.occlusion = occlusion(classifier_, pixels, label);
  return out;
}

}  // namespace mien::explain
