#pragma once

#include "ffmpeg.hpp"
#include "mien/image.hpp"

namespace mien::apps {

/// Makes RGB pictures of a film's frames: of any pixel format, at one size, turned as they should
/// be seen.
class FrameConverter {
 public:
  /// `width` and `height` are those before turning; `orientation` is as EXIF counts.
  FrameConverter(int width, int height, int orientation);

  /// Valid until the next call. Throws Error kUnsupported for a pixel format that cannot be
  /// converted.
  ImageView operator()(const AVFrame& picture);

  int width() const { return orientation_ >= 5 ? rgb_->height : rgb_->width; }  ///< after turning
  int height() const { return orientation_ >= 5 ? rgb_->width : rgb_->height; }

 private:
  int orientation_;
  FramePtr rgb_;
  SwsPtr context_;
  Image turned_;
};

}  // namespace mien::apps
