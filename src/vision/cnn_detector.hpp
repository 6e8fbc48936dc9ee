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

/// The fit of a whole photo enlarged by `scale`, or less where the canvas would exceed two
/// megapixels or 4096 pixels per side. Sides of the canvas are multiples of 64, so that few shapes
/// occur; its longer side is filled.
PhotoFit fit_photo(Size photo, double scale);

/// Of candidates that overlap by more than 0.3 (intersection over union), only the one with the
/// highest score remains. Highest score first. Considers the 2000 highest only.
std::vector<DetectedFace> remove_overlapping(std::vector<DetectedFace> candidates);

/// A face detection network on Mien's engine. Scores are the network's, 0 to 1. Landmarks of small
/// faces are biased towards an upright head (YuNet: the eyes of a face of 64 pixels rotated by 20
/// degrees appear rotated by 3, those of one of 130 pixels by 14), so the landmarks of the two most
/// prominent faces are refined at a larger scale.
class CnnDetector : public FaceDetector {
 public:
  /// Throws Error as read_onnx, make_detection_head and Network::compile do; the message names the
  /// file.
  CnnDetector(const std::filesystem::path& model, const DetectorOptions& options,
              engine::Precision precision = engine::Precision::kAuto);

  std::string_view name() const override { return head_->name(); }
  ScoreScale score_scale() const override { return head_->score_scale(); }
  Detection search(const ImageView& image, double scale) const override;
  /// Without refined landmarks.
  Detection search_once(const ImageView& image, double scale = 1) const;

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
