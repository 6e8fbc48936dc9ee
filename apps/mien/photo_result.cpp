#include "photo_result.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/file.hpp"
#include "pipeline/face_json.hpp"

namespace mien::apps {
namespace {

constexpr int kBarCells = 20;

/// `cells` wide bar for a probability, in eighths of a cell.
std::string bar(float probability) {
  static const char* const kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::lround(probability * kBarCells * 8));
  std::string out;
  for (int i = 0; i < eighths / 8; ++i) out += "█";
  return out + kEighths[eighths % 8];
}

std::string plural(std::size_t count, const char* one, const char* many) {
  return base::format("%zu %s", count, count == 1 ? one : many);
}

class TextWriter : public ResultWriter {
 public:
  explicit TextWriter(std::vector<std::string> labels) : labels_(std::move(labels)) {}

  std::string photo(const PhotoResult& result) override {
    std::string out = first_ ? "" : "\n";
    first_ = false;
    out += result.path + "  ";
    if (result.width > 0) out += base::format("%dx%d, ", result.width, result.height);
    if (result.error) return out + *result.error + "\n";
    out += result.faces.empty() ? "no face found\n"
                                : plural(result.faces.size(), "face", "faces") + "\n";
    for (std::size_t i = 0; i < result.faces.size(); ++i) {
      const Face& face = result.faces[i];
      out += base::format("\n  face %zu  %s   at %.0f,%.0f  %.0fx%.0f\n", i + 1,
                          display_label(face, labels_).c_str(), face.box.x, face.box.y,
                          face.box.width, face.box.height);
      std::vector<std::size_t> order(labels_.size());
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return face.probabilities[a] > face.probabilities[b];
      });
      for (const std::size_t c : order) {
        out += base::format("    %-9s %5.1f%%  %s\n", labels_[c].c_str(),
                            100 * face.probabilities[c], bar(face.probabilities[c]).c_str());
      }
    }
    if (result.annotated) out += "\n  annotated copy: " + *result.annotated + "\n";
    if (result.copy_error) out += "\n  no annotated copy: " + *result.copy_error + "\n";
    return out;
  }

 private:
  std::vector<std::string> labels_;
  bool first_ = true;
};

std::string photo_json(const PhotoResult& result, const std::vector<std::string>& labels) {
  std::string out = "{\"path\": " + base::json_quote(result.path);
  if (result.width > 0)
    out += base::format(", \"width\": %d, \"height\": %d", result.width, result.height);
  if (result.error) return out + ", \"error\": " + base::json_quote(*result.error) + "}";
  out += ", \"faces\": [";
  for (std::size_t i = 0; i < result.faces.size(); ++i)
    out += (i == 0 ? "" : ", ") + pipeline::face_json(result.faces[i], labels);
  out += "]";
  if (result.annotated) out += ", \"annotated\": " + base::json_quote(*result.annotated);
  if (result.copy_error) out += ", \"copy_error\": " + base::json_quote(*result.copy_error);
  return out + "}";
}

class JsonWriter : public ResultWriter {
 public:
  explicit JsonWriter(std::vector<std::string> labels) : labels_(std::move(labels)) {}
  std::string begin() override { return "["; }
  std::string photo(const PhotoResult& result) override {
    return std::exchange(separator_, ",\n ") + photo_json(result, labels_);
  }
  std::string end() override { return "]\n"; }

 private:
  std::vector<std::string> labels_;
  std::string separator_;
};

class JsonLinesWriter : public ResultWriter {
 public:
  explicit JsonLinesWriter(std::vector<std::string> labels) : labels_(std::move(labels)) {}
  std::string photo(const PhotoResult& result) override {
    return photo_json(result, labels_) + "\n";
  }

 private:
  std::vector<std::string> labels_;
};

/// RFC 4180: quotes around a field that needs them.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

class CsvWriter : public ResultWriter {
 public:
  explicit CsvWriter(std::vector<std::string> labels) : labels_(std::move(labels)) {}
  std::string begin() override {
    std::string out = "path,face,x,y,width,height,emotion,confidence,uncertain";
    for (const std::string& label : labels_) out += "," + label;
    return out + ",error\n";
  }
  std::string photo(const PhotoResult& result) override {
    const std::string path = csv_field(result.path),
                      error =
                          csv_field(result.error ? *result.error : result.copy_error.value_or(""));
    // A photo without faces has a row too, so that none goes missing.
    if (result.faces.empty())
      return path + ",0,,,,,,," + std::string(labels_.size(), ',') + "," + error + "\n";
    std::string out;
    for (std::size_t i = 0; i < result.faces.size(); ++i) {
      const Face& face = result.faces[i];
      out += path + base::format(",%zu,%.1f,%.1f,%.1f,%.1f,%s,%.5f,%d", i + 1, face.box.x,
                                 face.box.y, face.box.width, face.box.height,
                                 std::string(to_string(face.emotion)).c_str(), face.confidence,
                                 face.uncertain ? 1 : 0);
      for (const float probability : face.probabilities) out += base::format(",%.5f", probability);
      out += "," + error + "\n";
    }
    return out;
  }

 private:
  std::vector<std::string> labels_;
};

}  // namespace

std::unique_ptr<ResultWriter> make_result_writer(std::string_view name,
                                                 std::vector<std::string> labels) {
  if (name == "json") return std::make_unique<JsonWriter>(std::move(labels));
  if (name == "jsonl") return std::make_unique<JsonLinesWriter>(std::move(labels));
  if (name == "csv") return std::make_unique<CsvWriter>(std::move(labels));
  return std::make_unique<TextWriter>(std::move(labels));
}

}  // namespace mien::apps
