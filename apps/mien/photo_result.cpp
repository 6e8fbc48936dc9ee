#include "photo_result.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/file.hpp"
#include "base/json.hpp"
#include "common/csv.hpp"
#include "pipeline/face_json.hpp"

namespace mien::apps {
namespace {

using base::Json;
using Labels = std::vector<std::string>;

constexpr int kBarCells = 20;

/// A bar for a probability, in eighths of a cell.
std::string bar(float probability) {
  static const char* const kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::lround(probability * kBarCells * 8));
  std::string out;
  for (int i = 0; i < eighths / 8; ++i) out += "█";
  return out + kEighths[eighths % 8];
}

/// Indices of the probabilities, the highest first.
std::vector<std::size_t> ranking(const Face& face) {
  std::vector<std::size_t> order(face.probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater{},
                           [&](std::size_t label) { return face.probabilities[label]; });
  return order;
}

std::string face_text(const Face& face, std::size_t number, const Labels& labels) {
  std::string out = base::format("\n  face %zu  %s   at %.0f,%.0f  %.0fx%.0f\n", number,
                                 display_label(face, labels).c_str(), face.box.x, face.box.y,
                                 face.box.width, face.box.height);
  for (const std::size_t label : ranking(face)) {
    const float probability = face.probabilities[label];
    out += base::format("    %-9s %5.1f%%  %s\n", labels[label].c_str(), 100 * probability,
                        bar(probability).c_str());
  }
  return out;
}

class TextWriter : public ResultWriter {
 public:
  explicit TextWriter(Labels labels) : labels_(std::move(labels)) {}

  std::string photo(const PhotoResult& result) override {
    std::string out = std::exchange(first_, false) ? "" : "\n";
    out += result.path + "  ";
    if (result.width > 0) out += base::format("%dx%d, ", result.width, result.height);
    if (result.error) return out + *result.error + "\n";
    const std::size_t count = result.faces.size();
    out +=
        count == 0 ? "no face found\n" : base::format("%zu face%s\n", count, count == 1 ? "" : "s");
    for (std::size_t i = 0; i < count; ++i) out += face_text(result.faces[i], i + 1, labels_);
    if (result.annotated) out += "\n  annotated copy: " + *result.annotated + "\n";
    if (result.copy_error) out += "\n  no annotated copy: " + *result.copy_error + "\n";
    return out;
  }

 private:
  Labels labels_;
  bool first_ = true;
};

std::string photo_json(const PhotoResult& result, const Labels& labels) {
  Json out{{"path", result.path}};
  if (result.width > 0) out.update({{"width", result.width}, {"height", result.height}});
  if (result.error) {
    out["error"] = *result.error;
    return base::to_text(out);
  }
  Json& faces = out["faces"] = Json::array();
  for (const Face& face : result.faces) faces.push_back(pipeline::to_json(face, labels));
  if (result.annotated) out["annotated"] = *result.annotated;
  if (result.copy_error) out["copy_error"] = *result.copy_error;
  return base::to_text(out);
}

class JsonWriter : public ResultWriter {
 public:
  explicit JsonWriter(Labels labels) : labels_(std::move(labels)) {}
  std::string begin() override { return "["; }
  std::string photo(const PhotoResult& result) override {
    return std::exchange(separator_, ",\n ") + photo_json(result, labels_);
  }
  std::string end() override { return "]\n"; }

 private:
  Labels labels_;
  std::string separator_;
};

class JsonLinesWriter : public ResultWriter {
 public:
  explicit JsonLinesWriter(Labels labels) : labels_(std::move(labels)) {}
  std::string photo(const PhotoResult& result) override {
    return photo_json(result, labels_) + "\n";
  }

 private:
  Labels labels_;
};

constexpr std::size_t kQualityFields = 7;

class CsvWriter : public ResultWriter {
 public:
  explicit CsvWriter(Labels labels) : labels_(std::move(labels)) {}
  std::string begin() override {
    return "path,face,x,y,width,height," + csv_emotion_header(labels_) + "," + kCsvQualityHeader +
           ",error\n";
  }
  std::string photo(const PhotoResult& result) override {
    const std::string path = csv_text(result.path),
                      error =
                          csv_text(result.error ? *result.error : result.copy_error.value_or(""));
    // A photo without faces has a row too, so that none is lost.
    if (result.faces.empty())
      return path + ",0,,,,,,," + std::string(labels_.size() + kQualityFields, ',') + "," + error +
             "\n";
    std::string out;
    for (std::size_t i = 0; i < result.faces.size(); ++i) {
      const Face& face = result.faces[i];
      out += path + "," + std::to_string(i + 1) + "," + csv_box(face.box) + "," +
             csv_emotion(face) + "," + csv_quality(face.quality) + "," + error + "\n";
    }
    return out;
  }

 private:
  Labels labels_;
};

}  // namespace

std::unique_ptr<ResultWriter> make_result_writer(std::string_view format, Labels labels) {
  if (format == "json") return std::make_unique<JsonWriter>(std::move(labels));
  if (format == "jsonl") return std::make_unique<JsonLinesWriter>(std::move(labels));
  if (format == "csv") return std::make_unique<CsvWriter>(std::move(labels));
  return std::make_unique<TextWriter>(std::move(labels));
}

}  // namespace mien::apps
