#include "common/command_line.hpp"

#include <cstdio>
#include <filesystem>

#include "mien/error.hpp"

namespace mien::apps {

std::optional<std::vector<std::string>> CommandLine::parse(std::span<const std::string> arguments) {
  options.add(help_, "help", "print this help");
  options.short_name('h');
  print_warnings(options);
  std::vector<std::string> words = options.parse(arguments);
  if (!help_) return words;
  std::printf("%s\n\n%s", usage_.c_str(), options.help().c_str());
  return std::nullopt;
}

bool CommandLine::parse_options(std::span<const std::string> arguments) {
  const auto words = parse(arguments);
  if (words && !words->empty())
    throw Error(ErrorCode::kInvalidArgument, "unexpected argument '" + words->front() + "'");
  return words.has_value();
}

void print_warnings(base::OptionSet& options) {
  options.on_warning(
      [](const std::string& message) { std::fprintf(stderr, "mien: %s\n", message.c_str()); });
}

void require_option(const std::string& value, const char* option, const char* advice) {
  if (value.empty())
    throw Error(ErrorCode::kInvalidArgument, std::string(option) + " is missing; " + advice);
}

void create_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(ErrorCode::kIo, folder + ": cannot create the folder: " + error.message());
}

}  // namespace mien::apps
