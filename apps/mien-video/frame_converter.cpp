#include "frame_converter.hpp"

#include <cstring>

#include "mien/error.hpp"
#include "vision/orientation.hpp"

namespace mien::apps {
namespace {

/// The matrix from YUV to RGB: that of the video, or the usual one for its size.
int color_space(const AVFrame& frame) {
  if (frame.colorspace != AVCOL_SPC_UNSPECIFIED) return frame.colorspace;
  return frame.height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601;
}

}  // namespace

FrameConverter::FrameConverter(int width, int height, int orientation)
    : orientation_(orientation), rgb_(allocated(av_frame_alloc())) {
  rgb_->format = AV_PIX_FMT_RGB24;
  rgb_->width = width;
  rgb_->height = height;
  if (av_frame_get_buffer(rgb_.get(), 0) < 0) throw std::bad_alloc();
}

ImageView FrameConverter::operator()(const AVFrame& frame) {
  context_.reset(sws_getCachedContext(
      context_.release(), frame.width, frame.height, static_cast<AVPixelFormat>(frame.format),
      rgb_->width, rgb_->height, AV_PIX_FMT_RGB24, SWS_BILINEAR, nullptr, nullptr, nullptr));
  if (!context_)
    throw Error(ErrorCode::kUnsupported,
                "unsupported pixel format: FFmpeg cannot convert the video to RGB");
  constexpr int kOne = 1 << 16;  // of brightness, contrast and saturation
  const int full_range = frame.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
  sws_setColorspaceDetails(context_.get(), sws_getCoefficients(color_space(frame)), full_range,
                           sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, kOne, kOne);
  sws_scale(context_.get(), frame.data, frame.linesize, 0, frame.height, rgb_->data,
            rgb_->linesize);
  const ImageView view{rgb_->data[0], rgb_->width, rgb_->height, rgb_->linesize[0],
                       PixelFormat::kRgb8};
  if (orientation_ == 1) return view;
  Image packed(view.width, view.height, view.format);
  for (int y = 0; y < view.height; ++y)
    std::memcpy(packed.row(y), view.row(y), static_cast<std::size_t>(packed.stride()));
  rotated_ = vision::apply_orientation(std::move(packed), orientation_);
  return rotated_;
}

}  // namespace mien::apps
