#include "row_writer.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "common/csv.hpp"
#include "pipeline/face_json.hpp"

namespace mien::apps {
namespace {

class JsonRows : public RowWriter {
 public:
  explicit JsonRows(std::vector<std::string> labels) : labels_(std::move(labels)) {}
  std::string row(std::int64_t frame, double seconds,
                  const pipeline::TrackedFace& tracked) const override {
    base::Json row{{"time", base::rounded(seconds, 4)},
                   {"frame", frame},
                   {"track", tracked.number},
                   {"detected", tracked.detected}};
    row.update(pipeline::to_json(tracked.face, labels_));
    return base::to_text(row) + "\n";
  }

 private:
  std::vector<std::string> labels_;
};

class CsvRows : public RowWriter {
 public:
  explicit CsvRows(std::vector<std::string> labels) : labels_(std::move(labels)) {}
  std::string begin() const override {
    return "time,frame,track,x,y,width,height,detected," + csv_emotion_header(labels_) + "," +
           kCsvQualityHeader + "\n";
  }
  std::string row(std::int64_t frame, double seconds,
                  const pipeline::TrackedFace& tracked) const override {
    return base::format("%.4f,%lld,%d,", seconds, static_cast<long long>(frame), tracked.number) +
           csv_box(tracked.face.box) + (tracked.detected ? ",1," : ",0,") +
           csv_emotion(tracked.face) + "," + csv_quality(tracked.face.quality) + "\n";
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
