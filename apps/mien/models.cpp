#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "common/command_line.hpp"
#include "mien/error.hpp"
#include "model/locate.hpp"

namespace mien::apps {
namespace {

namespace fs = std::filesystem;

/// A model of another project. It is not shipped with Mien.
struct PublishedModel {
  const char* name;
  const char* description;
  const char* url;
  const char* sha256;
};

constexpr std::array kPublished = {
    PublishedModel{"yunet", "face detector with landmarks, 0.2 MB, MIT (YuNet 2023mar, opencv_zoo)",
                   "https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/"
                   "face_detection_yunet_2023mar.onnx",
                   "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"},
};

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;

constexpr const char* kUsage =
    "mien models list              lists models of other projects, and where they are stored\n"
    "mien models fetch NAME        downloads a model, checks its hash and stores it in the user's "
    "data folder\n\n"
    "Select a stored face detector by its name (--detector yunet). Once fetched, yunet is the "
    "default.";

std::string sha256(std::string_view bytes) {
  constexpr std::size_t kDigits = 64;
  const base::ProcessEnd result = base::run_process({"sha256sum"}, bytes, {.output = 4096});
  if (result.exit_code != 0 || result.output.size() < kDigits) {
    throw Error(ErrorCode::kIo, "sha256sum failed: " + result.error);
  }
  return result.output.substr(0, kDigits);
}

std::string download(const std::string& url, const std::string& name) {
  const base::ProcessEnd result = base::run_process(
      {"curl", "-q", "--fail", "--silent", "--show-error", "--location", "--proto", "=http,https",
       "--proto-redir", "=http,https", "--connect-timeout", "20", "--max-time", "600",
       "--max-filesize", std::to_string(kMaxBytes), "--", url},
      {}, {.output = kMaxBytes, .time = std::chrono::minutes(11)});
  if (result.too_long)
    throw Error(ErrorCode::kTooLarge, url + ": more than 64 MB; this is not the model");
  if (result.exit_code == 0) return result.output;
  const std::string reason = result.error.empty()
                                 ? base::format("curl: exit code %d", result.exit_code)
                                 : std::string(base::trim(result.error));
  throw Error(ErrorCode::kIo, url + ": cannot fetch: " + reason +
                                  "\nWithout network access, copy the file: mien models fetch " +
                                  name + " --from FILE");
}

bool is_url(const std::string& source) { return source.find("://") != std::string::npos; }

std::string read_binary(const fs::path& path) {
  const std::vector<std::byte> bytes = base::read_file(path, kMaxBytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string read_source(const std::string& source, const std::string& name) {
  if (!is_url(source)) return read_binary(source);
  if (!source.starts_with("https://") && !source.starts_with("http://")) {
    throw Error(ErrorCode::kInvalidArgument,
                source + ": unsupported address; give http://, https:// or a file");
  }
  return download(source, name);
}

int fetch(const PublishedModel& model, const std::string& from) {
  const fs::path folder = model::user_model_folder();
  if (folder.empty())
    throw Error(ErrorCode::kNotFound, "no folder for models; set HOME or XDG_DATA_HOME");
  const fs::path target = folder / (std::string(model.name) + ".onnx");
  std::error_code error;
  if (fs::is_regular_file(target, error) && fs::file_size(target) <= kMaxBytes &&
      sha256(read_binary(target)) == model.sha256) {
    return std::printf("%s is already stored: %s\n", model.name, target.c_str()), kExitOk;
  }
  const std::string source = from.empty() ? model.url : from;
  const std::string bytes = read_source(source, model.name);
  create_folder(folder.string());
  const std::string found = sha256(bytes);
  if (found != model.sha256) {
    throw Error(
        ErrorCode::kBadFormat,
        base::format(
            "%s: damaged, or another version of %s; nothing was stored\n  its sha256  %s\n  "
            "expected    %s",
            source.c_str(), model.name, found.c_str(), model.sha256));
  }
  base::write_file(target, bytes);
  std::printf("fetched %s: %s\n", model.name, target.c_str());
  return kExitOk;
}

std::string list_text() {
  std::string out;
  for (const PublishedModel& model : kPublished) {
    const std::optional<fs::path> file = model::find_model(model.name);
    out += base::format(
        "%-8s %s\n         %s\n", model.name, model.description,
        file ? file->c_str()
             : base::format("not stored; get it with mien models fetch %s", model.name).c_str());
  }
  return out;
}

std::string list_json() {
  base::Json out = base::Json::array();
  for (const PublishedModel& model : kPublished) {
    const std::optional<fs::path> file = model::find_model(model.name);
    out.push_back({{"name", model.name},
                   {"description", model.description},
                   {"url", model.url},
                   {"sha256", model.sha256},
                   {"path", file ? base::Json(file->string()) : base::Json(nullptr)}});
  }
  return base::to_text(out) + "\n";
}

const PublishedModel& find_published(const std::string& name) {
  const auto* found = std::ranges::find_if(
      kPublished, [&](const PublishedModel& model) { return name == model.name; });
  if (found != kPublished.end()) return *found;
  throw Error(ErrorCode::kInvalidArgument, "unknown model '" + name + "'; see mien models list");
}

}  // namespace

int models_command(std::span<const std::string> arguments) {
  std::string from, output_format = "text";
  CommandLine line(kUsage);
  line.options.add(from, "from", "FILE|URL", "another source of the file (fetch)");
  line.options.add_choice(output_format, "format", {"text", "json"}, "format of the list (list)");
  const auto parsed = line.parse(arguments);
  if (!parsed) return kExitOk;
  const std::vector<std::string>& words = *parsed;
  if (words.size() == 1 && words[0] == "list") {
    return std::fputs((output_format == "json" ? list_json() : list_text()).c_str(), stdout),
           kExitOk;
  }
  if (words.size() == 2 && words[0] == "fetch") return fetch(find_published(words[1]), from);
  throw Error(ErrorCode::kInvalidArgument, "mien models: missing action; use list or fetch NAME");
}

}  // namespace mien::apps
