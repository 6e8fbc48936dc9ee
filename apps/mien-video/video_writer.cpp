#include "video_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "common/output_file.hpp"
#include "mien/error.hpp"

namespace mien::apps {
namespace {

/// Time base of the time stamps; fits any frame rate, also a variable one.
constexpr AVRational kClock{1, 90000};

}  // namespace

VideoWriter::VideoWriter(std::filesystem::path path, int width, int height,
                         double frames_per_second, const std::vector<const AVStream*>& sound)
    : path_(base::destination_of(path).path),
      temporary_(temporary_name(base::destination_of(path))),
      frame_(allocated(av_frame_alloc())),
      packet_(allocated(av_packet_alloc())),
      sound_packet_(allocated(av_packet_alloc())) {
  const AVOutputFormat* kind = av_guess_format(nullptr, path_.c_str(), nullptr);
  const std::string extension = path_.extension().string();
  const bool is_known =
      extension == ".mp4" || extension == ".mkv" || extension == ".mov" || extension == ".webm";
  if (kind == nullptr || !is_known) {
    throw Error(ErrorCode::kInvalidArgument,
                path_.string() + ": unknown extension; choose .mp4, .mkv, .mov or .webm");
  }
  try {
    check(avformat_alloc_output_context2(&output_, kind, nullptr, temporary_.c_str()),
          "cannot write");
    open_encoder(width & ~1, height & ~1, frames_per_second);
    for (const AVStream* stream : sound) add_sound(*stream);
    check(avio_open(&output_->pb, temporary_.c_str(), AVIO_FLAG_WRITE), "cannot write");
    check(avformat_write_header(output_, nullptr), "cannot write its header");
  } catch (...) {
    if (output_ != nullptr) avio_closep(&output_->pb);
    avformat_free_context(output_);
    std::error_code ignored;
    if (temporary_ != path_) std::filesystem::remove(temporary_, ignored);
    throw;
  }
}

VideoWriter::~VideoWriter() {
  try {
    close();
  } catch (const Error&) {  // another error is being handled
  }
}

void VideoWriter::open_encoder(int width, int height, double frames_per_second) {
  const AVCodec* codec = avcodec_find_encoder(output_->oformat->video_codec);
  if (codec == nullptr) {
    throw Error(ErrorCode::kUnsupported, path_.string() + ": this FFmpeg has no encoder for " +
                                             avcodec_get_name(output_->oformat->video_codec));
  }
  encoder_.reset(allocated(avcodec_alloc_context3(codec)));
  encoder_->width = width;
  encoder_->height = height;
  encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
  encoder_->time_base = kClock;
  encoder_->framerate = av_d2q(frames_per_second, 100000);
  encoder_->colorspace = AVCOL_SPC_SMPTE170M;  // the default of swscale for RGB
  encoder_->color_range = AVCOL_RANGE_MPEG;
  if ((output_->oformat->flags & AVFMT_GLOBALHEADER) != 0)
    encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  encoder_->thread_count = 0;
  // Encoders ignore unknown options: the first two are x264's, the others libvpx's.
  AVDictionary* options = nullptr;
  av_dict_set(&options, "preset", "veryfast", 0);
  av_dict_set(&options, "crf", "21", 0);
  av_dict_set(&options, "deadline", "realtime", 0);
  av_dict_set(&options, "cpu-used", "8", 0);
  const int code = avcodec_open2(encoder_.get(), codec, &options);
  av_dict_free(&options);
  check(code, "cannot encode");
  stream_ = allocated(avformat_new_stream(output_, nullptr));
  stream_->time_base = kClock;
  stream_->avg_frame_rate = encoder_->framerate;
  check(avcodec_parameters_from_context(stream_->codecpar, encoder_.get()), "cannot encode");
  frame_->format = encoder_->pix_fmt;
  frame_->width = width;
  frame_->height = height;
  if (av_frame_get_buffer(frame_.get(), 0) < 0) throw std::bad_alloc();
}

void VideoWriter::add_sound(const AVStream& source) {
  if (avformat_query_codec(output_->oformat, source.codecpar->codec_id, FF_COMPLIANCE_NORMAL) != 1)
    return;
  AVStream* stream = allocated(avformat_new_stream(output_, nullptr));
  check(avcodec_parameters_copy(stream->codecpar, source.codecpar), "cannot copy the audio");
  stream->codecpar->codec_tag = 0;
  stream->time_base = source.time_base;
  sound_[source.index] = {source.time_base, stream};
}

void VideoWriter::write(const ImageView& image, double seconds) {
  context_.reset(sws_getCachedContext(context_.release(), frame_->width, frame_->height,
                                      AV_PIX_FMT_RGB24, frame_->width, frame_->height,
                                      encoder_->pix_fmt, SWS_BILINEAR, nullptr, nullptr, nullptr));
  if (!context_ || av_frame_make_writable(frame_.get()) < 0) throw std::bad_alloc();
  const std::uint8_t* rows[] = {image.data};
  const int strides[] = {static_cast<int>(image.stride)};
  sws_scale(context_.get(), rows, strides, 0, frame_->height, frame_->data, frame_->linesize);
  last_stamp_ = std::max<std::int64_t>(last_stamp_ + 1, std::llround(seconds / av_q2d(kClock)));
  frame_->pts = last_stamp_;
  check(avcodec_send_frame(encoder_.get(), frame_.get()), "cannot encode");
  drain();
}

void VideoWriter::drain() {
  for (;;) {
    const int code = avcodec_receive_packet(encoder_.get(), packet_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    check(code, "cannot encode");
    av_packet_rescale_ts(packet_.get(), kClock, stream_->time_base);
    packet_->stream_index = stream_->index;
    check(av_interleaved_write_frame(output_, packet_.get()), "cannot write");
  }
}

void VideoWriter::write_sound(const AVPacket& packet) {
  const auto found = sound_.find(packet.stream_index);
  if (found == sound_.end() || packet.dts == AV_NOPTS_VALUE || packet.dts < 0) return;
  const auto& [time_base, stream] = found->second;
  if (av_packet_ref(sound_packet_.get(), &packet) < 0) throw std::bad_alloc();
  av_packet_rescale_ts(sound_packet_.get(), time_base, stream->time_base);
  sound_packet_->stream_index = stream->index;
  sound_packet_->pos = -1;
  const int code = av_interleaved_write_frame(output_, sound_packet_.get());
  if (code != AVERROR(EINVAL))
    check(code, "cannot write the audio");  // EINVAL: decreasing time stamps, in a damaged video
}

void VideoWriter::close() {
  if (output_ == nullptr) return;
  int code = avcodec_send_frame(encoder_.get(), nullptr);
  AVFormatContext* output = output_;
  try {
    drain();
  } catch (const Error&) {
    code = AVERROR(EIO);
  }
  output_ = nullptr;
  code = std::min(code, av_write_trailer(output));
  code = std::min(code, avio_closep(&output->pb));
  avformat_free_context(output);
  std::error_code error;
  std::filesystem::rename(temporary_, path_, error);
  if (error) throw Error(ErrorCode::kIo, path_.string() + ": cannot write: " + error.message());
  check(code, "cannot write its end");
}

void VideoWriter::check(int code, const char* what) const {
  if (code < 0)
    throw Error(ErrorCode::kIo, path_.string() + ": " + what + ": " + ffmpeg_error(code));
}

}  // namespace mien::apps
