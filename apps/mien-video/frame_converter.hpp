#pragma once

#include "ffmpeg.hpp"
#include "mien/image.hpp"

namespace mien::apps {

/// Converts a video's frames of any pixel format to RGB images of one size, rotated upright.
class FrameConverter {
 public:
  /// `width` and `height` are those before the rotation; `orientation` is EXIF's.
  FrameConverter(int width, int height, int orientation);

  /// Valid until the next call. Throws Error kUnsupported for a pixel format that cannot be
  /// converted.
  ImageView operator()(const AVFrame& frame);

  int width() const {
    return orientation_ >= 5 ? rgb_->height : rgb_->width;
  }  ///< after the rotation
  int height() const { return orientation_ >= 5 ? rgb_->width : rgb_->height; }

 private:
  int orientation_;
  FramePtr rgb_;
  SwsPtr context_;
  Image rotated_;
};

}  // namespace mien::apps
