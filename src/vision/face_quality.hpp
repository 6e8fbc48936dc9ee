#pragma once

#include "mien/face.hpp"
#include "mien/image.hpp"

namespace mien::vision {

/// Thresholds of FaceQuality's flags.
struct QualityThresholds {
  float max_yaw = 30;    ///< degrees; beyond it, YuNet's far eye and mouth corner are guesses
  float max_pitch = 25;  ///< degrees
  float min_size = 48;   ///< pixels: the network's input, smaller faces are enlarged
  float min_sharpness = 0.06f;  ///< Laplacian energy relative to contrast
  float min_brightness = 0.2f;  ///< mean gray value, 0 to 1
};

/// Head pose by weak-perspective projection of a generic head: Gauss-Newton over three rotations
/// and a scale, from several starts. The head's points are those of MediaPipe's canonical face
/// model (Apache-2.0; eye centers are the means of the eye corners), except that the tip of the
/// nose is 0.7 cm lower: there YuNet marks it, at 55 % of the way from the eyes to the mouth. Real
/// heads differ from it: expect errors of about 10 degrees. Empty if the points coincide or are not
/// finite.
std::optional<HeadPose> head_pose(const Landmarks& landmarks);

/// `crop`: the gray face as the network sees it. `face`: with box and landmarks in pixels of the
/// original photo. Throws Error kInvalidArgument for an empty crop.
FaceQuality face_quality(const ImageView& crop, const DetectedFace& face,
                         const QualityThresholds& thresholds = {});

}  // namespace mien::vision
