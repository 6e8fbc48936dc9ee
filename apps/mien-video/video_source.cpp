#include "video_source.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <thread>

extern "C" {
#include <libavdevice/avdevice.h>
#include <libavutil/display.h>
}

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::apps {
namespace {

constexpr const char* kTimeout = "15000000";  ///< microseconds without data from a server

[[noreturn]] void fail(ErrorCode code, const std::string& name, const std::string& message) {
  throw Error(code, name + ": " + message);
}

/// "/dev/video0" of "camera:0".
std::string camera_device(const std::string& name) {
  const std::string_view digits = std::string_view(name).substr(7);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0) {
    fail(ErrorCode::kInvalidArgument, name, "unknown camera; give camera:0, camera:1, …");
  }
  const std::string device = base::format("/dev/video%d", number);
  if (std::filesystem::exists(device)) return device;
  std::string others;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/dev", ignored)) {
    const std::string file = entry.path().filename().string();
    if (file.starts_with("video"))
      others += (others.empty() ? "" : ", ") + ("camera:" + file.substr(5));
  }
  fail(ErrorCode::kNotFound, name,
       "no such camera: " + device +
           (others.empty() ? "; none is connected" : "; connected are " + others));
}

/// The EXIF orientation of a display matrix.
int orientation_of(const AVStream& stream) {
  const auto* matrix = reinterpret_cast<const std::int32_t*>(
      av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr));
  if (matrix == nullptr) return 1;
  const std::int64_t xx = matrix[0], yx = matrix[1], xy = matrix[3],
                     yy = matrix[4];  // x' = xx x + xy y, y' = yx x + yy y
  const bool rotated = std::abs(xy) + std::abs(yx) > std::abs(xx) + std::abs(yy);
  const bool left = (rotated ? xy : xx) < 0, up = (rotated ? yx : yy) < 0;
  return (rotated ? 5 : 1) + (left ? (up ? 2 : 1) : (up ? 3 : 0));
}

double seconds_of(std::int64_t stamp, AVRational unit) {
  return static_cast<double>(stamp) * av_q2d(unit);
}

}  // namespace

VideoSource::VideoSource(std::string name, std::function<bool()> interrupted)
    : name_(std::move(name)),
      interrupted_(std::move(interrupted)),
      packet_(allocated(av_packet_alloc())),
      frame_(allocated(av_frame_alloc())) {
  av_log_set_level(AV_LOG_QUIET);
  try {
    open_input();
    find_stream();
    open_decoder();
  } catch (...) {
    avformat_close_input(&input_);
    throw;
  }
}

VideoSource::~VideoSource() { avformat_close_input(&input_); }

void VideoSource::open_input() {
  std::string url = name_;
  const AVInputFormat* kind = nullptr;
  if (name_.starts_with("camera:")) {
    url = camera_device(name_);
    live_ = true;
    avdevice_register_all();
    kind = av_find_input_format("v4l2");
    if (kind == nullptr)
      fail(ErrorCode::kUnsupported, name_, "this FFmpeg does not support cameras (V4L2)");
  } else if (name_ == "-") {
    url = "pipe:0";
  } else if (std::filesystem::exists(name_)) {
    url = "file:" + name_;  // a colon in the name does not start a protocol
  } else if (name_.find("://") == std::string::npos) {
    fail(ErrorCode::kNotFound, name_, "no such file");
  }
  input_ = allocated(avformat_alloc_context());
  input_->interrupt_callback = {
      [](void* self) { return static_cast<VideoSource*>(self)->interrupted_() ? 1 : 0; }, this};
  AVDictionary* options = nullptr;
  av_dict_set(&options, "rw_timeout", kTimeout, 0);
  int code = avformat_open_input(&input_, url.c_str(), kind, &options);
  av_dict_free(&options);
  if (code >= 0) code = avformat_find_stream_info(input_, nullptr);
  if (code >= 0) return;
  if (interrupted_()) throw Error(ErrorCode::kInterrupted, name_ + ": interrupted");
  if (code == AVERROR_INVALIDDATA || code == AVERROR_EOF) {
    fail(ErrorCode::kBadFormat, name_,
         name_ == "-"
             ? "not a video that FFmpeg reads; an MP4 on standard input needs its index at "
               "the start (ffmpeg -movflags +faststart)"
             : "not a video that FFmpeg reads, or truncated before its index");
  }
  fail(code == AVERROR(ENOENT) ? ErrorCode::kNotFound : ErrorCode::kIo, name_,
       "cannot open: " + ffmpeg_error(code));
}

