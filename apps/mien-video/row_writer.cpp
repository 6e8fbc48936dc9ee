#include "row_writer.hpp"

#include "base/file.hpp"
#include "pipeline/face_json.hpp"

namespace mien::apps {
namespace {

class JsonRows : public RowWriter {
 public:
  explicit JsonRows(std::vector<std::string> labels) : labels_(std::move(labels)) {}
  std::string row(std::int64_t frame, double seconds,
                  const pipeline::TrackedFace& tracked) const override {
    const std::string face =
        pipeline::face_json(tracked.face, labels_);  // as of a photo, and before it when and who
    return base::format("{\"time\": %.4f, \"frame\": %lld, \"track\": %d, \"detected\": %s, ",
                        seconds, static_cast<long long>(frame), tracked.number,
                        tracked.detected ? "true" : "false") +
           face.substr(1) + "\n";
  }

 private:
  std::vector<std::string> labels_;
};

class CsvRows : public RowWriter {
 public:
  explicit CsvRows(std::vector<std::string> labels) : labels_(std::move(labels)) {}
  std::string begin() const override {
    std::string out = "time,frame,track,x,y,width,height,detected,emotion,confidence,uncertain";
    for (const std::string& label : labels_) out += "," + label;
    return out + "\n";
  }
  std::string row(std::int64_t frame, double seconds,
                  const pipeline::TrackedFace& tracked) const override {
    const Face& face = tracked.face;
    std::string out = base::format(
        "%.4f,%lld,%d,%.1f,%.1f,%.1f,%.1f,%d,%s,%.5f,%d", seconds, static_cast<long long>(frame),
        tracked.number, face.box.x, face.box.y, face.box.width, face.box.height,
        tracked.detected ? 1 : 0, std::string(to_string(face.emotion)).c_str(), face.confidence,
        face.uncertain ? 1 : 0);
    for (const float probability : face.probabilities) out += base::format(",%.5f", probability);
    return out + "\n";
  }

 private:
  std::vector<std::string> labels_;
};

}  // namespace

std::unique_ptr<RowWriter> make_row_writer(std::string_view format,
                                           std::vector<std::string> labels) {
  if (format == "csv") return std::make_unique<CsvRows>(std::move(labels));
  return std::make_unique<JsonRows>(std::move(labels));
}

}  // namespace mien::apps
