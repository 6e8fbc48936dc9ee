#include "frame_converter.hpp"

#include <cstring>

#include "mien/error.hpp"
#include "vision/orientation.hpp"

namespace mien::apps {
namespace {

/// The matrix from YUV to RGB: as the film says, else as is usual for its size.
int colour_space(const AVFrame& picture) {
  if (picture.colorspace != AVCOL_SPC_UNSPECIFIED) return picture.colorspace;
  return picture.height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601;
}

}  // namespace

FrameConverter::FrameConverter(int width, int height, int orientation)
    : orientation_(orientation), rgb_(allocated(av_frame_alloc())) {
  rgb_->format = AV_PIX_FMT_RGB24;
  rgb_->width = width;
  rgb_->height = height;
  if (av_frame_get_buffer(rgb_.get(), 0) < 0) throw std::bad_alloc();
}

ImageView FrameConverter::operator()(const AVFrame& picture) {
  context_.reset(sws_getCachedContext(
      context_.release(), picture.width, picture.height, static_cast<AVPixelFormat>(picture.format),
      rgb_->width, rgb_->height, AV_PIX_FMT_RGB24, SWS_BILINEAR, nullptr, nullptr, nullptr));
  if (!context_)
    throw Error(ErrorCode::kUnsupported,
                "the film's pixels are of a kind that FFmpeg does not convert to RGB");
  constexpr int kOne = 1 << 16;  // of brightness, contrast and saturation
  const int full_range = picture.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
  sws_setColorspaceDetails(context_.get(), sws_getCoefficients(colour_space(picture)), full_range,
                           sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, kOne, kOne);
  sws_scale(context_.get(), picture.data, picture.linesize, 0, picture.height, rgb_->data,
            rgb_->linesize);
  const ImageView view{rgb_->data[0], rgb_->width, rgb_->height, rgb_->linesize[0],
                       PixelFormat::kRgb8};
  if (orientation_ == 1) return view;
  Image packed(view.width, view.height, view.format);
  for (int y = 0; y < view.height; ++y)
    std::memcpy(packed.row(y), view.row(y), static_cast<std::size_t>(packed.stride()));
  turned_ = vision::apply_orientation(std::move(packed), orientation_);
  return turned_;
}

}  // namespace mien::apps