void VideoSource::find_stream() {
  for (unsigned i = 0; i < input_->nb_streams; ++i) {
    if ((input_->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0)
      input_->streams[i]->discard = AVDISCARD_ALL;
  }
  const int best = av_find_best_stream(input_, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (best < 0 || input_->streams[best]->discard == AVDISCARD_ALL) {
    fail(ErrorCode::kBadFormat, name_,
         sound().empty() ? "no video stream" : "only audio, no video stream");
  }
  stream_ = input_->streams[best];
  orientation_ = orientation_of(*stream_);
  const AVRational rate = av_guess_frame_rate(input_, input_->streams[best], nullptr);
  if (rate.num > 0 && rate.den > 0) rate_ = av_q2d(rate);
  if (live_) return;
  if (input_->start_time != AV_NOPTS_VALUE)
    origin_ = static_cast<double>(input_->start_time) / AV_TIME_BASE;
  if (input_->duration != AV_NOPTS_VALUE)
    duration_ = std::max(0.0, static_cast<double>(input_->duration) / AV_TIME_BASE);
}

void VideoSource::open_decoder() {
  const AVCodec* codec = avcodec_find_decoder(stream_->codecpar->codec_id);
  const std::string codec_name = avcodec_get_name(stream_->codecpar->codec_id);
  if (codec == nullptr) {
    fail(ErrorCode::kUnsupported, name_,
         codec_name == "none" ? "unknown video codec"
                              : "this FFmpeg has no decoder for " + codec_name);
  }
  decoder_.reset(allocated(avcodec_alloc_context3(codec)));
  avcodec_parameters_to_context(decoder_.get(), stream_->codecpar);
  decoder_->pkt_timebase = stream_->time_base;
  decoder_->thread_count = 0;                          // one per core
  if (live_) decoder_->thread_type = FF_THREAD_SLICE;  // frame threads would delay frames
  const int code = avcodec_open2(decoder_.get(), codec, nullptr);
  if (code < 0)
    fail(ErrorCode::kUnsupported, name_, "cannot decode " + codec_name + ": " + ffmpeg_error(code));
  if (width() <= 0 || height() <= 0) fail(ErrorCode::kBadFormat, name_, "the frames have no size");
}

int VideoSource::width() const {
  const AVRational pixel =
      av_guess_sample_aspect_ratio(input_, const_cast<AVStream*>(stream_), nullptr);
  const double aspect = pixel.num > 0 && pixel.den > 0 ? av_q2d(pixel) : 1;
  return static_cast<int>(
      std::lround(stream_->codecpar->width * (aspect > 0.1 && aspect < 10 ? aspect : 1)));
}
int VideoSource::height() const { return stream_->codecpar->height; }

std::vector<const AVStream*> VideoSource::sound() const {
  std::vector<const AVStream*> out;
  for (unsigned i = 0; i < input_->nb_streams; ++i) {
    if (input_->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
      out.push_back(input_->streams[i]);
  }
  return out;
}

bool VideoSource::read_packet() {
  using namespace std::chrono_literals;
  const int code = av_read_frame(input_, packet_.get());
  if (code == AVERROR(EAGAIN)) return std::this_thread::sleep_for(2ms), true;
  if (code < 0) {
    if (code != AVERROR_EOF && code != AVERROR_EXIT) {
      broken_off_ = live_ ? "the camera stopped or was unplugged"
                    : name_.find("://") != std::string::npos
                        ? "the connection was lost, or the server does not support range requests"
                        : "truncated or damaged";
      if (code != AVERROR_INVALIDDATA) broken_off_ += " (" + ffmpeg_error(code) + ")";
    }
    avcodec_send_packet(decoder_.get(), nullptr);  // flush
    return false;
  }
  const AVStream* stream = input_->streams[packet_->stream_index];
  StreamClock& clock = clocks_[stream->index];
  const std::size_t restarts = clock.restarts;
  continue_clock(*stream);
  count_corrupt(clock, clock.restarts != restarts);
  const std::int64_t stamp = packet_->pts != AV_NOPTS_VALUE ? packet_->pts : packet_->dts;
  if (stamp != AV_NOPTS_VALUE) {
    read_until_ = std::max(read_until_, seconds_of(stamp + packet_->duration, stream->time_base) -
                                            origin_.value_or(0));
  }
  if (stream == stream_) {
    const int sent = avcodec_send_packet(decoder_.get(), packet_.get());
    if (sent < 0 && sent != AVERROR(EAGAIN)) ++damaged_;
  } else if (take_sound_ && stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) {
    const auto start =
        static_cast<std::int64_t>(std::llround(origin_.value_or(0) / av_q2d(stream->time_base)));
    if (packet_->pts != AV_NOPTS_VALUE) packet_->pts -= start;
    if (packet_->dts != AV_NOPTS_VALUE) packet_->dts -= start;
    take_sound_(*packet_);
  }
  av_packet_unref(packet_.get());
  return true;
}

/// A packet marked as corrupt is damage, unless the clock restarts right after it: where joined
/// files meet, one of the last packets is marked, but nothing is lost.
void VideoSource::count_corrupt(StreamClock& clock, bool restarted) {
  constexpr double kNear = 0.5;  // seconds
  if (restarted) clock.corrupt.reset();
  const bool is_corrupt = (packet_->flags & AV_PKT_FLAG_CORRUPT) != 0;
  const double now = clock.last.value_or(0);
  if (clock.corrupt && (is_corrupt || now > *clock.corrupt + kNear)) {
    ++damaged_;
    clock.corrupt.reset();
  }
  if (is_corrupt) clock.corrupt = now;
}

/// Time stamps that jump back belong to the next of several joined files. All streams get the
/// offset that the first of them needs.
void VideoSource::continue_clock(const AVStream& stream) {
  constexpr double kJump = 0.5;  // seconds; more than any reordering of packets
  const std::int64_t stamp = packet_->dts != AV_NOPTS_VALUE ? packet_->dts : packet_->pts;
  if (stamp == AV_NOPTS_VALUE || live_) return;
  StreamClock& clock = clocks_[stream.index];
  const double seconds = seconds_of(stamp, stream.time_base);
  if (clock.last && seconds < *clock.last - kJump) {
    ++clock.restarts;
    if (clock.restarts == offsets_.size())
      offsets_.push_back(offsets_.back() + *clock.last - seconds + 1 / rate_);
  }
  clock.last = seconds;
  const auto offset =
      static_cast<std::int64_t>(std::llround(offsets_[clock.restarts] / av_q2d(stream.time_base)));
  if (packet_->pts != AV_NOPTS_VALUE) packet_->pts += offset;
  if (packet_->dts != AV_NOPTS_VALUE) packet_->dts += offset;
}

double VideoSource::presentation_time(const AVFrame& frame) {
  double seconds = frames_ == 0 ? 0 : last_ + 1 / rate_;
  if (frame.best_effort_timestamp != AV_NOPTS_VALUE) {
    const double stamp = seconds_of(frame.best_effort_timestamp, stream_->time_base);
    if (!origin_) origin_ = stamp;
    seconds = stamp - *origin_;
  }
  return last_ = std::max(last_, seconds);
}

std::optional<VideoFrame> VideoSource::next() {
  while (!drained_ && !interrupted_()) {
    const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (code >= 0) {
      const double seconds = presentation_time(*frame_);
      if ((frame_->decode_error_flags &
           (FF_DECODE_ERROR_INVALID_BITSTREAM | FF_DECODE_ERROR_CONCEALMENT_ACTIVE)) != 0)
        ++damaged_;
      return VideoFrame{frame_.get(), frames_++, seconds};
    }
    if (code == AVERROR(EAGAIN)) {
      read_packet();
    } else if (code == AVERROR_EOF) {
      drained_ = true;
    } else {
      ++damaged_;
    }
  }
  return std::nullopt;
}

std::string VideoSource::trouble() const {
  constexpr double kTolerance = 0.5;  // seconds; headers are not exact
  if (!broken_off_.empty()) return broken_off_;
  const bool promised =
      input_->duration_estimation_method == AVFMT_DURATION_FROM_STREAM && duration_ > 0;
  // Matroska's duration is the time of the end, also in a video that does not begin at 0.
  if (!live_ && drained_ && promised &&
      read_until_ + std::max(0.0, origin_.value_or(0)) < duration_ - kTolerance) {
    return base::format("truncated: ends after %.1f of %.1f seconds", read_until_, duration_);
  }
  const int damaged =
      damaged_ + static_cast<int>(std::ranges::count_if(
                     clocks_, [](const auto& entry) { return entry.second.corrupt.has_value(); }));
  if (damaged > 0)
    return base::format("%d damaged packet%s or frame%s", damaged, damaged == 1 ? "" : "s",
                        damaged == 1 ? "" : "s");
  return "";
}

}  // namespace mien::apps
