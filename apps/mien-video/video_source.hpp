#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ffmpeg.hpp"

namespace mien::apps {

struct VideoFrame {
  const AVFrame* image = nullptr;  ///< as stored; valid until the next call of next()
  std::int64_t number = 0;         ///< from 0
  double seconds = 0;  ///< presentation time by the video's time stamps; never decreases
};

/// A video or camera, read by FFmpeg: frames in presentation order. If the clock restarts, as in
/// joined files, time continues.
class VideoSource {
 public:
  /// `name` is a file, "-" (standard input), a URL, or "camera:0". `interrupted` is polled while
  /// waiting. Throws Error naming it: kNotFound, kIo, kBadFormat (not a video), kUnsupported (no
  /// decoder).
  VideoSource(std::string name, std::function<bool()> interrupted);
  VideoSource(const VideoSource&) = delete;
  VideoSource& operator=(const VideoSource&) = delete;
  ~VideoSource();

  /// Empty at the end of the video, complete or not.
  std::optional<VideoFrame> next();

  /// Why the video ended early, or how much of it is damaged; empty if it is intact.
  std::string trouble() const;

  const std::string& name() const { return name_; }
  bool live() const { return live_; }
  int width() const;  ///< in square pixels, before rotation
  int height() const;
  int orientation() const { return orientation_; }    ///< EXIF orientation, 1 to 8
  double frames_per_second() const { return rate_; }  ///< nominal
  double seconds() const { return duration_; }        ///< by the header; 0: unknown

  /// The audio streams, for a copy of the video. on_sound gets their packets as they are read, with
  /// time stamps from the start of the video.
  std::vector<const AVStream*> sound() const;
  void on_sound(std::function<void(const AVPacket&)> take) { take_sound_ = std::move(take); }

 private:
  void open_input();
  void find_stream();
  void open_decoder();
  bool read_packet();  // and sends it to the decoder; false at the end
  struct StreamClock {
    std::optional<double> last;  // seconds, of the last packet as stored
    std::size_t restarts = 0;
    std::optional<double> corrupt;  // seconds, of a packet that is marked as corrupt
  };
  void count_corrupt(StreamClock& clock, bool restarted);
  void continue_clock(const AVStream& stream);
  double presentation_time(const AVFrame& frame);

  std::string name_;
  std::function<bool()> interrupted_;
  std::function<void(const AVPacket&)> take_sound_;
  bool live_ = false;
  AVFormatContext* input_ = nullptr;
  const AVStream* stream_ = nullptr;
  CodecPtr decoder_;
  PacketPtr packet_;
  FramePtr frame_;
  int orientation_ = 1;
  double rate_ = 25, duration_ = 0;
  std::optional<double> origin_;       // the time stamp that counts as 0
  std::map<int, StreamClock> clocks_;  // by stream index
  std::vector<double> offsets_{0};     // seconds to add after each restart
  std::int64_t frames_ = 0;
  double last_ = 0;        // seconds, of the last frame
  double read_until_ = 0;  // seconds, over all streams
  bool drained_ = false;
  int damaged_ = 0;         // packets and frames
  std::string broken_off_;  // the reason
};

}  // namespace mien::apps
