#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "engine/network.hpp"
#include "vision/detection_head.hpp"
#include "vision/face_detector.hpp"

namespace mien::vision {

/// How a photo is placed in a network's input: resized to `photo`, at the top left of a black
/// `canvas`.
struct PhotoFit {
  Size photo;
  Size canvas;
};

/// The fit at which the faces that `options` want are as small as the network still finds them:
/// sides of the canvas are multiples of 64, which keeps its shapes few, and its longer side is
/// filled. At most two megapixels and 4096 pixels a side.
PhotoFit fit_photo(Size photo, const DetectorOptions& options, const DetectionInput& input);

/// Of candidates that overlap by more than 0.3 (intersection over union) only the surest stays;
/// surest first. Looks at the 2000 surest only.
std::vector<DetectedFace> remove_overlapping(std::vector<DetectedFace> candidates);

/// A face detection network on Mien's engine. Scores are the network's, 0 to 1. Landmarks of small
/// faces lean towards an upright head (YuNet: a face of 64 pixels turned by 20 degrees has its eyes
/// turned by 3, one of 130 pixels by 14), so the two largest faces are looked at again for theirs,
/// from near and turned back.
class CnnDetector : public FaceDetector {
 public:
  /// Throws Error as read_onnx, make_detection_head and Network::compile do; the message names the
  /// file.
  CnnDetector(const std::filesystem::path& model, const DetectorOptions& options,
              engine::Precision precision = engine::Precision::kAuto);

  std::string_view name() const override { return head_->name(); }
  std::vector<DetectedFace> detect(const ImageView& image) const override;
  /// The same without looking again.
  std::vector<DetectedFace> detect_once(const ImageView& image) const;

 private:
  CnnDetector(const std::filesystem::path& path, const model::Model& model,
              const DetectorOptions& options, engine::Precision precision);

  std::vector<DetectedFace> run(const Image& photo, Size canvas) const;
  void refine_landmarks(const ImageView& image, DetectedFace& face) const;

  DetectorOptions options_;
  std::unique_ptr<DetectionHead> head_;
  engine::Network network_;
};

}  // namespace mien::vision
