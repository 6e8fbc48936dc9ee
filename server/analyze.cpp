#include <chrono>
#include <optional>

#include "base/file.hpp"
#include "pipeline/face_json.hpp"
#include "server/images.hpp"
#include "server/routes.hpp"
#include "vision/decode.hpp"

namespace mien::server {
namespace {

enum class Wanted { kAll, kLargest, kOne };

/// Why a picture has no result.
struct Failure {
  int status;
  std::string code, message;
};

Wanted read_query(const Request& request) {
  Wanted wanted = Wanted::kAll;
  for (const auto& [key, value] : request.query) {
    if (key != "faces")
      throw Error(ErrorCode::kInvalidArgument,
                  "unknown parameter '" + key + "': there is only 'faces'");
    if (value == "largest")
      wanted = Wanted::kLargest;
    else if (value == "one")
      wanted = Wanted::kOne;
    else if (value != "all")
      throw Error(ErrorCode::kInvalidArgument, "faces is '" + value + "': all, largest or one");
  }
  return wanted;
}

std::optional<Failure> select_faces(std::vector<Face>& faces, Wanted wanted) {
  if (wanted == Wanted::kLargest && faces.size() > 1) faces.resize(1);
  if (wanted != Wanted::kOne || faces.size() == 1) return std::nullopt;
  return Failure{422, "rejected",
                 faces.empty()
                     ? "no face found"
                     : base::format("%zu faces found, exactly one is wanted", faces.size())};
}

class PictureAnalysis {
 public:
  PictureAnalysis(const Service& service, Wanted wanted) : service_(service), wanted_(wanted) {}

  void add(const Pictures::One& picture) {
    std::string& out = results_;
    out += (out.empty() ? "\n " : ",\n ") + ("{\"name\": " + base::json_quote(picture.name));
    std::optional<Failure> failure;
    try {
      // The limit is stricter than the decoder's: by the header alone, before anything is decoded.
      vision::read_image_info(picture.bytes, picture.name, {.max_pixels = service_.limits.pixels});
      PhotoAnalysis analysis = service_.analyzer.analyze_encoded(picture.bytes, picture.name);
      out += base::format(", \"width\": %d, \"height\": %d", analysis.width, analysis.height);
      failure = select_faces(analysis.faces, wanted_);
      if (!failure) add_faces(analysis.faces);
    } catch (const Error& error) {
      if (status_of(error.code()) == 500) throw;
      // The name stands beside the message already.
      std::string message = error.what();
      if (message.starts_with(picture.name + ": ")) message.erase(0, picture.name.size() + 2);
      failure = Failure{status_of(error.code()), std::string(code_of(error.code())), message};
    }
    if (failure)
      out += ", \"error\": {\"code\": " + base::json_quote(failure->code) +
             ", \"message\": " + base::json_quote(failure->message) + "}";
    out += "}";
    service_.metrics.count_picture(!failure);
    if (!failure)
      readable_ = true;
    else if (!first_failure_)
      first_failure_ = failure;
  }

  Response response(std::chrono::steady_clock::time_point arrival) const {
    std::string labels;
    for (const std::string& label : service_.analyzer.labels())
      labels += (labels.empty() ? "" : ", ") + base::json_quote(label);
    const double milliseconds =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - arrival)
            .count();
    std::string body = "{";
    if (!readable_)
      body += "\"error\": {\"code\": " + base::json_quote(first_failure_->code) +
              ", \"message\": " + base::json_quote(first_failure_->message) + "},\n ";
    body += "\"model\": " + base::json_quote(service_.analyzer.model_path().stem().string()) +
            ", \"labels\": [" + labels + "], \"results\": [" + results_ +
            base::format("],\n \"milliseconds\": %.3f}\n", milliseconds);
    return {.status = readable_ ? 200 : first_failure_->status, .body = std::move(body)};
  }

 private:
  void add_faces(const std::vector<Face>& faces) {
    results_ += ", \"faces\": [";
    for (std::size_t i = 0; i < faces.size(); ++i) {
      results_ += (i == 0 ? "" : ", ") + pipeline::face_json(faces[i], service_.analyzer.labels());
      service_.metrics.count_faces(faces[i].uncertain ? "uncertain" : to_string(faces[i].emotion),
                                   1);
    }
    results_ += "]";
  }

  const Service& service_;
  const Wanted wanted_;
  std::string results_;
  bool readable_ = false;
  std::optional<Failure> first_failure_;
};

}  // namespace

Route analyze_route(const Service& service) {
  return {.method = "POST",
          .path = "/v1/analyze",
          .runs = Route::Runs::kInQueue,
          .access = Route::Access::kToken,
          .content_types = picture_content_types(),
          .answer = [&service](const Request& request) {
            PictureAnalysis analysis(service, read_query(request));
            const Pictures pictures = read_pictures(request, service.limits.pictures);
            for (const Pictures::One& picture : pictures.list) {
              if (request.stop.stop_requested())
                throw Error(ErrorCode::kInterrupted, "nobody waits for the answer any more");
              analysis.add(picture);
            }
            return analysis.response(request.arrival);
          }};
}

}  // namespace mien::server
